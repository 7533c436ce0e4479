"""The effect of each action, by its kind."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.startup import Any
from torch_doctor.fixes import kinds
from torch_doctor.fixes.effects import containers, driver, environment, packages
from torch_doctor.matrix.store import Matrix

Effect = Callable[[Any, Facts, Matrix], Facts | None]


def apply(action: Action, facts: Facts, matrix: Matrix) -> Facts | None:
    """Return *facts* as they would be after *action*, or None where its effect cannot be told.

    What it changes is changed, and what was observed of the state before is dropped: it would be observed anew.
    """
    if isinstance(action, kinds.Steps):
        done: Facts | None = facts
        for step in action.steps:
            done = apply(step, done, matrix) if done is not None else None
        return done
    effect = _EFFECTS.get(type(action))
    return None if effect is None else effect(action, facts, matrix)


_EFFECTS: dict[type, Effect] = {
    kinds.InstallTorch: packages.install_torch,
    kinds.InstallPackages: packages.install_packages,
    kinds.RemovePackages: packages.remove_packages,
    kinds.UpdateDriver: driver.update_driver,
    kinds.UseCompat: driver.use_compat,
    kinds.LoadModule: driver.load_module,
    kinds.ReloadUvm: driver.reload_uvm,
    kinds.Reboot: driver.reboot,
    kinds.ResetGpu: driver.reset_gpu,
    kinds.SetVariable: environment.set_variable,
    kinds.UnsetVariable: environment.unset_variable,
    kinds.OffLibraryPath: environment.off_library_path,
    kinds.RestartContainer: containers.restart_container,
}
