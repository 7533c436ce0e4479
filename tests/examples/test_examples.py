"""Every example runs: no word of it is refused, and it comes to an answer."""

from __future__ import annotations

import io
import shutil
import sys
from importlib import import_module
from pathlib import Path

import pytest
from torch_doctor.cli.overview import COMMANDS
from torch_doctor.probes.host.port import RecordedHost

from tests.cli.conftest import Run
from tests.cli.test_fleet import AMPERE, OLD, kubernetes, node
from tests.examples.conftest import RECORDED, REPORT, ROOT
from tests.examples.found import Step, helps, pages, steps

# What needs another machine or a network, and the tests that run it with stand-ins: here its words are read alone.
ELSEWHERE = {
    "fleet run": "tests/launchers",
    "--online": "tests/cli/test_image.py and test_matrix_refresh.py",
    "matrix refresh": "tests/cli/test_matrix_refresh.py",
    "matrix update --from https": "tests/cli/test_matrix_update.py",
    "--deep": "tests/cli/test_deep_option.py",
    "mcp": "tests/serving",
}
HELPS = list(dict.fromkeys(helps()))
PAGES = list(dict.fromkeys(line for _, line in pages()))


def words_of(step: Step) -> tuple[str, list[str]]:
    words = [str(Path.cwd() / "out") if word.startswith("/var/") else word for word in step.words]
    if words and words[0] in COMMANDS:
        return words[0], words[1:]
    return "check", words


def is_elsewhere(step: Step) -> bool:
    words = " ".join(step.words)
    return any(f" {words} ".find(f" {form}") >= 0 for form in ELSEWHERE)


def test_examples_are_found() -> None:
    assert len(HELPS) > 100
    assert {step.words[:1] for line in HELPS for step in steps(line)} >= {
        (name,) for name in COMMANDS if name != "check"
    }


def test_an_example_is_taken_apart() -> None:
    both = steps(
        "torch-doctor collect -o host.json && torch-doctor matrix propose --from host.json"
    )
    piped = steps("gh issue view 123 | torch-doctor triage - --format markdown   # for people")

    assert [step.words[0] for step in both] == ["collect", "matrix"]
    assert piped == [Step(("triage", "-", "--format", "markdown"), piped=True)]
    assert steps('torch-doctor explain "RTX 5090"  what it is')[0].words == ("explain", "RTX 5090")
    assert steps("torch-doctor rules --json | jq '.rules[] | .code'") == [Step(("rules", "--json"))]


@pytest.mark.parametrize("line", HELPS)
def test_examples_of_helps_run(
    line: str, place: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(line, place, run, tmp_path, monkeypatch)


@pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="needs the checkout")
@pytest.mark.parametrize("line", [line for line in PAGES if line not in HELPS])
def test_examples_of_pages_run(
    line: str, place: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(line, place, run, tmp_path, monkeypatch)


def runs(line: str, place: Path, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the program's part of an example in a copy of the place, each call with what the one before it printed."""
    if "--since" in line and not shutil.which("git"):
        pytest.skip("git is not installed: what changed is asked of it")
    shutil.copytree(place, folder / "here", symlinks=True)
    if (ROOT / "docs").is_dir():
        shutil.copytree(ROOT / "docs" / "hosts", folder / "here" / "docs" / "hosts")
    monkeypatch.chdir(folder / "here")
    monkeypatch.setenv("TORCH_DOCTOR_DATA", str(folder / "data"))
    given = ""
    if "--rollback" in line:
        run("matrix", "update", "--from", "matrix.json", "--allow-older")
    for step in steps(line):
        if is_elsewhere(step):
            command, words = words_of(step)
            import_module(f"torch_doctor.cli.{COMMANDS[command].module}").parser().parse_args(words)
            continue
        if step.piped:
            text = given or _sample(step)
            monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        command, words = words_of(step)
        ran = run(command, *words, host=_host(command, words))
        given = ran.out
        # No verdict is an answer, too: it is printed. Words that mean nothing leave stderr alone.
        written = any(word in words for word in ("-o", "--output", "--lock"))
        assert ran.code in (0, 1) or (ran.code == 2 and (ran.out or written)), ran.err
        assert "itself failed" not in ran.err


def _host(command: str, words: list[str]) -> RecordedHost | None:
    """A recorded machine with GPUs where one is asked for: the machine of the tests may have none."""
    described = {"--gpu", "--host"} & set(words)
    return (
        RecordedHost(ROOT / "tests" / "hosts" / RECORDED)
        if command in ("collect", "recommend") and not described
        else None
    )


def _sample(step: Step) -> str:
    if step.words[:2] == ("fleet", "judge"):
        kubectl = "kubectl" in step.words
        return (
            kubernetes(node("n1", **AMPERE, **OLD)) if kubectl else Path("hosts.jsonl").read_text()
        )
    if "--facts" in step.words:
        return Path("host.json").read_text()
    return REPORT
