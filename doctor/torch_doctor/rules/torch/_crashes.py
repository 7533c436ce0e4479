"""What a crash in torch is put down to: what stands before torch's libraries, and what was being loaded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action, Severity
from torch_doctor.core.judgement import Judgement
from torch_doctor.core.observed import results_by_gpu
from torch_doctor.core.records import ErrorSeen, Gpu, KernelResult, LibraryFile, StageResult
from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_LOADED = r"while it loaded (.+)"
_OF_TORCH = ("/torch/", "/nvidia/", "/triton/")
_RAISED = regex(r"\b[A-Z]\w*(?:Error|Exception|Warning)\b ?:|\bERROR\b|CUDA initialization:")
_OF_CUDA = regex(r"(?i)\bcuda|nvml|\bgpu|nvidia|\bdriver\b")


class Suspect(NamedTuple):
    """What stands in the way, in words, and what takes it away."""

    words: str
    cure: Action


def in_front(
    ld_preload: str | None, ld_library_path: str | None, runtime: LibraryFile | None
) -> Iterator[Suspect]:
    """Yield what the loader takes before torch's own libraries."""
    if ld_preload:
        cure = fixes.unset_variable("LD_PRELOAD", "it puts a library into the process")
        yield Suspect(f"LD_PRELOAD puts {ld_preload} into the process", cure)
    if runtime and runtime.found_via == "LD_LIBRARY_PATH":
        cure = fixes.off_library_path(runtime.path.rpartition("/")[0], ld_library_path)
        yield Suspect(f"the loader takes {runtime.path} for the C++ runtime", cure)


def loading(place: str) -> Iterator[Suspect]:
    """Yield a library that was being loaded and is none of torch's."""
    loaded = re.search(_LOADED, place)
    if loaded and "/" in loaded[1] and not any(part in loaded[1] for part in _OF_TORCH):
        cure = fixes.by_hand(f"install the package again that brings {loaded[1]}")
        yield Suspect("that file is none of torch's", cure)


def stage_failed(stage: StageResult, front: Iterable[Suspect]) -> Draft:
    """Return what is said of a stage that failed and that nothing explains; where it was killed, what is in *front*."""
    text = one_line(stage.error or "no error text", 300)
    those = [*front] if "was killed by" in text else []
    words = "".join(f"; {one.words}" for one in those)
    return finding(
        "torch", f"the stage {stage.stage} failed: {text}{words}", fixes=[one.cure for one in those]
    )


def kernels_failed(
    results: tuple[KernelResult, ...], gpus: tuple[Gpu, ...], judgement: Judgement
) -> Iterator[Draft]:
    """Yield each kernel that failed; what fails on a display card that the law puts aside is worth a warning."""
    cards = {objection.gpu for objection in judgement.aside}
    of_each = zip(gpus, results_by_gpu(gpus, results), strict=True)
    of_cards = [one for gpu, met in of_each if gpu.index in cards for one in met]
    for result in results:
        if not result.ok:
            text = one_line(result.error or "no error text", 300)
            beside = any(one is result for one in of_cards)
            yield finding(
                f"gpu:{result.index}",
                f"a kernel failed on {result.name or 'the GPU'}: {text}",
                severity=Severity.WARNING if beside else None,
            )


def ends_at_start(how: str, python: str) -> Draft:
    """Return what is said of an interpreter that does not come to its first line."""
    return finding(
        "python",
        f"the environment's Python {how}; what it runs by itself are .pth files and sitecustomize",
        fixes=[
            fixes.by_hand("see whether it starts without them", f"{python} -S -c pass"),
            fixes.by_hand("see which file it runs last", f"{python} -v -c pass 2>&1 | tail -n 20"),
        ],
    )


def look(python: str, signal: str | None) -> Iterator[Action]:
    """Yield how to see more of a crash of the import."""
    if signal == "SIGILL":
        yield fixes.by_hand("see which instructions the processor has", "lscpu")
    yield fixes.by_hand("see where it dies", f"{python} -X faulthandler -c 'import torch'")
    if signal:
        command = f"LD_DEBUG=files {python} -c 'import torch' 2>&1 | tail -n 20"
        yield fixes.by_hand("see which library was started last", command)


def failures_of_cuda(errors: Errors) -> tuple[ErrorSeen, ...]:
    """Return the texts that report a failure of CUDA or a GPU; what only names a driver or a GPU reports none."""
    proofs = {error.text for error, _ in errors.failures}
    return tuple(
        error
        for error in errors.all
        if (error.text in proofs or error.code is not None or _RAISED.search(error.text))
        and _OF_CUDA.search(error.text)
    )


def last_of_cuda(failures: tuple[ErrorSeen, ...]) -> str:
    """Return the last of *failures* behind a colon; empty where there is none."""
    return f": {one_line(failures[-1].text, 300)}" if failures else ""


def where_it_waits(*, amd: bool) -> Action:
    """Return how to see what waits: on GPUs of *amd*'s with AMD's tools."""
    of_kernel = "sudo dmesg | grep -i amdgpu" if amd else "sudo dmesg | grep -i -e xid -e nvrm"
    return fixes.by_hand(
        "see where it waits (the newest process of Python's, or another one by its number), and what the kernel says "
        "of the GPU",
        "py-spy dump --pid $(pgrep -n python)",
        of_kernel,
        "rocm-smi" if amd else "nvidia-smi",
        scope="host",
        root=True,
    )
