"""What comes next for somebody who has tried what would have been told: a question that leads on, never nothing."""

from __future__ import annotations

from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.startup import regex
from torch_doctor.fixes.actions import ask_fact
from torch_doctor.fixes.kinds import RestartContainer, SetVariable, UnsetVariable
from torch_doctor.fixes.person import Person

# How a cure says that it comes after another one, which may have been left out.
_BEFORE = regex(r"^(?:or|then),? (?:on a host of your own, )?")
_AFTER = regex(r" if (?:that does not help|the module cannot be reloaded|it stays)\b")


def next_question(tried: tuple[Action, ...], person: Person) -> Action:
    """Return the question that decides what to do after *tried*, which did not help."""
    for action in tried:
        if isinstance(action, RestartContainer):
            text = (
                "it was started with GPUs already: see whether the host gives them to any container"
            )
            return ask_fact(text, "docker run --rm --gpus all ubuntu nvidia-smi")
        if isinstance(action, SetVariable | UnsetVariable):
            ask = f"import os; print(os.environ.get('{action.name}'))"
            text = f"see what {action.name} is in the program itself: it may set the variable again"
            return ask_fact(text, f'python -c "{ask}"')
    text = "what was tried did not help: read what the driver says of the GPU"
    if person.system == "windows":
        log = "Get-WinEvent -LogName System | Where-Object ProviderName -match nvlddmkm"
        return ask_fact(text, log, "nvidia-smi -q")
    return ask_fact(text, "sudo dmesg | grep -iE 'nvrm|xid|nvidia'", "nvidia-smi -q")


def standing_alone(fix: Fix) -> Fix:
    """Return a first cure without the words that tie it to one before it."""
    text = _AFTER.sub("", _BEFORE.sub("", fix.text))
    return fix if text == fix.text else fix._replace(text=text)
