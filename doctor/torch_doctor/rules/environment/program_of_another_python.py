"""A program has another torch than the environment that was looked at.

What it checks
    Words that name two torches: the one of an environment (pip show, a venv, a terminal), and a CPU build that the
    program shows when it runs.
Why it matters
    The program is started with another Python. Nothing that is installed into the environment reaches it.
How to fix
    Start the program with the Python of that environment.
References
    https://docs.python.org/3/library/venv.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.fixes import actions as fixes


@rule(
    "TD909",
    severity="error",
    cause="report-not-from-failing-env",
    breaks="import",
    explains=("TD401", "TD402", "TD409"),
)
def check(
    other_torch_in_program: str, kernel_results: tuple[KernelResult, ...] = ()
) -> Iterator[Draft]:
    if any(result.ok for result in kernel_results):
        return
    text = (
        "start the program with the Python of the environment that has the CUDA build (its own bin/python or "
        "Scripts\\python.exe, or activate it first): nothing has to be installed"
    )
    look = 'python -c "import sys, torch; print(sys.executable, torch.__version__)"'
    where = one_line(other_torch_in_program, 160)
    message = f"the program runs with another Python than the one that was looked at: {where}"
    cure = fixes.by_hand(text, look)
    yield finding("report", message, fixes=[cure], confidence="medium")
