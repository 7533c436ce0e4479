"""Words and commands of an action, for the person at hand."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Action, Fix
from torch_doctor.fixes import kinds
from torch_doctor.fixes.by_kind import ByKind
from torch_doctor.fixes.mirrors import Mirrors, mirrored, remarks_on
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.wording.prohibitions import allowed

_ROOMS = {
    "packages": (kinds.InstallTorch, kinds.InstallPackages, kinds.RemovePackages),
    "driver": (kinds.UpdateDriver, kinds.UseCompat),
    "variables": (
        kinds.SetVariable,
        kinds.UnsetVariable,
        kinds.HideGpus,
        kinds.OffLibraryPath,
    ),
    "containers": (kinds.RestartContainer, kinds.RestartAsItIs),
    "machine": (
        kinds.LoadModule,
        kinds.ReloadUvm,
        kinds.Reboot,
        kinds.PowerCycle,
        kinds.ResetGpu,
        kinds.StartService,
    ),
    "asking": (
        kinds.AskScheduler,
        kinds.ChooseRuntime,
        kinds.AskAdmin,
        kinds.AskFact,
        kinds.ChangeProgram,
        kinds.BuildPackage,
    ),
    "tools": (kinds.InstallToolkit, kinds.MakeEnvironment),
    "by_hand": (kinds.ByHand,),
}
_WORDS = ByKind(__name__, {kind: room for room, those in _ROOMS.items() for kind in those})
_SOLVERS = ("conda", "pixi")
_REACH = (kinds.ENV, kinds.CONTAINER, kinds.HOST)


def worded(action: Action, person: Person) -> Fix | None:
    """Return what *person* is told of *action*, with their mirrors in its commands; None where it is not for them."""
    fix = _worded(action, person)
    return None if fix is None else _mirrored(fix, person.mirrors)


def _mirrored(fix: Fix, mirrors: Mirrors) -> Fix:
    about_mirrors = remarks_on("\n".join((fix.text, *fix.shown)), mirrors)
    commands = tuple(mirrored(command, mirrors) for command in fix.commands)
    lines = tuple(mirrored(line, mirrors) for line in fix.lines)
    text = "; ".join((mirrored(fix.text, mirrors), *about_mirrors))
    return fix._replace(text=text, commands=commands, lines=lines)


def _worded(action: Action, person: Person) -> Fix | None:
    if isinstance(action, kinds.Steps):
        return _in_turn(list(_each(action.steps, person)))
    if isinstance(action, kinds.RemovePackages) and action.wheels and person.installer in _SOLVERS:
        person = person._replace(installer="pip")
    words = _WORDS.of(type(action))
    fix = words and words(action, person)
    shown = None if fix is None else allowed(fix, person)
    return None if shown is None else shown._replace(action=shown.action or kinds.slug_of(action))


def _each(steps: tuple[Action, ...], person: Person) -> Iterator[Fix | None]:
    """Yield the words of steps; once there is a new environment, its Python is the one that is active."""
    for step in steps:
        fix = _worded(step, person)
        yield fix
        if isinstance(step, kinds.MakeEnvironment):
            if fix is None or not fix.commands:
                return  # a bundle or a service: nothing is installed into what is there
            person = person._replace(python="python")


def _in_turn(steps: list[Fix | None]) -> Fix | None:
    """Return several cures as one, to be carried out in this order; a step that cannot be taken spoils the rest."""
    fixes = [fix for fix in steps if fix is not None]
    if len(fixes) < len(steps):
        return None
    return Fix(
        ", then ".join(fix.text for fix in fixes),
        tuple(command for fix in fixes for command in fix.commands),
        scope=max((fix.scope for fix in fixes), key=_REACH.index),
        needs_root=any(fix.needs_root for fix in fixes),
        needs_reboot=any(fix.needs_reboot for fix in fixes),
        action="steps",
        lines=tuple(line for fix in fixes for line in fix.lines),
    )
