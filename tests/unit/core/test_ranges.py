"""Plain ranges and markers mean what packaging says that they mean."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from torch_doctor.core.version import allows
from torch_doctor.probes.python.markers import holds

numbers = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))
ends = st.tuples(
    st.sampled_from(["", "a0", "a1", "b1", "rc0", "rc1"]),
    st.sampled_from(["", ".post0", ".post1"]),
    st.sampled_from(["", ".dev0", ".dev2"]),
).map("".join)
signs = st.sampled_from(["==", "!=", "<=", ">=", "<", ">"])
clauses = st.builds("{}{}".format, signs, numbers)
ranges = st.lists(clauses, max_size=3).map(",".join)
words = st.sampled_from(["Linux", "Windows", "linux", "win32", "x86_64", "aarch64", ""])
names = st.sampled_from(["sys_platform", "platform_system", "platform_machine", "os_name"])
tests = st.builds("{} {} '{}'".format, names, st.sampled_from(["==", "!="]), words)
ENVIRONMENT = {
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "os_name": "posix",
    "python_version": "3.12",
    "extra": "",
}


@given(ranges, numbers)
def test_ranges_are_those_of_packaging(specifier: str, version: str) -> None:
    assert allows(specifier, version) is SpecifierSet(specifier).contains(version)


@given(
    st.lists(st.builds("{}{}{}".format, signs, numbers, ends), min_size=1, max_size=2),
    numbers,
    ends,
)
def test_releases_before_and_after_a_release_are_ordered_as_packaging_orders_them(
    parts: list[str], version: str, end: str
) -> None:
    whole = SpecifierSet(",".join(parts)).contains(version + end, prereleases=True)
    assert allows(",".join(parts), version + end) is whole


@given(st.lists(tests, min_size=1, max_size=3), st.sampled_from([" and ", " or "]))
def test_markers_are_those_of_packaging(parts: list[str], word: str) -> None:
    marker = word.join(parts)
    assert holds(marker, ENVIRONMENT) is Marker(marker).evaluate(ENVIRONMENT)


@pytest.mark.parametrize(
    ("specifier", "version", "expected"),
    [
        (">=2.6,<2.9", "2.8.0", True),
        ("==2.8.*", "2.8.1", True),
        ("~=2.6", "2.8", True),
        (">=2.6", "2.7.0rc1", True),
        ("==2.8.0", "2.8.0+cu128", True),
        ("of course", "2.8.0", None),
        (">=2.6", "main", False),
    ],
)
def test_what_is_not_plain(specifier: str, version: str, expected: bool | None) -> None:
    assert allows(specifier, version) is expected


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("python_version < '3.10'", False),
        ("platform_system == 'Linux' and python_version >= '3.9'", True),
        ("(sys_platform == 'linux' and platform_machine == 'x86_64')", True),
        ("extra == 'test'", False),
        ("what is this", None),
    ],
)
def test_markers_that_are_not_plain(marker: str, expected: bool | None) -> None:
    assert holds(marker, ENVIRONMENT) is expected


def test_plain_ones_import_no_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "packaging.specifiers", None)
    monkeypatch.setitem(sys.modules, "packaging.markers", None)

    assert allows(">=1.2.3,!=1.3", "1.2.4")
    assert allows(">=4.6.2a0,<5", "4.6.2.post1")
    assert holds('platform_system == "Linux" and platform_machine == "x86_64"', ENVIRONMENT)
