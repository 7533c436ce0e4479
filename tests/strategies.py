"""Generated hosts: facts that could be, and facts that could not."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from torch_doctor.core import records
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import field_types
from torch_doctor.core.fact import Fact, Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)

_words = st.text(st.characters(codec="utf-8"), max_size=12)
_capability = st.builds(ComputeCapability, st.integers(1, 20), st.integers(0, 9))
_scalars: dict[str, st.SearchStrategy[Any]] = {
    "str": _words,
    "int": st.integers(-(10**6), 10**6),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "ComputeCapability": _capability,
    "CudaVersion": st.builds(CudaVersion, st.integers(9, 14), st.integers(0, 9)),
    "DriverRelease": st.from_regex(r"[1-9]\d{2}\.\d{2,3}\.\d{2}", fullmatch=True).map(
        DriverRelease.parse
    ),
    "SmTarget": st.builds(SmTarget, _capability, st.sampled_from(["", "a", "f"]), st.booleans()),
    "TorchVersion": st.sampled_from(
        ["1.13.1+cu117", "2.8.0+cu128", "2.15.0", "2.9.0a0+50eac811a6.nv25.09", "2.9.1+cpu"]
    ).map(TorchVersion.parse),
}
sources = st.builds(
    Source,
    st.sampled_from(["nvml", "file", "child", "env", "user", "report", "derived"]),
    _words,
    st.none() | st.integers(1, 10**6),
)


def values(type_name: str) -> st.SearchStrategy[Any]:
    """Return values of a type as the catalogue writes it."""
    if type_name.endswith(" | None"):
        return st.none() | values(type_name.removesuffix(" | None"))
    if type_name.startswith("tuple["):
        item = type_name.removeprefix("tuple[").removesuffix(", ...]")
        return st.lists(values(item), max_size=3).map(tuple)
    if type_name in _scalars:
        return _scalars[type_name]
    record = getattr(records, type_name)
    return st.builds(record, **{k: values(v) for k, v in field_types(record).items()})


def fact(name: str) -> st.SearchStrategy[Fact[Any]]:
    """Return facts of one name, known or not."""
    known = st.builds(Known, values(FACTS[name].type), sources)
    return known | st.builds(Unavailable, st.sampled_from(tuple(Reason)), _words, sources)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    """Return a handful of facts of any names."""
    names = draw(st.lists(st.sampled_from(sorted(FACTS)), max_size=6, unique=True))
    return Facts({name: draw(fact(name)) for name in names})
