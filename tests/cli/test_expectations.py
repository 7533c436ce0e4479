"""What a machine must have to pass: models, numbers, and what is said where they are not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.probes.host.port import RecordedHost

from tests.cli.conftest import Run
from tests.cli.machines import machine
from tests.resting import rests_on


@rests_on("TD205", "TD206")
@pytest.mark.parametrize(
    ("here", "name", "code"),
    [
        ("NVIDIA A100-SXM4-80GB", "A10", 1),
        ("NVIDIA A100-SXM4-80GB", "A100", 0),
        ("NVIDIA L40S", "L4", 1),
        ("NVIDIA H200", "H20", 1),
        ("NVIDIA GB200", "B200", 1),
        ("NVIDIA H100 NVL", "h100", 0),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "RTX 4090", 1),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", "4090", 0),
    ],
)
def test_a_model_is_resolved_by_the_table_of_names(
    run: Run, tmp_path: Path, here: str, name: str, code: int
) -> None:
    facts = machine("h100-580-cu130", tmp_path, gpus=[{"index": 0, "name": here}])

    ran = run("--facts", facts, "--expect-gpu", name, "--only", "TD205,TD206", "--json")

    assert ran.code == code
    assert [one["code"] for one in ran.report["findings"]] == ["TD206"] * code


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "the name of the GPU is empty"),
        ("  ", "the name of the GPU is empty"),
        ("H300", "no GPU is called 'H300'; did you mean NVIDIA H800, NVIDIA H200 or NVIDIA H100?"),
        ("my gpu", "no GPU is called 'my gpu'"),
        ("MI300X", "'MI300X' is no NVIDIA GPU: AMD makes it, and torch runs on it by ROCm builds"),
        ("RTX 6000", "'RTX 6000' can mean Quadro RTX 6000"),
    ],
)
def test_a_name_that_is_no_model_is_exit_code_2(
    run: Run, healthy: str, name: str, words: str
) -> None:
    ran = run("--facts", healthy, "--expect-gpu", name)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"torch-doctor: --expect-gpu: {words}")
    assert ran.err.count("\n") == 1


def test_a_model_where_no_gpu_is_known_is_no_pass(run: Run, empty_host: RecordedHost) -> None:
    ran = run("--static", "--expect-gpu", "H100", host=empty_host)

    assert ran.code == 2
    assert "It is not known whether" in " ".join(ran.out.split())


@rests_on("TD425")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["cu128"], 0),
        (["cu12"], 0),
        (["2.9"], 0),
        (["2.9.1+cu128"], 0),
        (["torch==2.9.1"], 0),
        ([">=2.8,<2.10"], 0),
        (["2.9", "cuda"], 0),
        (["cu126"], 1),
        (["cu13"], 1),
        (["2.9.0"], 1),
        (["2.10"], 1),
        (["cpu"], 1),
        (["2.9", "cu126"], 1),
    ],
)
def test_the_build_is_a_gate(run: Run, tmp_path: Path, words: list[str], code: int) -> None:
    facts = machine("rtx4090-580-cu128", tmp_path)

    ran = run("--facts", facts, *(f"--expect={word}" for word in words), "--json")

    assert ran.code == code
    primary = ran.report["primary"]
    assert (primary or {}).get("code") == ("TD425" if code else None)


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("", "--expect: the build is empty; name one as cu128"),
        ("cu999", "--expect: 'cu999': there is no CUDA 99.9"),
        ("cu182", "--expect: 'cu182': there is no CUDA 18.2; near are"),
        ("cpuu", "--expect: 'cpuu' is no build of torch; near are cpu"),
        ("12.8", "--expect: '12.8' is no release of torch; a CUDA is written cu128"),
        ("2.9+", "--expect: '2.9+' is no build of torch"),
        ("latest", "--expect: 'latest' is no build of torch"),
        (">=new", "--expect: '>=new' is no build of torch"),
    ],
)
def test_a_word_that_is_no_build_is_exit_code_2(
    run: Run, healthy: str, word: str, words: str
) -> None:
    ran = run("--facts", healthy, f"--expect={word}")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"torch-doctor: {words}")
    assert ran.err.count("\n") == 1


@rests_on("TD425")
def test_another_build_than_expected_is_the_one_cause_and_its_cure_is_the_expected_one(
    run: Run, tmp_path: Path
) -> None:
    """The rule for CPU builds beside a GPU would name the newest build: what was asked for comes first."""
    facts = machine("h100-580-cu130", tmp_path, torch_version="2.9.1+cpu", torch_variant="cpu")

    report = run("--facts", facts, "--expect", "cu126", "--json").report

    errors = [one for one in report["findings"] if one["severity"] == "error"]
    assert report["primary"]["code"] == "TD425"
    assert report["primary"]["cause"] == "cpu-only-torch-build"
    assert [one["code"] for one in errors if one["explained_by"] is None] == ["TD425"]
    assert "2.9.1+cu126" in errors[0]["fixes"][0]["commands"][0]


@rests_on("TD402")
def test_a_cpu_build_that_is_expected_is_no_fault_beside_a_gpu(run: Run, tmp_path: Path) -> None:
    from torch_doctor.core.fact import Reason, Unavailable

    from tests.cli.machines import save
    from tests.rules.cases import fact_of, host_facts

    build = {"torch_version": "2.9.1+cpu", "torch_variant": "cpu"}
    gone = dict.fromkeys(("torch_cuda", "arch_list"), Unavailable(Reason.NOT_APPLICABLE))
    facts = host_facts("h100-580-cu130").with_(**gone)
    path = save(facts.with_(**{name: fact_of(name, raw) for name, raw in build.items()}), tmp_path)

    assert run("--facts", path).code == 1
    expected = run("--facts", path, "--expect", "cpu")
    assert expected.code == 0
    assert "A CPU build is what is expected" in " ".join(expected.out.split())
    assert run("--facts", path, "--expect", "cpu", "--require-gpu").code == 1
