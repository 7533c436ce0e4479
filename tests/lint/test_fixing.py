"""lint --fix: edits that mend, judged again; nothing is written unasked, and nothing else of a file changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.__main__ import main
from torch_doctor.core.finding import Severity
from torch_doctor.linter.check import Settled
from torch_doctor.linter.fixing import LintFixes, fixes_for
from torch_doctor.linter.project import LintTarget
from torch_doctor.linter.record import Edit
from torch_doctor.linter.rewriting import edited, held_text
from torch_doctor.linter.target import target_of
from torch_doctor.linter.text import Spot
from torch_doctor.matrix.load import load_matrix

from tests.lint.test_problems import PACKAGE, cases

MATRIX = load_matrix()
CU124 = "https://download.pytorch.org/whl/cu124"
PROJECT = """[project]
name = "a"
version = "1"
requires-python = ">=3.9,<3.12"
dependencies = [
  "torch==2.0.1",  # old
  "{}",
]
"""
POD = """apiVersion: v1
kind: Pod
metadata:
  name: a
spec:
  containers:
  - name: a
    image: vllm/vllm-openai:v0.30.0
    resources:
      limits:
        {}: 1  # one
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fixed(files: dict[str, str], target: LintTarget = LintTarget()) -> LintFixes:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)
    return fixes_for(tuple(files), target, MATRIX, Settled())


def after(files: dict[str, str]) -> dict[str, str]:
    return {change.name: change.after.decode() for change in fixed(files).changes}


@pytest.mark.parametrize(
    ("name", "before", "now"),
    [
        (
            "Dockerfile",
            "FROM nvidia/cuda:12.4-devel-ubuntu22.04 AS build  # keep\n",
            "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04 AS build  # keep\n",
        ),
        (
            "Dockerfile",
            "FROM pytorch/pytorch:2.8-cuda12.8-runtime\n",
            "FROM pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime\n",
        ),
        (
            "Dockerfile",
            f"FROM python:3.12\nRUN pip install torch --extra-index-url {CU124}\n",
            f"FROM python:3.12\nRUN pip install torch --index-url {CU124}\n",
        ),
        (
            "Dockerfile",
            "FROM python:3.12\nRUN pip install torch>=2.6 \\\n    torchvision>=0.21 pillow\n",
            "FROM python:3.12\nRUN pip install 'torch>=2.6' \\\n    'torchvision>=0.21' pillow\n",
        ),
        (
            "requirements.txt",
            "# why\ntorch==2.6.0+cu124\nnumpy  # any\n",
            f"# why\n--extra-index-url {CU124}\ntorch==2.6.0+cu124\nnumpy  # any\n",
        ),
        (
            "setup.sh",
            "#!/bin/bash\npip install torch==2.6.0+cu124 tqdm\n",
            f"#!/bin/bash\npip install torch==2.6.0+cu124 --extra-index-url {CU124} tqdm\n",
        ),
        ("requirements.txt", "torch==2.0.1\nnumpy\n", "torch==2.0.1\nnumpy<2\n"),
        (
            "pyproject.toml",
            PROJECT.format("numpy"),
            PROJECT.format("numpy<2"),
        ),
        (
            "compose.yaml",
            "services:\n  llm:\n    image: vllm/vllm-openai:v0.30.0\n    ports: [8000]\n",
            "services:\n  llm:\n    image: vllm/vllm-openai:v0.30.0\n    gpus: all\n    ports: [8000]\n",
        ),
        (
            "pod.yaml",
            POD.format("nvidia.com/gpus"),
            POD.format("nvidia.com/gpu"),
        ),
    ],
)
def test_what_an_edit_mends(folder: Path, name: str, before: str, now: str) -> None:
    assert after({name: before}) == {name: now}


@pytest.mark.parametrize(
    "files",
    [
        # requests would not be found any more
        {"Dockerfile": f"FROM python:3.12\nRUN pip install torch gunicorn --extra-index-url {CU124}\n"},
        # another CUDA is its author's choice
        {"Dockerfile": "FROM pytorch/pytorch:2.9.0-cuda11.8-cudnn9-devel\n"},
        {"Dockerfile": "ARG T=2.8-cuda12.8-runtime\nFROM pytorch/pytorch:${T}\n"},
        # quotes inside quotes
        {"run.sh": "#!/bin/bash\nbash -c 'pip install torch>=2.6'\n"},
        # accepted with a reason
        {"requirements.txt": "torch==2.6.0+cu124  # torch-doctor: ignore[local-version-without-index] proxy\n"},
        {"requirements.txt": "torch==2.8.0\n"},
    ],
)  # fmt: skip
def test_what_no_edit_mends_is_left(folder: Path, files: dict[str, str]) -> None:
    found = fixed(files)

    assert not found.changes
    assert found.left.flaws == found.before.flaws


