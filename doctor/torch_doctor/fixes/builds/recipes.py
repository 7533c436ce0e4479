"""How a package is compiled, where that is on record."""

from __future__ import annotations

from torch_doctor.core.finding import Action
from torch_doctor.core.records import Package
from torch_doctor.fixes.kinds import BuildPackage, Steps
from torch_doctor.matrix.store import Matrix


def by_recipe(action: Action, packages: tuple[Package, ...], matrix: Matrix) -> Action:
    """Return *action* with how its package is compiled, where that is on record: the release of *packages*."""
    if isinstance(action, Steps):
        return Steps(tuple(by_recipe(step, packages, matrix) for step in action.steps))
    if not isinstance(action, BuildPackage) or action.name is None:
        return action
    row = next((row for row in matrix.build_recipes if row.package == action.name), None)
    if row is None:
        return action
    settings = (row.settings or ()) + ((row.forced or ()) if action.capability else ())
    targets = row.targets or action.targets
    there = next((one.version for one in packages if one.name == row.package), None)
    # of what its makers compile for each torch, an older release may know neither this torch nor this GPU
    pinned = there if there and row.spec == row.package and not row.forced else None
    spec = f"{row.spec}=={pinned}" if pinned else row.spec
    return action._replace(spec=spec, settings=settings, targets=targets)
