"""How each tool is asked, and what of its answer is the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench.rivals.cases import HERE, Case
from tests.bench.rivals.stage import Stage

CANNOT_BE_ASKED, NOT_RUN = "cannot be asked", "not run"
# What cuda-doctor says of a toolkit on the machine that runs the bench, which no question is about.
_OF_THE_TOOLKIT = ("DRV002",)


class Said(NamedTuple):
    """What a tool says, in short. *build* is the torch that it names, *tag* the newest variant that it allows.

    *verdict* is its yes or no; *none* that it finds nothing that runs.
    """

    text: str
    build: str = ""
    tag: str = ""
    verdict: bool | None = None
    none: bool = False


def uv(stage: Stage, case: Case) -> Said:
    """The index that uv takes first for the driver; it reads no GPU, and judges no build that is there."""
    if case.is_yes_or_no or case.limits or not case.driver or case.torch:
        return Said(CANNOT_BE_ASKED)
    if case.companions:
        return Said(NOT_RUN)  # which release it would take hangs on torch's own index
    platform = {"windows": "windows", "linux-aarch64": "aarch64-manylinux_2_28"}.get(case.platform)
    if case.platform == "jetson":
        return Said(CANNOT_BE_ASKED)
    more = (("--python-version", case.python.rstrip("t")) if case.python else ()) + (
        ("--python-platform", platform) if platform else ()
    )
    _, output = stage.run(
        case, "uv", "pip", "install", "--verbose", "--dry-run", "--torch-backend=auto", "--python",
        str(stage.bin / "python"), *more, "torch", UV_CUDA_DRIVER_VERSION=case.driver, UV_HTTP_TIMEOUT="10",
        UV_HTTP_RETRIES="0",
    )  # fmt: skip
    if chosen := re.search(r"\+ torch==(\S+)", output):
        return Said(f"torch {chosen[1]}", build=chosen[1])
    asked = re.search(r"/whl/(cu\d+|cpu)\b", output)
    if asked is None or asked[1] == "cpu":
        return Said("CPU, or no answer", none=True)
    return Said(f"asks for {asked[1]} first", tag=asked[1])


def light_the_torch(stage: Stage, case: Case) -> Said:
    """The newest backend that light-the-torch finds compatible with the driver."""
    if case.is_yes_or_no or case.limits or not case.driver or case.torch or case.python:
        return Said(CANNOT_BE_ASKED)
    if case.platform != HERE:
        return Said(CANNOT_BE_ASKED)
    if case.companions:
        return Said(NOT_RUN)
    words = "from light_the_torch._cb import detect_compatible_computation_backends as d; print(max(d()))"
    code, output = stage.run(case, "python", "-c", words)
    if code:
        return Said("fails")
    top = output.strip()
    return Said(f"up to {top}", tag=top, none=top == "cpu")


def env_doctor(stage: Stage, case: Case) -> Said:
    """The command that env-doctor gives, or what it thinks of the build."""
    alone = case.platform == HERE and not case.limits and case.driver and not case.python
    if not alone or len(case.gpus) != 1 or any("=" in name for name in case.companions):
        return Said(CANNOT_BE_ASKED)
    if case.is_yes_or_no:
        return _env_doctor_check(stage, case)
    if case.torch or len(case.companions) > 1:
        return Said(CANNOT_BE_ASKED)
    package = next(iter(case.companions), "torch")
    _, output = stage.run(case, "env-doctor", "install", package)
    found = re.search(r"(?:Copy-to-fix: |\n\s*)((?:uv )?pip install [^\n]*)", output)
    if found is None:
        return Said("no command", none=package == "torch")
    words = re.sub(r"https?://\S*/(?=\S)", "", found[1]).replace("--extra-index-url", "")
    words = " ".join(words.replace("--index-url", "").split())
    build = re.search(r"\btorch==(\d\S*)", words)
    tag = re.search(r"\b(cu\d{2,3})\b", words)
    named = f"{build[1].partition('+')[0]}+{tag[1]}" if build and tag else ""
    return Said(words, build="" if case.companions else named)


def _env_doctor_check(stage: Stage, case: Case) -> Said:
    if case.companions or case.torch_cuda is None:
        return Said(CANNOT_BE_ASKED)
    code, output = stage.run(case, "env-doctor", "check")
    marks = ("CRITICAL CONFLICT", "ARCHITECTURE MISMATCH", "Traceback")
    faults = [words for words in marks if words in output]
    if "Traceback" in faults:
        return Said(f"Traceback, exit {code}")
    return Said(f"{', '.join(faults) or 'no fault'}, exit {code}", verdict=not faults)


def cuda_doctor(stage: Stage, case: Case) -> Said:
    """What cuda-doctor calls the machine; it recommends nothing."""
    asked = case.is_yes_or_no and case.torch_cuda and not case.companions and not case.limits
    if not asked or case.platform != HERE or case.python or len(case.gpus) != 1:
        return Said(CANNOT_BE_ASKED)
    code, output = stage.run(case, "cuda-doctor", "diagnose", "-f", "json")
    try:
        document: dict[str, Any] = json.loads(output[output.index("{") :])
    except ValueError:
        return Said(f"no JSON, exit {code}")
    wrong = ("error", "critical")
    issues = [one["code"] for one in document["issues"] if one["severity"].lower() in wrong]
    codes = [code for code in issues if code not in _OF_THE_TOOLKIT]
    status = document["summary"]["status"]
    return Said(f"{status} {' '.join(codes)}".strip(), verdict=not codes)


def rigsolve(stage: Stage, case: Case) -> Said:
    """The plan of rigsolve for a target with one GPU, or the conflict that it names."""
    if case.limits or len(case.gpus) != 1:
        return Said(CANNOT_BE_ASKED)
    if case.platform not in _TARGETS or case.python.endswith("t"):
        return Said(CANNOT_BE_ASKED)
    target = [re.sub(r"^NVIDIA (?:GeForce )?|^Tesla ", "", case.gpus[0])]
    target += [f"driver={case.driver}"] if case.driver else []
    target += [f"python={case.python}"] if case.python else []
    target += _TARGETS[case.platform]
    torch = "torch" + (case.torch if case.torch and case.torch[0] in "<>=" else "")
    torch = f"torch=={case.torch}" if case.torch and case.torch[0].isdigit() else torch
    wanted = (torch, *case.companions)
    code, output = stage.run(
        case, "rigsolve", "solve", "--want", *wanted, "--target", ",".join(target)
    )
    if "missing coverage" in output:
        return Said("no coverage")
    if "No solution" in output:
        reasons = re.findall(r"^\s+- (?!you requested)(.+)$", output, re.MULTILINE)
        text = f"no solution: {reasons[0] if reasons else ''}"
        return Said(text, verdict=False if case.is_yes_or_no else None, none=True)
    plan = re.search(r"whl/(cu\d+) torch==(\S+)", output)
    if plan is None:
        return Said(f"no plan, exit {code}")
    rest = re.findall(r"\b([a-z][a-z_-]+)==(\d\S*)", output.partition("python -m pip")[2])
    along = [f"{name} {version}" for name, version in rest if name != "torch"]
    text = f"torch {plan[2]}+{plan[1]}" + (f" with {', '.join(along)}" if along else "")
    build = f"{plan[2]}+{plan[1]}"
    return Said(text, build=build, verdict=True if case.is_yes_or_no else None)


_TARGETS = {
    HERE: ["linux"],
    "linux-aarch64": ["linux", "aarch64"],
    "windows": ["windows"],
    "wsl": ["wsl"],
}

TOOLS: dict[str, Callable[[Stage, Case], Said]] = {
    "uv": uv,
    "light-the-torch": light_the_torch,
    "env-doctor": env_doctor,
    "cuda-doctor": cuda_doctor,
    "rigsolve": rigsolve,
}
