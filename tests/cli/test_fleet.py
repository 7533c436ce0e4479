"""``fleet judge`` as a user runs it: many hosts in, one answer out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from torch_doctor.fixes.effects.observed import OF_PROGRAMS, OF_THE_DRIVER
from torch_doctor.render.formats.json import facts_document

from tests import tree
from tests.cli.conftest import Ran
from tests.hosts.states import read
from tests.resting import rests_on
from tests.rules.cases import fact_of

STATES = Path(__file__).parents[1] / "hosts" / "h200-states"


def line(node: str | None, state: str = "healthy", **values: Any) -> str:
    """One line as collect writes it, of a recorded host with some facts changed."""
    facts = read(STATES / f"{state}.json")[1]
    changed = facts.with_(**{name: fact_of(name, raw) for name, raw in values.items()})
    document = facts_document(changed, {"nvml": 0.1})
    return json.dumps({"node": node, **document} if node else document) + "\n"


def assumed(node: str, facts: str) -> str:
    """One line of a host that is as ``check --assume`` has it."""
    made = subprocess.run(
        [sys.executable, "-m", "torch_doctor", "check", "--json", "--assume", facts],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return json.dumps({"node": node, **json.loads(made.stdout)}) + "\n"


def fleet(*words: str | Path, given: str = "") -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "torch_doctor", "fleet", *map(str, words)],
        input=given, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def old_driver(node: str) -> str:
    """A host whose driver does not serve its torch, where nobody has run it yet."""
    seen = read(STATES / "healthy.json")[1].without(*OF_PROGRAMS, *OF_THE_DRIVER)
    facts = seen.with_(driver_cuda=fact_of("driver_cuda", "12.8"))
    text = json.dumps({"node": node, **facts_document(facts, {})})
    return text.replace("580.159.04", "570.86.15") + "\n"


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    file = tmp_path / "hosts.jsonl"
    rows = [line(f"node{number:03d}") for number in range(1, 9)]
    rows += [old_driver(f"node{number:03d}") for number in (9, 10)]
    rows += [line("node011", "cudart-empty")]
    file.write_text("".join(rows))
    return file


@rests_on("TD120", "TD771")
def test_groups_say_what_is_broken_where_and_what_mends_it(mixed: Path) -> None:
    answer = fleet("judge", mixed, "--json")

    assert answer.code == 1
    assert (answer.json["verdict"], answer.json["nodes"], answer.json["states"]) == (
        "broken",
        11,
        3,
    )
    by_nodes = {group["nodes"]["names"]: group for group in answer.json["groups"]}
    assert set(by_nodes) == {"node[001-008]", "node[009-010]", "node011"}
    assert by_nodes["node[001-008]"]["verdict"] == "healthy"
    driver = by_nodes["node[009-010]"]
    assert driver["cause"] == "driver-too-old-for-cuda-build"
    [cure] = driver["cures"]
    assert cure["steps"][0]["action"] == "install-torch"
    assert cure["verdict"] in ("healthy", "degraded")
    assert driver["without_cure"]["count"] == 0


@rests_on("TD120")
@pytest.mark.parametrize(
    ("old", "changes"),
    [
        ("gpu=T4,driver=470.82.01,torch=2.6.0+cu124", ["update the NVIDIA driver to 580.65.06"]),
        # Kepler ends with R470: no newer driver drives it.
        ("gpu=K80,driver=418.40.04,torch=1.13.1+cu117", None),
    ],
)
def test_the_driver_that_some_need_is_one_change_for_those_that_need_less(
    old: str, changes: list[str] | None
) -> None:
    rows = [
        assumed("new", "gpu=A100-SXM4-80GB,driver=535.161.08,torch=2.9.1+cu130"),
        assumed("old", old),
    ]
    answer = json.loads(fleet("judge", "-", "--json", given="".join(rows)).out)

    cures = [
        (cure["steps"][0]["text"], cure["nodes"]["names"])
        for one in answer["groups"]
        for cure in one["cures"]
    ]
    if changes is None:
        assert not [text for text, names in cures if "driver to 580" in text and "old" in names]
    else:
        [(text, names)] = cures
        assert text.startswith(changes[0])
        assert names == "new,old"


def cures_of(*rows: str) -> list[tuple[list[str], str]]:
    """Return the cures of a fleet's groups: the commands, or else the text, and the nodes."""
    answer = json.loads(fleet("judge", "-", "--json", given="".join(rows)).out)
    cures = [cure for group in answer["groups"] for cure in group["cures"]]
    steps = [(cure["steps"][0], cure["nodes"]["names"]) for cure in cures]
    return [(step["commands"] or [step["text"][:28]], names) for step, names in steps]


