"""Pages of package indexes, and the names of wheels."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from torch_doctor.online import index
from torch_doctor.online.index import configured_index, read_html, read_json, wheel_name
from torch_doctor.online.web import OnlineError, Page

BASE = "https://example.org/simple/torch/"


def test_html_links_are_resolved() -> None:
    text = (
        '<a href="../../f/torch-2.0.0-cp311-cp311-linux_x86_64.whl#sha256=1" data-requires-python="&gt;=3.8">x</a>'
        '<a href="/g/torch-2.0.0%2Bcu118-cp311-cp311-linux_x86_64.whl" data-yanked="">y</a><a>no</a>'
    )
    first, second = read_html(Page(BASE, "text/html", text.encode()))

    assert first.url == "https://example.org/f/torch-2.0.0-cp311-cp311-linux_x86_64.whl"
    assert (first.requires_python, first.yanked) == (">=3.8", False)
    assert second.filename == "torch-2.0.0+cu118-cp311-cp311-linux_x86_64.whl" and second.yanked


def test_a_base_address_counts() -> None:
    (link,) = read_html(
        Page(BASE, "text/html", b'<base href="https://other.org/a/"><a href="x.whl">x</a>')
    )

    assert link.url == "https://other.org/a/x.whl"


def test_json_links_are_resolved_and_faulty_entries_left_out() -> None:
    body = b'{"files": [{"filename": "a.whl", "url": "../a.whl", "yanked": "bad"}, {"url": "b"}, 3, {"filename": 1, "url": "c"}]}'
    (link,) = read_json(Page(BASE, "x+json", body))

    assert link == ("a.whl", "https://example.org/simple/a.whl", None, None, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'"x"'])
def test_what_is_no_json_page_is_said(body: bytes) -> None:
    with pytest.raises(OnlineError, match="not the JSON"):
        read_json(Page(BASE, "x+json", body))


@pytest.mark.parametrize(
    ("name", "tag", "abi", "build"),
    [
        ("a_b-1.0-cp310-abi3-win_amd64.whl", "cp310", "abi3", 0),
        ("a_b-1.0-2-py3-none-any.whl", "py3", "none", 2),
        ("a_b-1.0-13abc-cp313-cp313t-win_amd64.whl", "cp313t", "cpython", 13),
    ],
)
def test_the_abi_and_the_build_number_of_a_wheel(name: str, tag: str, abi: str, build: int) -> None:
    found = wheel_name(name)
    assert found is not None
    assert (found.python_tag, found.abi, found.build) == (tag, abi, build)


@given(st.binary(max_size=300))
@example(b"<![\x00")
def test_no_page_raises_anything_else(body: bytes) -> None:
    read_html(Page(BASE, "text/html", body))
    with suppress(OnlineError):
        read_json(Page(BASE, "x+json", body))


@pytest.mark.parametrize(
    ("name", "version", "tag", "platforms"),
    [
        ("torch-2.9.1-cp313-cp313t-manylinux_2_28_x86_64.whl", "2.9.1", "cp313t", ("manylinux_2_28_x86_64",)),
        ("torch-1.13.1-cp37-cp37m-win_amd64.whl", "1.13.1", "cp37m", ("win_amd64",)),
        ("torch-2.0.1-cp310-none-macosx_11_0_arm64.whl", "2.0.1", "cp310", ("macosx_11_0_arm64",)),
        ("torch-2.0.1-1-cp310-cp310-manylinux1_x86_64.manylinux2014_x86_64.whl", "2.0.1", "cp310", ("manylinux1_x86_64", "manylinux2014_x86_64")),
    ],
)  # fmt: skip
def test_names_are_taken_apart(
    name: str, version: str, tag: str, platforms: tuple[str, ...]
) -> None:
    found = wheel_name(name)

    assert found and (found.version, found.python_tag, found.platform_tags) == (
        version,
        tag,
        platforms,
    )


@pytest.mark.parametrize(
    ("tags", "abi"),
    [
        ("cp310-cp310", "cpython"),
        ("cp310-abi3", "abi3"),
        ("py3-none", "none"),
        ("cp310-none", "cpython"),  # without an ABI, and for that Python alone
    ],
)
def test_a_name_says_for_which_pythons_it_is(tags: str, abi: str) -> None:
    found = wheel_name(f"near-1.0-{tags}-manylinux_2_28_x86_64.whl")

    assert found and (found.abi, found.python_tag) == (abi, tags.partition("-")[0])


@pytest.mark.parametrize(
    "name",
    ["torch-2.0.1.tar.gz", "torch.whl", "", "torch-2.0.1-cp310-cp310-linux_x86_64.whl.metadata"],
)
def test_other_files_are_no_wheels(name: str) -> None:
    assert wheel_name(name) is None


def test_the_environment_wins_over_the_files_of_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    config = "global.index-url='https://a/simple'\ninstall.index-url='https://b/simple'\nglobal.cert='/c.pem'\n"
    monkeypatch.setattr(
        index,
        "_python",
        lambda arguments: config if "config" in arguments else "https://default/simple\n",
    )

    assert configured_index({}) == ("https://b/simple", "/c.pem")
    assert configured_index({"PIP_INDEX_URL": "https://e/simple"}).url == "https://e/simple"


def test_without_a_setting_pip_names_its_own_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        index,
        "_python",
        lambda arguments: "" if "config" in arguments else "https://default/simple\n",
    )

    assert configured_index({}).url == "https://default/simple"


def test_without_pip_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_python", lambda _: None)
    with pytest.raises(OnlineError, match="--index-url"):
        configured_index({})
