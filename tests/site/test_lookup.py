"""One page for each GPU, release, branch and error: all are there, sourced and dated, and hold the words people type."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch_doctor
from torch_doctor.matrix.load import load_matrix

if not (Path(__file__).resolve().parents[2] / "docs").is_dir():
    pytest.skip("needs the checkout", allow_module_level=True)

from docs.pages import lookup
from docs.pages.lookup.gpus import path_of

LISTS = {f"{folder}/index.md" for folder in ("errors", "gpus", "torch", "drivers")}
MATRIX = load_matrix()


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    made = list(lookup.pages())
    assert len({name for name, _ in made}) == len(made), "two pages have one path"
    return dict(made)


def test_everything_that_has_a_row_has_a_page(pages: dict[str, str]) -> None:
    wanted = {path_of(gpu) for gpu in MATRIX.gpus}
    wanted |= {f"drivers/{row.branch}.md" for row in MATRIX.drivers}
    wanted |= {f"errors/xid-{row.code}.md" for row in MATRIX.xids}
    built = {row.torch for row in MATRIX.torch_builds}
    wanted |= {f"torch/{row.version}.md" for row in MATRIX.torch_releases if row.version in built}
    numbers = {row.code for row in MATRIX.error_codes if row.api in ("cuda-runtime", "cuda-driver")}
    wanted |= {f"errors/cuda-{number}.md" for number in numbers}
    texts = [name for name in pages if name.startswith("errors/text-")]

    assert wanted <= set(pages)
    assert len(texts) == len(MATRIX.signatures)


def test_each_page_has_a_source_and_its_day(pages: dict[str, str]) -> None:
    dated = re.compile(r"^\| `[^`]+` \| .+ \| 20\d\d-\d\d-\d\d \| \w+ \|$", re.MULTILINE)
    lacking = [name for name, text in pages.items() if name not in LISTS and not dated.search(text)]

    assert lacking == []


def test_lists_lead_to_every_page_and_to_nothing_else(pages: dict[str, str]) -> None:
    for name in LISTS:
        folder = name.partition("/")[0]
        linked = {f"{folder}/{one}" for one in re.findall(r"\]\(([^)]+\.md)\)", pages[name])}
        assert linked == {path for path in pages if path.startswith(f"{folder}/")} - {name}


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("CUDA error: no kernel image is available", "errors/cuda-209.md"),
        ("803", "errors/cuda-803.md"),
        ("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "errors/cuda-803.md"),
        ("sm_120", "gpus/sm-120.md"),
        ("10de:2b85", "gpus/geforce-rtx-5090.md"),
        ("Xid 79", "errors/xid-79.md"),
        ("driver 535", "drivers/535.md"),
    ],
)
def test_the_words_that_people_type_stand_in_the_page(
    words: str, path: str, pages: dict[str, str]
) -> None:
    assert words in pages[path].replace("\\", "")


@pytest.mark.parametrize(
    ("gpu", "driver"), [("V100", "535"), ("H100 PCIe", "570"), ("RTX 5090", "570")]
)
def test_the_newest_torch_of_a_page_is_that_of_recommend(
    gpu: str, driver: str, pages: dict[str, str]
) -> None:
    names = {
        "V100": "tesla-v100-sxm2-16gb",
        "H100 PCIe": "h100-pcie",
        "RTX 5090": "geforce-rtx-5090",
    }
    plan = torch_doctor.recommend(gpu, driver=driver, platform="linux-x86_64").plans[0]

    assert (
        f"| R{driver} | `{plan.build}` | `{plan.commands['pip']}" in pages[f"gpus/{names[gpu]}.md"]
    )


def test_why_nothing_runs_is_what_rules_out_most_builds(pages: dict[str, str]) -> None:
    page = pages["gpus/geforce-rtx-5090.md"].replace("\\", "")

    assert re.search(
        r"\| R535 \| none \| driver 535\S* does not know NVIDIA GeForce RTX 5090", page
    )
