"""Every problem is found in its cases, and nothing else is; every name is of the closed list."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch_doctor.linter.check import LintAnswer, lint_files, read_file
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.problems import OF_READERS, problem_modules, problem_names
from torch_doctor.linter.target import target_of
from torch_doctor.matrix.load import load_matrix

from tests.rules.cases import read_yaml

MATRIX = load_matrix()
# Beside the tests and not beside the program: a wheel carries problems without their cases.
PACKAGE = Path(__file__).parents[2] / "doctor" / "torch_doctor" / "linter" / "problems"
pytestmark = pytest.mark.skipif(not PACKAGE.is_dir(), reason="needs the checkout")

# What programs and people group by. Adding one is a change of the API.
CLOSED_LIST = frozenset(
    """apt-package-missing arch-not-in-toolkit arch-unserved build-in-isolation capabilities-missing companion-mismatch
    companion-missing compat-in-image conda-channel-ended conda-package-missing cpu-build-on-gpu-target
    cpu-extra-gives-cuda cuda-build-on-cpu-target devel-in-production driver-in-image driver-too-old eol-base
    glibc-too-old gpu-hidden gpu-request-invalid gpu-request-missing image-latest image-needs-newer-driver
    image-tag-deleted image-tag-missing index-hides-pypi index-ineffective index-missing index-too-late
    jetson-generic-torch local-version-without-index lock-other-platform mixed-cuda-companions musl ngc-torch-replaced
    nightly-discontinued numpy-abi nvcc-missing-for-build pair-never-published python-without-wheels
    requirement-local-path requirement-syntax runner-image-gone shm-missing slurm-container-without-nv
    slurm-directive-variable slurm-gpus-variable stub-libcuda toolkit-major-differs torch-twice unpinned-default-moved
    unquoted-specifier unreadable uv-source-undeclared uv-source-unused wheel-for-another-python
    wheel-for-another-torch""".split()
)
INDEX = "https://download.pytorch.org/whl"


def read_case(case: dict[str, Any]) -> LintAnswer:
    files = {name: read_file(name, kind_of(name), text) for name, text in case["files"].items()}
    assert all(file.kind for file in files.values()), "a case has files that are read"
    gpus, builds = tuple(case.get("gpu", ())), tuple(case.get("expect-build", ()))
    return lint_files(files, target_of(MATRIX, case.get("driver"), gpus, builds), MATRIX)


def cases() -> list[tuple[ModuleType, dict[str, Any]]]:
    found = []
    for module in problem_modules():
        family, name = module.__name__.rsplit(".", 2)[-2:]
        path = PACKAGE / family / f"{name}.yaml"
        found += [(module, case) for case in read_yaml(path)]
    return found


@pytest.mark.parametrize(
    ("module", "case"),
    cases(),
    ids=lambda value: (
        value["case"] if isinstance(value, dict) else value.__name__.rpartition(".")[2]
    ),
)
def test_case(module: ModuleType, case: dict[str, Any]) -> None:
    answer = read_case(case)

    names = set(case.get("only", module.PROBLEMS))
    found = {
        f"{flaw.problem} {flaw.severity} {flaw.spot.file}:{flaw.spot.line}"
        for flaw in answer.flaws
        if flaw.problem in names
    }
    assert found == {one for one in case["expect"] if one.split()[0] in names}
    assert not [one for one in answer.unsure if "in its reader" in one.what]


@pytest.mark.parametrize("module", problem_modules(), ids=lambda m: m.__name__.rpartition(".")[2])
def test_each_problem_has_a_case_that_finds_it_and_one_that_is_good(module: ModuleType) -> None:
    own = [case for other, case in cases() if other is module]
    found = {one.split()[0] for case in own for one in case["expect"]}

    assert set(module.PROBLEMS) <= found
    assert any(not case["expect"] for case in own)


def test_names_are_of_the_closed_list() -> None:
    assert set(problem_names()) <= CLOSED_LIST
    assert set(OF_READERS) <= set(problem_names())


def test_words_are_sentences_and_errors_have_a_cure() -> None:
    for _, case in cases():
        for flaw in read_case(case).flaws:
            assert flaw.message
            assert not flaw.message.endswith(".")
            assert flaw.fix, flaw.problem


@pytest.mark.parametrize(
    "how", ["torch==2.9.1+cu121\n", f"--index-url {INDEX}/cu121\ntorch==2.9.1\n"]
)
@pytest.mark.parametrize(
    ("driver", "gpu", "words"),
    [
        (None, (), "cu126, the nearest that there is"),
        ("580", (), "cu130, the newest that the driver serves"),
        ("535", (), "cu129, the newest that the driver serves"),
        ("580", ("V100",), "cu128, the newest that the target runs"),
        ("450", (), "the target runs no build of torch 2.9.1"),
    ],
)
def test_a_pair_that_never_was_is_mended_by_one_that_is(
    how: str, driver: str | None, gpu: tuple[str, ...], words: str
) -> None:
    asked = {"files": {"requirements.txt": how}, "driver": driver, "gpu": gpu}
    (flaw,) = [one for one in read_case(asked).flaws if one.problem == "pair-never-published"]

    assert words in flaw.fix
    if "take torch" in flaw.fix:
        variant = words.partition(",")[0]
        assert flaw.fix.startswith(f"take torch 2.9.1 for {variant}, ")
        assert flaw.fix.endswith(f"--index-url {INDEX}/{variant}")
        mended = f"--index-url {INDEX}/{variant}\ntorch==2.9.1\n"
        assert not read_case({**asked, "files": {"requirements.txt": mended}}).flaws


def test_a_range_that_an_index_never_had_is_told_its_newest() -> None:
    text = f"--index-url {INDEX}/cu121\ntorch>=2.9\n"
    (flaw,) = read_case({"files": {"requirements.txt": text}}).flaws

    assert flaw.fix == "take torch 2.5.1, the newest for cu121, or a newer CUDA"