def test_several_at_once_and_one_that_fails(folder: Path) -> None:
    found = fixed(
        {
            "Dockerfile": f"FROM python:3.12\nRUN pip install torch gunicorn --extra-index-url {CU124}\n",
            "a/Dockerfile": "FROM nvidia/cuda:12.4-base-ubuntu22.04\n",
            "b/Dockerfile": "FROM nvidia/cuda:12.5.2-base-ubuntu22.04\n",
        }
    )

    assert [change.name for change in found.changes] == ["a/Dockerfile", "b/Dockerfile"]
    assert [flaw.problem for flaw in found.mended] == ["image-tag-missing"] * 2
    assert [flaw.problem for flaw in found.left.flaws] == ["index-ineffective"]


@pytest.mark.skipif(not PACKAGE.is_dir(), reason="needs the checkout")
def test_every_edit_of_every_case_mends_and_breaks_nothing(folder: Path) -> None:
    made = 0
    for number, (_, case) in enumerate(cases()):
        files = {f"{number}/{name}": text for name, text in case["files"].items()}
        target = target_of(
            MATRIX,
            case.get("driver"),
            tuple(case.get("gpu", ())),
            tuple(case.get("expect-build", ())),
        )
        found = fixed(files, target)
        worst = [flaw.severity for flaw in found.before.flaws]
        left = [flaw.severity for flaw in found.left.flaws]
        assert len(worst) - len(left) >= len(found.mended)
        assert left.count(Severity.ERROR) <= worst.count(Severity.ERROR)
        assert not [flaw for flaw in found.left.flaws if flaw.mends], case["case"]
        for change in found.changes:
            Path(change.place).write_bytes(change.after)
        again = fixes_for(tuple(files), target, MATRIX, Settled())
        assert not again.changes, case["case"]
        made += len(found.mended)
    assert made > 20


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("encoding", "comment"),
    [("utf-8", "é"), ("utf-8-sig", "é"), ("utf-16", "é"), ("latin-1", "é"), ("ascii", "e")],
)
@pytest.mark.parametrize("last", ["", "\n"])
def test_encodings_and_ends_of_lines_stay(
    folder: Path, encoding: str, comment: str, end: str, last: str
) -> None:
    text = f"# {comment}\ntorch==2.6.0+cu124{last}".replace("\n", end)
    Path("requirements.txt").write_bytes(text.encode(encoding))
    found = fixes_for((".",), LintTarget(), MATRIX, Settled())

    line = f"--extra-index-url {CU124}{end}"
    first, second = text.split(end, 1)
    assert found.changes[0].after == f"{first}{end}{line}{second}".encode(encoding)


def test_nothing_is_written_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "requirements.txt"
    path.write_text("torch==2.6.0+cu124\n")
    was = path.stat()

    assert main(["lint", "--fix"]) == 1
    out = capsys.readouterr()
    assert out.out == (
        "--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1,2 @@\n"
        f"+--extra-index-url {CU124}\n torch==2.6.0+cu124\n"
    )
    assert "these edits mend 1 problem in 1 file (--write makes them)" in out.err
    assert (path.read_text(), path.stat().st_mtime_ns) == ("torch==2.6.0+cu124\n", was.st_mtime_ns)
    assert os.listdir(folder) == ["requirements.txt"]


