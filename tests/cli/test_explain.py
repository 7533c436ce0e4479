"""``explain``: codes, names and texts, forgiving in how they are typed, and honest where nothing is known."""

from __future__ import annotations

import re

import pytest
from torch_doctor.rules import load_rules

from tests.cli.conftest import Run
from tests.resting import rests_on

A_RULE = load_rules()[0]


@pytest.mark.parametrize(
    "typed",
    [
        [A_RULE.code.lower()],
        [f"'{A_RULE.code}'"],
        [A_RULE.code[:2] + " " + A_RULE.code[2:]],
        [A_RULE.code[:2] + "-" + A_RULE.code[2:]],
        [A_RULE.name.upper()],
        [A_RULE.name.replace("-", "_")],
        A_RULE.name.split("-"),
    ],
)
def test_a_rule_is_found_however_it_is_typed(run: Run, typed: list[str]) -> None:
    assert run("explain", *typed).out.startswith(f"{A_RULE.code} {A_RULE.name}")


def test_codes_of_all_kinds_stand_side_by_side(run: Run) -> None:
    ran = run("explain", "803", A_RULE.code, "sm_120", "cu128", "R570")
    made = run("explain", "803", A_RULE.code, "sm_120", "cu128", "R570", "--json").json

    assert ran.code == 0
    for words in ("CUDA error 803", A_RULE.name, "sm_120: compute", "cu128: torch", "branch R570"):
        assert words in ran.out
    assert [rule["code"] for rule in made["rules"]] == [A_RULE.code]
    kinds = [topic["kind"] for topic in made["topics"]]
    assert kinds == ["cuda-error", "capability", "build", "driver"]
    assert all(topic["because"] and topic["lines"] for topic in made["topics"])


def test_words_that_belong_together_are_taken_together(run: Run) -> None:
    assert run("explain", "Xid", "79").out.startswith("Xid 79: fallen off the bus")
    assert run("explain", "exit", "code", "139").out.startswith("exit code 139")
    assert run("explain", "compute", "capability", "12.0").out.startswith("sm_120")


@pytest.mark.parametrize(("code", "words"), [("0", "PyTorch runs here"), ("2", "no verdict")])
def test_its_own_exit_codes_are_known(run: Run, code: str, words: str) -> None:
    assert words in run("explain", "exit", "code", code).out


def test_a_text_is_held_against_the_machine_and_its_codes_are_explained(
    run: Run, broken: str
) -> None:
    text = "NVRM: Xid (PCI:0000:3b:00): 79, then No CUDA GPUs are available"
    ran = run("explain", text, "--facts", broken)
    made = run("explain", text, "--facts", broken, "--json").json

    assert ran.code == 0
    assert "No CUDA GPUs are available" in ran.out
    assert "Xid 79: fallen off the bus" in ran.out
    assert "On the saved machine" in ran.out
    assert [topic["kind"] for topic in made["topics"]] == ["error-text", "xid"]
    assert made["report"]["verdict"] == "broken"


@rests_on("TD767")
def test_a_text_that_only_a_rule_knows_is_known(run: Run, healthy: str) -> None:
    text = "ImportError: libcudnn.so.9: cannot open shared object file: No such file or directory"
    ran = run("explain", text, "--facts", healthy)

    assert ran.code == 0
    assert "libcudnn.so.9" in ran.out


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("CUDA error: device-side assert triggered", "CUDA error 710: "),
        ("RuntimeError: CUDA error: invalid device function", "CUDA error 98: "),
        ("a line\nCUDA driver error: device-side assert triggered\nanother", "CUDA error 710: "),
    ],
)
def test_an_error_is_known_behind_what_programs_print_before_it(
    run: Run, healthy: str, typed: str, title: str
) -> None:
    ran = run("explain", typed, "--facts", healthy)

    assert ran.code == 0
    assert ran.out.startswith(title)


