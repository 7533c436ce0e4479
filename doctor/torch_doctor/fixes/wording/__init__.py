"""Words and commands of an action, for the person at hand."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.startup import Any
from torch_doctor.fixes import kinds
from torch_doctor.fixes.mirrors import Mirrors, mirrored, said
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.wording import (
    asking,
    by_hand,
    containers,
    driver,
    machine,
    packages,
    tools,
    variables,
)
from torch_doctor.fixes.wording.prohibitions import allowed

Words = Callable[[Any, Person], Fix | None]

_KINDS: dict[type, Words] = {
    kinds.InstallTorch: packages.install_torch,
    kinds.InstallPackages: packages.install_packages,
    kinds.RemovePackages: packages.remove_packages,
    kinds.UpdateDriver: driver.update_driver,
    kinds.UseCompat: driver.use_compat,
    kinds.SetVariable: variables.set_variable,
    kinds.UnsetVariable: variables.unset_variable,
    kinds.OffLibraryPath: variables.off_library_path,
    kinds.RestartContainer: containers.restart_container,
    kinds.RestartAsItIs: containers.restart_as_it_is,
    kinds.LoadModule: machine.load_module,
    kinds.ReloadUvm: machine.reload_uvm,
    kinds.Reboot: machine.reboot,
    kinds.PowerCycle: machine.power_cycle,
    kinds.ResetGpu: machine.reset_gpu,
    kinds.StartService: machine.start_service,
    kinds.AskScheduler: asking.ask_scheduler,
    kinds.ChooseRuntime: asking.choose_runtime,
    kinds.AskAdmin: asking.ask_admin,
    kinds.AskFact: asking.ask_fact,
    kinds.ChangeProgram: asking.change_program,
    kinds.BuildPackage: asking.build_package,
    kinds.InstallToolkit: tools.install_toolkit,
    kinds.MakeEnvironment: tools.make_environment,
    kinds.ByHand: by_hand.by_hand,
}
_REACH = (kinds.ENV, kinds.CONTAINER, kinds.HOST)


def worded(action: Action, person: Person) -> Fix | None:
    """Return what *person* is told of *action*, with their mirrors in its commands; None where it is not for them."""
    fix = _worded(action, person)
    return None if fix is None else _mirrored(fix, person.mirrors)


def _mirrored(fix: Fix, mirrors: Mirrors) -> Fix:
    told = said("\n".join((fix.text, *fix.commands)), mirrors)
    commands = tuple(mirrored(command, mirrors) for command in fix.commands)
    return fix._replace(text="; ".join((mirrored(fix.text, mirrors), *told)), commands=commands)


def _worded(action: Action, person: Person) -> Fix | None:
    if isinstance(action, kinds.Steps):
        return _in_turn([_worded(step, person) for step in action.steps])
    fix = _KINDS[type(action)](action, person)
    shown = None if fix is None else allowed(fix, person)
    return None if shown is None else shown._replace(action=kinds.slug_of(action))


def _in_turn(said: list[Fix | None]) -> Fix | None:
    """Return several cures as one, to be carried out in this order; a step that cannot be taken spoils the rest."""
    fixes = [fix for fix in said if fix is not None]
    if len(fixes) < len(said):
        return None
    return Fix(
        ", then ".join(fix.text for fix in fixes),
        tuple(command for fix in fixes for command in fix.commands),
        scope=max((fix.scope for fix in fixes), key=_REACH.index),
        needs_root=any(fix.needs_root for fix in fixes),
        needs_reboot=any(fix.needs_reboot for fix in fixes),
        action="steps",
    )
