"""From the lines of the proof to facts: which step the driver took, and what it answered to those that it refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Source, Unavailable
from torch_doctor.core.records import KernelResult, ProofStep
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.version import ComputeCapability
from torch_doctor.probes.driver.libcuda import PROOF_OWN
from torch_doctor.probes.driver.unloaded import unloaded
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.live.live_answers import cudnn_text, ending, reason_of

OWNS = PROOF_OWN
_LIBCUDA = "libcuda"
# Steps that say who somebody is, and steps that clean up: they are told where they fail.
_SILENT = ("device", "release")
_STEPS = ("device", "context", "ptx", "kernel", "code", "library", "release")


def tell(result: ChildResult, limit_s: float, failure: str = "") -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the proof and the kernels; *failure* is what went wrong while it was planned."""
    stages = {str(line.get("stage")): line for line in result.lines if "stage" in line}
    path = stages.get("library", {}).get("path")
    source = Source("child", one_line(path) if isinstance(path, str) else _LIBCUDA)
    gap = _gap(result, stages, limit_s, source)
    if gap is not None:
        yield from dict.fromkeys(OWNS, gap).items()
        return
    steps = sorted((step for line in result.lines if (step := step_of(line))), key=_order)
    shown = [step for step in steps if step.step not in _SILENT or not step.ok]
    if failure:
        shown.insert(0, ProofStep("plan", False, 0.0, error=failure))
    shown = [*_start(stages), *shown, *_cut(result, limit_s)]
    yield "driver_proof", Known(tuple(shown), source)
    kernels = sorted(_kernels(result, shown), key=lambda kernel: kernel.index)
    yield "driver_kernels", Known(tuple(kernels), source)


def _order(step: ProofStep) -> tuple[int, int, bool, str]:
    """Several are made at once, and come in any order: each GPU's are told in the order in which torch meets them."""
    gpu = -1 if step.gpu is None else step.gpu
    place = _STEPS.index(step.step) if step.step in _STEPS else len(_STEPS)
    return gpu, place, step.of != "torch", step.of or ""


def _gap(
    result: ChildResult, stages: Mapping[str, Any], limit_s: float, source: Source
) -> Unavailable | None:
    """Return why nothing is known of the driver's answers: no libcuda, or no answer of cuInit."""
    library = stages.get("library", {})
    if "error" in library:
        return unloaded(library["error"], "libcuda.so", source)
    if "init" in stages:
        return None
    return Unavailable(reason_of(result), ending(result, limit_s), source)


def _start(stages: Mapping[str, Any]) -> Iterator[ProofStep]:
    """Yield cuInit and, where it fails, the count of devices."""
    for name, call in (("init", "cuInit"), ("count", "cuDeviceGetCount")):
        line = stages.get(name)
        code = _number(line.get("code")) if line else 0
        if code == 0 and name == "init":
            yield ProofStep(name, True, 0.0)
        elif code != 0 and line:
            error = f"there is no {call} in it" if code is None else _text(line.get("message"), 300)
            word = _text(line.get("name"), 80)
            yield ProofStep(name, False, 0.0, code=code, name=word, call=call, error=error)


def step_of(line: Mapping[str, Any]) -> ProofStep | None:
    """Read the line of a finished step, or return None where it is something else."""
    name, seconds = line.get("step"), line.get("seconds")
    if not isinstance(name, str) or isinstance(seconds, bool):
        return None
    if not isinstance(seconds, (int, float)):
        return None
    error = line.get("error")
    message = line.get("message")
    text = error if isinstance(error, str) else message if isinstance(message, str) else None
    return ProofStep(
        one_line(name, 40),
        line.get("ok") is True,
        float(seconds),
        _index(line.get("gpu")),
        _text(line.get("of"), 40),
        _number(line.get("code")),
        _text(line.get("name"), 80),
        _text(line.get("call"), 80),
        visible(text, 2000) if text else None,
        _index(line.get("taken")),
        _index(line.get("tried")),
        _version(line.get("of"), line.get("version")),
    )