@rests_on("TD402")
def test_nodes_with_different_releases_get_one_build() -> None:
    cures = cures_of(
        assumed("a", "gpu=A100-SXM4-80GB,driver=535.161.08,torch=2.9.1+cpu"),
        assumed("b", "gpu=A100-SXM4-80GB,driver=535.161.08,torch=2.8.0+cpu"),
        assumed("c", "gpu=H100,driver=550.54.15,torch=2.7.1+cpu"),
    )

    index = "https://download.pytorch.org/whl/cu126"
    command = f'python -m pip install "torch==2.9.1+cu126" --index-url {index}'
    assert cures == [([command], "a,b,c")]


@rests_on("TD201")
def test_one_build_is_one_change_although_each_node_has_reasons_of_its_own() -> None:
    [(_, names)] = cures_of(
        assumed("a", "gpu=RTX 5090,driver=580.65.06,torch=2.6.0+cu124"),
        assumed("b", "gpu=RTX 5090,driver=580.65.06,torch=2.5.1+cu121"),
    )

    assert names == "a,b"


@rests_on("TD402")
def test_no_node_gets_an_older_release_because_another_has_it() -> None:
    """The driver of the second serves no build of the first's release."""
    cures = cures_of(
        assumed("new", "gpu=A100-SXM4-80GB,driver=535.161.08,torch=2.10.0+cpu"),
        assumed("old", "gpu=T4,driver=470.82.01,torch=2.6.0+cpu"),
    )

    assert [names for _, names in cures] == ["new", "old"]


def test_one_build_serves_all(mixed: Path) -> None:
    [build] = fleet("judge", mixed, "--json").json["builds"]

    assert build["nodes"]["count"] == 11
    assert "+cu12" in build["build"], "the driver of two nodes serves no CUDA 13"


def test_a_driver_is_named_where_it_holds_for_all() -> None:
    rows = [
        assumed("t1", "gpu=T4,driver=470.82.01,torch=2.7.1+cu118"),
        assumed("h1", "gpu=H200,driver=580.65.06,torch=2.7.1+cu118"),
    ]
    cures = [
        json.loads(fleet("judge", "-", "--json", given="".join(given)).out)["builds"]
        for given in (rows[1:], rows)
    ]

    [(alone,), (both,)] = cures
    assert alone["min_driver"] is not None
    assert (both["nodes"]["count"], both["min_driver"]) == (2, None)


def test_json_follows_its_schema(mixed: Path, tmp_path: Path) -> None:
    schema = json.loads(
        subprocess.run(
            [sys.executable, "-m", "torch_doctor", "schema", "fleet"],
            capture_output=True, text=True, check=True,
        ).stdout
    )  # fmt: skip
    (tmp_path / "nodes").write_text("node[001-011],node099")
    jsonschema.Draft202012Validator.check_schema(schema)

    for words in ((), ("--expected", tmp_path / "nodes")):
        jsonschema.validate(fleet("judge", mixed, "--json", *words).json, schema)


def test_bad_lines_lose_no_other(tmp_path: Path) -> None:
    file = tmp_path / "hosts.jsonl"
    wrong = json.loads(line("b"))
    wrong["facts"]["gpus"]["value"][0]["index"] = "first"
    future = {**json.loads(line("c")), "schema_version": 99}
    rows = [
        line("a"),
        '{"node": "x", "facts"\n',
        "[1]\n",
        json.dumps(wrong),
        "\n",
        json.dumps(future),
    ]
    file.write_text("".join(rows) + "\n\n" + line("d"))

    answer = fleet("judge", file, "--json")

    assert answer.code == 2
    assert answer.json["groups"][0]["nodes"]["names"] == "a,d"
    faults = answer.json["unreadable"]
    assert faults["count"] == 4
    for number, (fault, words) in enumerate(
        zip(
            faults["first"],
            ("not JSON", "a JSON list", "expected int", "schema version 99"),
            strict=True,
        ),
        2,
    ):
        assert fault["message"].startswith(f"{file}:{number}: "), fault
        assert words in fault["message"]
        assert fault["cure"]
    shown = fleet("judge", file).out
    assert f"{file}:2" in shown.replace("\n            ", "")


