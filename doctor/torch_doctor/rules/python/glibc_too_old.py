"""torch needs a newer C library (glibc) than this system has.

What it checks
    The newest symbol version that torch's libraries need against the system's glibc, and the loader's message.
Why it matters
    `import torch` fails: version GLIBC_2.28 not found.
How to fix
    Use a torch that was built for older systems (2.6.0 needs glibc 2.17), or a container.
References
    https://peps.python.org/pep-0600/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.judgement import Judgement, Kind
from torch_doctor.core.records import ErrorSeen, ImportFailure, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.version import TorchVersion
from torch_doctor.matrix.signatures import NONE_SEEN, Errors
from torch_doctor.matrix.store import Matrix
from torch_doctor.rules.python._wheels import for_glibc

_TEXT = r"version [`'\"‘]?GLIBC_(\d+\.\d+)['\"’]? not found"


@rule(
    "TD856",
    severity="error",
    cause="python-without-wheels",
    breaks="import",
    about=("judgement", "import_failures", "errors"),
    explains=("TD534",),
)
def check(
    judgement: Judgement,
    matrix: Matrix,
    libc: str | None = None,
    glibc_needed: str | None = None,
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    import_failures: tuple[ImportFailure, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    objections = judgement.of(Kind.GLIBC_TOO_OLD)
    seen = errors.matching(_TEXT)
    match = re.search(_TEXT, seen[0].text) if seen else None
    wanted = match[1] if match else None
    wanted = wanted or next(filter(None, (_glibc(f.version) for f in import_failures)), None)
    if not objections and not wanted:
        return
    message = f"a library needs glibc {wanted}, which the system does not have"
    if objections:
        message = objections[0].message
    elif libc:
        message = f"a library needs glibc {wanted}, the system has {libc}"
    yield finding(
        "host",
        message,
        because=objections[0].because if objections else (),
        fixes=list(for_glibc(wanted if not objections else None, matrix)),
    )


def _glibc(version: str | None) -> str | None:
    match = re.fullmatch(r"GLIBC_(\d+\.\d+)", version or "")
    return match[1] if match else None