def unfinished(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the steps that have begun and not ended."""
    begun: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in lines:
        if isinstance(line.get("begin"), str):
            begun[place_of(line)] = line
        elif "step" in line:
            begun.pop(place_of(line), None)
    return list(begun.values())


def is_ambiguous(result: ChildResult) -> bool:
    """Whether the GPUs may have been kept from answering by what was at work beside them when the child ended.

    Libraries are mapped beside all else; where the loader is stuck in one, whoever asks libcuda for a function, or
    starts it, waits for the loader. A GPU between two of its own steps is at work, too.
    """
    at_work = unfinished(result.lines)
    if any(begun.get("gpu") is None for begun in at_work):
        return result.status in ("crash", "exit", "timeout")
    several = len({*map(place_of, at_work), *_on_their_way(result.lines)}) > 1
    return several and result.status in ("crash", "exit")


def _on_their_way(lines: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the place of each GPU whose last step of its own worked, and whose kernel was to follow."""
    last = {place_of(line): line for line in lines if "step" in line and line.get("of") is None}
    for place, line in last.items():
        if line["step"] in _STEPS[: _STEPS.index("kernel")] and line.get("ok") is True:
            yield place


def place_of(line: Mapping[str, Any]) -> tuple[str, str]:
    """Return what one step at a time can be about: a GPU, or one package or library on it."""
    return str(line.get("gpu")), str(line.get("of"))


def _cut(result: ChildResult, limit_s: float) -> Iterator[ProofStep]:
    """Yield the steps in which the child ended, where it did not come to its own end."""
    if any(line.get("end") is True for line in result.lines):
        return
    words = ending(result, limit_s)
    last = result.stderr.strip().splitlines()[-1:]
    error = one_line(": ".join([words, *last]), 600)
    for begun in unfinished(result.lines) or [{"begin": "end"}]:
        name, of = one_line(begun["begin"], 40), _text(begun.get("of"), 40)
        gpu = _index(begun.get("gpu"))
        yield ProofStep(name, False, result.seconds, gpu, of, error=error, cut=True)


def _kernels(result: ChildResult, steps: list[ProofStep]) -> Iterator[KernelResult]:
    """Say of each device whether our kernel ran. Where the driver compiles no PTX, nothing was tried."""
    for line in result.lines:
        if line.get("step") != "device" or (gpu := _index(line.get("gpu"))) is None:
            continue
        own = [step for step in steps if step.gpu == gpu and step.step in ("context", "kernel")]
        if not own or (own[-1].step == "context" and own[-1].ok):
            continue
        error = None if own[-1].ok else own[-1].error or own[-1].name
        name = _text(line.get("device"), 200)
        uuid = _text(line.get("uuid"), 60)
        yield KernelResult(gpu, own[-1].ok, name, _capability(line), uuid, error)


def _capability(line: Mapping[str, Any]) -> ComputeCapability | None:
    numbers = line.get("capability")
    if not isinstance(numbers, list) or len(numbers) != 2:
        return None
    major, minor = map(_index, numbers)
    return None if major is None or minor is None else ComputeCapability(major, minor)


def _version(of: object, raw: object) -> str | None:
    """Decode a library's own number: 130002 is cuBLAS 13.0.2 by its header, 91002 cuDNN 9.10.2, 22703 NCCL 2.27.3."""
    number = _index(raw)
    if not number:
        return None
    if of == "cudnn":
        return cudnn_text(number)
    if of == "nccl" and number < 10000:  # 2708 is 2.7.8, as it was written until 2.9
        return f"{number // 1000}.{number // 100 % 10}.{number % 100}"
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _text(raw: object, limit: int) -> str | None:
    return one_line(raw, limit) if isinstance(raw, str) else None


def _number(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else None


def _index(raw: object) -> int | None:
    number = _number(raw)
    return number if number is not None and number >= 0 else None
