"""A torch that kills its interpreter: the place, and the library that was being loaded, are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor.probes.host.supervise import supervise
from torch_doctor.probes.live.death import LastWords, where
from torch_doctor.probes.live.live_answers import Story
from torch_doctor.probes.payloads import path_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")
DIES = "__attribute__((constructor)) static void start(void) { __builtin_trap(); }\n"


def story(folder: Path, text: str) -> Story:
    (folder / "torch").mkdir()
    (folder / "torch" / "__init__.py").write_text(text)
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    argv = [sys.executable, "-B", path_of("torch"), "[]"]
    return Story.of(supervise(argv, timeout_s=30, env=environ), 30)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: no library that dies can be built")
    source, made = tmp_path / "dies.c", tmp_path / "libdies.so"
    source.write_text(DIES)
    subprocess.run([compiler, "-shared", "-fPIC", source, "-o", made], check=True, timeout=60)
    return made


def test_a_library_whose_start_up_code_dies_is_named(tmp_path: Path, library: Path) -> None:
    crash = story(tmp_path, f"import ctypes\n\nctypes.CDLL({str(library)!r})\n")

    assert crash.cut is not None
    assert crash.cut.stage == "import"
    assert f"torch/__init__.py:3 while it loaded {library}" in (crash.cut.error or "")
    assert "Fatal Python error" not in crash.stderr


def test_an_extension_that_dies_is_named(tmp_path: Path, library: Path) -> None:
    (tmp_path / "torch_inside").mkdir()
    extension = tmp_path / "torch_inside" / "_C.abi3.so"
    shutil.copy(library, extension)
    crash = story(tmp_path, "import torch_inside._C\n")

    assert crash.cut is not None
    assert f"torch/__init__.py:1 while it loaded {extension}" in (crash.cut.error or "")


def test_what_was_loaded_long_before_is_not_blamed(tmp_path: Path) -> None:
    crash = story(tmp_path, "import ctypes, _json\n\nctypes.string_at(0)\n")

    assert crash.cut is not None
    assert "SIGSEGV at " in (crash.cut.error or "")
    assert "while it loaded" not in (crash.cut.error or "")


def test_frames_after_a_long_story_are_found(tmp_path: Path) -> None:
    crash = story(
        tmp_path, "import ctypes, sys\n\nsys.stderr.write('x ' * 40000)\nctypes.string_at(0)\n"
    )

    assert crash.cut is not None
    assert "torch/__init__.py:4" in (crash.cut.error or "")


@pytest.mark.parametrize(
    "stderr", ["", "\0", "Fatal Python error: ", '  File "x", line 9 in', "é" * 9]
)
def test_a_dump_that_is_none_tells_no_place(stderr: str) -> None:
    assert where(LastWords.of(stderr).dump, None) == ""


def test_a_parent_that_ignores_the_ends_of_children_hides_no_crash(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("import ctypes\nctypes.string_at(0)\n")
    (tmp_path / "torch" / "version.py").write_text("__version__ = '2.8.0'\n")
    ignoring = (
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
        "os.execv(sys.executable, [sys.executable, '-m', 'torch_doctor', 'collect'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", ignoring],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"},
        timeout=90,
        check=False,
    )

    assert "was killed by SIGSEGV" in done.stdout, done.stderr


@pytest.mark.parametrize("closes", ["os.close(0)", "sys.stdin.close()"])
def test_a_program_that_closes_its_input_goes_on(tmp_path: Path, closes: str) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text(
        f"import os, sys, types\n{closes}\n__version__ = '2.11.0'\n"
        "version = types.SimpleNamespace(cuda='13.0', hip=None, git_version='0')\n"
    )
    argv = [sys.executable, "-B", path_of("torch"), "[]"]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    crash = Story.of(supervise(argv, timeout_s=30, env=environ, feed=lambda: [b""]), 30)

    assert "init" in [stage.stage for stage in crash.stages]
    assert crash.cut is None
