"""Fixtures for all tests, and how generated tests run: the same examples each time where a change is judged."""

from __future__ import annotations

import os

from hypothesis import settings
from torch_doctor.matrix import age
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.claims import claim

from tests.browser import chromium
from tests.faults.driver import fake_driver, fake_library

__all__ = ["chromium", "fake_driver", "fake_library"]

# No test sees a matrix that somebody took on the machine where it runs.
os.environ["TORCH_DOCTOR_DATA"] = os.path.join(os.path.dirname(__file__), "no-data-of-the-user")

# Nor does the day of the run count: for tests it is that of the newest row, but where they say another.
age.today = lambda: load_matrix().version

claim.STRICT = True  # a reader that claims what the catalogue refuses fails its test

settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile("searching", deadline=None)
settings.load_profile("repeatable" if os.environ.get("CI") else "searching")