def test_write_keeps_mode_and_links(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = folder / "real.sh"
    script.write_text("#!/bin/bash\npip install torch>=2.6\n")
    script.chmod(0o750)
    (folder / "setup.sh").symlink_to("real.sh")

    assert main(["lint", "--fix", "--write", "setup.sh"]) == 0
    assert "mended 1 problem in 1 file; 0 others left" in capsys.readouterr().err
    assert script.read_text() == "#!/bin/bash\npip install 'torch>=2.6'\n"
    assert stat.S_IMODE(script.stat().st_mode) == 0o750
    assert (folder / "setup.sh").is_symlink()
    assert sorted(os.listdir(folder)) == ["real.sh", "setup.sh"]
    assert main(["lint", "setup.sh"]) == 0


def test_a_file_that_changed_meanwhile_is_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch_doctor.linter import fixing

    path = folder / "requirements.txt"
    path.write_text("torch==2.6.0+cu124\n")
    judge: Any = fixing.fixes_for

    def slowly(*words: Any) -> LintFixes:
        made: LintFixes = judge(*words)
        path.write_text("numpy\n")
        return made

    monkeypatch.setattr(fixing, "fixes_for", slowly)
    assert main(["lint", "--fix", "--write"]) == 2
    assert path.read_text() == "numpy\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "requirements.txt").write_text("torch==2.6.0+cu124\n")
    folder.chmod(0o500)

    assert main(["lint", "--fix", "--write"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    folder.chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_nothing_is_written_outside_of_what_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside, tree = folder / "outside.txt", folder / "tree"
    outside.write_text("torch==2.6.0+cu124\n")
    tree.mkdir()
    (tree / "a-requirements.txt").write_text("torch==2.6.0+cu124\n")
    (tree / "requirements.txt").symlink_to("../outside.txt")

    assert main(["lint", "--fix", "--write", "tree"]) == 2
    err = capsys.readouterr().err
    assert f"tree/requirements.txt is a link to {outside}, outside" in err
    assert outside.read_text() == "torch==2.6.0+cu124\n"
    assert (tree / "a-requirements.txt").read_text() == "torch==2.6.0+cu124\n"


def test_a_file_that_somebody_else_made_stays(folder: Path) -> None:
    (folder / "requirements.txt").write_text("torch==2.6.0+cu124\n")
    other = folder / f"requirements.txt.{os.getpid()}.tmp"
    other.write_text("not ours")

    assert main(["lint", "--fix", "--write", "requirements.txt"]) == 2
    assert other.read_text() == "not ours"


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_what_is_private_is_private_all_the_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "requirements.txt"
    path.write_text("torch==2.6.0+cu124\n")
    path.chmod(0o600)
    seen: list[int] = []
    sync = os.fsync

    def looked_at(handle: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        sync(handle)

    monkeypatch.setattr(os, "fsync", looked_at)
    assert main(["lint", "--fix", "--write", "requirements.txt"]) == 0
    assert seen == [0o600]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_written_before_a_failure_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (folder / f"{name}-requirements.txt").write_text("torch==2.6.0+cu124\n")
    (folder / f"b-requirements.txt.{os.getpid()}.tmp").write_text("in the way")

    assert main(["lint", "--fix", "--write"]) == 2
    err = capsys.readouterr().err
    assert "b-requirements.txt cannot be written" in err
    assert "what was written before: a-requirements.txt" in err
    assert CU124 in (folder / "a-requirements.txt").read_text()


def test_logins_are_not_shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "--extra-index-url https://me:secret@pypi.example/simple\ntorch==2.6.0+cu124\n"
    (folder / "requirements.txt").write_text(f"{line}torchvision==0.20.1+cu118\n")
    main(["lint", "--fix"])

    assert "secret" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [("--write",), ("--fix", "--json"), ("--fix", "--since", "HEAD"), ("--fix", "nowhere")]
)
def test_options_that_do_not_go_together(folder: Path, words: tuple[str, ...]) -> None:
    assert main(["lint", *words]) == 2


@pytest.mark.parametrize(
    ("line", "old", "column", "made"),
    [
        ("a --index-url x", "--index-url", 0, "a N x"),
        ("a --extra-index-url x", "--index-url", 0, None),
        ("torch==2.6.0 torch==2.6.0", "==2.6.0", 0, None),
        ("torch==2.6.0 torch==2.6.0", "==2.6.0", 19, "torch==2.6.0 torchN"),
        ("torch==2.6.01", "==2.6.0", 0, None),
        ("torch==2.6.0.1", "==2.6.0", 0, None),
        ("rerun run.sh", "run", 0, None),
        ("whole line", "whole line", 0, "N"),
        ("none", "x", 0, None),
    ],
)
def test_edits_take_whole_words_that_are_meant(
    line: str, old: str, column: int, made: str | None
) -> None:
    held = held_text(f"# a\n{line}\n".encode())
    assert held is not None
    found = edited(held, [Edit(Spot("x", 2, column), old, "N")])

    assert (found and found.text) == (None if made is None else f"# a\n{made}\n")


def test_a_line_that_is_not_there_takes_no_edit() -> None:
    held = held_text(b"a\n")
    assert held is not None
    for line in (0, 3, 99):
        assert edited(held, [Edit(Spot("x", line), "a", "b")]) is None


@given(
    st.binary(max_size=40) | st.text("a\r\n\ufeffé", max_size=20).map(lambda text: text.encode())
)
def test_what_is_held_is_written_as_it_was(data: bytes) -> None:
    held = held_text(data)

    assert held is None or held.encoded() == data
