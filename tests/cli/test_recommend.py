"""torch-doctor recommend from the command line to the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch_doctor.render
from torch_doctor.probes.host.port import RecordedHost

from tests.cli.conftest import Ran, Run

SCHEMA = json.loads(
    (Path(torch_doctor.render.__file__).parent / "recommend.schema.json").read_text()
)
LINUX = ("--platform", "linux-x86_64")


def strict(schema: Any) -> Any:
    """Return the schema with every object closed: what is printed must be written in it."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(value) for name, value in schema.items()}
    return {**closed, "additionalProperties": False} if "properties" in schema else closed


VALIDATOR = jsonschema.Draft202012Validator(strict(SCHEMA))


def answer(ran: Ran) -> Any:
    VALIDATOR.validate(ran.json)
    assert ran.json["exit_code"] == ran.code
    return ran.json


@pytest.mark.parametrize(
    ("words", "code", "build"),
    [
        (("--gpu", "A100", *LINUX), 0, "2.15.0+cu132"),
        (("--gpu", "V100", "--driver", "580", *LINUX), 0, "2.14.1+cu126"),
        (("--gpu", "V100", "--gpu", "B200", *LINUX), 0, "2.10.0+cu128"),
        (("--gpu", "Orin"), 0, "2.11.0a0+eb65b36914"),
        (("--gpu", "H100", "--driver", "470", *LINUX), 1, None),
        (("--gpu", "P100", "--feature", "flash-attn-2", *LINUX), 1, None),
        (
            ("--gpu", "A100", "--with", "torchvision", "--with", "flash-attn", *LINUX),
            0,
            "2.13.0+cu130",
        ),
    ],
    ids=str,
)
def test_json_follows_its_schema(
    run: Run, words: tuple[str, ...], code: int, build: str | None
) -> None:
    ran = run("recommend", *words, "--json")

    found = answer(ran)
    assert ran.code == code
    assert ran.err == ""
    plan = found["plans"][0] if found["plans"] else None
    assert (plan and "+".join(filter(None, (plan["torch"], plan["variant"])))) == build
    assert bool(found["relaxations"]) is (code == 1)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_rejected_candidate_has_a_reason_and_a_row(run: Run) -> None:
    found = answer(run("recommend", "--gpu", "RTX 5090", "--driver", "570", *LINUX, "--json"))

    assert len(found["rejected"]) > 50
    for item in (*found["rejected"], *found["undecided"]):
        assert item["reason"]
        assert item["because"][0]["source"]
        assert item["because"][0]["checked"]


def test_a_saved_host(run: Run, healthy: str) -> None:
    kept = answer(run("recommend", "--host", healthy, "--prefer", "smallest-change", "--json"))
    newer = answer(run("recommend", "--host", healthy, "--json"))

    assert [plan["keeps"] for plan in kept["plans"]] == [True]
    assert newer["plans"][0]["changes"][0]["text"].startswith("replace torch 2.11.0+cu130 by")
    assert newer["question"]["hosts"][0]["gpus"][0]["compute_capability"] == "9.0"


def test_two_saved_hosts_in_words(run: Run, healthy: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(Path(healthy).read_text())

    ran = run("recommend", "--host", healthy, "--host", other)

    assert ran.code == 0
    assert "other.json: replace torch" in ran.out


def test_this_host_without_a_gpu(run: Run, empty_host: RecordedHost) -> None:
    ran = run("recommend", host=empty_host)

    assert ran.code == 2
    assert ran.out == ""
    assert "--gpu" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--gpu", "RTX 6000"), "Quadro RTX 6000 (7.5, 24 GB)"),
        (("--gpu", "RTX 5099"), "did you mean"),
        (("--gpu", "A100", "--driver", "old"), "--driver"),
        (("--gpu", "A100", "--limit", "-1"), "--limit"),
        (("--gpu", "A100", "--limit", "0"), "--limit"),
        (("--gpu", "A100", "--emit", "helm"), "--emit"),
        (("--gpu", "A100", "--prefer", "best"), "--prefer"),
        (("--host", "/no/such/file"), "--host"),
        (("A100",), "A100"),
        (("--gpus", "A100"), "did you mean --gpu?"),
    ],
    ids=str,
)
def test_wrong_input_is_one_line_and_exit_code_2(
    run: Run, words: tuple[str, ...], expected: str
) -> None:
    ran = run("recommend", *words)

    assert ran.code == 2
    assert ran.out == ""
    assert expected in ran.err
    assert len(ran.err.splitlines()) == 1
    as_json = run("recommend", *words, "--json")
    assert (as_json.code, as_json.json["error"]["kind"]) in ((2, "usage"), (2, "input"))


@pytest.mark.parametrize(
    "noise", ["\x1b[31mA100\x1b[0m", "A100\u202e", "\x00", "a" * 5000, "[bold]x[/bold]"]
)
def test_hostile_names_come_out_visible(run: Run, noise: str) -> None:
    ran = run("recommend", "--gpu", noise)

    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err
    assert len(ran.err) < 1000


def test_emit_prints_one_target_and_nothing_else(run: Run) -> None:
    ran = run("recommend", "--gpu", "V100", "--driver", "580", *LINUX, "--emit", "dockerfile")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "FROM pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime\n"
    everything = run("recommend", "--gpu", "V100", "--driver", "580", *LINUX, "--emit", "all").out
    assert everything.count("\n# ") >= 6


