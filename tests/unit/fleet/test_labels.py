"""What labels and Gres say of a node."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.version import ComputeCapability
from torch_doctor.fleet.labels import of_kubernetes, of_slurm


def gpus(**labels: str) -> Any:
    named = {f"nvidia.com/{key.replace('_', '.')}": value for key, value in labels.items()}
    facts = of_kubernetes({"metadata": {"name": "n", "labels": named}}).facts
    assert facts is not None
    return facts.value("gpus")


def test_mig_devices_are_not_counted_as_gpus() -> None:
    [gpu] = gpus(
        gpu_product="A100-SXM4-40GB-MIG-1g.5gb",
        gpu_count="56",
        gpu_memory="5120",
        mig_strategy="single",
    )

    assert (gpu.name, gpu.mig_mode, gpu.memory_mib) == ("A100 SXM4 40GB", True, None)


@pytest.mark.parametrize(("count", "mode"), [("1", True), ("2", None)])
def test_mixed_instances_stand_beside_the_gpus_that_are_counted(
    count: str, mode: bool | None
) -> None:
    labels = {"mig-2g.10gb_count": "3", "mig-1g.5gb_count": "1", "mig_strategy": "mixed"}
    found = gpus(gpu_product="NVIDIA-A100-SXM4-40GB", gpu_count=count, gpu_memory="40536", **labels)

    assert [gpu.mig_mode for gpu in found] == [mode] * int(count)
    assert {gpu.memory_mib for gpu in found} == {40536}


def test_one_gpu_is_known_where_none_is_counted() -> None:
    [gpu] = gpus(gpu_product="Tesla-T4", mig_strategy="mixed")

    assert (gpu.name, gpu.mig_mode) == ("Tesla T4", None)


@pytest.mark.parametrize(
    ("labels", "uncounted"),
    [
        ({"gpu.product": "Tesla-T4"}, True),
        ({"gpu.product": "Tesla-T4", "gpu.count": "1"}, False),
        ({"gpu.product": "A100-SXM4-40GB-MIG-1g.5gb", "gpu.count": "56"}, True),
        ({"gpu.product": "Tesla-T4", "mig-1g.5gb.count": "2"}, True),
    ],
)
def test_a_number_that_is_not_told_is_not_one(labels: dict[str, str], uncounted: bool) -> None:
    named = {f"nvidia.com/{key}": value for key, value in labels.items()}
    labelled = of_kubernetes({"metadata": {"name": "n", "labels": named}})

    assert labelled.uncounted is uncounted
    assert labelled.facts is not None
    [gpu] = labelled.facts.value("gpus")
    assert gpu.mig_mode is (True if "MIG" in labels["gpu.product"] else None)


def test_shared_gpus_are_what_they_are() -> None:
    found = gpus(
        gpu_product="Tesla-T4-SHARED",
        gpu_count="2",
        gpu_replicas="4",
        gpu_compute_major="7",
        gpu_compute_minor="5",
    )

    assert [gpu.name for gpu in found] == ["Tesla T4"] * 2
    assert found[0].compute_capability == ComputeCapability.parse("7.5")


@pytest.mark.parametrize(
    ("gres", "names"),
    [
        ("gpu:a100:4", ["a100"] * 4),
        ("gpu:a100:2(S:0-1),nvme:1", ["a100"] * 2),
        ("gpu:2", [None, None]),
        ("gpu:1g.5gb:7(S:0)", [None]),
        ("gpu:a100_1g.5gb:7", ["a100"]),
        ("gpu:h100:1,gpu:a100:1", ["h100", "a100"]),
    ],
)
def test_gres(gres: str, names: list[str | None]) -> None:
    facts = of_slurm(f"n1|idle|{gres}|none").facts

    assert facts is not None
    assert [gpu.name for gpu in facts.value("gpus")] == names


@pytest.mark.parametrize("gres", ["(null)", "nvme:2", "gpu:0", ""])
def test_no_gpu_in_gres_tells_nothing(gres: str) -> None:
    assert of_slurm(f"n1|idle|{gres}|none").facts is None


@pytest.mark.parametrize(
    ("state", "serves"),
    [("idle", True), ("mixed~", True), ("idle*", False), ("drained", False), ("down*", False)],
)
def test_states(state: str, serves: bool) -> None:
    assert (of_slurm(f"n1|{state}|gpu:1|none").aside == "") is serves


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(["metadata", "status", "spec"]),
        _JSON
        | st.fixed_dictionaries(
            {
                "name": st.text(),
                "labels": st.dictionaries(
                    st.sampled_from(
                        [
                            "nvidia.com/gpu.product",
                            "nvidia.com/gpu.count",
                            "nvidia.com/gpu.compute.major",
                            "nvidia.com/cuda.driver.major",
                            "nvidia.com/cuda.driver.minor",
                        ]
                    ),
                    st.text(max_size=5) | _JSON,
                ),
            }
        ),
    )
)
def test_no_node_raises_anything_else(node: Any) -> None:
    with suppress(ValueError):
        of_kubernetes(node)


@given(st.text())
def test_no_line_raises_anything_else(line: str) -> None:
    with suppress(ValueError):
        of_slurm(line)