@rests_on("TD767")
@pytest.mark.parametrize(
    "typed", ["libcudnn.so.8", "libcudnn.so.8: cannot open shared object file"]
)
def test_a_library_by_its_name_is_one_that_the_loader_misses(
    run: Run, healthy: str, typed: str
) -> None:
    error = "ImportError: libcudnn.so.8: cannot open shared object file: No such file or directory"
    ran = run("explain", typed, "--facts", healthy)

    assert ran.code == 0
    assert ran.out == run("explain", error, "--facts", healthy).out


@rests_on("TD415")
def test_a_number_of_which_no_row_tells_a_cause_leads_to_the_rule_that_speaks_of_it(
    run: Run,
) -> None:
    words = " ".join(run("explain", "710").out.split())
    assert "rule TD415 torch-assert-in-kernel: the program's own data failed an assertion" in words


def test_more_builds_than_are_shown_are_counted(run: Run) -> None:
    torch = next(line for line in run("explain", "RTX 4090").out.splitlines() if " torch " in line)
    assert re.search(r" and \d+ more \(linux x86_64\)$", torch)


@pytest.mark.parametrize(
    "typed", [["fooo"], ["TD9999"], ["Xid", "999"], ["sm_999"], ["803", "fooo"]]
)
def test_nothing_known_is_exit_1(run: Run, typed: list[str]) -> None:
    ran = run("explain", *typed)

    assert ran.code == 1
    assert ran.out.startswith("Nothing is known of")
    assert ran.err == ""


def test_near_ones_are_offered(run: Run) -> None:
    ran = run("explain", "cudaErorNoDevice")
    made = run("explain", "cudaErorNoDevice", "--json")

    assert ran.code == made.code == 1
    assert "near      cudaErrorNoDevice" in ran.out
    assert "cudaErrorNoDevice" in made.json["near"]
    assert made.json["topics"] == []


def test_a_text_that_was_cut_short_finds_its_error(run: Run) -> None:
    ran = run("explain", "RuntimeError: CUDA error: no kernel image is avail")

    assert ran.code == 1
    assert "near      no kernel image is available for execution on the device" in ran.out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("unknown erorr", "unknown error"),
        ("out of memroy", "out of memory"),
        ("unspecifed lanch failure", "unspecified launch failure"),
    ],
)
def test_a_slip_of_the_pen_finds_its_error(run: Run, typed: str, meant: str) -> None:
    ran = run("explain", typed)

    assert ran.code == 1
    assert f"near      {meant}\n" in ran.out.casefold()


@rests_on("TD409")
@pytest.mark.parametrize(
    "typed",
    [
        "torch.cuda.is_available() False",
        "is_available() returns False",
        "torch.cuda.is_available() == False",
    ],
)
def test_the_first_question_of_most_people_is_a_rule(run: Run, typed: str) -> None:
    assert run("explain", *typed.split()).out.startswith("TD")
    assert run("explain", typed).out == run("explain", "torch-cuda-unavailable").out


@pytest.mark.parametrize("typed", ["NCCL error", "nccl", "cuDNN status"])
def test_a_library_without_a_number_is_all_that_it_answers(run: Run, typed: str) -> None:
    ran = run("explain", typed)

    assert ran.code == 0
    assert "error: the name or the number behind it says which" in ran.out
    assert "can be" in ran.out


def test_an_error_of_which_the_machine_at_hand_knows_nothing_brings_no_report_of_it(
    run: Run,
) -> None:
    text = "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
    ran = run("explain", text)

    assert ran.code == 0
    assert "CUDA error 2" in ran.out
    assert "On this machine" not in ran.out
    assert "Verdict" not in ran.out


def test_the_machine_is_shown_where_it_has_a_cause(run: Run, healthy: str) -> None:
    text = "CUDA error: no kernel image is available for execution on the device"
    ran = run("explain", text, "--facts", healthy)

    assert "On the saved machine" in ran.out


def test_error_98_tells_what_it_comes_from(run: Run) -> None:
    ran = run("explain", "98")

    assert "CUDA error 98: invalid device function" in ran.out
    assert "extension-arch-missing" in ran.out
