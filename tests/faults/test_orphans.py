"""Who ends a check ends what it started: a child that hangs in the driver is not left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.driver import FakeDriver
from tests.faults.proof import Environment, environment

__all__ = ["environment"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)


def running(mark: str) -> list[str]:
    """Return the command lines of processes that have a text in their environment, but for what is dead already."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and mark.encode() in (place / "environ").read_bytes():
                state = (place / "stat").read_text().rpartition(")")[2].split()[0]
                words = (place / "cmdline").read_bytes().decode().replace("\0", " ")
                found += [] if state in "ZX" else [words]
        except OSError:
            continue
    return found


def until(holds: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True


def end_while(environ: dict[str, str], child: str, sign: signal.Signals, *words: str) -> list[str]:
    """Send *sign* to a check as soon as its *child* runs; return what is there ten seconds later at most."""
    if signal.getsignal(sign) is signal.SIG_IGN:
        pytest.skip(f"{sign.name} is ignored by what runs the tests, as under nohup")
    mark = f"FAKE_NVML={environ['FAKE_NVML']}"
    with subprocess.Popen(
        [sys.executable, "-m", "torch_doctor", "check", "--json", *words],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert until(lambda: any(child in words for words in running(mark)), 20)
        time.sleep(0.5)  # until it hangs
        process.send_signal(sign)
        process.wait(10)
    until(lambda: not running(mark), 10)
    return running(mark)


@pytest.mark.parametrize("sign", SIGNALS)
@pytest.mark.parametrize(
    "words", [("--static",), ("--static", "--timeout", "9"), (), ("--deadline", "60")]
)
def test_nvml_that_hangs_goes_with_the_check(
    fake_driver: FakeDriver, sign: signal.Signals, words: tuple[str, ...]
) -> None:
    environ = fake_driver({"nvmlInit.fault": "hang-nosig"})
    assert end_while(environ, "_nvml_payload.py", sign, *words) == []


@pytest.mark.parametrize("sign", SIGNALS)
@pytest.mark.parametrize(
    ("call", "child"),
    [("cuInit", "_proof_payload.py"), ("cudnnCreate", "_proof_payload.py")],
)
def test_a_proof_that_hangs_goes_with_the_check(
    fake_driver: FakeDriver,
    environment: Environment,
    call: str,
    child: str,
    sign: signal.Signals,
) -> None:
    environ = fake_driver({}, cuda={"cuda": 13000, f"{call}.fault": "hang-nosig"})
    environ["TORCH_DOCTOR_TRUST_ENVIRONMENT"] = "1"
    words = ("--python", environment.python)
    assert end_while(environ, child, sign, *words) == []
