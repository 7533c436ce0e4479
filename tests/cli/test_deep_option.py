"""--deep: what it goes with, and that its progress is for people who wait."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.cli import check
from torch_doctor.cli.comparing.deep import settle_saved
from torch_doctor.cli.fleet import run as fleet_run
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.output import progress
from torch_doctor.core.fact import Known, Source
from torch_doctor.core.records import DeepResult
from torch_doctor.probes.inquiry import ENDING_S
from torch_doctor.probes.live import deep_child

from tests.cli.conftest import Run

HOST = Path(__file__).parents[1] / "hosts" / "h200x4-580-cu130"


@pytest.mark.parametrize(
    "other", [["--static"], ["--facts", "host.json"], ["--assume", "gpu=V100"]]
)
def test_it_measures_this_machine_alone(other: list[str]) -> None:
    arguments = check.parser().parse_args(["--deep", *other])

    with pytest.raises(InputError, match="--deep measures this machine"):
        check.run(arguments)


def test_progress_is_one_line_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = check.parser().parse_args(["--deep", "-v"])

    say = progress.deep(arguments)
    assert say is not None
    say(DeepResult("copy", "ok", 0.41, 0, 2990.0, "GB/s"))

    assert capsys.readouterr() == ("", "torch-doctor: copy on GPU 0 ok 2990 GB/s (0.4 s)\n")


@pytest.mark.parametrize("flags", [["--deep"], ["-v"], []])
def test_progress_is_silent_where_nobody_looks(flags: list[str]) -> None:
    assert progress.deep(check.parser().parse_args(flags)) is None


def settled(*words: str) -> Any:
    arguments = check.parser().parse_args(words)
    check._settle_proof(arguments)
    return arguments


def test_stages_are_named_by_themselves_or_by_their_first_word() -> None:
    assert settled("--deep", "matmul,nccl").deep == ("matmul", "nccl")
    assert settled("--deep", "attention-flash, files").deep == ("attention-flash", "files")
    assert settled("--deep=copy").deep == ("copy",)
    assert settled("--deep").deep is True


def test_a_place_behind_it_is_the_environment(tmp_path: Path) -> None:
    for place in (str(tmp_path), "./venv", "python3.12"):
        arguments = settled("--deep", place)
        assert (arguments.deep, arguments.path) == (True, place)


def test_an_unknown_stage_is_named_with_what_is_near() -> None:
    with pytest.raises(InputError) as caught:
        settled("--deep", "matmul,ncll")

    assert "'ncll'" in caught.value.message
    assert "nccl" in caught.value.cure


def saved(tmp_path: Path, name: str, bf16: float | None = None) -> Path:
    """Write the report of a host that was measured; the rate of one product may be another."""
    facts = {}
    for part in ("facts.json", "deep.json"):
        facts.update(json.loads((HOST / part).read_text())["facts"])
    for result in facts["deep_results"]["value"]:
        if bf16 and (result["stage"], result.get("gpu")) == ("matmul-bf16", 0):
            result["value"] = bf16
    path = tmp_path / name
    path.write_text(json.dumps({"schema_version": 2, "facts": facts}), encoding="utf-8")
    return path


def test_what_is_slower_than_before_is_said_and_ends_with_one(run: Run, tmp_path: Path) -> None:
    before, now = saved(tmp_path, "before.json"), saved(tmp_path, "now.json", 600.0)

    same = run("--facts", before, "--compare", before)
    slower = run("--facts", now, "--compare", before)
    faster = run("--facts", before, "--compare", now)

    assert (same.code, slower.code, faster.code) == (0, 1, 0)
    assert "74 stages as before" in same.out
    assert "matmul-bf16 GPU 0  726 TFLOP/s  600 TFLOP/s  -17 %   slower" in slower.out
    assert "Exit code 1: something is worse than in before.json." in " ".join(slower.out.split())
    assert "faster" in faster.out


def test_the_same_in_json(run: Run, tmp_path: Path) -> None:
    before, now = saved(tmp_path, "before.json"), saved(tmp_path, "now.json", 600.0)

    report = run("--facts", now, "--compare", before, "--json").report

    assert (report["exit_code"], report["compared"]["worse"]) == (1, 1)
    assert run("--facts", now, "--compare", before, "--fail-on", "never").code == 0


@pytest.mark.parametrize("words", [["--static"], []])
def test_nothing_is_compared_where_nothing_is_measured(
    words: list[str], run: Run, tmp_path: Path
) -> None:
    done = run(*words, "--compare", saved(tmp_path, "before.json"))

    assert done.code == 2
    assert "--compare needs something measured; add --deep" in done.err


def test_a_report_without_measurements_is_refused_before_anything_is_measured(run: Run) -> None:
    done = run("--deep", "--compare", HOST / "facts.json")

    assert done.code == 2
    assert "nothing was measured in that report" in done.err


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "{}"])
def test_the_cure_of_a_file_that_cannot_be_compared_measures_one(
    text: str | None, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "before.json"
    if text is not None:
        file.write_text(text)
    done = run("--deep", "--compare", file)

    assert done.code == 2
    assert (
        f"--compare {file}" in done.err and "torch-doctor --deep --json --output FILE" in done.err
    )
    assert "collect" not in done.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["--deep", "--nodes", "n[1-4]"], "torch-doctor fleet run --deep?"),
        (["--deep=matmul", "--slurm"], "torch-doctor fleet run --deep?"),
        (["--nodes", "n[1-4]"], "torch-doctor fleet run?"),
    ],
)
def test_several_nodes_are_asked_by_the_fleet(words: list[str], meant: str, run: Run) -> None:
    done = run(*words)

    assert done.code == 2
    assert f"did you mean {meant}" in done.err


def test_saved_facts_hold_what_was_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def measure(*_: Any, on_stage: Any, only: tuple[str, ...]) -> Any:
        asked.append(only)
        result = DeepResult("copy", "ok", 0.41, 0, 2990.0, "GB/s")
        if on_stage:
            on_stage(result)
        yield "deep_results", Known((result,), Source("child"))

    monkeypatch.setattr(deep_child, "deep", measure)
    file = tmp_path / "facts.json"
    plain = run("collect", "--deep", "copy", "-o", file)
    answer = run("collect", "--deep=copy,nccl", "-v", "--node", "n1")

    assert (plain.code, answer.code, asked) == (0, 0, [("copy",), ("copy", "nccl")])
    [result] = json.loads(file.read_text())["facts"]["deep_results"]["value"]
    assert (result["stage"], result["value"]) == ("copy", 2990.0)
    assert "copy on GPU 0" not in plain.err
    assert "copy on GPU 0 ok 2990 GB/s" in answer.err
    assert answer.json["node"] == "n1"
    assert run("--facts", file, "--json").report["measured"][0]["stage"] == "copy"


@pytest.mark.parametrize("command", [("collect",), ("fleet", "run", "--ssh", "a")], ids=str)
def test_what_cannot_be_measured_is_refused_before_anybody_is_asked(
    command: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    for words, expected in (
        (("--deep", "ncl"), "--deep knows no stage 'ncl'; did you mean nccl?"),
        (("--deep", "./venv"), "--deep knows no stage"),
        (("--deep=",), "--deep knows no stage"),
        (("--deep", "--static"), "--deep measures, with PyTorch running; leave --static out"),
    ):
        done = run(*command, *words)

        assert (done.code, done.out) == (2, "")
        assert expected in done.err
        assert done.err.count("\n") == 1


def limits(*words: str) -> tuple[float, float, float]:
    arguments = fleet_run.parser().parse_args(["--ssh", "a", *words])
    settle_saved(arguments)
    patience = fleet_run.limits_of(arguments)
    return patience.all_s, patience.node_s, patience.to_reach_s


def test_a_node_that_measures_has_the_time_for_it_and_no_longer_to_be_reached() -> None:
    most = deep_child.TIMEOUT_S + deep_child.CHILDREN * ENDING_S

    assert limits() == (600, 120, 120)
    assert limits("--deep", "nccl") == (720 + most, 120 + most, 120)
    assert limits("--deep") == (840 + most, 240 + most, 120)
    assert limits("--deep", "--node-timeout", "300") == (900, 300, 300)
    assert limits("--deep", "--deadline", "90") == (90, 90, 90)
    assert limits("--deep", "--timeout", "90")[2] == 150


def test_the_nodes_are_given_the_stages() -> None:
    for words, expected in (
        (["--deep"], "--deep"),
        (["--deep", "matmul, nccl"], "--deep=matmul,nccl"),
    ):
        arguments = fleet_run.parser().parse_args(["--ssh", "a", *words, "--", "-p", "22"])
        settle_saved(arguments)

        assert arguments.more == ["-p", "22"]
        assert fleet_run.command_of(arguments, ("td",)) == (
            "td",
            "collect",
            "--timeout=60",
            expected,
        )
