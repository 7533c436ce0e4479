"""torch-doctor matrix as a user runs it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from torch_doctor.matrix import load

from tests.cli.conftest import Run
from tests.cli.machines import machine
from tests.unit.online.server import Site, serving, wheel

LINUX = ("--platform", "linux-x86_64")


def test_show_is_a_table_json_or_csv(run: Run) -> None:
    words = ("matrix", "show", "torch", "--torch", "2.8", *LINUX)
    shown, as_json, rows = run(*words), run(*words, "--json").json, run(*words, "--csv")

    assert "525.60.13" in shown.out and "cu128" in shown.out
    assert {row["min_driver"] for row in as_json["rows"]} == {"525.60.13"}
    assert as_json["rows"][0]["pins"]["triton"] == "3.4.0" if as_json["rows"][0]["pins"] else True
    listed = list(csv.DictReader(io.StringIO(rows.out)))
    assert [row["row"] for row in listed] == [row["row"] for row in as_json["rows"]]
    assert all(row["source"] and row["checked"] for row in listed)


def test_sources_stand_below_with_v(run: Run) -> None:
    words = ("matrix", "show", "torch", "--torch", "2.8", *LINUX)

    assert "pypi:torch==2.8.0" in run(*words, "-v").out
    assert "pypi:torch==2.8.0" not in run(*words).out


def test_a_build_that_does_not_exist_says_which_do(run: Run) -> None:
    ran = run("matrix", "show", "torch", "--torch", "2.9.1", "--cuda", "11.8", *LINUX)

    assert (ran.code, ran.out) == (1, "")
    assert "there are cu126, cu128, cu129, cu130" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["--torch", "2.8.0", "--cuda", "12.8", "--gpu", "V100", "--driver", "535"], 0, "yes"),
        (
            ["--torch", "2.8.0", "--variant", "cu128", "--gpu", "GTX 1080 Ti", "--driver", "570"],
            1,
            "has no code for",
        ),
        (["--torch", "2.9.1+cu130", "--gpu", "A100", "--driver", "550"], 1, "older than 580.65.06"),
        (
            ["--torch", "2.8", "--cuda", "11.8", "--gpu", "A100"],
            1,
            "built for CUDA 12.6, 12.8 and 12.9",
        ),
        (["--torch", "99.0", "--gpu", "A100"], 2, "newer than this matrix"),
        (["--torch", "2.0.9", "--gpu", "A100"], 2, "not on record"),
        (["--torch", "2.9", "--gpu", "A100"], 0, "8 of 8 builds"),
        (["--torch", "2.9", "--gpu", "V100"], 0, "4 of 8 builds"),
        (
            ["--torch", "2.15.0", "--variant", "cu132", "--gpu", "B300", "--driver", "580.65.06"],
            2,
            "is listed from driver 580.82.07 on",
        ),
        (["--torch", "2.4.1", "--gpu", "A100", "--python", "3.13"], 1, "no wheel for cp313"),
        (
            ["--torch", "2.14.0+cu126", "--gpu", "A100", "--with", "vllm==0.33.0"],
            1,
            "asks the loader for libcudart.so.13",
        ),
        (["--torch", "2.14.0+cu130", "--gpu", "A100", "--with", "vllm==0.33.0"], 0, "yes"),
    ],
)
def test_query_answers_with_reasons_and_rows(
    run: Run, words: list[str], code: int, expected: str
) -> None:
    ran = run("matrix", "query", *words, *LINUX)
    document = run("matrix", "query", *words, *LINUX, "--json")

    assert ran.code == document.code == document.json["exit_code"] == code
    assert expected in " ".join(ran.out.split())
    assert document.json["runs"] == {0: "yes", 1: "no", 2: "unknown"}[code]
    for build in document.json["builds"]:
        assert build["because"] and (build["runs"] == "yes" or build["reasons"])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--gpu", "A100"], "--torch is missing"),
        (["--torch", "2.8"], "--gpu is missing"),
        (["--torch", "2.8", "--gpu", "RTX 6000"], "can mean"),
        (["--torch", "2.8", "--gpu", "A100", "--driver", "new"], "--driver"),
        (["--torch", "2.8+cu128", "--variant", "cu126", "--gpu", "A100"], "--variant"),
    ],
)
def test_a_question_without_an_answer_is_one_line(
    run: Run, words: list[str], expected: str
) -> None:
    ran = run("matrix", "query", *words)

    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert expected in ran.err


@pytest.mark.parametrize("words", [["query", "--image"], ["show", "images", "--reference"]])
def test_an_image_that_blogs_name(run: Run, words: list[str]) -> None:
    ran = run("matrix", *words, "pytorch/pytorch:2.9.0-cuda11.8-devel")
    document = run("matrix", *words, "pytorch/pytorch:2.9.0-cuda11.8-devel", "--json").json

    assert ran.code == 1
    assert "does not exist" in ran.out and "pytorch/pytorch:2.9.0-cuda12.6-cudnn9-devel" in ran.out
    assert (document["image"]["exists"], document["image"]["nearest"][0]) == (
        "no",
        "pytorch/pytorch:2.9.0-cuda12.6-cudnn9-devel",
    )
    assert document["image"]["because"]


def rows_in(tmp_path: Path) -> Path:
    (tmp_path / "drivers.yaml").write_text(
        "drivers:\n  - {branch: 999, cuda: '19.9', source: 'https://example.org/x', checked: 2026-01-01, how: docs}\n"
    )
    return tmp_path


def test_an_overlay_adds_rows_and_diff_names_them(run: Run, tmp_path: Path) -> None:
    folder = rows_in(tmp_path)

    assert run("matrix", "show", "drivers", "999", "--matrix", folder).code == 0
    assert run("matrix", "--matrix", folder, "show", "drivers", "999").code == 0
    assert run("matrix", "show", "drivers", "999").code == 2
    assert run("matrix", "validate", folder).code == 0
    ran = run("matrix", "diff", folder)
    assert (ran.code, ran.out) == (1, "+ drivers/999\n")
    assert run("matrix", "diff", folder, "--json").json["changes"][0]["row"] == "drivers/999"


def test_diff_of_equal_folders_is_nothing(run: Run, tmp_path: Path) -> None:
    folder = rows_in(tmp_path)

    assert run("matrix", "diff", folder, folder).code == 0
    assert run("matrix", "diff", "a", "b").code == 2
    assert run("matrix", "diff", folder, folder, folder).code == 2


def test_validate_names_every_fault(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("drivers:\n  - branch: x\n  - {branch: 1, cuda: 12.10}\n")
    (tmp_path / "b.yaml").write_text("gpus: 3\n")
    ran = run("matrix", "validate", tmp_path)

    assert ran.code == 1
    for place in ("a.yaml:2:", "a.yaml:3:", "b.yaml:1:"):
        assert place in ran.out
    assert len(run("matrix", "validate", tmp_path, "--json").json["problems"]) == ran.out.count(
        "\n"
    )


def test_refresh_only_goes_online_for_a_dry_run(run: Run) -> None:
    ran = run("matrix", "refresh")

    assert ran.code == 2
    assert "--dry-run" in ran.err


@pytest.mark.parametrize(
    "words",
    [
        ["--torch", "newest"],
        ["--platform", "macos"],
        ["--index-url", "file:///x"],
        ["--companions", "vllm"],
    ],
)
def test_refresh_refuses_what_means_nothing(run: Run, words: list[str]) -> None:
    ran = run("matrix", "refresh", "--dry-run", "--index-url", "file:///x", *words)

    assert (ran.code, ran.out) == (2, "")


def test_refresh_reads_builds_of_companions(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    name = "near_torch-9.1.0-py3-none-any.whl"
    metadata = {"torch-9.1.0.dist-info/METADATA": b"Requires-Dist: torch==2.14.0\n"}
    with serving(Site()) as site:
        site.files[f"/{name}"] = wheel(**metadata)
        site.files["/simple/near-torch/"] = f'<a href="/{name}">x</a>'.encode()
        site.types["/simple/near-torch/"] = "text/html"
        words = ("matrix", "refresh", "--dry-run", "--index-url", f"{site.url}/simple", "--companions", "Near_Torch")  # fmt: skip
        ran, ran_json = run(*words), run(*words, "--json", "-q")

    assert ran.code == ran_json.code == 1
    assert "near-torch 9.1.0 any none: no row" in ran.out
    assert '{package: near-torch, version: "9.1.0", platform: any, abi: none' in ran.out
    assert "near-torch 9.1.0 for any, none (1 wheel)" in ran.err and ran_json.err.count("\n") == 1
    (found,) = ran_json.json["measured"]
    assert (found["torch"], ran_json.json["unknown"]) == (
        "==2.14.0",
        ["near-torch/9.1.0/any/none"],
    )


def test_builds_of_companions_are_read_only_when_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    read: list[str] = []
    really = load._read
    monkeypatch.setattr(load, "_read", lambda name: read.append(name) or really(name))
    monkeypatch.setattr(load, "_kept", load._kept.__wrapped__)
    assert run("check", "--facts", machine("h100-580-cu130", tmp_path)).code == 0
    assert run("recommend", "--gpu", "H100", "--driver", "580.95.05").code == 0
    assert "torch_builds.linux-x86_64" in read and "images.pytorch" in read
    assert not {name for name in read if name.startswith(("companion_builds", "images.nvidia"))}
    run("matrix", "show", "companion_builds", "--family", "torchao")
    assert "companion_builds.torchao" in read


def test_every_action_has_its_help(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    for action in (
        "tables",
        "show",
        "query",
        "validate",
        "diff",
        "page",
        "refresh",
        "propose",
        "compile",
        "update",
    ):
        ran = run("matrix", action, "--help")

        assert ran.code == 0
        assert f"torch-doctor matrix {action}" in ran.out and "exit codes:" in ran.out
