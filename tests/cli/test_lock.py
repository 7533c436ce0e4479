"""A plan as a file, and what drifted from it: recommend --lock and check --against, from words to exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch_doctor
from torch_doctor.recommendation.locking.digest import digest_of
from torch_doctor.recommendation.locking.drift import _says_else

from tests.cli.conftest import Ran, Run
from tests.cli.test_recommend import strict
from tests.unit.matrix.folders import HEADER, folder

SCHEMAS = Path(torch_doctor.__file__).parent / "render"
LOCK, DRIFT = (
    jsonschema.Draft202012Validator(
        strict(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))
    )
    for name in ("lock", "drift")
)
ASKED = ("--gpu", "A100", "--torch", "2.9.1", "--cuda", "12.8", "--with", "torchvision")
LINUX = ("--platform", "linux-x86_64")
# What the plan of ASKED asks for, as --assume and as packages of a file.
AS_PLANNED = "gpu=A100,driver=580,python=3.12,platform=linux-x86_64,torch=2.9.1+cu128"


def locked(run: Run, folder_: Path, *words: str) -> Path:
    path = folder_ / "torch.lock.json"
    ran = run("recommend", *(words or (*ASKED, *LINUX)), "--lock", path)
    assert ran.code == 0
    assert ran.err.startswith("torch-doctor: torch ")
    assert "check --against" in ran.err
    LOCK.validate(json.loads(path.read_text()))
    return path


def against(run: Run, path: Path, *words: str) -> Any:
    ran = run("check", "--against", path, *words, "--json")
    DRIFT.validate(ran.json)
    assert ran.json["exit_code"] == ran.code
    assert ran.json["status"] == ("same", "drifted", "unknown")[ran.code]
    return ran.json


def subjects(found: Any) -> list[str]:
    return [drift["subject"] for drift in found["drifts"]]


def facts_file(folder_: Path, assumed: str, packages: dict[str, str], run: Run) -> str:
    """Facts as they would be, with packages, saved as collect does."""
    document = run("--assume", assumed, "--json").json
    listed = [{"name": name, "version": version} for name, version in packages.items()]
    document["facts"]["packages"] = {"value": listed, "source": {"kind": "file"}}
    path = folder_ / "facts.json"
    path.write_text(json.dumps(document))
    return str(path)


def test_a_lock_says_what_was_asked_and_what_to_do(run: Run, tmp_path: Path) -> None:
    lock = json.loads(locked(run, tmp_path).read_text())

    assert lock["question"]["words"] == [
        *("--gpu", "A100", "--platform", "linux-x86_64", "--torch", "2.9.1", "--cuda", "12.8"),
        *("--with", "torchvision"),
    ]
    assert (lock["plan"]["torch"], lock["plan"]["variant"]) == ("2.9.1", "cu128")
    assert lock["plan"]["commands"]["pip"]
    assert lock["plan"]["cudnn"]
    assert lock["plan"]["nccl"]
    rows = {row["row"].partition("/")[0]: row for row in lock["rows"]}
    assert {"torch_builds", "gpus", "companion_builds", "images", "cuda_majors"} <= set(rows)
    assert rows["cuda_majors"]["values"]["linux_min"] == lock["plan"]["min_driver"]
    assert all(row["source"] and row["checked"] for row in lock["rows"])


def test_the_same_question_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    first = locked(run, tmp_path).read_bytes()

    assert locked(run, tmp_path).read_bytes() == first


def test_standard_output_is_the_lock_alone(run: Run) -> None:
    ran = run("recommend", *ASKED, *LINUX, "--lock", "-")

    assert ran.code == 0
    LOCK.validate(ran.json)
    refused = run("recommend", *ASKED, "--lock", "-", "--json")
    assert (refused.code, refused.out.count("usage")) == (2, refused.out.count("usage"))
    assert "--lock -" in refused.err


def test_a_form_that_was_asked_for_is_what_is_locked(run: Run, tmp_path: Path) -> None:
    words = ("--gpu", "A100", *LINUX, "--emit", "docker")
    lock = json.loads(locked(run, tmp_path, *words).read_text())

    assert lock["plan"]["image"]
    assert run("recommend", *words).out.strip() == lock["plan"]["commands"]["docker"]


def test_without_a_plan_nothing_is_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "none.json"
    ran = run("recommend", "--gpu", "H100", "--driver", "470", *LINUX, "--lock", path)

    assert ran.code == 1
    assert not path.exists()
    assert "no lock is written" in ran.err


def test_what_was_planned_is_the_same(run: Run, tmp_path: Path) -> None:
    path = locked(run, tmp_path)
    vision = json.loads(path.read_text())["plan"]["companions"][0]["version"]
    facts = facts_file(tmp_path, AS_PLANNED, {"torchvision": f"{vision}+cu128"}, run)

    found = against(run, path, "--facts", facts)

    assert (found["status"], found["drifts"], found["unknown"]) == ("same", [], [])
    assert "nothing has drifted" in run("check", "--against", path, "--facts", facts).out


@pytest.mark.parametrize(
    ("instead", "subject", "words", "cure"),
    [
        ("torch=2.9.0+cu128", "torch", "2.9.0+cu128 is installed", "torch==2.9.1"),
        ("torch=2.9.1+cu126", "torch", "2.9.1+cu126 is installed", "torch==2.9.1"),
        ("driver=470.57.02", "driver", "older than 525.60.13", "580"),
        ("python=3.8", "python", "Python 3.8", "torch==2.9.1"),
        ("gpu=H100", "gpu", "is not in the plan, which is for A100", "--gpu H100"),
        ("platform=windows", "platform", "this is windows-x86_64", "--platform windows"),
    ],
)
def test_each_drift_is_named_and_has_a_cure(
    run: Run, tmp_path: Path, instead: str, subject: str, words: str, cure: str
) -> None:
    path = locked(run, tmp_path)
    key = instead.partition("=")[0]
    kept = [one for one in AS_PLANNED.split(",") if not one.startswith(f"{key}=")]

    found = against(run, path, "--assume", ",".join((*kept, instead)))

    assert found["status"] == "drifted"
    drift = next(one for one in found["drifts"] if one["subject"] == subject)
    assert words in drift["message"]
    shown = (drift["cure"]["text"], *drift["cure"]["commands"])
    assert any(cure in one for one in shown) or subject == "driver"
    assert shown[0]
    others = set(subjects(found)) - {subject}
    assert others <= ({"cuda"} if subject == "torch" else set())


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        ({}, "torchvision is not installed"),
        ({"torchvision": "0.20.0"}, "torchvision 0.20.0 is installed"),
        ({"torchvision": "0.24.1", "nvidia-cudnn-cu12": "9.1.0.70"}, "nvidia-cudnn-cu12 9.1.0.70"),
    ],
)
def test_packages_drift(run: Run, tmp_path: Path, packages: dict[str, str], words: str) -> None:
    path = locked(run, tmp_path)

    found = against(run, path, "--facts", facts_file(tmp_path, AS_PLANNED, packages, run))

    (drift,) = found["drifts"]
    assert words in drift["message"]
    assert drift["cure"]["commands"] == [json.loads(path.read_text())["plan"]["commands"]["pip"]]


def test_what_is_not_known_is_no_drift_and_not_the_same(run: Run, tmp_path: Path) -> None:
    path = locked(run, tmp_path)

    found = against(run, path, "--assume", AS_PLANNED)

    assert [one["fact"] for one in found["unknown"]] == ["packages"]
    assert found["exit_code"] == 2
    passed = against(run, path, "--assume", AS_PLANNED, "--on-unknown", "ignore")
    assert passed["exit_code"] == 0


def test_a_build_that_pip_would_keep_is_installed_anew(run: Run, tmp_path: Path) -> None:
    """``torch==2.9.1`` from the default index is content with 2.9.1+cu126."""
    path = locked(run, tmp_path, "--gpu", "A100", "--torch", "2.9.1+cu128", *LINUX)
    assert "+cu128" not in json.loads(path.read_text())["plan"]["commands"]["pip"]

    found = against(run, path, "--assume", AS_PLANNED.replace("cu128", "cu126"))

    assert "install --force-reinstall " in found["drifts"][0]["cure"]["commands"][0]


def test_rows_that_say_something_else_now(run: Run, tmp_path: Path) -> None:
    path = locked(run, tmp_path, "--gpu", "A100", "--torch", "2.9.1+cu128", *LINUX)
    row = "cuda_majors:\n  - {major: 12, linux_min: '530.30.02', windows_min: '527.41'}\n"
    over = folder(tmp_path / "over", HEADER + row, "cuda.yaml")

    found = against(run, path, "--assume", AS_PLANNED, "--matrix", str(over))

    (drift,) = found["drifts"]
    assert drift["subject"] == "matrix"
    assert "cuda_majors/12 says something else of linux_min now" in drift["message"]
    assert "525.60.13" in drift["expected"]
    assert "530.30.02" in drift["found"]
    command = drift["cure"]["commands"][0]
    assert command.startswith("torch-doctor recommend --gpu A100")
    assert command.endswith(f"--lock {path}")


@pytest.mark.parametrize(
    ("before", "now", "differs"),
    [
        ({}, [], False),  # the lock is older than the field
        ({}, ["sm_90"], True),
        ({"archs": None}, [], True),  # not recorded is not none
        ({"archs": ["sm_80"]}, [], True),
    ],
)
def test_a_field_that_a_lock_had_not_yet_says_nothing_while_it_is_empty(
    before: dict[str, object], now: object, *, differs: bool
) -> None:
    assert _says_else(before, {"archs": now}, "archs") is differs


def test_this_host_is_what_it_was_locked_as(run: Run, tmp_path: Path, healthy: str) -> None:
    words = ("--host", healthy, "--prefer", "smallest-change")
    path = locked(run, tmp_path, *words)

    found = against(run, path, "--facts", healthy)

    assert found["status"] == "same"
    assert json.loads(path.read_text())["plan"]["commands"]["pip"]


def test_text_says_the_same_as_json(run: Run, tmp_path: Path) -> None:
    path = locked(run, tmp_path)
    words = ("check", "--against", str(path), "--assume", AS_PLANNED.replace("A100", "A30"))
    ran, found = run(*words), against(run, path, *words[3:])

    plain = " ".join(ran.out.split())
    assert ran.code == found["exit_code"] == 1
    assert all(drift["message"] in plain for drift in found["drifts"])
    assert f"Exit code {ran.code}." in plain


def edited(lock: dict[str, Any], **changes: Any) -> str:
    return json.dumps({**lock, **changes}, indent=2)


def sealed(lock: dict[str, Any], **changes: Any) -> str:
    """What another program may write: the digest is right, the form is not."""
    content = {**lock, **changes}
    return json.dumps({**content, "digest": digest_of(content)}, indent=2)


BAD: dict[str, tuple[Any, str, str]] = {
    "empty": (lambda _: "", "is empty", "recommend --lock"),
    "truncated": (lambda lock: json.dumps(lock, indent=2)[:900], ":4", "recommend --lock"),
    "text": (lambda _: "torch==2.9.1\n", ":1: is not JSON", "recommend --lock"),
    "a list": (lambda _: "[]", "is no lock of torch-doctor", "recommend --lock"),
    "facts": (lambda _: '{"schema_version": 2, "facts": {}}', "is no lock", "recommend --lock"),
    "newer": (lambda lock: edited(lock, schema_version=9), ":3: is of schema version 9", "update"),
    "no version": (
        lambda lock: edited(lock, schema_version="1"),
        ":3: has no schema_version",
        "recommend",
    ),
    "edited": (
        lambda lock: edited(lock, plan={**lock["plan"], "torch": "2.9.0"}),
        "was edited: its digest is not that of its content",
        "write it anew",
    ),
    "no digest": (lambda lock: edited(lock, digest=None), "has no digest", "write it anew"),
    "no plan": (lambda lock: sealed(lock, plan=3), "plan is no object", "recommend --lock"),
    "no driver": (
        lambda lock: sealed(lock, plan={**lock["plan"], "min_driver": "new"}),
        "min_driver: ",
        "recommend --lock",
    ),
    "no rows": (lambda lock: sealed(lock, rows=[1]), "rows is no object", "recommend --lock"),
    "binary": (lambda _: "\x7fELF\x02\x01", "a program or a library", "text file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line(run: Run, tmp_path: Path, name: str) -> None:
    path = locked(run, tmp_path)
    make, words, cure = BAD[name]
    path.write_text(make(json.loads(path.read_text())))

    ran: Ran = run("check", "--against", path, "--assume", AS_PLANNED)

    assert (ran.code, ran.out) == (2, "")
    (line,) = ran.err.splitlines()
    assert f"--against {path}" in line
    assert words in line
    assert cure in line.rpartition("; ")[2]


def test_layout_and_order_are_no_edit(run: Run, tmp_path: Path) -> None:
    path = locked(run, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()), sort_keys=True))

    assert against(run, path, "--assume", AS_PLANNED)["drifts"] == []


@pytest.mark.parametrize(
    "words",
    [
        ("--deep",),
        ("--format", "sarif"),
        ("--output", "x.txt"),
        ("--expect", "cu128"),
        ("--require-gpu",),
    ],
    ids=str,
)
def test_options_that_mean_nothing_beside_it(
    run: Run, tmp_path: Path, words: tuple[str, ...]
) -> None:
    ran = run("check", "--against", locked(run, tmp_path), *words)

    assert ran.code == 2
    assert "--against" in ran.err


def test_the_python_api(run: Run, tmp_path: Path) -> None:
    answer = torch_doctor.recommend(
        "A100", torch="2.9.1", cuda="12.8", with_="torchvision", platform="linux-x86_64"
    )
    lock = torch_doctor.lock(answer)

    assert lock == json.loads(locked(run, tmp_path).read_text())
    facts = torch_doctor.triage("torch 2.9.0+cu126, A100, driver 535.183.01").facts
    found = torch_doctor.compare(lock, facts=facts)
    assert [drift.subject for drift in found.drifts] == ["torch", "cuda"]
    with pytest.raises(ValueError, match="digest"):
        torch_doctor.compare({**lock, "rows": []}, facts=facts)
    none = torch_doctor.recommend("H100", driver="470", platform="linux-x86_64")
    with pytest.raises(ValueError, match="no plan"):
        torch_doctor.lock(none)


@pytest.mark.parametrize("form", ["report", "recommend", "lock", "drift"])
def test_every_schema_is_printed(run: Run, form: str) -> None:
    schema = run("schema", form).json

    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema == json.loads((SCHEMAS / f"{form}.schema.json").read_text())
