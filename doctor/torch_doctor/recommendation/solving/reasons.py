"""The law's objections as reasons: the sentence of the law, and the same in brief for all builds it concerns."""

from __future__ import annotations

from torch_doctor.core.judgement import Judgement, Kind, Objection
from torch_doctor.matrix.law.machine import Build, Machine
from torch_doctor.recommendation.solving.offer import Rejection


def reason_of(objection: Objection, machine: Machine, build: Build) -> Rejection:
    """Return an objection as a reason."""
    brief = _brief(objection, machine, build)
    because = objection.because or build.because
    return Rejection(objection.kind.value, objection.message, because, brief)


def doubt_of(judgement: Judgement, build: Build) -> Rejection:
    """Return what must be known before a build can be recommended."""
    missing = "; ".join(doubt.what for doubt in judgement.unknown) or "which GPUs it has to serve"
    brief = f"not on record: {missing.replace(build.label, 'it')}"
    return Rejection("unknown", f"{build.label}: not on record: {missing}", build.because, brief)


def python_words(tag: str) -> str:
    """Return ``Python 3.12`` for cp312 and ``Python 3.13t`` for cp313t."""
    return f"Python {tag[2]}.{tag[3:]}" if tag.startswith("cp") else tag


def _brief(objection: Objection, machine: Machine, build: Build) -> str:
    kind = objection.kind
    if kind in (Kind.GPU_OLDER_THAN_BUILD, Kind.GPU_NEWER_THAN_BUILD):
        return f"no code for {_gpu(objection, machine)}"
    if kind is Kind.JETSON_NEEDS_OWN_BUILD:
        return f"{_gpu(objection, machine)} is a Jetson and needs NVIDIA's own build"
    if kind is Kind.DRIVER_BELOW_FLOOR and build.cuda is not None:
        floor = build.floors.on(machine.platform)
        # From CUDA 11 on the floor is that of the whole major.
        which = str(build.cuda.major) if build.cuda.major >= 11 else str(build.cuda)
        return f"CUDA {which} needs driver {floor.driver} or newer" if floor else objection.message
    if kind is Kind.PYTHON_WITHOUT_WHEEL and machine.python_tag:
        return f"no wheel for {python_words(machine.python_tag)}"
    if kind is Kind.GLIBC_TOO_OLD and build.glibc:
        return f"needs glibc {'.'.join(map(str, build.glibc))}"
    if kind is Kind.WRONG_PLATFORM:
        return f"not published for {machine.wheel_platform}"
    return objection.message.replace(build.label, "it")


def _gpu(objection: Objection, machine: Machine) -> str:
    for gpu in machine.gpus or ():
        if gpu.index == objection.gpu:
            return f"{gpu.name.removeprefix('NVIDIA ')} ({gpu.capability})"
    return "the GPU"
