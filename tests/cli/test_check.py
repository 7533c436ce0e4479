"""Check, from the command line to the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.matrix import age
from torch_doctor.probes.host.port import RecordedHost

from tests import samples
from tests.cli.conftest import Run
from tests.cli.machines import machine, save
from tests.forms import ALL, SHORT, WHOLE
from tests.resting import rests_on


def test_a_healthy_machine_is_exit_code_0(run: Run, healthy: str) -> None:
    ran = run("check", "--facts", healthy, "--json")

    assert ran.code == 0
    assert ran.err == ""
    assert ran.report["verdict"] == "healthy"
    assert ran.report["primary"] is None


def test_a_broken_one_is_exit_code_1_with_one_cause(run: Run, broken: str) -> None:
    ran = run("--facts", broken, "--json")

    assert ran.code == ran.report["exit_code"] == 1
    primary = samples.broken().primary
    assert ran.report["primary"]["code"] == primary.code
    assert ran.report["primary"]["cause"] == primary.cause
    assert ran.report["findings"][0]["fixes"][0]["commands"] == list(primary.fixes[0].commands)


def test_a_machine_of_which_nothing_is_known_is_exit_code_2(
    run: Run, empty_host: RecordedHost
) -> None:
    ran = run("--json", "--static", host=empty_host)

    assert ran.code == 2
    assert ran.report["verdict"] == "undecided"
    assert ran.report["why"]


def test_on_unknown_ignore_lets_it_pass(run: Run, empty_host: RecordedHost) -> None:
    assert run("--static", "--on-unknown", "ignore", host=empty_host).code == 0


def test_the_live_check_runs_where_it_is_not_forbidden(run: Run, empty_host: RecordedHost) -> None:
    ran = run("--json", "--timeout", "5", host=empty_host)

    assert ran.report["facts"]["torch_import_error"]["unavailable"] != "not-asked"


def test_every_format_is_printed_and_carries_the_verdict(run: Run, broken: str) -> None:
    for form in ALL:
        ran = run("--facts", broken, "--format", form)

        assert ran.code == 1
        assert ran.err == ""
        assert "broken" in ran.out or form in SHORT
        assert ran.out.endswith("\n")


def test_text_ends_with_the_verdict(run: Run, broken: str) -> None:
    last = " ".join(run("--facts", broken).out.rstrip().rpartition("\n\n")[2].split())

    assert last.startswith("Verdict: broken. ")
    assert "Exit code 1" in last


def test_quiet_is_the_cause_and_the_verdict(
    run: Run, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    lines = run("--facts", broken, "-q").out.splitlines()

    assert lines[0].startswith(f"{samples.broken().primary.code} ")
    assert len(lines) <= 4


def test_verbose_shows_every_rule_and_fact(run: Run, broken: str) -> None:
    from torch_doctor.rules import load_rules

    out = run("--facts", broken, "-v").out

    assert all(rule.code in out for rule in load_rules())
    rows = samples.broken().primary.because
    for words in (
        "Facts: Driver",
        *(row.row[:20] for row in rows),
        "checked",
        "first     its severity",
    ):
        assert words in out


def test_several_formats_go_to_several_places(run: Run, broken: str, tmp_path: Path) -> None:
    sarif, page = tmp_path / "a.sarif", tmp_path / "b.html"

    ran = run(
        "--facts",
        broken,
        "--format",
        "sarif",
        "--output",
        sarif,
        "--format",
        "html",
        "--output",
        page,
        "--json",
    )

    assert ran.report["verdict"] == "broken"
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert page.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.sarif", "b.html", "facts.json"]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("r.json", "{"),
        ("r.md", "## "),
        ("r.html", "<!doctype"),
        ("r.xml", "<?xml"),
        ("r.prom", "# HELP"),
        ("r.txt", "torch-doctor"),
    ],
)
def test_an_ending_tells_the_format(
    run: Run, broken: str, tmp_path: Path, name: str, start: str
) -> None:
    ran = run("--facts", broken, "--output", tmp_path / name)

    assert (ran.code, ran.out) == (1, "")
    assert (tmp_path / name).read_text().startswith(start)


def test_ignoring_demotes_and_still_shows(run: Run, broken: str) -> None:
    code, name, *_ = samples.broken().primary
    plain = run("--facts", broken, "--json").report
    ran = run("--facts", broken, "--json", "--ignore", code.lower())

    assert ran.code == 0
    assert [f["ignored"] for f in ran.report["findings"] if f["code"] == code] == [True]
    assert len(ran.report["findings"]) == len(plain["findings"])
    assert code in run("--facts", broken, "--ignore", name).out


def test_only_runs_what_was_named(run: Run, broken: str) -> None:
    codes = [samples.A_RULE.code, samples.ANOTHER_RULE.code]
    ran = run("--facts", broken, "--json", "--only", ",".join(codes[::-1]))

    assert [o["code"] for o in ran.report["outcomes"]] == codes
    assert {
        o["name"].split("-")[0]
        for o in run("--facts", broken, "--json", "--only", "driver").report["outcomes"]
    } == {"driver"}


@rests_on("TD130")
def test_fail_on_moves_the_line(run: Run, broken: str, tmp_path: Path) -> None:
    noted = machine("a100-535-cu126", tmp_path)

    assert run("--facts", noted).code == 0
    assert run("--facts", noted, "--fail-on", "note").code == 1
    assert run("--facts", broken, "--fail-on", "never").code == 0


@rests_on("TD205", "TD206")
def test_expectations_make_an_absent_gpu_a_fault(run: Run, healthy: str) -> None:
    assert run("--facts", healthy, "--require-gpu").code == 0
    assert run("--facts", healthy, "--expect-gpus", "1", "--expect-gpu", "H100").code == 0
    assert run("--facts", healthy, "--expect-gpus", "8").code == 1
    assert run("--facts", healthy, "--expect-gpu", "A100").code == 1


@rests_on("TD205")
def test_no_gpu_is_fine_until_one_is_required(run: Run, tmp_path: Path) -> None:
    laptop = save(_laptop(), tmp_path)

    assert run("--facts", laptop, "--json").report["verdict"] == "cpu-only"
    assert run("--facts", laptop, "--require-gpu", "--json").report["verdict"] == "broken"


def _laptop() -> Facts:
    from torch_doctor.core.fact import Known, Reason, Source, Unavailable

    absent = Unavailable(Reason.NOT_PRESENT, "no NVIDIA device")
    names = ("gpus", "nvml_status", "driver_release", "kernel_module", "torch_version", "container")
    known = {
        "pci_gpus": Known((), Source("file", "/sys/bus/pci/devices")),
        "os_family": Known("linux", Source("derived")),
    }
    return Facts({**known, **dict.fromkeys(names, absent)})


def test_assumptions_replace_facts(run: Run, healthy: str) -> None:
    ran = run("--facts", healthy, "--assume", "gpu=V100", "--assume", "driver=580.95.05", "--json")

    assert ran.report["verdict"] in ("broken", "undecided")
    assert ran.report["facts"]["gpus"]["source"]["kind"] == "user"
    older = run("--facts", healthy, "--assume", "driver=535", "--json").report
    assert older["verdict"] in ("broken", "undecided")
    assert older["about"] == {
        "kind": "hypothetical",
        "name": "facts.json",
        "assumed": ["driver=535"],
    }
    mixed = run(
        "--facts", healthy, "--assume", "gpu=2xV100+B200,torch=2.10.0+cu128,driver=580", "--json"
    ).report
    assert mixed["verdict"] == "healthy"
    assert [gpu["index"] for gpu in mixed["facts"]["gpus"]["value"]] == [0, 1, 2]


def test_assuming_forgets_what_was_observed(run: Run, healthy: str, tmp_path: Path) -> None:
    seen = json.loads(Path(healthy).read_text())
    seen["facts"]["kernel_results"] = {
        "value": [{"index": 0, "ok": True}],
        "source": {"kind": "child"},
    }
    path = tmp_path / "seen.json"
    path.write_text(json.dumps(seen))

    assert run("--facts", path, "--assume", "gpu=V100", "--json").report["verdict"] == "broken"


def test_identifiers_are_left_out_unless_asked(run: Run, tmp_path: Path) -> None:
    path = machine(
        "h100-580-cu130",
        tmp_path,
        ld_library_path="/home/alice/lib",
        python_executable="/home/alice/v/bin/python",
    )

    hidden = run("--facts", path, "--json")
    shown = run("--facts", path, "--json", "--identify")

    assert "alice" not in hidden.out
    assert "aaaa1111" not in hidden.out
    assert hidden.report["facts"]["python_executable"]["value"] == "~/v/bin/python"
    assert "/home/alice/v/bin/python" in shown.out
    assert "aaaa1111" in shown.out


def test_standard_input_is_a_file_too(
    run: Run, healthy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(healthy) as file:
        monkeypatch.setattr("sys.stdin", file)
        assert run("--facts", "-", "--json").report["verdict"] == "healthy"


def test_a_report_can_be_judged_again(run: Run, broken: str, tmp_path: Path) -> None:
    first = run("--facts", broken, "--json")
    again = tmp_path / "again.json"
    again.write_text(first.out)

    second = run("--facts", again, "--json").json
    assert second["subject"] == second["about"]["name"] == "again.json"
    assert {**second, "subject": 0, "about": 0} == {**first.json, "subject": 0, "about": 0}


def test_static_says_that_it_predicts(run: Run, healthy: str) -> None:
    from torch_doctor.cli.check import parser
    from torch_doctor.cli.output.reporting import remind

    from tests.golden.reports import REPORTS

    remind(REPORTS["healthy"](), parser().parse_args(["--static"]))
    remind(REPORTS["healthy"](), parser().parse_args(["--static", "-q"]))
    remind(REPORTS["broken"](), parser().parse_args(["--static"]))

    assert run("--version").err.count("is a prediction") == 1


def test_a_young_matrix_says_nothing_of_its_age(run: Run, healthy: str) -> None:
    ran = run("--facts", healthy, "--json")

    assert "TD907" not in [found["code"] for found in ran.report["findings"]]
    assert "matrix_age_days" not in ran.report["facts"]


@rests_on("TD907")
@pytest.mark.parametrize("form", WHOLE)
def test_an_old_matrix_is_a_note_in_every_format(
    run: Run, healthy: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(age, "today", lambda: "2999-01-31")
    ran = run("--facts", healthy, "--format", form, "--fail-on", "warning")

    assert ran.code == 0 and ran.err == ""
    assert "days old" in " ".join(ran.out.split()) or "TD907" in ran.out, ran.out


@rests_on("TD907")
def test_an_old_matrix_changes_neither_verdict_nor_exit_code(
    run: Run, healthy: str, broken: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = [run("--facts", name, "--json").report for name in (healthy, broken)]
    monkeypatch.setattr(age, "today", lambda: "2999-01-31")
    after = [run("--facts", name, "--json").report for name in (healthy, broken)]

    for one, other in zip(before, after, strict=True):
        for field in ("verdict", "primary", "exit_code"):
            assert one[field] == other[field]
        (note,) = [found for found in other["findings"] if found["code"] == "TD907"]
        assert note["severity"] == "note"
    (tmp_path / "again.json").write_text(json.dumps(after[0]))
    monkeypatch.setattr(age, "today", lambda: after[0]["matrix"]["version"])
    again = run("--facts", tmp_path / "again.json", "--json").report
    assert "TD907" not in [found["code"] for found in again["findings"]]


@pytest.mark.parametrize(
    "words",
    [("recommend", "--gpu", "H100"), ("matrix",), ("matrix", "show", "drivers")],
    ids=" ".join,
)
def test_other_commands_say_the_age_on_stderr(
    run: Run, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run(*words)
    monkeypatch.setattr(age, "today", lambda: "2999-01-31")
    after = run(*words)

    assert (before.code, before.out) == (after.code, after.out)
    assert "days old" not in before.err and after.err.count("days old: drivers, GPUs") == 1
