"""Files that never answer: a dead network file system, and pipes in the place of files. Every wait has an end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CELL = Path(__file__).with_name("dead_mount.py")
LIMIT_S = 25.0
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="pipes with names, and FUSE")


def beside_a_dead_one(place: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run torch-doctor where *place* never answers; skip where none can be mounted."""
    tool = [sys.executable, "-m", "torch_doctor", *words]
    done = subprocess.run(
        [sys.executable, str(CELL), str(place), str(LIMIT_S), *tool],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        cwd=place.parent,
        timeout=LIMIT_S + 10,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(done.stderr)
    assert done.returncode != 124, "it hangs"
    return done


@needs_linux
@pytest.mark.needs_root
def test_a_static_check_ends_beside_a_file_system_that_does_not_answer(tmp_path: Path) -> None:
    place = tmp_path / "dead"
    place.mkdir()
    done = beside_a_dead_one(place, "check", "--static", "--json", CUDA_HOME=str(place / "cuda"))

    why = json.loads(done.stdout)["why"]
    assert any("toolkit probe did not finish" in one["text"] for one in why), why


@needs_linux
@pytest.mark.needs_root
@pytest.mark.parametrize("words", [(), ("--proof", "driver"), ("--deadline", "15")])
def test_a_live_check_prints_its_report_and_ends(tmp_path: Path, words: tuple[str, ...]) -> None:
    place = tmp_path / "dead"
    place.mkdir()
    done = beside_a_dead_one(place, "check", "--json", *words, CUDA_HOME=str(place / "cuda"))

    report = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    assert "did not finish" in json.dumps(report["facts"]["toolkits"])


@needs_linux
@pytest.mark.needs_root
# The loader searches LD_LIBRARY_PATH before the first line of any program runs: a dead place in it stops Python itself.
@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "PIP_CONFIG_FILE", "VIRTUAL_ENV", "TORCH_DOCTOR_DATA"]
)
def test_a_variable_that_names_a_dead_place_ends_in_a_report(name: str, tmp_path: Path) -> None:
    place = tmp_path / "dead"
    place.mkdir()
    value = f"{place / 'x'}:{os.environ[name]}" if name == "PATH" else str(place / "x")
    done = beside_a_dead_one(place, "check", "--static", "--json", **{name: value})

    assert json.loads(done.stdout)["exit_code"] == done.returncode


@needs_linux
@pytest.mark.needs_root
def test_an_environment_that_does_not_answer_is_named(tmp_path: Path) -> None:
    place = tmp_path / "dead"
    place.mkdir()
    done = beside_a_dead_one(place, "check", "--static", "--python", str(place / "venv"))

    assert done.returncode == 2
    assert f"{place}/venv did not answer within" in done.stderr


@needs_linux
@pytest.mark.parametrize(
    "where", ["pyproject", "config", "matrix", "jsonl", "lint", "triage", "facts"]
)
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(where: str, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"schema_version": 2, "facts": {}}')
    pipe = tmp_path / {"matrix": "rows/cuda.yaml", "pyproject": "pyproject.toml"}.get(where, "pipe")
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    words = {
        "pyproject": ["check", "--facts", str(facts)],
        "config": ["check", "--facts", str(facts), "--config", str(pipe)],
        "matrix": ["check", "--facts", str(facts), "--matrix", str(pipe.parent)],
        "jsonl": ["triage", "--jsonl", str(pipe)],
        "lint": ["lint", str(pipe)],
        "triage": ["triage", str(pipe)],
        "facts": ["check", "--facts", str(pipe)],
    }[where]
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "torch_doctor", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        check=False,
    )

    assert time.monotonic() - started < 120
    if where in ("config", "matrix", "jsonl"):
        assert done.returncode == 2
        assert "not a regular file" in done.stderr


@needs_linux
@pytest.mark.needs_root
@pytest.mark.parametrize("words", [["--static"], ["--deadline", "8"]], ids=" ".join)
def test_a_line_of_a_pth_file_that_names_a_dead_place_ends_in_a_report(
    words: list[str], tmp_path: Path
) -> None:
    place, venv = tmp_path / "dead", tmp_path / "venv"
    site = venv / "lib" / "python3.11" / "site-packages"
    place.mkdir()
    (site / "torch").mkdir(parents=True)
    (site / "torch" / "version.py").write_text("__version__ = '2.8.0+cu128'\ncuda = '12.8'\n")
    (site / "dead.pth").write_text(f"{place / 'x'}\n")
    (venv / "bin").mkdir()
    (venv / "bin" / "python").symlink_to(sys.executable)
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n")

    done = beside_a_dead_one(place, "check", *words, "--json", VIRTUAL_ENV=str(venv))

    report = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    assert report["verdict"] not in ("healthy", "degraded")
