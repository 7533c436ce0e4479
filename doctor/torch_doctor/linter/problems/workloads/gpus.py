"""Workloads that ask for GPUs in a way that is refused, or whose image needs some and that ask for none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.systems import base_of
from torch_doctor.linter.project import LintProject, Setup, built_from
from torch_doctor.linter.record import UNKNOWN, Edit, EnvStep, Flaw, ImageUse, RunStep, Workload
from torch_doctor.linter.shell.containers import started
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.images.names import plain_reference
from torch_doctor.matrix.store import Matrix

PROBLEMS = {
    "gpu-request-missing": "A workload whose image is for GPUs asks for none.",
    "gpu-request-invalid": "A request for GPUs is written so that it is refused.",
    "capabilities-missing": "GPUs are asked for without the capability that brings the driver's libraries for compute.",
    "gpu-hidden": "A variable hides every GPU.",
    "shm-missing": "Processes that share memory get 64 MiB of it.",
}
_HIDES = {
    "CUDA_VISIBLE_DEVICES": ("", "-1", "NoDevFiles", "none"),
    "NVIDIA_VISIBLE_DEVICES": ("none", "void"),
}
_SERVING = (
    "vllm/vllm-openai",
    "lmsysorg/sglang",
    "nvcr.io/nvidia/tritonserver",
    "ghcr.io/huggingface/text-generation-inference",
)
_MANY = (
    r"--(?:tensor-parallel-size|tp-size|nproc[_-]per[_-]node|num[_-]processes|num[_-]gpus|num-shard|tp)"
    r"[ =]\"?(?:[2-9]|\d\d)|-tp[ =][2-9]"
)


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield them; a workload of which a part stands elsewhere is not said to lack anything."""
    for written in project.workloads:
        one = _with_base(written, project)
        if one.request is not None and one.request.invalid:
            fix = "write it as the format has it"
            asked = one.request
            yield Flaw(
                *(asked.problem, Severity.ERROR, asked.spot, asked.invalid, fix), mends=asked.mends
            )
        elif one.request is None and not one.unsure and _for_gpus(one, project.matrix):
            yield _asks_for_none(one)
        elif "nvidia" in one.runtime and (flaw := _names_none(one, project)) is not None:
            yield flaw
        yield from _hidden(one.env, one.request is not None or _for_gpus(one, project.matrix))
        yield from _shared_memory(one)
    for setup in project.setups:
        for step in setup.environment.steps:
            call = started(step) if isinstance(step, RunStep) else None
            if call is not None and not call[1] and _needs_gpus(call[0], call[2]):
                yield _asks_for_none(Workload("docker", "docker run", step.spot, call[0]))
        base = setup.base
        cuda = base is not None and bool(base.cuda)
        env = tuple(s for s in setup.environment.steps if isinstance(s, EnvStep))
        if _is_gpu_job(setup):
            yield from _hidden(env, needed=True)
        if setup.environment.kind == "dockerfile" and (
            cuda or any(c.variant.startswith("cu") for c in setup.chosen)
        ):
            yield from _hidden(env, needed=True)


def _with_base(one: Workload, project: LintProject) -> Workload:
    """Return a development container that is built here with the image that its Dockerfile ends in."""
    if one.image is not None or one.kind != "devcontainer":
        return one
    built = built_from(one, project.files)
    made = built.written.environments[-1].image if built and built.written.environments else None
    return one._replace(image=made._replace(spot=one.spot) if made else None, unsure=not made)


def _is_gpu_job(setup: Setup) -> bool:
    """Whether a script is a job of Slurm that asks for GPUs."""
    return any(
        isinstance(step, RunStep)
        and step.words[0] == "#SBATCH"
        and re.search(r"gpu", step.words[1])
        for step in setup.environment.steps
        if not isinstance(step, RunStep) or len(step.words) > 1
    )


def _needs_gpus(image: ImageUse, command: str) -> bool:
    """Whether a call of docker without GPUs fails for sure: a server of models, or what asks the driver."""
    repository = plain_reference(image.reference).partition(":")[0]
    return repository in _SERVING or (
        "cuda" in image.reference and bool(re.match(r"nvidia-smi\b", command))
    )


