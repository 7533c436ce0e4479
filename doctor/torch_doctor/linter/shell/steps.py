"""A script as steps: what it installs, what else it runs, what it sets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch_doctor.linter.record import UNKNOWN, AnyStep, EnvStep, RunStep
from torch_doctor.linter.shell.calls import Assigned, ShellCall, ShellWord, calls
from torch_doctor.linter.shell.installers import install_of
from torch_doctor.linter.text import Fragment, fragment

_SHELLS = ("sh", "bash", "dash", "zsh", "ash")
_NESTED = 3


def steps(
    script: Fragment,
    scope: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
    depth: int = 0,
) -> tuple[AnyStep, ...]:
    """Return the steps of *script*. *scope* is all that its variables stand for, *environ* what programs see of it."""
    made: list[AnyStep] = []
    seen = dict(scope if environ is None else environ)
    for call in calls(script, scope):
        if isinstance(call, Assigned):
            if call.exported or call.name in seen:
                seen[call.name] = call.value
            made.append(EnvStep(call.name, call.value, call.spot))
            continue
        inner = _inner(call)
        if inner is not None and depth < _NESTED:
            one = fragment(inner.spot.file, [(inner.spot.line, inner.spot.column + 1, inner.text)])
            nested = steps(one, scope, seen, depth + 1)
            made += [maybe(step) for step in nested] if call.conditional else nested
            continue
        made.append(_step(call, seen))
    return tuple(made)


def _step(call: ShellCall, environ: Mapping[str, str]) -> AnyStep:
    step = install_of(call, environ)
    if step is None:
        return RunStep(call.texts, call.spot, call.conditional)
    cut = tuple(
        (f"{one.operator}{one.target}", one.spot)
        for one in call.redirections
        if one.operator in ("<", ">")
        # What touches no word is a limit only where nobody would call a file so.
        and re.fullmatch(
            r"=\S*|\d+(?:\.\d+)*" if one.glued else r"=\d\S*|\d+(?:\.\d+)+", one.target
        )
    )
    return step._replace(redirected=cut) if cut else step


def _inner(call: ShellCall) -> ShellWord | None:
    """Return the script that a shell is given by ``-c``."""
    texts = call.texts
    if not texts or texts[0].rpartition("/")[2] not in _SHELLS:
        return None
    for place, text in enumerate(texts[1:-1], 1):
        if re.fullmatch(r"-\w*c", text):
            word = call.words[place + 1]
            return word if UNKNOWN not in word.text[:1] else None
    return None


def maybe(step: AnyStep) -> AnyStep:
    """Return a step as one of which it is not sure that it is taken."""
    return step if isinstance(step, EnvStep) else step._replace(conditional=True)
