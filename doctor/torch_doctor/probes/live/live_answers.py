"""From the lines of the live check to facts: what ran, what failed, and what was never reached and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ErrorSeen, KernelResult, LoadedLibrary, StageResult
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.live.death import LastWords, where
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch.libraries import Wheels, library_file

_WORK = ("properties", "allocate", "kernel", "matmul", "conv")
_CODE = regex(
    r"\b(?:error code|error|code|status|CUDA(?: driver)? error|cudaError_t)\W{0,3}(\d{1,4})\b(?!\.\d)",
    re.IGNORECASE,
)
_TROUBLE = regex(
    r"error|fail|cannot|could not|unable|mismatch|incompatib|not compatible|unsupported|no longer supports|too old",
    re.IGNORECASE,
)
# With less time an interpreter on a slow disk may not have come to its first line.
_LONG_S = 10.0
# A torch without NumPy says so on import; that is no fault.
_HARMLESS = regex(r"Failed to initialize NumPy: No module named 'numpy'")


class Story(NamedTuple):
    """What the child told: finished stages, their lines by (stage, gpu), the mapped libraries and how it ended.

    *cut* is the stage that it was in when it ended, or None where it came to its own end. *began* says whether there
    was an interpreter that had time to run a line.
    """

    stages: tuple[StageResult, ...]
    lines: Mapping[tuple[str, int | None], Mapping[str, Any]]
    libraries: tuple[str, ...]
    cut: StageResult | None
    gap: Unavailable
    stderr: str
    began: bool = True

    @classmethod
    def of(cls, result: ChildResult, limit_s: float) -> Story:
        """Read the lines of a child, which may lie: what does not fit is left out."""
        stages, begun, ended = [], None, False
        libraries: tuple[str, ...] = ()
        loading = None
        lines: dict[tuple[str, int | None], Mapping[str, Any]] = {}
        for line in result.lines:
            if (stage := stage_of(line)) is not None:
                begun = None
                stages.append(stage)
                lines[stage.stage, stage.gpu] = line
            elif isinstance(line.get("begin"), str):
                begun = (one_line(line["begin"], 40), _index(line.get("gpu")))
            elif isinstance(line.get("loading"), str):
                loading = visible(line["loading"])
            elif isinstance(line.get("libraries"), list):
                libraries = tuple(
                    visible(path) for path in line["libraries"] if isinstance(path, str)
                )
            ended = ended or line.get("end") is True
        dying = LastWords.of(result.stderr)
        words = ending(result, limit_s)
        if result.status == "crash":
            words += where(dying.dump, loading)
        cut, began = None, True
        if not ended:
            name, gpu = begun or ("start" if not stages else "end", None)
            if name == "start":
                words = one_line(": ".join([words, *last_words(result.stderr)[-1:]]), 600)
                began = result.status in ("exit", "crash") or (
                    result.status == "timeout" and result.seconds > _LONG_S
                )
            cut = StageResult(name, False, result.seconds, gpu, words)
        gap = Unavailable(reason_of(result), words, Source("child", "torch"))
        return cls(tuple(stages), lines, libraries, cut, gap, dying.words, began)

    @property
    def imported(self) -> bool:
        """Whether torch was imported."""
        return self.lines.get(("import", None), {}).get("ok") is True

    def data(self, stage: str, gpu: int | None = None) -> Mapping[str, Any]:
        """Return what a finished stage reported; {} for one that failed or was not reached."""
        found = self.lines.get((stage, gpu), {}).get("data")
        return found if isinstance(found, dict) else {}


_REASONS = {
    "timeout": Reason.TIMEOUT,
    "unkillable": Reason.TIMEOUT,
    "ok": Reason.UNPARSED,
    "not-recorded": Reason.NOT_ASKED,
}


def reason_of(result: ChildResult) -> Reason:
    """Return why a child that ended like this left a question open."""
    return _REASONS.get(result.status, Reason.CRASHED)


def stage_of(line: Mapping[str, Any]) -> StageResult | None:
    """Read the line of a finished stage, or return None where it is something else."""
    name, seconds, error = line.get("stage"), line.get("seconds"), line.get("error")
    if (
        not isinstance(name, str)
        or not isinstance(seconds, (int, float))
        or isinstance(seconds, bool)
    ):
        return None
    text = visible(error) if isinstance(error, str) else None
    return StageResult(
        one_line(name, 40), line.get("ok") is True, float(seconds), _index(line.get("gpu")), text
    )


def ending(result: ChildResult, limit_s: float) -> str:
    """Say in words how the child ended."""
    words = {
        "ok": "it ended before it had answered",
        "exit": f"the interpreter ended with exit code {result.detail}",
        "crash": f"the interpreter was killed by {result.detail}",
        "timeout": f"no answer within {limit_s:.0f} s",
        "unkillable": f"it hangs and cannot be killed: {result.detail}",
        "oversize": "it printed too much",
        "not-started": f"it could not be started: {result.detail}",
        "not-recorded": f"it was not run: {result.detail}",
    }
    return one_line(words.get(result.status, result.status))


def tell(
    host: Host, target: Target, story: Story, source: Source
) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield every fact of the live check; what was not reached says what stood in the way."""
    stages = (*story.stages, *((story.cut,) if story.cut else ()))
    yield "live_stages", Known(stages, source) if story.began else story.gap
    yield "torch_import_error", _import_error(story, source)
    imported = story.imported
    closed = (
        story.gap
        if not story.stages
        else Unavailable(Reason.NOT_APPLICABLE, "torch could not be imported", source)
    )
    gap = story.gap if imported else closed
    init = story.data("init")
    available, count = init.get("available"), _index(init.get("count"))
    yield "cuda_available", Known(available, source) if isinstance(available, bool) else gap
    yield "torch_device_count", gap if count is None else Known(count, source)
    yield "kernel_results", _kernels(story, source) if isinstance(available, bool) else gap
    yield from _versions(story, source, gap)
    mapped = story.libraries or imported
    yield "loaded_libraries", Known(tuple(_loaded(host, target, story)), source) if mapped else gap
    yield "errors_seen", Known(tuple(_errors(story)), source) if story.began else story.gap


