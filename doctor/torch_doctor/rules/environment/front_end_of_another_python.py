"""A notebook or an editor runs another Python than the one that has torch.

What it checks
    Sentences that name Jupyter, IPython, PyCharm, VS Code or Spyder, and tell that the same line answers True in one
    place and False in the other, or that torch is missing there although it is installed.
Why it matters
    Such a front end runs the Python of its kernel or of its project, whatever environment the terminal has. A report
    of the terminal's Python says nothing about it.
How to fix
    Choose the interpreter of that environment in the front end, or install a kernel for it.
References
    https://ipython.readthedocs.io/en/stable/install/kernel_install.html
    https://code.visualstudio.com/docs/python/environments
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen, KernelResult
from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.text import one_line
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import NONE_SEEN, Errors

_FRONT = r"(?i)(?<![a-z])(?:jupyter|notebooks?|ipython|pycharm|vs ?code|visual studio code|spyder)(?![a-z])"
_EDITOR = r"(?i)(?<![a-z])(?:pycharm|vs ?code|visual studio code|spyder)(?![a-z])"
_DIFFER = (
    r"(?i)(?<![a-z])false(?![a-z]).*(?<![a-z])true(?![a-z])|(?<![a-z])true(?![a-z]).*(?<![a-z])false(?![a-z])|\+cpu\b.*(?:\btrue\b|\+cu1\d\d\b)"
    r"|(?:\btrue\b|\+cu1\d\d\b).*\+cpu\b"
)
_THERE = (
    r"(?i)\b(?:have|had|is|are|was|already|stable|successfully)\b(?:[^.]|\.\d){0,40}\binstalled\b"
    r"|\b(?:loads?|imports?|works?|runs?)\b[^.]{0,40}\b(?:terminal|shell|console|prompt|command line)\b"
    r"|\b(?:terminal|shell|console|prompt|command line)\b[^.;\n]{0,24}\b(?:loads?|imports?|works?|runs?|fine|ok)\b"
)
_NO_TORCH = r"No module named '?torch'?(?![.\w])"


@rule(
    "TD905",
    severity="error",
    cause="report-not-from-failing-env",
    breaks="import",
    explains=("TD401", "TD402", "TD409"),
)
def check(
    remarks: tuple[ErrorSeen, ...],
    torch_version: TorchVersion | None = None,
    kernel_results: tuple[KernelResult, ...] = (),
    errors_seen: tuple[ErrorSeen, ...] = (),
    errors: Errors = NONE_SEEN,
) -> Iterator[Draft]:
    if kernel_results or not re.search(_FRONT, "\n".join(remark.text for remark in remarks)):
        return
    remarked = [remark for remark in remarks if re.search(_FRONT, remark.text)]
    differ = [remark for remark in remarked if re.search(_DIFFER, remark.text)]
    elsewhere = torch_version is not None or any(
        re.search(_THERE, remark.text) for remark in (*remarks, *errors_seen)
    )
    if not differ and not (elsewhere and errors.matching(_NO_TORCH)):
        return
    seen = one_line((differ or remarked)[0].text, 200)
    kernel = "python -m pip install ipykernel && python -m ipykernel install --user --name torch"
    own = [
        fixes.by_hand("Jupyter: in the environment that has torch, make a kernel of it", kernel),
        fixes.by_hand("editor: choose the interpreter of the environment that has torch"),
    ]
    in_editor = any(re.search(_EDITOR, remark.text) for remark in remarked)
    look = fixes.by_hand("print sys.executable in both: they are two Pythons")
    cure = [*(reversed(own) if in_editor else own), look]
    yield finding(
        "report", f"two Pythons answer differently: {seen}", fixes=cure, confidence="medium"
    )
