"""The effect of each action, by its kind."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.fixes import kinds
from torch_doctor.fixes.by_kind import ByKind
from torch_doctor.matrix.store import Matrix


def apply(action: Action, facts: Facts, matrix: Matrix) -> Facts | None:
    """Return *facts* as they would be after *action*, or None where its effect cannot be told.

    What it changes is changed, and what was observed of the state before is dropped: it would be observed anew.
    """
    if isinstance(action, kinds.Steps):
        done: Facts | None = facts
        for step in action.steps:
            done = apply(step, done, matrix) if done is not None else None
        return done
    effect = _EFFECTS.of(type(action))
    changed: Facts | None = effect and effect(action, facts, matrix)
    return changed


_ROOMS = {
    "packages": (kinds.InstallTorch, kinds.InstallPackages, kinds.RemovePackages),
    "driver": (
        kinds.UpdateDriver,
        kinds.UseCompat,
        kinds.LoadModule,
        kinds.ReloadUvm,
        kinds.Reboot,
        kinds.ResetGpu,
    ),
    "environment": (
        kinds.SetVariable,
        kinds.UnsetVariable,
        kinds.HideGpus,
        kinds.OffLibraryPath,
    ),
    "containers": (kinds.RestartContainer,),
}
_EFFECTS = ByKind(__package__, {kind: room for room, those in _ROOMS.items() for kind in those})
