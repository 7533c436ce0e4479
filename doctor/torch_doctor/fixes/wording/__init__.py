"""Words and commands of an action, for the person at hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch_doctor.core.finding import Action, Fix
from torch_doctor.fixes import actions
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.wording import by_hand, containers, driver, machine, packages, variables

_KINDS: dict[type, Callable[[Any, Person], Fix]] = {
    actions.InstallTorch: packages.install_torch,
    actions.InstallPackages: packages.install_packages,
    actions.RemovePackages: packages.remove_packages,
    actions.UpdateDriver: driver.update_driver,
    actions.SetVariable: variables.set_variable,
    actions.UnsetVariable: variables.unset_variable,
    actions.OffLibraryPath: variables.off_library_path,
    actions.RestartContainer: containers.restart_container,
    actions.LoadModule: machine.load_module,
    actions.ReloadUvm: machine.reload_uvm,
    actions.Reboot: machine.reboot,
    actions.ByHand: by_hand.by_hand,
}


def worded(action: Action, person: Person) -> Fix:
    """Return what *person* is told of *action*."""
    if isinstance(action, actions.Steps):
        return _in_turn([worded(step, person) for step in action.steps])
    return _KINDS[type(action)](action, person)._replace(action=actions.slug_of(action))


def _in_turn(fixes: list[Fix]) -> Fix:
    """Return several cures as one, to be carried out in this order."""
    return Fix(
        ", then ".join(fix.text for fix in fixes),
        tuple(command for fix in fixes for command in fix.commands),
        scope=max((fix.scope for fix in fixes), key=_REACH.index),
        needs_root=any(fix.needs_root for fix in fixes),
        needs_reboot=any(fix.needs_reboot for fix in fixes),
        action="steps",
    )


_REACH = (actions.ENV, actions.CONTAINER, actions.HOST)
