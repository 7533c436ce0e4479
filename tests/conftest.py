"""Fixtures for all tests."""

from __future__ import annotations

from tests.faults.driver import fake_driver, fake_library

__all__ = ["fake_driver", "fake_library"]