def _import_error(story: Story, source: Source) -> Fact[str]:
    line = story.lines.get(("import", None))
    if line is not None and line.get("ok") is True:
        return Unavailable(Reason.NOT_PRESENT, "the import worked", source)
    if line is not None:
        return Known(visible(str(line.get("error") or "it failed without a word")), source)
    if story.cut and story.cut.stage == "import" and story.gap.reason is Reason.CRASHED:
        return Known(one_line(": ".join([story.gap.detail, *last_words(story.stderr)])), source)
    return story.gap


def last_words(stderr: str) -> list[str]:
    """Return the line that tells why an interpreter ended: what C++ says of its error, else the last one, if any."""
    lines = stderr.strip().splitlines()
    return [line.strip() for line in lines if "what():" in line][-1:] or lines[-1:]


def _kernels(story: Story, source: Source) -> Fact[tuple[KernelResult, ...]]:
    """Say device by device whether a kernel ran; *error* is the first thing that failed on it."""
    everything = (*story.stages, *((story.cut,) if story.cut else ()))
    found = []
    for gpu in dict.fromkeys(stage.gpu for stage in everything if stage.gpu is not None):
        own = [stage for stage in everything if stage.gpu == gpu and stage.stage in _WORK]
        error = next((stage.error for stage in own if not stage.ok), None)
        ran = any(stage.stage == "kernel" and stage.ok for stage in own)
        found.append(_kernel(story.data("properties", gpu), gpu, ran, error))
    return Known(tuple(found), source)


def _kernel(properties: Mapping[str, Any], gpu: int, ran: bool, error: str | None) -> KernelResult:
    name, uuid, numbers = (properties.get(key) for key in ("name", "uuid", "capability"))
    capability = None
    if (
        isinstance(numbers, list)
        and len(numbers) == 2
        and all(_index(n) is not None for n in numbers)
    ):
        capability = ComputeCapability(*numbers)
    return KernelResult(
        gpu,
        ran,
        one_line(name) if isinstance(name, str) else None,
        capability,
        one_line(uuid) if isinstance(uuid, str) else None,
        error,
    )


def _versions(story: Story, source: Source, gap: Unavailable) -> Iterator[tuple[str, Fact[Any]]]:
    view = story.data("view").get("view")
    view = view if isinstance(view, dict) else {}
    none = Unavailable(Reason.NOT_PRESENT, "torch reports none", source) if view else gap
    runtime, cudnn, nccl = _index(view.get("runtime")), _index(view.get("cudnn")), view.get("nccl")
    yield "runtime_cuda", Known(CudaVersion.from_int(runtime), source) if runtime else none
    yield "cudnn_version", Known(cudnn_text(cudnn), source) if cudnn else none
    parts = [str(part) for part in nccl if isinstance(part, int)] if isinstance(nccl, list) else []
    yield "nccl_version", Known(".".join(parts), source) if parts else none


def cudnn_text(number: int) -> str:
    """Decode cuDNN's own number: 91002 is 9.10.2, and before 9 8902 was 8.9.2."""
    if number >= 90000:
        return f"{number // 10000}.{number // 100 % 100}.{number % 100}"
    return f"{number // 1000}.{number // 100 % 10}.{number % 100}"


def _loaded(host: Host, target: Target, story: Story) -> Iterator[LoadedLibrary]:
    wheels = Wheels.of(host, target)
    for path in story.libraries:
        described = library_file(host, target, wheels, path, "maps")
        yield LoadedLibrary(path.rpartition("/")[2], path, described.version)


def _errors(story: Story) -> Iterator[ErrorSeen]:
    """Yield each error text once: exceptions, what stood in the way, and warnings that speak of trouble."""
    texts: dict[str, None] = {}
    for line in story.lines.values():
        data = line.get("data")
        inner = data if isinstance(data, dict) else {}
        view_errors = inner.get("errors")
        errors = [line.get("error"), inner.get("error")]
        errors += list(view_errors.values()) if isinstance(view_errors, dict) else []
        warned = line.get("warnings")
        doubtful = [*(warned if isinstance(warned, list) else []), line.get("printed")]
        errors += [text for text in doubtful if isinstance(text, str) and _TROUBLE.search(text)]
        texts |= dict.fromkeys(
            visible(t).strip() for t in errors if isinstance(t, str) and not _HARMLESS.search(t)
        )
    if story.cut:
        texts[story.cut.error or ""] = None
        if _TROUBLE.search(story.stderr):
            texts[story.stderr.strip()] = None
    for text in texts:
        if text:
            yield ErrorSeen(text, code=error_code(text))


def error_code(text: str) -> int | None:
    """Return the CUDA error number that a message names (``Error 803: …``), or None."""
    match = _CODE.search(text)
    return int(match[1]) if match else None


def _index(raw: object) -> int | None:
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else None
