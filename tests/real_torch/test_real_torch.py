"""What is read from the files of a real torch equals what that torch says of itself.

TORCH_DOCTOR_TEST_PYTHON names an interpreter that has a torch. Where it must be there (CI), also set
TORCH_DOCTOR_REQUIRE_REAL_TORCH=1: then its absence is a failure and no skip.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Unavailable
from torch_doctor.core.version import CudaVersion
from torch_doctor.probes.host.port import LiveHost, RecordedHost
from torch_doctor.probes.live import torch_child
from torch_doctor.probes.python import packages
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch import libraries, shadows
from torch_doctor.probes.torch import static as torch_static
from torch_doctor.probes.torch.preloading import preloading

pytestmark = pytest.mark.real_torch

ASK = """
import json, sys, torch
flags = torch._C._cuda_getArchFlags() if torch.version.cuda else ""
print(json.dumps({
    "version": torch.__version__, "cuda": torch.version.cuda, "hip": torch.version.hip, "git": torch.version.git_version,
    "arch": flags.split(), "abi": torch.compiled_with_cxx11_abi(), "file": torch.__file__,
    "python": ".".join(map(str, sys.version_info[:3])),
}))
"""


@pytest.fixture(scope="module")
def python() -> str:
    path = os.environ.get("TORCH_DOCTOR_TEST_PYTHON")
    if path and Path(path).exists():
        return path
    reason = "TORCH_DOCTOR_TEST_PYTHON names no interpreter with a torch"
    if os.environ.get("TORCH_DOCTOR_REQUIRE_REAL_TORCH") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def reported(python: str) -> dict[str, Any]:
    """Return what the torch says when it is imported, in the user's way."""
    run = subprocess.run(
        [python, "-c", ASK], capture_output=True, text=True, check=True, timeout=300
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def host() -> LiveHost:
    return LiveHost()


@pytest.fixture(scope="module")
def target(host: LiveHost, python: str) -> Target:
    return resolve_target(host, python)


@pytest.fixture(scope="module")
def static(host: LiveHost, target: Target) -> Facts:
    return Facts(
        [
            *torch_static.probe(host, target),
            *packages.probe(host, target),
            *libraries.probe(host, target),
        ]
    )


@pytest.fixture(scope="module")
def live(host: LiveHost, target: Target) -> Facts:
    return Facts(torch_child.live(host, target, 300))


def known(fact: Fact[Any]) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def test_the_build_is_read_right(static: Facts, reported: dict[str, Any], target: Target) -> None:
    assert str(known(static["torch_version"])) == reported["version"]
    assert known(static["torch_git"]) == reported["git"]
    assert known(static["cxx11_abi"]) is reported["abi"]
    assert known(static["torch_location"]) == os.path.dirname(reported["file"])
    assert target.version == reported["python"]
    variant = "cuda" if reported["cuda"] else "rocm" if reported["hip"] else "cpu"
    assert known(static["torch_variant"]) == variant


def test_cuda_and_targets_are_read_right(static: Facts, reported: dict[str, Any]) -> None:
    if reported["cuda"] is None:
        for name in ("torch_cuda", "arch_list", "torch_libraries", "library_picks"):
            fact = static[name]
            assert isinstance(fact, Unavailable) and fact.reason is Reason.NOT_APPLICABLE
        return
    assert known(static["torch_cuda"]) == CudaVersion.parse(reported["cuda"])
    cubins = [str(t) for t in known(static["arch_list"]) if not t.ptx]
    assert sorted(cubins) == sorted(arch for arch in reported["arch"] if arch.startswith("sm_"))


def test_a_healthy_install_is_whole(static: Facts) -> None:
    assert known(static["torch_damage"]) == ()
    assert known(static["torch_leftovers"]) == ()
    assert len(known(static["torch_copies"])) == 1
    assert known(static["glibc_needed"]).startswith("2.")
    assert "torch" in [package.name for package in known(static["packages"])]


def test_the_live_check_agrees(live: Facts, reported: dict[str, Any]) -> None:
    assert live.is_absent("torch_import_error")
    stages = [stage.stage for stage in known(live["live_stages"])]
    assert stages[:3] == ["import", "init", "view"]
    assert isinstance(known(live["cuda_available"]), bool)
    if reported["cuda"] is None:
        assert (known(live["kernel_results"]), known(live["loaded_libraries"])) == ((), ())


def test_predicted_libraries_are_the_loaded_ones(
    static: Facts, live: Facts, reported: dict[str, Any]
) -> None:
    if reported["cuda"] is None:
        pytest.skip("a CPU build loads no CUDA library")
    picks = {os.path.basename(pick.path): pick.path for pick in known(static["library_picks"])}
    loaded = {library.name: library.path for library in known(live["loaded_libraries"])}
    both = set(picks) & set(loaded)
    assert {"libcudart", "libcudnn", "libcublas"} <= {name.partition(".so")[0] for name in both}
    assert {name: picks[name] for name in both} == {name: loaded[name] for name in both}
    assert known(static["torch_libraries_missing"]) == ()


def test_a_recording_answers_as_the_machine_did(
    host: LiveHost, target: Target, static: Facts, tmp_path: Path
) -> None:
    from torch_doctor.probes.record import RecordingHost

    recording = RecordingHost(host)
    first = Facts(torch_static.probe(recording, target))
    recording.save(tmp_path / "host")
    again = Facts(torch_static.probe(RecordedHost(tmp_path / "host"), target))
    for name in torch_static.OWNS:
        assert first[name] == static[name]
        assert again[name] == static[name], name


def test_torch_cannot_do_without_the_modules_whose_names_are_watched(
    python: str, tmp_path: Path
) -> None:
    """An empty file of each name, beside a program that imports torch."""
    names = shadows.OF_PYTHON | shadows.INSTALLED
    harmless = []
    for name in sorted(names - {"numpy", "torchgen"}):  # those that a torch may lack
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.py").write_text("")
        (folder / "program.py").write_text("import torch\n")
        ran = subprocess.run(
            [python, str(folder / "program.py")], check=False, capture_output=True, timeout=300
        )
        harmless += [name] if ran.returncode == 0 else []

    assert harmless == []


RECORD_THE_LOOKUPS = """
import glob, json, torch
from unittest.mock import patch
places, early, late = [], [], []
def asked(into):
    return lambda folder, name, required=True: into.append([folder, name, required])
with patch.object(torch.version, "cuda", "13.0"), patch.object(glob, "glob", lambda path: places.append(path) or []):
    torch._get_cuda_dep_paths("/site", "cudnn", "libcudnn.so.9")
with patch.object(torch, "_preload_cuda_lib", asked(late)):
    torch._preload_cuda_deps(OSError("libcudart.so.13: cannot open shared object file"))
maps = lambda path: open("/dev/null") if not path.endswith("/maps") else io.StringIO("/any/libcudart.so.13")
import builtins, ctypes, io
with patch.object(torch, "_preload_cuda_lib", asked(early)), patch.object(ctypes, "CDLL"), patch.object(builtins, "open", maps):
    torch._load_global_deps()
print(json.dumps([places, early, late]))
"""


def test_what_torch_looks_up_by_itself_is_read_from_its_source(
    python: str, reported: dict[str, Any]
) -> None:
    """Its own functions are run, with what they would load written down: the text has told the same."""
    run = subprocess.run(
        [python, "-c", RECORD_THE_LOOKUPS], capture_output=True, text=True, check=True, timeout=300
    )
    places, early, late = json.loads(run.stdout.splitlines()[-1])
    says = preloading(Path(reported["file"]).read_text())

    assert [list(one) for one in says.early] == early and len(early) > 10
    assert [list(one) for one in says.late] == late
    assert [f"/site/{place}/libcudnn.so.9" for place in says.places("cudnn", 13)] == places
