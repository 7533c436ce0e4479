"""What is told of a proposed release is held against the law, for every release that the sentence speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.judgement import Status
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.fixes.builds.choice import Builds
from torch_doctor.matrix.builds.rows import TorchBuild
from torch_doctor.matrix.law.arch import cubin_runs
from torch_doctor.matrix.law.build import build_of_row
from torch_doctor.matrix.law.from_facts import machine_of
from torch_doctor.matrix.law.judge import judge
from torch_doctor.matrix.law.machine import GpuTraits, Machine
from torch_doctor.matrix.law.search import candidates
from torch_doctor.matrix.law.support_end import covers, last_torch_for
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import driver_of, release_key

MATRIX = load_matrix()
HERE = Source("file", "report.txt", 1)
PLATFORMS = (("linux", "x86_64"), ("linux", "aarch64"), ("windows", "x86_64"))
CAPABILITIES = tuple(row.capability for row in MATRIX.architectures if not row.tegra)
DRIVERS = tuple(sorted({row.first or str(row.branch) for row in MATRIX.drivers}))
RELEASES = (*(row.version for row in MATRIX.torch_releases), "2.9.0a0", "9.0.0")
PYTHONS = (None, "3.7.9", "3.12.4")
NEWEST = driver_of(MATRIX, DriverRelease.parse(str(max(row.branch for row in MATRIX.drivers))))
# Of all that can be asked, so many in each run: a stride without a common factor visits all of the lists.
STRIDE, SAMPLE = 10007, 300


def facts_of(
    system: str,
    arch: str,
    capability: str | None,
    driver: str | None,
    torch: str | None,
    python: str | None,
) -> Facts:
    known: dict[str, object] = {"os_family": system, "host_arch": arch}
    if capability:
        known["gpus"] = (Gpu(0, None, ComputeCapability.parse(capability)),)
    if driver:
        known["driver_release"] = DriverRelease.parse(driver)
    if torch:
        known["torch_version"] = TorchVersion.parse(torch)
    if python:
        known["python_version"] = python
    return Facts({name: Known(value, HERE) for name, value in known.items()})


def sampled() -> Iterator[Facts]:
    lists = (PLATFORMS, (None, *CAPABILITIES), (None, *DRIVERS), (None, *RELEASES), PYTHONS)
    every = list(product(*lists))
    for number in range(SAMPLE):
        (system, arch), *rest = every[number * STRIDE % len(every)]
        yield facts_of(system, arch, *rest)


def on_record(facts: Facts, text: str) -> Machine:
    """Return the machine that a sentence speaks of: what it names, and nothing that was reckoned with."""
    machine = machine_of(facts, MATRIX)
    gpus = tuple(gpu for gpu in machine.gpus or ())
    driver = machine.driver or (gpus[0].last_driver if gpus else None) or NEWEST
    machine = machine._replace(
        gpus=gpus if "GPU" in text.partition("(")[0] else (), driver=driver, libcuda_kind="driver"
    )
    return machine if "Python" in text else machine._replace(python_tag=None)


def answers(machine: Machine) -> dict[TorchBuild, bool | None]:
    """Return of each build whether it runs; None where that is not known."""
    found: dict[TorchBuild, bool | None] = {}
    for row in candidates(machine.wheel_platform, MATRIX):
        build = build_of_row(row, MATRIX)
        status = judge(machine, build).status
        found[row] = None if status is Status.UNKNOWN else status is not Status.UNSUPPORTED
        ends = [gpu.architecture.last_cuda for gpu in machine.gpus or () if gpu.architecture]
        if build.cuda and any(end and build.cuda > CudaVersion.parse(end) for end in ends):
            found[row] = False
        if row.status != "published" and found[row]:
            found[row] = None
    return found


def faults(facts: Facts) -> Iterator[str]:
    builds = Builds(facts, MATRIX, machine_of(facts, MATRIX))
    for choice in builds.proposed:
        text, here = choice.condition, release_key(choice.row.torch)
        runs = answers(on_record(facts, text))
        of_none = re.search(r"\(no build of (\S+) does\)", text)
        if of_none and (
            of_none[1] not in RELEASES[:-2]
            or any(runs[row] is not False for row in runs if row.torch == of_none[1])
        ):
            yield f"a build of {of_none[1]} may: {text}"
        if "the last release that" in text and _any(runs, (here, (99,))):
            yield f"a later one may: {choice.row.torch}{text}"
        until = re.search(r"the last release before (\S+) that", text)
        if until and _any(runs, (here, release_key(until[1]))):
            yield f"a later one may: {choice.row.torch}{text}"
        after = re.search(r"(?:since ([\d.]+) is )?the next release", text)
        if after and of_none and _any(runs, (release_key(of_none[1]), _begin(after[1], here))):
            yield f"an earlier one may: {choice.row.torch}{text}"
        first = re.search(r"since ([\d.]+) is the first release with machine code", text)
        if first and any(
            release_key(row.torch) < release_key(first[1]) and _may_have_code(row, builds.machine)
            for row in runs
        ):
            yield f"an earlier one may: {choice.row.torch}{text}"
        if "any newer one" in text and builds.machine:
            newer = answers(builds.machine)
            same = [
                runs
                for row, runs in newer.items()
                if row.cuda == choice.row.cuda
                and release_key(row.torch) > here
                and row.status == "published"
            ]
            if not all(same):
                yield f"a newer one may not: {choice.row.torch}{text}"
    unserved = builds.serve_no_gpu
    rows = candidates(machine_of(facts, MATRIX).wheel_platform, MATRIX)
    if unserved and any(covers(row, unserved[0], MATRIX) for row in rows):
        yield f"code for {unserved[0].capability} is published"
    if unserved and not unserved[1] and any(_unread(row, unserved[0]) for row in rows):
        yield f"code for {unserved[0].capability} may be published"


def _unread(row: TorchBuild, gpu: GpuTraits) -> bool:
    """Whether nobody read for which GPUs a build has code, and its CUDA compiles for this one."""
    end = gpu.architecture.last_cuda if gpu.architecture else None
    late = end and row.cuda and CudaVersion.parse(row.cuda) > CudaVersion.parse(end)
    return row.status == "published" and not row.archs and not late


def _begin(minor: str | None, here: tuple[int, ...]) -> tuple[int, ...]:
    return release_key(minor) if minor else here


def _any(runs: dict[TorchBuild, bool | None], between: tuple[tuple[int, ...], ...]) -> bool:
    first, end = between
    keys = {row: release_key(row.torch) for row, answer in runs.items() if answer is not False}
    return any(first < key < end for key in keys.values())


def _may_have_code(row: TorchBuild, machine: Machine | None) -> bool:
    assert machine
    targets = build_of_row(row, MATRIX).targets
    own = [gpu.capability for gpu in machine.gpus or () if gpu.capability]
    return targets is None or all(any(cubin_runs(t, one) for t in targets) for one in own)


def test_what_is_said_of_a_release_holds_for_all_that_it_speaks_of() -> None:
    assert [fault for facts in sampled() for fault in faults(facts)] == []


def answer_for(*known: str | None) -> str:
    facts = facts_of(*known, None)  # type: ignore[arg-type]
    (choice,) = Builds(facts, MATRIX, machine_of(facts, MATRIX)).proposed
    return f"{choice.row.torch}+{choice.row.variant}{choice.condition}"


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (("linux", "x86_64", "7.0", "580.65.06", "2.15.0"), "the last release that serves this driver and GPU (no build of 2.15.0 does)"),
        (("linux", "x86_64", "12.0", "570.86.10", "2.4.0"), "since 2.7 is the next release that serves this driver and GPU (no build of 2.4.0 does)"),
        # nobody read the code of a build between them
        (("linux", "aarch64", "8.0", "550.54.14", "2.5.1"), "which is known to serve this driver and GPU (no build of 2.5.1 does)"),
        # nobody knows a release that is not out yet
        (("linux", "x86_64", "8.0", "550.54.14", "9.0.0"), "which is known to serve this driver and GPU (whether a build of 9.0.0 does is not known)"),
        (("windows", "x86_64", "8.6", "560.28.03", "1.5.1"), "with machine code (1.5.1+cu101 has PTX alone for it)"),
        (("linux", "x86_64", "8.0", None, "2.15.0"), "which is known to serve this GPU (those of 2.15.0 ask for a newer driver)"),
    ],
)  # fmt: skip
def test_the_sentence_says_what_is_known(known: tuple[str | None, ...], answer: str) -> None:
    assert answer in answer_for(*known)


def test_the_last_release_for_a_gpu_is_followed_by_none_that_may_have_code() -> None:
    for (system, arch), capability in product(PLATFORMS, CAPABILITIES):
        machine = machine_of(facts_of(system, arch, capability, None, None, None), MATRIX)
        assert machine.gpus
        last = last_torch_for(machine.gpus[0], machine, MATRIX)
        later = (
            []
            if last is None
            else [
                row
                for row, runs in answers(machine._replace(driver=None)).items()
                if release_key(row.torch) > release_key(last.torch) and runs is not False
            ]
        )
        assert not [row for row in later if row.status == "published"], (arch, capability, last)
