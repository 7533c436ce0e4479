"""How much a step changes: the smallest that helps is offered first, in this order."""

from __future__ import annotations

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Action
from torch_doctor.core.light.words import IntEnum
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import kinds


class Size(IntEnum):
    """What a step touches, from nothing to the machine: who takes it may lose that much."""

    QUESTION = 0
    ONE_START = (
        1  # one program is started in another way: a variable, a mask, a request, a line of its own
    )
    CONTAINER = 2  # a container is started again
    STATE = 3  # the machine is as before after its next boot: a module, a service, a GPU's state
    PACKAGES = 4  # beside torch
    BUILD = 5  # the same torch for another CUDA
    RELEASE = 6  # another torch
    SOFTWARE = 7  # of the machine, or a Python: a toolkit, cuda-compat, another environment
    BOOT = 8
    DRIVER = 9
    PEOPLE = 10  # hands at the machine, or those who run it


SIZES: dict[type, Size] = {
    kinds.AskFact: Size.QUESTION,
    kinds.SetVariable: Size.ONE_START,
    kinds.UnsetVariable: Size.ONE_START,
    kinds.HideGpus: Size.ONE_START,
    kinds.OffLibraryPath: Size.ONE_START,
    kinds.ChangeProgram: Size.ONE_START,
    kinds.AskScheduler: Size.ONE_START,
    kinds.ChooseRuntime: Size.ONE_START,
    kinds.RestartContainer: Size.CONTAINER,
    kinds.RestartAsItIs: Size.CONTAINER,
    kinds.LoadModule: Size.STATE,
    kinds.ReloadUvm: Size.STATE,
    kinds.StartService: Size.STATE,
    kinds.ResetGpu: Size.STATE,
    kinds.InstallPackages: Size.PACKAGES,
    kinds.RemovePackages: Size.PACKAGES,
    kinds.BuildPackage: Size.PACKAGES,
    kinds.UseCompat: Size.SOFTWARE,
    kinds.InstallToolkit: Size.SOFTWARE,
    kinds.MakeEnvironment: Size.SOFTWARE,
    kinds.Reboot: Size.BOOT,
    kinds.UpdateDriver: Size.DRIVER,
    kinds.PowerCycle: Size.PEOPLE,
    kinds.AskAdmin: Size.PEOPLE,
}


def size_of(action: Action, facts: Facts) -> Size | None:
    """Return what *action* touches on a host; None for one in words of its own, which nobody has described."""
    if isinstance(action, kinds.Steps):
        sizes = [size_of(step, facts) for step in action.steps]
        known = [size for size in sizes if size is not None]
        return max(known) if known and len(known) == len(sizes) else None
    if isinstance(action, kinds.InstallTorch):
        version: TorchVersion | None = facts.value("torch_version")
        kept = version is None or version.public == action.torch
        return Size.BUILD if kept else Size.RELEASE
    return SIZES.get(type(action))
