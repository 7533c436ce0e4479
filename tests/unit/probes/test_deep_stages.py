"""Stages of the deep check without a GPU: made-up answers of the driver, of torchvision, of flash-attn and of vLLM."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch_doctor.probes
from torch_doctor.core.records import GpuLink
from torch_doctor.probes.live.deep_answers import result_of

FOLDER = Path(torch_doctor.probes.__file__).parent / "payloads"
NAMES = (
    "_deep_bench_payload",
    "_deep_links_payload",
    "_deep_results_payload",
    "_deep_model_payload",
)
SWITCH = "switch"


@pytest.fixture(scope="module")
def payload() -> Iterator[dict[str, ModuleType]]:
    """Load the parts that need no torch, under the names by which they find one another."""
    made = {}
    for name in (*NAMES, "_deep_many_payload"):
        spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        made[name] = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made[name])
    yield made
    for name in made:
        del sys.modules[name]


class Watch:
    """NVML about one GPU: its bus, who is at each NVLink (a bus, a switch), how far each other bus is on PCIe."""

    def __init__(self, bus: int, links: list[int | str | None], levels: dict[int, int]) -> None:
        self.handle, self.links, self.levels = bus, links, levels

    def ask(self, name: str, answer: Any, *before: Any) -> Any:
        if name == "nvmlDeviceGetPciInfo_v3":
            answer.bus = self.handle
            return answer
        if name == "nvmlDeviceGetTopologyCommonAncestor":
            answer.value = self.levels.get(before[0], -1)
            return answer if before[0] in self.levels else None
        at = before[0].value
        there = self.links[at] if at < len(self.links) else None
        if name == "nvmlDeviceGetNvLinkState":
            answer.value = there is not None
        elif name == "nvmlDeviceGetNvLinkRemoteDeviceType":
            answer.value = 2 if there == SWITCH else 0
        elif name == "nvmlDeviceGetNvLinkRemotePciInfo_v2":
            answer.bus = there
        return answer


def test_links_to_a_switch_join_all(payload: dict[str, ModuleType]) -> None:
    watches = [Watch(bus, [SWITCH] * 18, {}) for bus in (1, 2, 3)]

    found = payload["_deep_links_payload"].topology(watches)

    assert [(one["a"], one["b"], one["way"]) for one in found] == [
        (0, 1, "NV18"),
        (0, 2, "NV18"),
        (1, 2, "NV18"),
    ]


def test_links_from_gpu_to_gpu_join_these_alone_and_dead_ones_do_not_count(
    payload: dict[str, ModuleType],
) -> None:
    watches = [
        Watch(1, [2, 2, None, 2], {}),
        Watch(2, [1, 1, None, 1], {}),
        Watch(3, [], {}),
    ]

    assert payload["_deep_links_payload"].topology(watches) == [{"a": 0, "b": 1, "way": "NV3"}]


@pytest.mark.parametrize(
    ("level", "way"), [(10, "PIX"), (20, "PXB"), (30, "PHB"), (40, "NODE"), (50, "SYS")]
)
def test_without_nvlink_it_is_the_place_on_pcie(
    level: int, way: str, payload: dict[str, ModuleType]
) -> None:
    watches = [Watch(1, [], {2: level}), Watch(2, [], {})]

    assert payload["_deep_links_payload"].topology(watches) == [{"a": 0, "b": 1, "way": way}]


def test_links_of_a_child_are_read_with_care() -> None:
    good = {"a": 0, "b": 1, "way": "NV18", "rate": 370.0}
    bad = [{"a": 0, "b": 0, "way": "X"}, {"a": -1, "b": 1, "way": "X"}, {"a": 0, "b": 1}, 7, None]
    line = {"stage": "topology", "status": "ok", "seconds": 0.1, "links": [good, *bad]}

    result = result_of(line)

    assert result
    assert result.links == (GpuLink(0, 1, "NV18", 370.0),)


class Bench:
    """A bench on a GPU that is not there."""

    capability, on_gpu, place, gpu = (9, 0), True, "cpu", 0
    torch = None

    def needs_gpu(self) -> None: ...

    def needs(self, *_: object) -> None: ...


@pytest.mark.parametrize(
    ("stage", "words"), [("flash_attn", "flash-attn is not installed"), ("vllm", "vLLM is not installed")]
)  # fmt: skip
def test_what_is_not_installed_is_skipped_and_says_so(
    stage: str, words: str, payload: dict[str, ModuleType]
) -> None:
    models = payload["_deep_model_payload"]

    with pytest.raises(payload["_deep_bench_payload"].Skipped, match=words):
        getattr(models, stage)(Bench())


def test_without_torchvision_no_model_is_run(payload: dict[str, ModuleType]) -> None:
    models = payload["_deep_model_payload"]

    with pytest.raises(
        payload["_deep_bench_payload"].Skipped, match="torchvision is not installed"
    ):
        models.model("infer", "fp32", Bench())


def test_a_torchvision_that_cannot_be_imported_is_its_own_rules_business(
    payload: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(payload["_deep_bench_payload"].Skipped, match="nms does not exist"):
        payload["_deep_model_payload"].model("infer", "fp32", Bench())


def test_nccl_runs_again_without_the_users_variables(
    payload: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = payload["_deep_many_payload"]
    for name in [name for name in os.environ if name.startswith("NCCL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NCCL_P2P_LEVEL", "SYS")
    monkeypatch.setenv("NCCL_SOCKET_IFNAME", "lo")
    seen: dict[str, dict[str, str]] = {}

    def ranks(_: Any, name: str, environ: dict[str, str]) -> dict[str, Any]:
        seen[name] = {key: value for key, value in environ.items() if key.startswith("NCCL_")}
        return {"value": 1.0, "unit": "GB/s", "detail": "bus rate"}

    monkeypatch.setattr(module, "_ranks", ranks)
    many = module.Many(None, 2, {"scratch": "", "paths": [], "nccl": ["NCCL_P2P_LEVEL"]})

    assert module.nccl_processes(many)["detail"] == "bus rate, with NCCL_P2P_LEVEL"
    assert module.nccl_default(many)["detail"] == "bus rate, without NCCL_P2P_LEVEL"
    assert seen["ranks"]["NCCL_P2P_LEVEL"] == "SYS"
    assert seen["default"] == {"NCCL_DEBUG": "WARN", "NCCL_SOCKET_IFNAME": "lo"}


def test_a_multicast_that_was_switched_off_stays_off(
    payload: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    module, seen = payload["_deep_many_payload"], dict[str, str]()
    monkeypatch.setenv("NCCL_NVLS_ENABLE", "0")
    monkeypatch.setenv("NCCL_P2P_LEVEL", "SYS")
    monkeypatch.setattr(module, "_ranks", lambda *asked: seen.update(asked[2]) or {"detail": ""})
    named = {"scratch": "", "paths": [], "nccl": ["NCCL_NVLS_ENABLE", "NCCL_P2P_LEVEL"]}

    assert module.nccl_default(module.Many(None, 2, named))["detail"] == ", without NCCL_P2P_LEVEL"
    assert seen["NCCL_NVLS_ENABLE"] == "0"
    assert "NCCL_P2P_LEVEL" not in seen
    with pytest.raises(payload["_deep_bench_payload"].Skipped, match="no NCCL_"):
        module.nccl_default(module.Many(None, 2, {**named, "nccl": ["NCCL_NVLS_ENABLE"]}))


def test_nccl_is_not_run_twice_where_nothing_is_set(payload: dict[str, ModuleType]) -> None:
    module = payload["_deep_many_payload"]

    with pytest.raises(payload["_deep_bench_payload"].Skipped, match="no NCCL_"):
        module.nccl_default(module.Many(None, 2, {"scratch": "", "paths": []}))


def test_the_users_variables_are_noted_before_our_own_are_set(tmp_path: Path) -> None:
    code = (
        "import importlib.util, json, sys;"
        f"spec = importlib.util.spec_from_file_location('_deep_payload', {str(FOLDER / '_deep_payload.py')!r});"
        "real = importlib.util.module_from_spec(spec); sys.modules['_deep_payload'] = real;"
        "spec.loader.exec_module(real);"
        f"asked = {{'paths': [], 'scratch': {str(tmp_path)!r}}}; real.prepare(asked); print(json.dumps(asked['nccl']))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NCCL_")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "NCCL_ALGO": "Ring"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == ["NCCL_ALGO"]
