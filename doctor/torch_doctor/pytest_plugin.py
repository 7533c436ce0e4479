"""The pytest plugin: a test marked ``requires_gpu`` is skipped, or fails, with the cause why PyTorch will not run.

pytest loads it in every run where torch-doctor is installed, so nothing is imported, and no machine looked at, before
a marked test is set up. The check is made once for each kind of requirement; what asks the driver is a child process.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MARK = "requires_gpu"
_WORDS = ("gpus", "gpu", "build")
_ABOUT = (
    "requires_gpu(gpus=1, gpu=(), build=()): run only where PyTorch will run on so many GPUs, of these models, with "
    "this build of torch; else the test is skipped (or fails: torch_doctor_gpu) with the cause and the cure"
)
_FOUND = pytest.StashKey["dict[str, str]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and its lasting form, and how far the check goes."""
    words = "what a test marked requires_gpu does where PyTorch will not run: skip (the default) or fail"
    group = parser.getgroup("torch-doctor")
    group.addoption("--torch-doctor-gpu", choices=("skip", "fail"), default=None, help=words)
    parser.addini("torch_doctor_gpu", words, default="skip")
    proof = "driver (the default: it asks the driver to run a kernel) or static (it reads files and NVML)"
    parser.addini("torch_doctor_proof", f"how far requires_gpu looks: {proof}", default="driver")


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", _ABOUT)
    config.stash[_FOUND] = {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail a marked test where what it requires is not there."""
    marks = list(item.iter_markers(_MARK))
    for mark in marks:
        why = _against(item, _wanted(mark))
        if not why:
            continue
        if _setting(item.config, "gpu", ("skip", "fail")) == "fail":
            pytest.fail(why, pytrace=False)
        # told at the place of the test, not of this line
        raise pytest.skip.Exception(why, _use_item_location=True)


def _wanted(mark: pytest.Mark) -> dict[str, Any]:
    """Return what a mark requires: ``requires_gpu(2)`` is ``requires_gpu(gpus=2)``."""
    wanted: dict[str, Any] = {**dict(zip(_WORDS, mark.args, strict=False)), **mark.kwargs}
    unknown = set(wanted) - set(_WORDS)
    if unknown or len(mark.args) > len(_WORDS):
        names = ", ".join(map(str, sorted(unknown) or mark.args))
        pytest.fail(f"requires_gpu takes {', '.join(_WORDS)}, not {names}", pytrace=False)
    return wanted


def _against(item: pytest.Item, wanted: dict[str, Any]) -> str:
    """Return why what is wanted is not there, empty where it is: looked up once in a run."""
    known, key = item.config.stash[_FOUND], repr(sorted(wanted.items()))
    if key not in known:
        known[key] = _looked_up(item.config, wanted)
    return known[key]


def _looked_up(config: pytest.Config, wanted: dict[str, Any]) -> str:
    from torch_doctor import gate

    require: Callable[..., object] = gate.require
    proof, wrong = _setting(config, "proof", ("driver", "static")), ""
    try:
        require(proof=proof, **wanted)
    except gate.RequirementError as error:
        return str(error)
    except ValueError as error:
        wrong = f"requires_gpu: {error}"
    if wrong:  # beyond the except: pytest would show the error that this one words, too
        pytest.fail(wrong, pytrace=False)
    return ""


def _setting(config: pytest.Config, name: str, words: tuple[str, ...]) -> str:
    typed = config.getoption(f"torch_doctor_{name}", None)
    value = str(typed or config.getini(f"torch_doctor_{name}"))
    if value not in words:
        raise pytest.UsageError(f"torch_doctor_{name} is {' or '.join(words)}, not {value!r}")
    return value