def _for_gpus(one: Workload, matrix: Matrix) -> bool:
    """Whether an image does nothing without a GPU: a server of models, or a torch that was built for CUDA."""
    if one.image is None or UNKNOWN in one.image.reference:
        return False
    if re.search(r"--device[ =]\"?cpu|\bcpu\b", one.command):
        return False
    name = plain_reference(one.image.reference)
    repository = name.partition(":")[0]
    if re.search(r"cpu|rocm|xpu|hpu|arm", name.partition(":")[2]):
        return False
    if any(step.name == "CUDA_VISIBLE_DEVICES" and step.value in ("", "-1") for step in one.env):
        return False
    if repository in _SERVING:
        return True
    base = base_of(one.image, matrix)
    if base is None or base.repository not in (
        "pytorch/pytorch",
        "nvidia/cuda",
        "nvcr.io/nvidia/pytorch",
        "nvcr.io/nvidia/cuda",
    ):
        return False
    return bool(base.cuda) or base.repository == "nvcr.io/nvidia/pytorch"


def _names_none(one: Workload, project: LintProject) -> Flaw | None:
    """The runtime of NVIDIA brings the GPUs that a variable names: an image that is not NVIDIA's sets none."""
    if any(step.name == "NVIDIA_VISIBLE_DEVICES" for step in one.env) or one.unsure:
        return None
    image, built = one.image, built_from(one, project.files)
    if one.builds:
        if built is None or not built.written.environments:
            return None
        environment = built.written.environments[-1]
        if any(
            isinstance(s, EnvStep) and s.name.startswith("NVIDIA_") for s in environment.all_steps
        ):
            return None
        image = environment.image
    base = base_of(image, project.matrix)
    if base is None or base.repository not in ("python", "ubuntu", "debian"):
        return None
    assert one.request is not None
    message = f"runtime: nvidia brings what NVIDIA_VISIBLE_DEVICES names, and {base.repository} does not set it"
    fix = "add NVIDIA_VISIBLE_DEVICES: all, or reserve devices"
    return Flaw("gpu-request-missing", Severity.WARNING, one.request.spot, message, fix)


def _asks_for_none(one: Workload) -> Flaw:
    assert one.image is not None
    how = {
        "compose": "add deploy.resources.reservations.devices with capabilities: [gpu], or gpus: all",
        "kubernetes": "add nvidia.com/gpu to resources.limits",
        "docker": "add --gpus all",
        "devcontainer": 'add "runArgs": ["--gpus", "all"], or "gpu" to hostRequirements',
    }.get(one.kind, "ask for GPUs")
    message = (
        f"{one.image.reference} is for GPUs, and {one.name or 'this'} asks for none: it sees no GPU"
    )
    edits = {
        "compose": Edit(one.image.spot, "", "gpus: all"),
        "docker": Edit(one.spot, "run", "run --gpus all"),
    }
    mends = ((edits[one.kind],),) if one.kind in edits else ()
    return Flaw("gpu-request-missing", Severity.WARNING, one.image.spot, message, how, mends=mends)


def _hidden(env: tuple[EnvStep, ...], needed: bool) -> Iterator[Flaw]:
    for step in env:
        value = step.value.strip().strip("\"'")
        if needed and value in _HIDES.get(step.name, ()):
            message = f"{step.name}={value!r} hides every GPU from what runs here"
            fix = "take it out, or name the GPUs that are meant"
            yield Flaw("gpu-hidden", Severity.WARNING, step.spot, message, fix)
        if needed and step.name == "NVIDIA_DRIVER_CAPABILITIES" and value and UNKNOWN not in value:
            named = {word.strip() for word in value.split(",")}
            if not named & {"all", "compute"}:
                message = f"{step.name}={value} leaves out compute: libcuda does not come into the container"
                fix = "write compute,utility"
                mends = ((Edit(step.spot, value, f"{value},compute"),),)
                yield Flaw(
                    *("capabilities-missing", Severity.ERROR, step.spot, message, fix), mends=mends
                )


def _shared_memory(one: Workload) -> Iterator[Flaw]:
    if (
        one.shared_memory
        or one.unsure
        or one.request is None
        or one.kind not in ("compose", "kubernetes")
    ):
        return
    count = one.request.number
    many = re.search(_MANY, one.command)
    several = count.isdigit() and int(count) > 1
    workers = re.search(
        r"--(?:num[_-])?workers[ =]\"?([1-9])|torchrun|accelerate launch|deepspeed", one.command
    )
    if many is None and not (
        several and (workers or (one.image and one.image.reference.startswith(_SERVING)))
    ):
        return
    spot: Spot = one.spot
    message = "several processes share memory through /dev/shm, and a container gets 64 MiB of it"
    fix = (
        "add shm_size: 8gb, or ipc: host"
        if one.kind == "compose"
        else "mount an emptyDir with medium: Memory at /dev/shm"
    )
    yield Flaw("shm-missing", Severity.WARNING, spot, message, fix)
