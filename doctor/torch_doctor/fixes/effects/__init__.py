"""What the facts would be once an action is carried out. Nothing is changed anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.fixes import actions
from torch_doctor.fixes.effects import containers, driver, environment, packages
from torch_doctor.matrix.store import Matrix

Effect = Callable[[Any, Facts, Matrix], Facts | None]


def apply(action: Action, facts: Facts, matrix: Matrix) -> Facts | None:
    """Return *facts* as they would be after *action*, or None where its effect cannot be told.

    What it changes is changed, and what was observed of the state before is dropped: it would be observed anew.
    """
    if isinstance(action, actions.Steps):
        done: Facts | None = facts
        for step in action.steps:
            done = apply(step, done, matrix) if done is not None else None
        return done
    effect = _EFFECTS.get(type(action))
    return None if effect is None else effect(action, facts, matrix)


_EFFECTS: dict[type, Effect] = {
    actions.InstallTorch: packages.install_torch,
    actions.InstallPackages: packages.install_packages,
    actions.RemovePackages: packages.remove_packages,
    actions.UpdateDriver: driver.update_driver,
    actions.LoadModule: driver.load_module,
    actions.ReloadUvm: driver.reload_uvm,
    actions.Reboot: driver.reboot,
    actions.SetVariable: environment.set_variable,
    actions.UnsetVariable: environment.unset_variable,
    actions.OffLibraryPath: environment.off_library_path,
    actions.RestartContainer: containers.restart_container,
}
