"""No torch was published for this Python, or for this platform.

What it checks
    The wheel tag of the interpreter (cp314) against the recorded builds: of the index and release that were asked
    for, else of all.
Why it matters
    pip says that no matching distribution was found, or takes a much older release.
How to fix
    Make an environment with a Python that has wheels.
References
    https://github.com/pytorch/pytorch/blob/main/RELEASE.md#release-compatibility-matrix
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.records import UnresolvedRequirement
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.store import Matrix, receipt
from torch_doctor.rules.python._indexes import pytorch_indexes, torch_wanted
from torch_doctor.rules.python._wheels import BEHIND, not_for_python


@rule(
    "TD851",
    severity="error",
    cause="python-without-wheels",
    explains=("TD401", "TD402", "TD404", "TD410", "TD853"),
)
def check(
    python_tag: str,
    torch_version: Fact[TorchVersion],
    matrix: Matrix,
    judgement: Judgement,
    unresolved: tuple[UnresolvedRequirement, ...] = (),
    install_commands: tuple[str, ...] = (),
    install_indexes: tuple[str, ...] = (),
    os_family: str = "linux",
    host_arch: str = "x86_64",
) -> Iterator[Draft]:
    yield from not_for_python(judgement)
    absent = not isinstance(torch_version, Known) and torch_version.reason is Reason.NOT_PRESENT
    wanting = [u.requirement for u in unresolved if u.requirement.lower().startswith("torch")]
    if not (absent or wanting) or os_family == "darwin":
        return
    platform = f"{'windows' if os_family == 'windows' else 'linux'}-{host_arch}"
    tags = [index.tag for index in pytorch_indexes((*install_indexes, *install_commands))]
    release = torch_wanted((*wanting, *install_commands))
    rows = [row for row in matrix.select(TorchBuild, platform=platform) if row.python_tags]
    asked = [row for row in rows if row.variant in tags] if wanting and tags else rows
    asked = [row for row in asked if row.torch == release] if wanting and release else asked
    pool = asked or rows
    if not pool or any({python_tag, f"{python_tag}m"} & set(row.python_tags or ()) for row in pool):
        return
    offered = sorted({tag for row in pool for tag in row.python_tags or ()}, key=_order)
    where = f" on {tags[0]}" if asked and wanting and tags else ""
    what = f"torch {release}" if asked and wanting and release else "torch"
    minors = sorted({_order(tag)[0] for tag in offered})
    any_will_do = not (asked and wanting) and len(minors) > BEHIND
    version = f"3.{minors[-1 - BEHIND] if any_will_do else minors[-1]}"
    newest = max(pool, key=lambda row: tuple(int(part) for part in row.torch.split(".")))
    yield finding(
        "python",
        f"{what}{where} has no wheel for {python_tag} ({platform}); it has {', '.join(offered)}",
        because=[receipt("torch_builds", newest)],
        fixes=[fixes.make_environment(f"make an environment with Python {version}", version)],
    )


def _order(tag: str) -> tuple[int, str]:
    digits = "".join(c for c in tag if c.isdigit())
    return int(digits[1:] or 0), tag
