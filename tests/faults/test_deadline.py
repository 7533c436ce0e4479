"""``--deadline``: the whole check ends in time, and what it did not reach is unknown, and never healthy."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.core.records import DeepResult, ProofStep
from torch_doctor.probes import gather as room
from torch_doctor.probes.collect import Collected
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Listeners

from tests.faults.driver import FakeDriver, no_real_driver
from tests.faults.test_dead_files import beside_a_dead_one, needs_linux


class Ended(NamedTuple):
    """What a check printed, and the seconds until it was gone."""

    report: dict[str, Any]
    seconds: float


def check(environ: dict[str, str], *words: str) -> Ended:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "torch_doctor", *words, "--json"],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        timeout=300,
        check=False,
    )
    report = json.loads(done.stdout)
    assert done.returncode == report["exit_code"]
    return Ended(report, time.monotonic() - started)


@no_real_driver
@pytest.mark.parametrize("words", [["--static"], ["--proof", "driver"]], ids=" ".join)
@pytest.mark.parametrize("fault", ["hang", "hang-nosig"])
def test_a_driver_that_hangs_does_not_hold_the_check(
    fake_driver: FakeDriver, words: list[str], fault: str
) -> None:
    environ = fake_driver({"nvmlInit.fault": fault}, cuda={"cuInit.fault": fault})

    ended = check(environ, *words, "--deadline", "4")

    assert ended.seconds < 60  # a driver that hangs does so for ever
    assert ended.report["verdict"] not in ("healthy", "degraded", "cpu-only")
    status = ended.report["facts"]["nvml_status"]
    assert status["unavailable"] == "timeout", status


@needs_linux
@pytest.mark.needs_root
def test_a_home_that_does_not_answer_costs_no_more_than_the_deadline(tmp_path: Path) -> None:
    place = tmp_path / "dead"
    place.mkdir()
    started = time.monotonic()
    done = beside_a_dead_one(
        place, "check", "--deadline", "6", "--json", CUDA_HOME=str(place / "cuda")
    )

    assert time.monotonic() - started < 120  # without the deadline it never ends
    assert any("did not finish within" in one["text"] for one in json.loads(done.stdout)["why"])


_WATCHED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
from torch_doctor import __main__ as start

def run(words, host=None):
    print("begun", flush=True)
    {doing}
    return 0

sys.argv[1:] = {words!r}
start.main = run
start.entry()
"""


def started(doing: str, *words: str) -> subprocess.Popen[str]:
    """Start the program with a check that does something else, and wait until it is in there."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WATCHED.format(doing=doing, words=list(words))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the check has no process of its own there")
@pytest.mark.parametrize(
    ("doing", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "it was ended by signal 9"),
        ("os._exit(7)", "it ended with 7"),
        (
            "os.fork() and os.kill(os.getpid(), signal.SIGSEGV); time.sleep(8)",
            "it was ended by signal 11",
        ),
    ],
    ids=["killed", "exited", "with a child that holds the pipe"],
)
def test_a_check_that_crashes_is_not_said_to_be_late(doing: str, how: str) -> None:
    _, err = started(doing, "check", "--deadline", "2").communicate(timeout=300)

    assert how in err
    assert "did not end within" not in err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the check has no process of its own there")
@pytest.mark.parametrize(
    "words", [("--deadline", "500"), ("check", "--deadline=500")], ids=" ".join
)
@pytest.mark.parametrize("everybody", [True, False], ids=["by the terminal", "alone"])
@pytest.mark.parametrize("doing", ["time.sleep(600)", "signal.pthread_sigmask(0, [2]); time.sleep(600)"])  # fmt: skip
def test_ctrl_c_ends_a_check_with_130(doing: str, everybody: bool, words: tuple[str, ...]) -> None:
    process = started(f"try: {doing}\n    except KeyboardInterrupt: return 130", *words)
    begun = time.monotonic()
    (os.killpg if everybody else os.kill)(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=300)

    assert process.returncode == 130, err
    assert time.monotonic() - begun < 120
    assert "did not end within" not in err


def test_measuring_has_no_deadline() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torch_doctor", "--deep", "--deadline", "5"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 2
    assert "--deadline ends what --deep measures" in done.stderr


@pytest.mark.parametrize("identify", [False, True])
def test_what_is_told_on_the_way_is_as_clean_as_the_report(
    identify: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "https://bob:hunter22hunter@index.example/simple"
    text = f"/home/alicexyz/lib.so of {secret} is none"
    step = ProofStep("library", False, 0.1, error=text)
    result = DeepResult("triton", "failed", 0.1, error=text)

    def collect(_: Any, __: Any, listeners: Any, *___: Any) -> Collected:
        listeners.proof((step,))
        listeners.deep(result)
        return Collected(Facts(), {})

    monkeypatch.setattr("torch_doctor.probes.collect.collect", collect)
    heard: list[str] = []
    hearing = Listeners(
        proof=lambda steps: heard.append(str(steps[0].error)),
        deep=lambda one: heard.append(str(one.error)),
        identify=identify,
    )
    room.gather(LiveHost(environ={}), listeners=hearing, identify=True)

    assert len(heard) == 2
    for words in heard:
        assert "hunter22" not in words
        assert ("alicexyz" in words) is identify
