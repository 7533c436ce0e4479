"""The Python of the environment is at its end of life.

What it checks
    The series of Python against the month of its end.
Why it matters
    It gets no more security fixes, and newer releases of torch have no wheels for it.
How to fix
    Nothing is broken: plan an environment with a newer Python.
References
    https://devguide.python.org/versions/
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.matrix.builds.notices import python_end
from torch_doctor.matrix.store import Matrix


@rule("TD867", severity="note")
def check(python_tag: str, matrix: Matrix) -> Iterator[Draft]:
    found = python_end(python_tag, matrix, near=False)
    if found is not None:
        yield finding("python", found.text, because=found.because)
