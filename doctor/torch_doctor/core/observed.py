"""What was observed of CUDA here. It outranks every prediction: rules ask before they speak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from torch_doctor.core.fact import Facts, Known
from torch_doctor.core.records import Gpu, KernelResult, ProofStep
from torch_doctor.core.text import one_line, pci_place, plural


def cuda_started(results: Iterable[KernelResult], available: bool | None = None) -> bool:
    """Return whether CUDA was seen to start: a kernel ran, or torch said that it is available."""
    return available is True or any(result.ok for result in results)


def is_shown(gpu: Gpu) -> bool:
    """Return whether something showed the place, the UUID or the memory of a GPU, and not only its name."""
    return any(value is not None for value in (gpu.bus_id, gpu.uuid, gpu.memory_mib))


def places_of(gpus: Iterable[Gpu]) -> frozenset[str]:
    """Return where the GPUs are that the driver has not lost, as the kernel names the places."""
    return frozenset(pci_place(gpu.bus_id) for gpu in gpus if gpu.bus_id and not gpu.lost)


def seen_to_run(results: Iterable[KernelResult]) -> Callable[[Gpu], bool]:
    """Return what says of a GPU of the driver's list whether a kernel ran on it.

    By UUID where both sides know one, for torch numbers the fastest GPU first and the driver goes by the bus.
    """
    results = tuple(results)
    uuids_known = any(result.uuid for result in results)
    uuids = {_plain(result.uuid) for result in results if result.ok and result.uuid}
    numbers = {result.index for result in results if result.ok}

    def ran(gpu: Gpu) -> bool:
        if gpu.uuid and uuids_known:
            return not uuids.isdisjoint(_uuids(gpu))
        return gpu.index in numbers

    return ran


def results_by_gpu(
    gpus: Sequence[Gpu], results: Sequence[KernelResult]
) -> tuple[tuple[KernelResult, ...], ...]:
    """Return what was observed of each GPU of the driver's list, in its order.

    torch numbers devices in its own order: a result is of a GPU by UUID, else of its model. GPUs of which neither is
    known were met by what is of no other GPU, where there is a result for each of them.
    """
    by_uuid: dict[str, list[KernelResult]] = {}
    for result in results:
        if result.uuid:
            by_uuid.setdefault(_plain(result.uuid), []).append(result)
    own = [tuple(one for uuid in _uuids(gpu) for one in by_uuid.get(uuid, ())) for gpu in gpus]
    met = {id(result) for each in own for result in each}
    rest = tuple(result for result in results if id(result) not in met)
    unmet = sum(not (each or gpu.lost) for gpu, each in zip(gpus, own, strict=True))
    of_any = rest if len(rest) >= unmet else ()
    models: dict[object, tuple[KernelResult, ...]] = {}
    for place, gpu in enumerate(gpus):
        if own[place]:
            continue
        model = (gpu.compute_capability, gpu.name)
        if model not in models:
            models[model] = tuple(result for result in results if _same_model(gpu, result))
        own[place] = models[model] or of_any
    return tuple(own)


def _same_model(gpu: Gpu, result: KernelResult) -> bool:
    if gpu.compute_capability and result.compute_capability:
        return gpu.compute_capability == result.compute_capability
    return gpu.name is not None and gpu.name == result.name


def _plain(uuid: str) -> str:
    """A UUID as both sides write it: the driver puts ``GPU-`` before it, torch gives the digits alone."""
    return uuid.strip().lower().removeprefix("gpu-")


def _uuids(gpu: Gpu) -> Iterator[str]:
    """The UUIDs under which a GPU may be met: in MIG mode CUDA names the instance, and ``MIG-…`` is never a GPU's."""
    if gpu.uuid:
        yield _plain(gpu.uuid)
    for instance in gpu.mig_devices or ():
        if instance.uuid:
            yield _plain(instance.uuid)
            yield _plain(instance.uuid).removeprefix("mig-")


# How far a proof can go, and the fact that says that it went there.
_PROOFS = {"deep": "deep_results", "torch": "live_stages", "driver": "driver_proof"}


def reached(facts: Facts) -> str:
    """Return how far what is known was proven: static (by files and NVML), driver, torch or deep."""
    return next(
        (proof for proof, fact in _PROOFS.items() if isinstance(facts[fact], Known)), "static"
    )


def answered(step: ProofStep) -> str:
    """Return what a step that failed met: the call and its code in the library's own words, or the error."""
    if step.code is None:
        return one_line(step.error or "no error text", 300)
    name = f"{step.code} ({step.name})" if step.name else str(step.code)
    return f"{step.call or step.step} answers {name}"


def step_in_words(step: ProofStep) -> str:
    """Return one step of the driver proof in a few words."""
    what = step.of or step.step
    place = "" if step.gpu is None else f" on GPU {step.gpu}"
    if not step.ok:
        return f"{what} failed{place}: {answered(step)}"
    taken = "" if step.taken is None else f" taken, {step.taken} of {step.tried} containers"
    version = f" {step.version}" if step.version else ""
    return f"{what}{version}{taken or ' ok'}{place}"


def proof_in_words(steps: tuple[ProofStep, ...]) -> str:
    """Return how far the driver went, in one line: what failed first, or what it ran and took."""
    failed = [step for step in steps if not step.ok]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return step_in_words(failed[0]) + more
    ran = sum(step.step == "kernel" for step in steps)
    took = dict.fromkeys(step.of or "" for step in steps if step.step == "code")
    libraries = [f"{s.of} {s.version or ''}".strip() for s in steps if s.step == "library"]
    parts = [f"a kernel ran on {plural(ran, 'GPU')}"] if ran else []
    parts += [f"the code of {' and '.join(took)} is taken"] if took else []
    answer = "answers" if len(libraries) == 1 else "answer"
    parts += [f"{', '.join(libraries)} {answer}"] if libraries else []
    return "; ".join(parts) or "it starts"
