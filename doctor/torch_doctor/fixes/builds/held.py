"""How a build stays that another package has put another torch in place of."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes.actions import by_hand
from torch_doctor.fixes.kinds import InstallTorch


def held(facts: Facts, found: tuple[InstallTorch, ...]) -> Iterator[Action]:
    """Yield how the first of *found* stays, where a package that was installed has put another torch in its place."""
    before: TorchVersion | None = facts.value("torch_replaced")
    if before is None or not found or not found[0].index_url:
        return
    now, new = facts.value("torch_version"), found[0]
    brought = f"torch {now}" if now else "another torch"
    text = (
        f"then hold it where a package brought {brought} in place of {before}: with torch in a file of constraints, "
        f"that package is installed by pip install -c constraints.txt --extra-index-url {new.index_url}"
    )
    quote = "" if facts.value("os_family") == "windows" else '"'  # cmd would keep it
    yield by_hand(text, f"echo {quote}{new.requirement}{quote} > constraints.txt")
