"""Two different torch packages lie on the search path.

What it checks
    Every torch that an import would come across, in order.
Why it matters
    The first is taken; pip and other tools may speak of another one, and their NVIDIA packages mix.
How to fix
    Remove the one that is not wanted.
References
    https://docs.python.org/3/library/site.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import TorchCopy
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.interpreters import in_user_site
from torch_doctor.rules.torch._sites import past_user_site


@rule("TD421", severity="warning", cause="torch-install-broken", about=("torch_copies",))
def check(
    torch_copies: tuple[TorchCopy, ...],
    torch_import_error: str | None = None,
) -> Iterator[Draft]:
    versions = {copy.version for copy in torch_copies}
    if len(torch_copies) < 2 or len(versions) < 2:
        return
    first, *others = torch_copies
    other = next(copy for copy in others if copy.version != first.version)
    message = (
        f"an import takes torch {first.version or '?'} from {first.path}; "
        f"torch {other.version or '?'} lies in {other.path} too"
    )
    text = f"remove the one that you do not want, {other.path} or {first.path}"
    users = in_user_site(first.path) and not in_user_site(other.path)
    cures = past_user_site() if users else [fixes.by_hand(text)]
    yield finding("torch", message, fixes=cures)
