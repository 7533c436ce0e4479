"""torch has no more wheels for Macs with an Intel processor.

What it checks
    Requirements that an installer could not have on macOS on x86_64: by the processor, or because the newest torch that
    was offered is the last one for these Macs.
Why it matters
    Later releases have wheels for Apple silicon alone; another Python does not help.
How to fix
    Install the last release that has them, with a Python that it serves and a NumPy of its time.
References
    https://github.com/pytorch/pytorch/releases/tag/v2.2.2
    pypi:torch==2.2.2
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion, allows
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.python._wheels import another_python, first_wish

_PACKAGE = "torch for macOS on x86_64"
_OTHER = (
    "on a Mac with Apple silicon this is a Python for x86_64 under Rosetta: install an arm64 Python, and torch into it "
    "(this prints arm64 there)"
)


@rule(
    "TD869",
    severity="error",
    cause="python-without-wheels",
    explains=("TD401", "TD852", "TD853"),
)
def check(
    unresolved: tuple[UnresolvedRequirement, ...],
    os_family: str,
    matrix: Matrix,
    host_arch: str | None = None,
    python_tag: str | None = None,
) -> Iterator[Draft]:
    last = next((row for row in matrix.end_of_line if row.package == _PACKAGE), None)
    both = first_wish(unresolved, python_tag, matrix)
    if os_family != "darwin" or last is None or both is None:
        return
    wish = both[0]
    ends = (wish.offered or ())[-1:] == (last.last,)
    if host_arch != "x86_64" and not ends:
        return
    asked = wish.requirement.partition("==")[2]
    if asked and not _is_later(asked, last.last):
        return  # it has wheels for these Macs: another thing is lacking
    text = f"install torch {last.last}, and the NumPy that it was built for"
    numpy = next((row.numpy for row in matrix.numpy_abi if allows(row.torch, last.last)), "")
    command = f'python -m pip install "torch=={last.last}" "numpy{numpy}"'
    own = UnresolvedRequirement(f"torch=={last.last}")
    tags = {t for row in matrix.select(TorchBuild, torch=last.last) for t in row.python_tags or ()}
    served = python_tag in tags
    rosetta = fixes.ask_fact(_OTHER, 'python -c "import platform; print(platform.machine())"')
    yield finding(
        "index",
        f"torch {last.last} was the last release with wheels for Macs with an Intel processor: "
        f"{both[1].requirement} has none",
        because=[receipt("end_of_line", last)],
        fixes=[another_python(own, matrix), fixes.by_hand(text, command), rosetta]
        if python_tag and not served
        else [fixes.by_hand(text, command), rosetta],
    )


def _is_later(asked: str, last: str) -> bool:
    return TorchVersion(asked).release > TorchVersion(last).release