def test_emit_and_json_are_two_forms(run: Run) -> None:
    ran = run("recommend", "--gpu", "A100", "--emit", "pip", "--json")

    assert (ran.code, ran.json["error"]["kind"]) == (2, "usage")


def test_emit_says_what_cannot_be_had(run: Run) -> None:
    words = ("--gpu", "RTX 5090", "--driver", "580", "--torch", ">=2.14", *LINUX)
    none = run("recommend", *words, "--emit", "conda")
    nothing = run("recommend", "--gpu", "H100", "--driver", "470", *LINUX, "--emit", "pip")

    assert (none.code, none.out) == (1, "")
    assert "conda" in none.err
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err


def test_emit_gives_the_newest_plan_that_can_be_had_that_way_and_says_so(run: Run) -> None:
    ran = run("recommend", "--gpu", "RTX 5090", *LINUX, "--emit", "dockerfile")

    assert (ran.code, ran.out) == (0, "FROM pytorch/pytorch:2.14.1-cuda13.0-cudnn9-runtime\n")
    assert "the newest that is on record is torch 2.14.1+cu130" in ran.err


def test_without_a_driver_the_steps_by_driver_are_listed(run: Run) -> None:
    ran = run("recommend", "--gpu", "A100", *LINUX)

    below = ran.out.partition("By the driver that is there")[2]
    for words in ("2.14.1+cu126", "2.7.1+cu118", "pytorch/pytorch:2.7.1-cuda11.8", "NCCL 2.21.5"):
        assert words in below
    known = run("recommend", "--gpu", "A100", "--driver", "580", *LINUX)
    assert "By the driver" not in known.out


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_words_fit_the_width(run: Run, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    for words in (
        ("--gpu", "V100", "--driver", "580"),
        ("--gpu", "H100", "--driver", "470", "-v"),
        ("--gpu", "A100"),
    ):
        ran = run("recommend", *words, *LINUX)

        for line in ran.out.splitlines():
            # A word of a command that is pasted is never broken.
            assert (
                len(line) <= columns or "://" in line or line.lstrip().startswith(("python", '"'))
            )


def test_words_say_the_plan_and_why_not_the_others(run: Run) -> None:
    out = " ".join(run("recommend", "--gpu", "V100", "--driver", "580", *LINUX).out.split())

    assert "torch 2.14.1+cu126: the newest torch that runs on this GPU" in out
    assert "--index-url https://download.pytorch.org/whl/cu126" in out
    assert "525.60.13 or newer" in out
    assert "pytorch/pytorch:2.14.1-cuda12.6-cudnn9-runtime (confirmed)" in out
    assert "no code for V100 (7.0): torch 2.15.0 for cu132 and cu130" in out


def test_words_where_nothing_runs(run: Run) -> None:
    out = " ".join(run("recommend", "--gpu", "H100", "--driver", "470", *LINUX).out.split())

    assert "No published build of torch serves this." in out
    assert "does not know H100" in out
    assert "What would help, cheapest first" in out
    assert out.index("driver 520 or newer") < out.index("another GPU")


def test_verbose_says_more(run: Run) -> None:
    words = ("recommend", "--gpu", "RTX 5090", "--driver", "580", *LINUX)

    assert len(run(*words, "-v").out) > len(run(*words).out)


def test_an_overlay_can_add_a_build(run: Run, tmp_path: Path) -> None:
    rows = tmp_path / "torch"
    rows.mkdir()
    (rows / "2.15.yaml").write_text(
        """
defaults: {checked: 2026-11-21, how: docs}
torch_builds:
  - torch: "2.15.0"
    variant: cu126
    platform: linux-x86_64
    cuda: "12.6"
    archs: [sm_70]
    ptx: []
    python_tags: [cp312]
    glibc: "2.28"
    cxx11_abi: true
    index_url: "https://example.invalid/whl/cu126"
    on_pypi: false
    status: published
    source: "https://example.invalid/builds"
"""
    )

    found = answer(run("recommend", "--gpu", "V100", *LINUX, "--matrix", tmp_path, "--json"))

    assert found["plans"][0]["index_url"] == "https://example.invalid/whl/cu126"


def test_help_shows_examples_and_exit_codes(run: Run) -> None:
    ran = run("recommend", "--help")

    assert ran.code == 0
    assert "torch-doctor recommend --gpu V100 --driver 580" in ran.out
    assert "exit codes:" in ran.out


def test_a_package_may_be_called_what_other_tools_call_it(run: Run) -> None:
    words = ("recommend", "--gpu", "L4", *LINUX, "--json")

    assert run(*words, "--want", "vllm").out == run(*words, "--with", "vllm").out


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (("--os", "windows"), "--platform"),
        (("--os=windows",), "--platform"),
        (("--cc", "8.9"), "--compute-capability"),
        (("--package", "vllm"), "--with"),
        (("--drivers", "535"), "--driver"),
    ],
)
def test_an_option_of_another_tool_is_met_with_the_one_that_is_meant(
    run: Run, typed: tuple[str, ...], meant: str
) -> None:
    ran = run("recommend", "--gpu", "L4", *typed)

    assert ran.code == 2
    assert f"did you mean {meant}?" in ran.err
