"""An interrupted install left parts of torch behind.

What it checks
    Directories such as ~orch, which pip makes while it replaces a package.
Why it matters
    They take gigabytes, pip warns about an invalid distribution, and the install may not have come to its end.
How to fix
    Delete them.
References
    https://github.com/pypa/pip/issues/6194
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import listing
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.quoting import word


@rule("TD422", severity="warning", cause="torch-install-broken", about=("torch_leftovers",))
def check(
    torch_leftovers: tuple[str, ...],
    os_family: str | None = None,
) -> Iterator[Draft]:
    if torch_leftovers:
        delete = "rmdir /s /q" if os_family == "windows" else "rm -r"
        quoted = " ".join(map(_quoted, torch_leftovers))
        yield finding(
            "torch",
            f"an interrupted install left {listing(torch_leftovers[:3])} behind",
            fixes=[fixes.by_hand("delete them", f"{delete} {quoted}")],
        )


def _quoted(path: str) -> str:
    return word(path) if set(path) & set("\"$`'") else f'"{path}"'
