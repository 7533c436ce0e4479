"""GPU names in running text: the tables are the only list of words."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch_doctor.matrix.gpus.mentions import gpu_names
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.query import gpus_named

from tests.unit.matrix.folders import new_gpus

NAMES = gpu_names(load_matrix())


def mentioned(line: str) -> list[tuple[str, int]]:
    return [(mention.name, mention.number) for mention in NAMES.find(line)]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("it runs on an A100", [("A100", 1)]),
        ("2x RTX 3090 beside an A100-80GB", [("RTX 3090", 2), ("A100-80GB", 1)]),
        ("8xA100, H100x8, 4 × L40S", [("A100", 8), ("H100", 8), ("L40S", 4)]),
        ("four V100s of 32GB", [("V100", 4)]),
        ("双RTX 4090 and dual NVIDIA A40", [("RTX 4090", 2), ("A40", 2)]),
        ("用4✖️A100, 两张RTX 3090", [("A100", 4), ("RTX 3090", 2)]),
        ("RTX 3090 *2 and A30(x4)", [("RTX 3090", 2), ("A30", 4)]),
        ("Windows 10 RTX 3090, step 2 RTX 3080", [("RTX 3090", 1), ("RTX 3080", 1)]),
        ("a 4xRTX 4090 box", [("RTX 4090", 4)]),
        ("NVIDIA GeForce RTX 5090 Laptop GPU", [("GeForce RTX 5090 Laptop", 1)]),
        ("GeForce(R) RTX(TM) 3060 12GB", [("GeForce(R) RTX(TM) 3060 12GB", 1)]),
        ("the 3080 Ti here, a 1080ti there", [("RTX 3080 Ti", 1), ("GTX 1080ti", 1)]),
        ("a 4090D and a 4090 D", [("RTX 4090D", 1), ("RTX 4090 D", 1)]),
        ("my 4090 is slow", [("RTX 4090", 1)]),
        ("使用4090显卡", [("RTX 4090", 1)]),
        ("2张3090报错", [("RTX 3090", 2)]),
        ("RTX 6000 Ada Generation", [("RTX 6000 Ada", 1)]),
        ("an RTX A6000, or A6000 for short", [("RTX A6000", 1), ("A6000", 1)]),
        ("Quadro P2000, NVIDIA T600", [("Quadro P2000", 1), ("T600", 1)]),
        ("NVIDIA-A100-SXM4-80GB-MIG-3g.40gb", [("A100-SXM4-80GB", 1)]),
        ("a Jetson AGX Orin", [("Jetson AGX Orin", 1)]),
        ("the DGX Spark of the lab", [("DGX Spark", 1)]),
        ("on a T4 or an L4", [("T4", 1), ("L4", 1)]),
        ("an RTX 3090 with 64GB of memory", [("RTX 3090", 1)]),
        ("an H100 80GB HBM3 node", [("H100 80GB HBM3", 1)]),
    ],
)
def test_a_mention_is_read_as_it_is_written(line: str, found: list[tuple[str, int]]) -> None:
    assert mentioned(line) == found


@pytest.mark.parametrize(
    "line",
    [
        "an Apple M4 Max",
        "850M parameters in a 1080p video",
        "L4T R35.3.1",
        "the l2 norm of a t4 tensor",
        "Apache Spark, the Titan supercomputer, Xavier initialisation, Thor and Orin",
        "/opt/a100/lib, cuda-a100, v100=3, t4-small, A100.5",
        "took 3090 ms for 4090 tokens on port:3050",
        "a Radeon RX 6600 and P2000",
        "NVIDIA device(s), a NVIDIA card, NVIDIA Graphics Device",
        "GTX and RTX cards",
        "",
    ],
)
def test_other_words_are_no_gpu(line: str) -> None:
    assert mentioned(line) == []


def test_every_product_is_read_from_a_sentence_as_the_driver_prints_it() -> None:
    matrix = load_matrix()
    unread = []
    for row in matrix.gpus:
        found = NAMES.find(f"I use one {row.name} here")
        meant = {same.name for name in found for same in gpus_named(matrix, name.name).rows}
        if row.name not in meant | {name for mention in found for name in mention.products}:
            unread.append(row.name)

    # words that mean something else by themselves, what nobody types, and a board of an alias
    adapters = {row.name for row in matrix.gpus if row.kind == "display"}
    assert [name for name in unread if "(" not in name and name not in adapters] == [
        "NVIDIA GeForce GPU",
        "NVIDIA Graphics Device",
        "NVIDIA HGX GB200",
        "Orin",
        "Xavier",
    ]


def test_only_candidates_are_looked_at() -> None:
    words = {"torch", "8xa100", "rtx4090", "3060ti", "titan", "4000", "100", "deadbeef", "l40s"}

    assert set(NAMES.anchors(words)) >= {"8xa100", "rtx4090", "3060ti", "titan", "l40s"}
    assert not {"torch", "100", "deadbeef"} & set(NAMES.anchors(words))


@pytest.mark.parametrize(
    ("text", "nvidia"),
    [
        ("NVIDIA Something 9000", True),
        ("GeForce GTX 970", True),
        ("A100-SXM4-80GB", True),
        ("AMD Radeon RX 7900 XTX", False),
        ("Intel(R) UHD Graphics 630", False),
        ("Apple M4", False),
    ],
)
def test_whether_a_name_is_of_nvidia(text: str, nvidia: bool) -> None:
    assert NAMES.is_nvidia(text) is nvidia


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("two cards, 2x RTX 7095", "NVIDIA GeForce RTX 7095"),
        ("my 7095 hangs", "NVIDIA GeForce RTX 7095"),
        ("rtx7095", "NVIDIA GeForce RTX 7095"),
        ("a node with Q700", "NVIDIA Q700"),
    ],
)
def test_a_new_row_is_all_that_a_new_gpu_needs(line: str, name: str, tmp_path: Path) -> None:
    names = gpu_names(load_matrix(new_gpus(tmp_path)))

    assert mentioned(line) == []
    assert names.find(line)[0].products == (name,)
