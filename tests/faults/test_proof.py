"""The driver proof, against a driver that can be told to fail: every call, every code, hangs and crashes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import ProofStep
from torch_doctor.core.version import ComputeCapability
from torch_doctor.probes.collect import collect
from torch_doctor.probes.driver import libcuda
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry
from torch_doctor.probes.live import refusal
from torch_doctor.probes.proof import child
from torch_doctor.probes.python.environments import resolve_target

from tests.faults.driver import FakeDriver, no_real_driver
from tests.faults.proof import Environment, environment

__all__ = ["environment"]

CODES = (2, 46, 100, 209, 222, 700, 802, 803, 999, 5555)
# The calls without which a GPU is not proven, with the step in which each is made.
CALLS = {
    "cuDeviceGet": "device",
    "cuDevicePrimaryCtxRetain": "context",
    "cuCtxSetCurrent": "context",
    "cuModuleLoadData": "ptx",
    "cuModuleGetFunction": "kernel",
    "cuMemAlloc_v2": "kernel",
    "cuLaunchKernel": "kernel",
    "cuCtxSynchronize": "kernel",
    "cuMemcpyDtoH_v2": "kernel",
    "cuModuleLoadFatBinary": "code",
    "cublasCreate_v2": "library",
    "cublasDgemm_v2": "library",
    "cudnnCreate": "library",
    "ncclGetVersion": "library",
    "cuDevicePrimaryCtxRelease_v2": "release",
}


def prove(
    environ: Mapping[str, str], environment: Environment | None, timeout_s: float = 20.0
) -> dict[str, Fact[Any]]:
    host = LiveHost(environ=environ)
    named = environment.python if environment else None
    return dict(child.prove(host, asked(host, named), timeout_s))


def asked(host: LiveHost, named: str | None) -> child.Surroundings:
    return child.Surroundings(lambda: resolve_target(host, named), lambda: None, lambda: None)


def failures(facts: Mapping[str, Fact[Any]]) -> list[ProofStep]:
    proof = facts["driver_proof"]
    assert isinstance(proof, Known)
    return [step for step in proof.value if not step.ok]


@pytest.mark.usefixtures("trusting")
class TestProof:
    @pytest.fixture
    def trusting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The tests may run as root, and what they run lies where it may be anybody's."""
        monkeypatch.setattr(refusal, "foreign_to_root", lambda *_: None)

    def test_everything_works_on_two_gpus(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        environ = fake_driver({}, cuda={"cuda": 13000, "count": 2, "gpu1.cc": "8.0"})
        facts = prove(environ, environment)
        assert not [step for step in failures(facts) if step.of != "flash-attn"]
        steps = facts["driver_proof"].value
        shown = [(step.step, step.gpu, step.of) for step in steps]
        assert shown.count(("kernel", 0, None)) == shown.count(("kernel", 1, None)) == 1
        assert [step.of for step in steps if step.step == "library"] == ["cublas", "cudnn", "nccl"]
        versions = [step.version for step in steps if step.step == "library"]
        assert versions == ["13.0.2", "9.10.2", "2.27.3"]
        torch = [step for step in steps if step.of == "torch"]
        assert [(step.taken, step.tried) for step in torch] == [(12, 12)] * 2
        first, second = facts["driver_kernels"].value
        assert (first.ok, first.compute_capability) == (True, ComputeCapability(9, 0))
        assert (second.ok, second.compute_capability) == (True, ComputeCapability(8, 0))
        assert first.uuid == "GPU-00000000-0000-0000-0000-000000000001"
        assert set(facts) == set(child.OWNS)

    def test_a_companion_without_code_is_told_by_name(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        facts = prove(fake_driver({}, cuda={"cuda": 13000}), environment)
        (lacking,) = failures(facts)
        assert (lacking.step, lacking.of, lacking.code) == ("code", "flash-attn", 209)
        assert lacking.name == "CUDA_ERROR_NO_BINARY_FOR_GPU"
        assert (lacking.taken, lacking.tried) == (0, 4)

    @pytest.mark.parametrize("code", CODES)
    @pytest.mark.parametrize("call", CALLS)
    def test_every_code_of_every_call_is_an_answer(
        self, fake_driver: FakeDriver, environment: Environment, call: str, code: int
    ) -> None:
        environ = fake_driver({}, cuda={"cuda": 13000, f"{call}.fault": code})
        facts = prove(environ, environment)
        found = [step for step in failures(facts) if step.of != "flash-attn"]
        first = found[0]
        assert first.step == CALLS[call]
        assert (first.call, first.code) == (call, code)
        assert not first.cut
        if call.startswith("cu") and not call.startswith(("cublas", "cudnn")):
            assert code == 5555 or (first.name or "").startswith("CUDA_ERROR_")

    @pytest.mark.parametrize("call", CALLS)
    @pytest.mark.parametrize(
        ("fault", "word"), [("segv", "SIGSEGV"), ("abort", "SIGABRT"), ("exit", "77")]
    )
    def test_a_crash_names_its_step(
        self, fake_driver: FakeDriver, environment: Environment, call: str, fault: str, word: str
    ) -> None:
        environ = fake_driver({}, cuda={"cuda": 13000, f"{call}.fault": fault})
        facts = prove(environ, environment)
        last = failures(facts)[-1]
        assert (last.step, last.cut) == (CALLS[call], True)
        assert word in (last.error or "")
        assert facts["cuda_init"].value.code == 0

    @pytest.mark.parametrize(
        "call", ["cuDevicePrimaryCtxRetain", "cuModuleLoadFatBinary", "cudnnCreate"]
    )
    @pytest.mark.parametrize("fault", ["hang", "hang-nosig"])
    def test_a_hang_names_its_step(
        self,
        fake_driver: FakeDriver,
        environment: Environment,
        monkeypatch: pytest.MonkeyPatch,
        call: str,
        fault: str,
    ) -> None:
        monkeypatch.setattr(child, "STEP_S", 10.0)
        monkeypatch.setattr(child, "CODE_S", 2.0)
        environ = fake_driver({}, cuda={"cuda": 13000, f"{call}.fault": fault})
        last = failures(prove(environ, environment))[-1]
        assert (last.step, last.cut) == (CALLS[call], True)
        assert "no answer within" in (last.error or "")

    @pytest.mark.parametrize("fault", ["hang", "segv"])
    def test_where_the_start_ends_the_child_nothing_is_known(
        self, fake_driver: FakeDriver, environment: Environment, fault: str
    ) -> None:
        environ = fake_driver({}, cuda={"cuda": 13000, "cuInit.fault": fault})
        facts = prove(environ, environment, timeout_s=4.0)
        reason = Reason.TIMEOUT if fault == "hang" else Reason.CRASHED
        for name in ("cuda_init", "driver_proof", "driver_kernels"):
            gap = facts[name]
            assert isinstance(gap, Unavailable)
            assert gap.reason is reason
        assert "cuInit" in facts["cuda_init"].detail

    @pytest.mark.parametrize("code", [100, 802, 803, 999])
    def test_a_start_that_is_refused_is_the_answer(
        self, fake_driver: FakeDriver, environment: Environment, code: int
    ) -> None:
        facts = prove(fake_driver({}, cuda={"cuInit.fault": code}), environment)
        (step,) = failures(facts)
        assert (step.step, step.call, step.code) == ("init", "cuInit", code)
        assert facts["driver_kernels"].value == ()

    def test_wrong_numbers_are_seen(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        environ = fake_driver({}, cuda={"cuda": 13000, "gpu.wrong": 1, "product.wrong": 1})
        found = failures(prove(environ, environment))
        kernel, product = (step for step in found if step.of != "flash-attn")
        assert (kernel.step, kernel.code) == ("kernel", None)
        assert "64 of 64 numbers" in (kernel.error or "")
        assert product.of == "cublas"
        assert "1 of 256 elements" in (product.error or "")

    def test_a_gpu_that_is_refused_leaves_the_others(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        keys = {"cuda": 13000, "count": 3, "gpu0.cuDevicePrimaryCtxRetain.fault": 2}
        facts = prove(fake_driver({}, cuda=keys), environment)
        assert [result.ok for result in facts["driver_kernels"].value] == [False, True, True]
        assert sum(step.step == "library" for step in facts["driver_proof"].value) == 3

    def test_of_many_gpus_the_one_that_ends_the_process_is_named(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        keys = {"cuda": 13000, "count": 8, "gpu5.cuModuleLoadData.fault": "abort"}
        facts = prove(fake_driver({}, cuda=keys), environment)
        cut = [step for step in failures(facts) if step.cut]
        assert [(step.gpu, step.step) for step in cut] == [(5, "ptx")]
        assert all(result.ok for result in facts["driver_kernels"].value)

    def test_of_many_gpus_the_one_that_hangs_is_named(
        self,
        fake_driver: FakeDriver,
        environment: Environment,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(child, "STEP_S", 4.0)
        keys = {"cuda": 13000, "count": 8, "gpu5.cuCtxSynchronize.fault": "hang"}
        facts = prove(fake_driver({}, cuda=keys), environment)
        cut = [step for step in failures(facts) if step.cut]
        assert [(step.gpu, step.step) for step in cut] == [(5, "kernel")]
        assert sum(result.ok for result in facts["driver_kernels"].value) == 7

    def test_a_library_that_ends_the_process_costs_no_gpu_its_answer(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        keys = {"cuda": 13000, "count": 2, "cudnnCreate.fault": "segv"}
        facts = prove(fake_driver({}, cuda=keys), environment)
        assert [result.ok for result in facts["driver_kernels"].value] == [True, True]
        assert failures(facts)[-1].of == "cudnn"

    def test_an_exclusive_gpu_that_somebody_has_is_an_answer(
        self, fake_driver: FakeDriver, environment: Environment, tmp_path: Path
    ) -> None:
        lock = tmp_path / "gpu.lock"
        environ = fake_driver({}, cuda={"cuda": 13000, "exclusive": lock})
        with open(lock, "w", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            (step,) = failures(prove(environ, environment))
        assert (step.step, step.code) == ("context", 46)
        assert step.name == "CUDA_ERROR_DEVICE_UNAVAILABLE"

    def test_a_library_that_cannot_be_opened_is_told_with_the_loaders_words(
        self, fake_driver: FakeDriver, tmp_path: Path
    ) -> None:
        broken = Environment(tmp_path / "venv").make()
        broken.bundled("libnccl.so.2").write_bytes(b"\x7fELF")
        (step,) = failures(prove(fake_driver({}, cuda={"cuda": 13000}), broken))
        assert (step.step, step.of, step.code) == ("library", "nccl", None)
        assert "file too short" in (step.error or "")

    def test_a_library_that_ends_the_process_when_it_is_opened_costs_no_gpu_its_answer(
        self, fake_driver: FakeDriver, tmp_path: Path
    ) -> None:
        """Libraries are mapped while CUDA starts; one that ends the process then is known by its name all the same."""
        broken = Environment(tmp_path / "venv").make()
        broken.replace(
            "libnccl.so.2", "__attribute__((constructor)) void f(void) { __builtin_trap(); }"
        )
        facts = prove(fake_driver({}, cuda={"cuda": 13000}), broken)
        (step,) = failures(facts)
        assert (step.step, step.of, step.gpu, step.cut) == ("library", "nccl", 0, True)
        assert [result.ok for result in facts["driver_kernels"].value] == [True]

    def test_a_library_that_hangs_when_it_is_opened_is_named(
        self, fake_driver: FakeDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(child, "STEP_S", 10.0)
        broken = Environment(tmp_path / "venv").make()
        hang = "int pause(void); __attribute__((constructor)) void f(void) { for (;;) pause(); }"
        broken.replace("libcudnn.so.9", hang)
        facts = prove(fake_driver({}, cuda={"cuda": 13000}), broken)
        (step,) = failures(facts)
        assert (step.step, step.of, step.cut) == ("library", "cudnn", True)
        assert [result.ok for result in facts["driver_kernels"].value] == [True]

    def test_nothing_is_left_in_the_users_cache(
        self, fake_driver: FakeDriver, environment: Environment
    ) -> None:
        seen: list[Mapping[str, str]] = []

        class Watching(LiveHost):
            def child(self, name: str, *args: Any, **kwargs: Any) -> Any:
                seen.append(kwargs["env"])
                return super().child(name, *args, **kwargs)

        host = Watching(environ=fake_driver({}))
        list(child.prove(host, asked(host, environment.python), 10))
        assert seen[0]["CUDA_CACHE_DISABLE"] == "1"

    def test_a_plan_that_fails_costs_the_plan_alone(
        self,
        fake_driver: FakeDriver,
        environment: Environment,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def fail(*_: object) -> None:
            raise ZeroDivisionError("for the test")

        monkeypatch.setattr(child, "plan", fail)
        facts = prove(fake_driver({}, cuda={"cuda": 13000}), environment)
        (step,) = failures(facts)
        assert (step.step, step.error) == ("plan", "ZeroDivisionError: for the test")
        assert [result.ok for result in facts["driver_kernels"].value] == [True]


@pytest.mark.parametrize("script", ["#!/no/such/program", "#!/bin/sh\nexit 127"])
def test_an_interpreter_that_does_not_start_is_not_the_drivers_fault(
    fake_driver: FakeDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(refusal, "foreign_to_root", lambda *_: None)
    broken = Environment(tmp_path / "venv").make()
    (tmp_path / "venv" / "bin" / "python").unlink()
    (tmp_path / "venv" / "bin" / "python").write_text(script + "\n")
    (tmp_path / "venv" / "bin" / "python").chmod(0o755)
    facts = prove(fake_driver({}, cuda={"cuda": 13000}), broken)
    assert facts["cuda_init"].value.code == 0
    assert {step.step for step in facts["driver_proof"].value} == {
        "init",
        "context",
        "ptx",
        "kernel",
    }


def test_without_torch_the_driver_runs_our_kernel(fake_driver: FakeDriver, tmp_path: Path) -> None:
    host = LiveHost(environ=fake_driver({}, cuda={"cuda": 13000}))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/usr/bin/env")
    facts = dict(child.prove(host, asked(host, None), 10))
    assert [result.ok for result in facts["driver_kernels"].value] == [True]
    assert {step.step for step in facts["driver_proof"].value} >= {"init", "context", "kernel"}


@no_real_driver
def test_no_libcuda_is_an_answer() -> None:
    facts = prove({"PATH": ""}, None)
    for name in child.OWNS:
        gap = facts[name]
        assert isinstance(gap, Unavailable)
        assert gap.reason is Reason.NOT_PRESENT


def test_libraries_are_mapped_when_cuda_has_started(
    fake_driver: FakeDriver, environment: Environment
) -> None:
    """What CUDA opens itself would wait for them: the loader does one thing at a time."""
    lines: list[dict[str, Any]] = []

    class Listening(LiveHost):
        def child(self, name: str, *args: Any, on_line: Any, **how: Any) -> Any:
            def heard(line: dict[str, Any]) -> Any:
                lines.append(line)
                return on_line(line)

            return super().child(name, *args, on_line=heard, **how)

    host = Listening(
        environ=fake_driver({"cuda": 13000}, cuda={"cuda": 13000, "cuInit.takes": 1500})
    )
    list(child.prove(host, asked(host, environment.python), child.TIMEOUT_S))

    kinds = [line.get("stage") or line.get("begin") for line in lines]
    assert "library" in kinds
    started = kinds.index("init")
    assert "begin" not in {key for line in lines[:started] for key in line}
    assert any(line.get("begin") == "library" and line["gpu"] is None for line in lines[started:])


def test_torch_starts_cuda_when_the_proof_has_left_the_gpu(
    fake_driver: FakeDriver,
    environment: Environment,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In exclusive mode, whoever comes second is refused: so each must have had the GPU for itself."""
    monkeypatch.setenv("TORCH_DOCTOR_TRUST_ENVIRONMENT", "1")
    environ = fake_driver({"cuda": 13000}, cuda={"cuda": 13000, "exclusive": tmp_path / "lock"})
    environ["TORCH_DOCTOR_TRUST_ENVIRONMENT"] = "1"
    facts: Facts = collect(LiveHost(environ=environ), Inquiry(python=environment.python)).facts
    assert [step.code for step in facts.value("driver_proof") if step.step == "context"] == [None]
    stages = {stage.stage: stage for stage in facts.value("live_stages")}
    assert stages["init"].ok, stages["init"].error
    assert facts.value("cuda_available") is True


def test_a_proof_that_hangs_lets_torch_run(
    fake_driver: FakeDriver, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STEP_S", 10.0)
    environ = fake_driver({"cuda": 13000}, cuda={"cuda": 13000, "cudnnCreate.fault": "hang-nosig"})
    environ["TORCH_DOCTOR_TRUST_ENVIRONMENT"] = "1"
    facts = collect(LiveHost(environ=environ), Inquiry(python=environment.python)).facts
    assert facts.value("driver_proof")[-1].cut
    assert facts.value("cuda_available") is True


def test_the_driver_alone_starts_no_torch(
    fake_driver: FakeDriver, environment: Environment
) -> None:
    asked: list[str] = []

    class Watching(LiveHost):
        def child(self, name: str, *args: Any, **kwargs: Any) -> Any:
            asked.append(name)
            return super().child(name, *args, **kwargs)

    environ = {**fake_driver({"cuda": 13000}), "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"}
    facts = collect(
        Watching(environ=environ), Inquiry(python=environment.python, torch=False)
    ).facts
    assert sorted(asked) == ["nvml", "proof"]
    assert facts.value("cuda_init").code == 0
    gap = facts["live_stages"]
    assert isinstance(gap, Unavailable)
    assert gap.reason is Reason.NOT_ASKED


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
def test_as_root_nothing_of_somebody_else_is_run(
    fake_driver: FakeDriver, environment: Environment
) -> None:
    folder = environment.folder
    os.chown(folder, 12345, -1)
    try:
        facts = prove(fake_driver({}, cuda={"cuda": 13000}), environment)
    finally:
        os.chown(folder, 0, -1)
    steps = facts["driver_proof"].value
    assert not failures(facts)
    assert {step.step for step in steps} == {"init", "context", "ptx", "kernel"}


def test_a_static_check_says_that_it_did_not_ask(fake_driver: FakeDriver) -> None:
    facts = collect(LiveHost(environ=fake_driver({})), Inquiry(static=True)).facts
    for name in (*libcuda.CALLS_OWN, *libcuda.PROOF_OWN):
        gap = facts[name]
        assert name == "driver_cuda" or isinstance(gap, Unavailable)


def test_libraries_that_root_may_not_run_are_not_opened(
    fake_driver: FakeDriver, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Unavailable(Reason.DENIED, "belongs to user 54321", Source("file", "torch"))
    monkeypatch.setattr(child, "starting_refusal", lambda *_: None)
    monkeypatch.setattr(child, "loading_refusal", lambda *_: whole)

    facts = prove(fake_driver({}, cuda={"cuda": 13000}), environment)

    steps = {step.step for step in facts["driver_proof"].value}
    assert not steps & {"library", "code"}
    assert [result.ok for result in facts["driver_kernels"].value] == [True]