def test_twins_are_judged_once_whatever_they_are_called(tmp_path: Path) -> None:
    file = tmp_path / "hosts.jsonl"
    file.write_text("".join(line(f"n{number}") for number in range(40)))

    answer = fleet("judge", file, "--json").json

    assert (answer["nodes"], answer["states"]) == (40, 1)


def test_folders_files_and_standard_input(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "rack1"
    folder.mkdir(parents=True)
    document = json.loads(line(None))
    (folder / "alpha.json").write_text(json.dumps(document, indent=2))
    (folder / "both.json").write_text(
        2 * (json.dumps({"node": "same", **document}, indent=2) + "\n")
    )
    (folder / ".hidden").write_text("nothing")

    answer = fleet("judge", tmp_path / "reports", "-", "--json", given=line("piped") + line(None))

    assert answer.code == 0
    assert answer.json["groups"][0]["nodes"]["names"] == "alpha,piped,same,standard input:2"
    assert answer.json["states"] == 1, "how a file is laid out makes no other host"
    assert answer.json["repeated"]["names"] == "same"


def test_silent_nodes_are_findings_and_unexpected_ones_are_said(
    mixed: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "nodes.txt"
    listed.write_text("# rack 1\nnode[001-010]\nnode012 # new\n")
    healthy = tmp_path / "healthy.jsonl"
    healthy.write_text(line("node001"))

    answer = fleet("judge", mixed, "--expected", listed)
    few = fleet("judge", healthy, "--expected", listed, "--json")

    assert "node012" in answer.out
    assert "these did not answer" in answer.out
    assert "node011" in answer.out.partition("unexpected")[2]
    assert few.code == 1
    assert few.json["silent"] == {"count": 10, "names": "node[002-010,012]"}
    assert few.json["verdict"] == "undecided"


def test_an_empty_list_or_source_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    for words in (
        ("--expected", tmp_path / "empty", "-"),
        (tmp_path / "empty",),
        (tmp_path / "gone",),
    ):
        ran = fleet("judge", *words, given=line("a"))

        assert ran.code == 2
    assert "names no node" in fleet("judge", "--expected", tmp_path / "empty", "-").err
    assert "no host" in fleet("judge", tmp_path / "empty").err


@rests_on("TD120", "TD771")
def test_every_form_names_the_same_groups(mixed: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.md", "a.prom", "a.json", "a.txt", "a.html")]
    outputs = [word for file in files for word in ("--output", str(file))]

    assert fleet("judge", mixed, *outputs).code == 1

    markdown, metrics, _, plain, page = (file.read_text() for file in files)
    for text in (markdown, plain, page):
        assert "node[009-010]" in text.replace("\\", "")
        assert "driver-too-old-for-cuda-build" in text
    assert 'torch_doctor_fleet_nodes{verdict="broken"} 3' in metrics
    assert "node0" not in metrics, "a label for each node would be a series for each"


def test_metrics_follow_the_text_format(mixed: Path) -> None:
    text = fleet("judge", mixed, "--format", "prometheus").out
    helped: list[str] = []
    seen: set[str] = set()

    for row in text.splitlines():
        if row.startswith("# HELP "):
            helped.append(row.split()[2])
        elif not row.startswith("# TYPE "):
            series, _, value = row.rpartition(" ")
            assert series.partition("{")[0] == helped[-1], (
                "samples stand behind their HELP and TYPE"
            )
            assert series not in seen
            seen.add(series)
            float(value)
    assert len(helped) == len(set(helped))
    assert text.endswith("\n")


def test_collect_names_a_node_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torch_doctor", "collect", "--static", "--node", "n\t1"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip

    assert done.stdout.count("\n") == 1
    assert (
        fleet("judge", "-", "--json", given=done.stdout).json["groups"][0]["nodes"]["names"]
        == "n 1"
    )


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    name = "\x1b]52;c;x\x07|`#<b>[link]\u202e"
    ran = [
        fleet("judge", "-", "--format", form, given=line(name))
        for form in ("text", "markdown", "prometheus")
    ]

    assert all(one.code == 0 for one in ran)
    assert not {sign for one in ran for sign in one.out} & {"\x1b", "\x07", "\u202e"}


@rests_on("TD310", "TD771")
def test_the_exit_code_is_that_of_the_worst_node() -> None:
    healthy, broken = line("a"), line("b", "cudart-empty")
    warned, unknown = line("c", "mask-right-then-wrong"), '{"node": "d", "facts": {}}\n'

    def code(*words: str, given: str) -> int:
        return fleet("judge", "-", "-q", *words, given=healthy + given).code

    assert code(given=warned) == 0
    assert code("--fail-on", "warning", given=warned) == 1
    assert code(given=unknown) == 2
    assert code("--on-unknown", "ignore", given=unknown) == 0
    assert code(given=unknown + broken) == 1


def node(name: str, **labels: str) -> dict[str, Any]:
    """A node as kubectl prints it."""
    own = {f"nvidia.com/{key.replace('_', '.')}": value for key, value in labels.items()}
    info = {"architecture": "amd64", "operatingSystem": "linux", "kernelVersion": "5.15.0"}
    return {"metadata": {"name": name, "labels": own}, "status": {"nodeInfo": info}}


AMPERE = {
    "gpu_product": "NVIDIA-A100-SXM4-40GB",
    "gpu_count": "8",
    "gpu_compute_major": "8",
    "gpu_compute_minor": "0",
}
VOLTA = {"gpu_product": "Tesla-V100-SXM2-32GB", "gpu_compute_major": "7", "gpu_compute_minor": "0"}
OLD = {"cuda_driver_major": "535", "cuda_driver_minor": "161", "cuda_driver_rev": "08"}


def kubernetes(*nodes: Any) -> str:
    return json.dumps({"kind": "List", "items": nodes})


@rests_on("TD120", "TD202")
def test_labels_say_which_builds_run_on_which_nodes() -> None:
    new = {"cuda_driver-version_full": "580.65.06"}
    given = kubernetes(
        node("a1", **AMPERE, **OLD),
        node("a2", **AMPERE, **new),
        node("v1", **VOLTA, **new),
        node("cpu"),
    )
    image = "pytorch/pytorch:2.9.1-cuda13.0-cudnn9-runtime"

    answer = fleet(
        "judge",
        "--from",
        "kubectl",
        "-",
        "--json",
        "--build",
        "2.9.1+cu128",
        "--image",
        image,
        given=given,
    )

    assert answer.code == 1
    first, second = answer.json["candidates"]
    assert (first["candidate"], first["verdict"], first["exit_code"]) == (
        "torch 2.9.1+cu128",
        "healthy",
        0,
    )
    found = {group["cause"]: group["nodes"]["names"] for group in second["groups"]}
    assert found == {
        "driver-too-old-for-cuda-build": "a1",
        "gpu-arch-not-in-wheel": "v1",
        None: "a2",
    }
    assert "not judged: cpu" in answer.err
    schema = json.loads((tree.PACKAGE / "render" / "fleet.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(answer.json)


def test_a_number_of_gpus_that_is_not_told_is_not_shown() -> None:
    counted = {**AMPERE, "gpu_count": "1"}
    bare = {key: value for key, value in AMPERE.items() if key != "gpu_count"}
    given = kubernetes(node("one", **counted, **OLD), node("some", **bare, **OLD))
    words = ("judge", "--from", "kubectl", "-", "--build", "2.9.1+cu128")

    text = fleet(*words, given=given)

    assert text.out.count("1× ") == 1
    assert text.out.count("(number not known)") == 1
    assert "do not count GPUs, judged by the GPU that they name: some" in text.err


@rests_on("TD120")
def test_what_labels_do_not_say_is_unknown() -> None:
    given = kubernetes(
        node("nodriver", **AMPERE), node("nogpu", gpu_product="Something-New", **OLD)
    )

    [answer] = fleet(
        "judge", "--from", "kubectl", "-", "--json", "--build", "2.9.1+cu130", given=given
    ).json["candidates"]

    verdicts = {group["nodes"]["names"]: group["verdict"] for group in answer["groups"]}
    assert verdicts["nodriver"] == "undecided"
    assert "healthy" not in verdicts.values()


def test_a_label_that_is_no_number_loses_no_other_node() -> None:
    given = kubernetes(
        node("bad", **{**AMPERE, "gpu_count": "eight"}), "text", node("good", **AMPERE, **OLD)
    )

    ran = fleet("judge", "--from", "kubectl", "-", "--json", "--build", "2.9.1+cu128", given=given)

    [answer] = ran.json["candidates"]
    assert (ran.code, answer["nodes"], answer["unreadable"]["count"]) == (2, 1, 2)
    assert "gpu.count" in answer["unreadable"]["first"][0]["message"]


SINFO = """n1|idle|gpu:a100:4(S:0-1)|none
n1|idle|gpu:a100:4(S:0-1)|none
n2|down*|gpu:tesla_v100:2|Not responding | by hand
n3|mixed|(null)|none
nonsense
"""


@rests_on("TD202")
def test_sinfo_tells_gpus_and_no_driver(tmp_path: Path) -> None:
    words = ("judge", "--from", "sinfo", "-", "--json", "--build", "2.9.1+cu130")

    unknown = fleet(*words, given=SINFO)
    known = fleet(*words, "--driver", "580", given=SINFO)

    [answer] = unknown.json["candidates"]
    verdicts = {group["nodes"]["names"]: group["verdict"] for group in answer["groups"]}
    assert verdicts == {"n1": "undecided", "n2": "broken"}, "no driver helps a V100 to CUDA 13"
    assert (answer["nodes"], answer["repeated"]["count"], answer["unreadable"]["count"]) == (
        2,
        0,
        1,
    )
    assert "down*: Not responding | by hand: n2" in unknown.err
    assert "not judged: n3" in unknown.err
    [answer] = known.json["candidates"]
    assert {group["nodes"]["names"]: group["verdict"] for group in answer["groups"]} == {
        "n1": "healthy",
        "n2": "broken",
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--from", "kubectl"), "name it: --build"),
        (("--from", "kubectl", "--build", "newest"), "newest"),
        (
            ("--from", "kubectl", "--image", "pytorch/pytorch:2.9.1-cuda11.8-cudnn9-runtime"),
            "--image",
        ),
        (("--build", "2.9.1"), "--from kubectl"),
        (("--format", "sarif"), "sarif"),
        (
            ("--from", "kubectl", "--build", "2.9.1", "--build", "2.9.0", "--format", "prometheus"),
            "metrics",
        ),
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_is_said_in_one_line(words: tuple[str, ...], expected: str) -> None:
    ran = fleet("judge", "-", *words, given=kubernetes(node("a", **AMPERE, **OLD)))

    assert (ran.code, ran.out) == (2, "")
    assert expected in ran.err


@rests_on("TD120")
def test_a_plan_says_what_a_change_breaks_and_unlocks(tmp_path: Path) -> None:
    file = tmp_path / "hosts.jsonl"
    file.write_text(line("new1") + line("new2") + old_driver("old"))

    older = fleet("plan", file, "--assume", "driver=570.86.15", "--json")
    newer = fleet("plan", file, "--assume", "driver=580.159.04", "--json")

    assert (older.code, newer.code) == (1, 0)
    moves = {move["nodes"]["names"]: move for move in older.json["moves"]}
    assert moves["new[1-2]"]["kind"] == "breaks"
    assert moves["new[1-2]"]["cause"] == "driver-too-old-for-cuda-build"
    assert moves["old"]["kind"] == "still-broken"
    kinds = {move["nodes"]["names"]: move["kind"] for move in newer.json["moves"]}
    assert kinds == {"new[1-2]": "runs", "old": "unlocks"}
    schema = json.loads((tree.PACKAGE / "render" / "fleet-plan.schema.json").read_text())
    for answer in (older, newer):
        jsonschema.Draft202012Validator(schema).validate(answer.json)
    assert "breaks" in fleet("plan", file, "--assume", "driver=570.86.15").out
    page = fleet("plan", file, "--assume", "driver=570.86.15", "--format", "markdown")
    assert page.code == 1
    assert "| breaks | 2 | healthy → broken | TD120 driver-older-than-runtime" in page.out
    assert "| `new[1-2]` |" in page.out


@rests_on("TD148", "TD120")
def test_a_plan_unlocks_nothing_by_forgetting_what_was_seen(tmp_path: Path) -> None:
    rows = [line("limited", "address-space-4-gb"), old_driver("old")]
    ran = fleet("plan", "-", "--assume", "driver=580.65.06", "--json", given="".join(rows))
    moves = {move["nodes"]["names"]: move for move in json.loads(ran.out)["moves"]}

    assert (moves["old"]["kind"], moves["old"]["after"]) == ("unlocks", "healthy")
    assert (moves["limited"]["kind"], moves["limited"]["before"], moves["limited"]["after"]) == (
        *("still-undecided", "broken", "undecided"),
    )
    assert moves["limited"]["code"] == "TD148"
    assert ran.code == 0


def test_a_plan_of_nothing_is_an_error_in_one_line() -> None:
    for words, output in (
        (("--assume", "host"), "saved hosts"),
        (("--assume", "drvier=1"), "did you mean driver"),
        ((), "--assume"),
    ):
        ran = fleet("plan", "-", *words, given=line("a"))

        assert (ran.code, ran.out) == (2, "")
        assert output in ran.err
    assert fleet("plan", "-", "--assume", "driver=580", given=line("a") + "[]\n").code == 2


def test_drift_says_what_changed_and_who_differs_from_its_kind(tmp_path: Path) -> None:
    monday, tuesday = tmp_path / "monday.jsonl", tmp_path / "tuesday.jsonl"
    monday.write_text("".join(line(f"n{number}") for number in range(1, 6)))
    rows = [line(f"n{number}") for number in range(1, 4)]
    rows += [line("n4", nccl_version="2.20.5"), line("n6")]
    tuesday.write_text("".join(rows))

    same, moved = (
        fleet("drift", monday, monday, "--json"),
        fleet("drift", monday, tuesday, "--json"),
    )

    assert (same.code, same.json["changed"], same.json["odd"]) == (0, [], [])
    assert moved.code == 1
    [change], [odd] = moved.json["changed"], moved.json["odd"]
    assert (change["what"], change["now"], change["nodes"]["names"]) == ("NCCL", "2.20.5", "n4")
    assert (odd["what"], odd["before"], odd["nodes"]["names"]) == ("NCCL", change["before"], "n4")
    assert (moved.json["gone"]["names"], moved.json["new"]["names"]) == ("n5", "n6")
    schema = json.loads((tree.PACKAGE / "render" / "fleet-drift.schema.json").read_text())
    for answer in (same, moved):
        jsonschema.Draft202012Validator(schema).validate(answer.json)
    assert "NCCL" in fleet("drift", monday, tuesday).out
    page = fleet("drift", monday, tuesday, "--format", "markdown")
    assert page.code == 1
    assert f"| changed | NCCL | {change['before']} → 2.20.5 | 1 | `n4` |" in page.out
    assert "| gone | | | 1 | `n5` |" in page.out
    hostile = fleet("drift", "-", monday, "--format", "markdown", given=line("<b>|`x`"))
    assert hostile.code == 1
    [row] = [row for row in hostile.out.splitlines() if row.startswith("| gone")]
    assert "\\|" in row
    assert row.replace("\\|", "").count("|") == 6


def test_what_is_not_known_is_no_drift(tmp_path: Path) -> None:
    monday, tuesday = tmp_path / "monday.jsonl", tmp_path / "tuesday.jsonl"
    monday.write_text(line("n1"))
    document = json.loads(line("n1"))
    del document["facts"]["nccl_version"]
    tuesday.write_text(json.dumps(document))

    ran = fleet("drift", monday, tuesday, "--json")

    assert (ran.code, ran.json["changed"], ran.json["uncompared"]["names"]) == (2, [], "n1")
