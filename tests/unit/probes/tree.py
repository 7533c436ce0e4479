"""A machine made of a few files, for probes that read files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch_doctor.core.fact import Fact, Reason, Unavailable
from torch_doctor.probes.host.port import LiveHost

SYSTEM = {"sys_platform": "linux", "kernel_release": "6.8.0-50-generic", "machine": "x86_64"}


class TreeHost(LiveHost):
    """A host whose files lie under a folder and whose system answers are given."""

    def __init__(self, root: Path, environ: Mapping[str, str], answers: Mapping[str, Any]) -> None:
        super().__init__(str(root), environ)
        self._answers = answers

    def call(self, name: str, function: Callable[[], Any]) -> Any:
        return self._answers[name] if name in self._answers else function()


def make(
    root: Path,
    files: Mapping[str, str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
    **answers: Any,
) -> TreeHost:
    """Return a Linux host with these files; *answers* replace what the running system says."""
    for path, text in (files or {}).items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for path, target in (links or {}).items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
    return TreeHost(root, environ or {}, {**SYSTEM, **answers})


def reason(fact: Fact[Any]) -> Reason:
    """Return why a fact is unavailable."""
    assert isinstance(fact, Unavailable), fact
    return fact.reason
