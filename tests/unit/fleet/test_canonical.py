"""What of a saved host is judged: what differs from host to host and no rule reads makes no other state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.codec import facts_from_json
from torch_doctor.diagnose import diagnose
from torch_doctor.fleet.canonical import PLENTY_MIB, digest, host_text
from torch_doctor.matrix.load import load_matrix

from tests import tree

SAVED = Path(__file__).parents[2] / "hosts" / "h200x4-580-cu130" / "facts.json"
MATRIX = load_matrix()


@pytest.fixture
def host() -> Any:
    return json.loads(SAVED.read_text())


def key(host: Any, node: str = "a", **outside: Any) -> bytes:
    return digest(host_text(json.dumps({"node": node, **host, **outside})).judged)


def test_names_and_times_do_not_count(host: Any) -> None:
    before = key(host)
    for stage in host["facts"]["live_stages"]["value"]:
        stage["seconds"] = 17.5

    assert key(host, "another", timing={"nvml": 3.0}) == before


def test_the_name_is_read(host: Any) -> None:
    assert host_text(json.dumps({"node": 'a"b\u00e9', **host})).node == 'a"b\u00e9'
    assert host_text(json.dumps(host)).node == ""


def test_uuids_count_by_which_gpu_they_mean(host: Any) -> None:
    def renamed(host: Any, old: str, new: str) -> Any:
        return json.loads(json.dumps(host).replace(old, new))

    uuids = [gpu["uuid"].removeprefix("GPU-") for gpu in host["facts"]["gpus"]["value"]]
    mask = {"value": f"GPU-{uuids[1]}", "source": {"kind": "env"}}
    host["facts"]["cuda_visible_devices"] = mask
    before = key(host)

    assert key(renamed(host, uuids[1], "11111111-2222-3333-4444-555555555555")) == before
    mask["value"] = f"GPU-{uuids[2]}"
    assert key(host) != before


def test_where_a_mask_abbreviates_a_uuid_uuids_count(host: Any) -> None:
    host["facts"]["cuda_visible_devices"] = {"value": "GPU-1111", "source": {"kind": "env"}}
    before = key(host)
    old = host["facts"]["gpus"]["value"][0]["uuid"].removeprefix("GPU-")

    assert key(json.loads(json.dumps(host).replace(old, f"1111{old[4:]}"))) != before


@pytest.mark.parametrize("free", [0, 1, 300, 511, 1499, 1500, PLENTY_MIB - 1])
def test_memory_counts_where_little_is_free(host: Any, free: int) -> None:
    gpu = host["facts"]["gpus"]["value"][0]
    before = key(host)
    gpu["memory_used_mib"] = gpu["memory_mib"] - free

    assert key(host) != before


def test_where_plenty_is_free_no_rule_speaks_of_memory(host: Any) -> None:
    """Hosts of one digest are judged as one."""
    before, report = key(host), diagnose(facts_from_json(host["facts"]), MATRIX)
    for gpu in host["facts"]["gpus"]["value"]:
        gpu["memory_used_mib"] = gpu["memory_mib"] - PLENTY_MIB
    host["facts"]["shm_free_mib"]["value"] = PLENTY_MIB
    after = diagnose(facts_from_json(host["facts"]), MATRIX)

    assert key(host) == before
    assert after.verdict is report.verdict
    findings = [(finding.code, finding.message) for finding in after.findings]
    assert findings == [(finding.code, finding.message) for finding in report.findings]


def test_no_rule_reads_how_long_something_took() -> None:
    """But the table of what the deep check measured, whose values differ anyway."""
    readers = [
        path.name
        for path in tree.PACKAGE.rglob("rules/**/*.py")
        if ".seconds" in path.read_text() and path.name != "_measures.py"
    ]

    assert readers == []


def test_anything_else_counts(host: Any) -> None:
    seen = {key(host)}
    for name in host["facts"]:
        seen.add(key({**host, "facts": {k: v for k, v in host["facts"].items() if k != name}}))

    assert len(seen) == len(host["facts"]) + 1
