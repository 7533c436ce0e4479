"""--proof: how far to go, what it goes with, and what says how far it went."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from torch_doctor.cli import check
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.main import run as run_command
from torch_doctor.cli.output import progress
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.observed import reached
from torch_doctor.core.records import ProofStep, StageResult

from tests.faults.driver import FakeDriver, no_real_driver
from tests.faults.proof import Environment, environment
from tests.resting import rests_on

__all__ = ["environment"]

HERE = Source("child", "x")


@pytest.mark.parametrize("given", [["--static"], ["--deep"]])
@pytest.mark.parametrize("proof", ["static", "driver", "torch", "deep"])
def test_one_word_says_how_far_to_go(proof: str, given: list[str]) -> None:
    arguments = check.parser().parse_args(["--proof", proof, *given])

    with pytest.raises(InputError, match="all say how far to go"):
        check.run(arguments)


@pytest.mark.parametrize("proof", ["driver", "torch"])
@pytest.mark.parametrize("other", [["--facts", "host.json"], ["--assume", "gpu=V100"]])
def test_it_asks_this_machine_alone(proof: str, other: list[str]) -> None:
    arguments = check.parser().parse_args(["--proof", proof, *other])

    with pytest.raises(InputError, match=f"--proof {proof} asks this machine"):
        check.run(arguments)


def test_how_far_it_went_is_read_from_the_facts() -> None:
    static = Facts({})
    driver = static.with_(driver_proof=Known((), HERE))
    torch = driver.with_(live_stages=Known((StageResult("import", True, 1.0),), HERE))
    deep = torch.with_(deep_results=Known((), HERE))

    assert [*map(reached, (static, driver, torch, deep))] == ["static", "driver", "torch", "deep"]


@pytest.fixture
def ask(
    fake_driver: FakeDriver,
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, Any]]:
    """Return a function that checks a fake machine and an environment of it, and returns exit code and JSON."""

    def run(*words: str, **cuda: Any) -> tuple[int, Any]:
        keys = {"driver": "580.95.05", "cuda": 13000, "gpu.name": "NVIDIA H100 80GB HBM3"}
        environ = fake_driver({**keys, "gpu.cc": "9.0"}, cuda={"cuda": 13000, **cuda})
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TORCH_DOCTOR_TRUST_ENVIRONMENT", "1")
        code = run_command(["check", environment.python, "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    return run


@rests_on("TD976")
@pytest.mark.parametrize(
    ("words", "proof"),
    [
        (["--static"], "static"),
        (["--proof", "static"], "static"),
        (["--proof", "driver"], "driver"),
    ],
)
def test_the_report_says_how_far_it_went(
    ask: Callable[..., tuple[int, Any]], words: list[str], proof: str
) -> None:
    code, report = ask(*words)

    assert report["proof"] == proof
    assert report["exit_code"] == code
    assert ("value" in report["facts"]["driver_proof"]) == (proof == "driver")
    assert "value" not in report["facts"]["live_stages"]


@rests_on("TD976")
def test_by_default_torch_runs_too(ask: Callable[..., tuple[int, Any]]) -> None:
    _, report = ask()

    assert report["proof"] == "torch"
    assert "value" in report["facts"]["driver_proof"]


@rests_on("TD971")
def test_what_the_driver_refuses_is_the_cause(ask: Callable[..., tuple[int, Any]]) -> None:
    code, report = ask("--proof", "driver", **{"cuDevicePrimaryCtxRetain.fault": 999})

    assert (code, report["verdict"]) == (1, "broken")
    (refused,) = [one for one in report["findings"] if one["code"] == "TD971"]
    assert refused["severity"] == "error"
    assert refused["cause"] == "driver-state-needs-reboot"
    assert "error_codes/cuda-driver/999" in {row["row"] for row in refused["because"]}


@no_real_driver
def test_a_proof_that_tells_nothing_is_no_verdict(ask: Callable[..., tuple[int, Any]]) -> None:
    code, report = ask("--proof", "driver", **{"cuInit.fault": "exit"})

    assert (code, report["verdict"]) == (2, "undecided")
    assert "driver_proof" in {gap["fact"] for gap in report["why"]}


def test_progress_says_what_the_driver_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "is_terminal", lambda stream: True)
    say = progress.proof(check.parser().parse_args([]))
    assert say is not None
    kernel = ProofStep("kernel", True, 0.01, 0)
    code = ProofStep("code", True, 0.02, 0, "torch", taken=12, tried=12)
    library = ProofStep("library", True, 0.1, 0, "cublas", version="13.0.2")
    refused = ProofStep("context", False, 0.1, 1, code=46, call="cuDevicePrimaryCtxRetain")

    say((kernel, code, library))
    say((kernel, refused))

    first, second = capsys.readouterr().err.splitlines()
    assert "a kernel ran on 1 GPU; the code of torch is taken; cublas 13.0.2 answers" in first
    assert "context failed on GPU 1: cuDevicePrimaryCtxRetain answers 46" in second


def test_progress_is_silent_where_nobody_looks() -> None:
    assert progress.proof(check.parser().parse_args([])) is None
