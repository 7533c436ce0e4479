"""Tables as people read them: what the filters take, and what the columns say."""

from __future__ import annotations

import pytest
from torch_doctor.matrix.filters import FilterError, Filters
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.rows import TABLES
from torch_doctor.matrix.tables import GROUPS, Shape, pythons, shape

MATRIX = load_matrix()
# What the version tables of blogs get wrong: (torch, variant) → oldest Linux driver, Pythons.
CHOICE = {
    ("1.13.1", "cu117"): ("450.80.02", "3.7-3.11"),
    ("2.0.1", "cu117"): ("450.80.02", "3.8-3.11"),
    ("2.0.1", "cu118"): ("450.80.02", "3.8-3.11"),
    ("2.3.1", "cu121"): ("525.60.13", "3.8-3.12"),
    ("2.8.0", "cu126"): ("525.60.13", "3.9-3.13, 3.13t"),
    ("2.8.0", "cu128"): ("525.60.13", "3.9-3.13, 3.13t"),
    ("2.9.1", "cu126"): ("525.60.13", "3.10-3.14, 3.13t, 3.14t"),
    ("2.9.1", "cu130"): ("580.65.06", "3.10-3.14, 3.13t, 3.14t"),
}


def of(name: str, **filters: tuple[str, ...]) -> Shape:
    return shape(name, Filters(**filters), MATRIX)


def column(found: Shape, heading: str) -> list[str]:
    at = found.headings.index(heading)
    return [line.cells[at] for line in found.lines]


@pytest.mark.parametrize(
    ("build", "expected"),
    CHOICE.items(),
    ids=lambda value: "+".join(value) if len(value[0]) < 7 else None,
)
def test_the_choice_of_a_version_comes_out_right(
    build: tuple[str, str], expected: tuple[str, str]
) -> None:
    torch, variant = build
    found = of("torch", torch=(torch,), variant=(variant,), platform=("linux-x86_64",))

    assert (column(found, "minimum driver"), column(found, "Python")) == (
        [expected[0]],
        [expected[1]],
    )


@pytest.mark.parametrize("name", [*GROUPS, *TABLES])
def test_every_table_can_be_shown(name: str) -> None:
    found = of(name)

    assert found.lines
    assert all(len(line.cells) == len(found.headings) for line in found.lines)


def test_every_row_of_a_build_is_in_one_line() -> None:
    found = of("torch", torch=("2.9.1",))
    rows = [row for line in found.lines for row in line.rows]

    assert (
        len(rows)
        == len(set(rows))
        == sum(bool(row.cuda) for row in MATRIX.torch_builds if row.torch == "2.9.1")
    )
    assert "without CUDA" in found.remarks[0]
    assert any(
        line.cells[1] == "cpu" for line in of("torch", torch=("2.9.1",), variant=("cpu",)).lines
    )


@pytest.mark.parametrize(
    ("texts", "takes", "leaves"),
    [
        (("2.8",), {"2.8.0"}, {"2.9.0", "1.13.0"}),
        (("2.1",), {"2.1.2"}, {"2.10.0", "2.11.0"}),
        (("2.9.1",), {"2.9.1"}, {"2.9.0"}),
        ((">=2.6,<2.8",), {"2.6.0", "2.7.1"}, {"2.8.0"}),
        (("1.13", "2.0"), {"1.13.1", "2.0.0"}, {"2.1.0"}),
    ],
)
def test_versions_as_people_type_them(
    texts: tuple[str, ...], takes: set[str], leaves: set[str]
) -> None:
    found = set(column(of("torch", torch=texts), "torch"))

    assert takes <= found
    assert not leaves & found


def test_a_gpu_keeps_the_builds_with_code_for_it() -> None:
    pascal = {line.cells[1] for line in of("torch", torch=("2.9.1",), gpu=("GTX 1080 Ti",)).lines}
    both = {
        line.cells[1]
        for line in of(
            "torch", torch=("2.10.0",), gpu=("V100", "B200"), platform=("linux-x86_64",)
        ).lines
    }

    assert pascal == {"cu126"}
    assert both == {"cu128"}
    assert column(of("torch", torch=("2.9.1",), capability=("6.1",)), "build") == ["cu126"] * len(
        of("torch", torch=("2.9.1",), capability=("6.1",)).lines
    )


def test_a_driver_keeps_the_builds_that_it_serves() -> None:
    served = {
        line.cells[1]
        for line in of("torch", torch=("2.9.1",), driver=("535",), platform=("linux-x86_64",)).lines
    }

    assert served == {"cu126", "cu128", "cu129"}


def test_gpus_by_name_and_capability() -> None:
    names = column(of("gpus", gpu=("A100",)), "GPU")

    assert "NVIDIA A100-SXM4-80GB" in names
    assert not any("A1000" in name for name in names)
    assert {"8.6"} == set(column(of("gpus", capability=("8.6",)), "capability"))


def test_absent_images_say_what_to_use_instead() -> None:
    found = of("images", family=("pytorch",), torch=("2.9.0",))

    assert any(
        "2.9.0-cuda11.8-devel does not exist; instead: pytorch/pytorch:2.9.0-cuda12.6" in words
        for words in found.remarks
    )


def test_companions_by_the_torch_they_go_with() -> None:
    assert column(of("companions", family=("torchvision",), torch=("2.8",)), "version") == [
        "0.23.0"
    ]


@pytest.mark.parametrize(
    ("name", "filters", "words"),
    [
        ("drivers", {"torch": ("2.8",)}, "--torch says nothing of drivers"),
        ("torch", {"torch": ("newest",)}, "not a version or range"),
        ("torch", {"python": ("2.7",)}, "not a Python version"),
        ("torch", {"gpu": ("RTX 9999",)}, "no GPU is called"),
        ("torch", {"capability": ("86",)}, "not a compute capability"),
        ("torch", {"driver": ("new",)}, "not a driver release"),
    ],
)
def test_a_filter_that_means_nothing_is_named(
    name: str, filters: dict[str, tuple[str, ...]], words: str
) -> None:
    with pytest.raises(FilterError, match=words):
        of(name, **filters)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (("cp37m", "cp38", "cp39"), "3.7-3.9"),
        (("cp310",), "3.10"),
        (("cp39", "cp311", "cp312"), "3.9, 3.11-3.12"),
        (("cp313", "cp313t"), "3.13, 3.13t"),
        ((), ""),
        (None, ""),
    ],
)
def test_pythons_in_short(tags: tuple[str, ...] | None, words: str) -> None:
    assert pythons(tags) == words
