"""PYTHONPATH puts packages of torch's family before those of the environment.

What it checks
    Which packages lie in a directory of PYTHONPATH while the environment has another version of them.
Why it matters
    They are imported in place of the environment's, in every program of this shell, whatever pip says. Those that only
    watch GPUs (nvidia-ml-py, pynvml) are nothing to torch.
How to fix
    Unset PYTHONPATH, or remove those packages from its directories.
References
    https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPATH
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import Package
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.rules.environment._watchers import WATCHERS, weight


@rule("TD902", severity="warning", about=("packages",))
def check(
    pythonpath: str,
    packages: tuple[Package, ...],
    os_family: str | None = None,
) -> Iterator[Draft]:
    glue = ";" if os_family == "windows" else ":"
    entries = {entry.rstrip("/\\") for entry in pythonpath.split(glue) if entry}
    first = {p.name: p for p in packages if p.location and p.location.rstrip("/\\") in entries}
    hidden = {
        p.name: f"{p.name} {first[p.name].version} (the environment has {p.version})"
        for p in packages
        if p.name in first
        and p.location != first[p.name].location
        and p.version != first[p.name].version
    }
    if hidden:
        ordered = sorted(hidden, key=lambda name: name in WATCHERS)
        place = first[ordered[0]].location
        shown = listing([hidden[name] for name in ordered[:4]])
        cause, severity = weight(ordered)
        yield finding(
            "environment",
            f"PYTHONPATH ({place}) comes before the environment for {shown}",
            cause=cause,
            severity=severity,
            fixes=[
                fixes.unset_variable("PYTHONPATH", "the environment's own packages are imported")
            ],
        )
