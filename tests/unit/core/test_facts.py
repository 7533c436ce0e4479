"""Facts: unknown is a value, the catalogue is the schema, JSON is the identity."""

from __future__ import annotations

import re
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core import records, version
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import decode, facts_from_json, facts_to_json, field_types
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Gpu
from torch_doctor.core.version import ComputeCapability, DriverRelease

from tests.strategies import facts


def test_a_name_that_nobody_asked_for_reads_as_not_asked() -> None:
    fact = Facts()["driver_release"]

    assert isinstance(fact, Unavailable)
    assert fact.reason is Reason.NOT_ASKED


@given(facts())
def test_json_is_the_identity(given_facts: Facts) -> None:
    assert facts_from_json(facts_to_json(given_facts)) == given_facts


@given(facts(), st.randoms())
def test_order_of_facts_does_not_matter(given_facts: Facts, random: Any) -> None:
    items = list(given_facts.items())
    random.shuffle(items)

    assert Facts(items) == given_facts
    assert list(Facts(items)) == list(given_facts)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"driver_relase": {"value": "580.65.06"}}, "unknown fact 'driver_relase'"),
        ({"driver_release": {"value": "new"}}, "'driver_release': not a driver release"),
        ({"gpus": {"value": [{"index": 0, "colour": "green"}]}}, "Gpu has no field 'colour'"),
        ({"gpus": {"value": [{"index": True}]}}, "whole number"),
        ({"wsl": {"value": "yes"}}, "expected bool"),
        ({"wsl": {"unavailable": "tired"}}, "'tired' is not a valid Reason"),
        ({"wsl": []}, "fact 'wsl'"),
    ],
)
def test_wrong_documents_name_the_fact(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        facts_from_json(document)


@pytest.mark.parametrize("spec", FACTS.values(), ids=lambda spec: spec.name)
def test_every_type_of_the_catalogue_decodes(spec: Any) -> None:
    item = spec.type.removeprefix("tuple[").removesuffix(", ...]")
    known = {"str", "int", "float", "bool"}
    assert item in known or hasattr(records, item) or hasattr(version, item)
    assert spec.doc.endswith(".")
    assert spec.name == spec.name.lower()


@pytest.mark.parametrize("name", ["Gpu", "Package", "LibraryFile", "KernelResult"])
def test_every_field_of_a_record_decodes(name: str) -> None:
    record = getattr(records, name)

    assert set(get_type_hints(record)) == set(record._fields)
    for annotation in field_types(record).values():
        if annotation.endswith(" | None"):
            assert decode(annotation, None) is None


def test_decoding_gives_typed_values() -> None:
    gpus = decode("tuple[Gpu, ...]", [{"index": 0, "compute_capability": "9.0"}])

    assert gpus == (Gpu(0, compute_capability=ComputeCapability(9, 0)),)


def test_no_fact_is_a_bare_cuda_version() -> None:
    assert "cuda_version" not in FACTS
    assert not [spec.name for spec in FACTS.values() if "CUDA version" in spec.doc]


def test_changes_make_a_new_value() -> None:
    before = Facts({"wsl": Known(value=False, source=Source("file"))})
    after = before.with_(driver_release=Known(DriverRelease.parse("580.1"), Source("nvml")))

    assert "driver_release" not in before
    assert after.without("driver_release") == before
