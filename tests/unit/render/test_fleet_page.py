"""The page of a fleet: a map whose squares lead to what is said of their nodes, and nothing from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from torch_doctor.core.finding import Fix
from torch_doctor.fleet.answer import (
    Cure,
    FleetAnswer,
    Group,
    Serving,
    Unanswered,
    Unreadable,
    Way,
)
from torch_doctor.fleet.hostlist import folded
from torch_doctor.render.fleet import html
from torch_doctor.render.fleet import map as node_map

HOSTILE = '"><script>alert(1)</script>\x1b]52;c;x\x07\u202e<b>'
VOID = {"meta", "br", "link", "img", "input"}


class Page(HTMLParser):
    """Which elements there are, with their attributes; every one is closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def answer_of(*groups: Group, silent: tuple[str, ...] = (), words: str = "TD1") -> FleetAnswer:
    fix = Fix(words, (words,))
    names = tuple(name for group in groups for name in group.nodes)
    build = Serving(words, "2.9.1", "cu128", words, "525.60.13", (("pip", words),), names)
    return FleetAnswer(
        nodes=len(names), states=len(groups), groups=groups, builds=(build,), unserved=(),
        unreadable=(Unreadable(words, words),), unreadable_count=3, repeated=(), silent=silent,
        unexpected=names[:1], expected=None, matrix_version="2026-01-01", matrix_digest="abc",
        unanswered=(Unanswered("timeout", words, silent),) if silent else (),
    )._replace(groups=tuple(
        group._replace(cures=(Cure(Way((fix,), 1, "healthy"), group.nodes[:1]),), rest=group.nodes[1:], next_step=fix)
        for group in groups
    ))  # fmt: skip


def group(verdict: str, *nodes: str, words: str = "message") -> Group:
    code = "TD202" if verdict == "broken" else None
    return Group(verdict, code, words, "driver-too-old", words, (words,), nodes, 1)


def test_every_node_has_a_square_that_leads_to_its_group() -> None:
    answer = answer_of(group("broken", "n2", "n10"), group("healthy", "n1", "n3"), silent=("n4",))
    page = Page(html.render(answer, folded))

    squares = [one for one in page.of("a") if "title" in one]
    assert [(one["title"].partition(":")[0], one["class"]) for one in squares] == [  # type: ignore[union-attr]
        ("n1", "ok"),
        ("n2", "error"),
        ("n3", "ok"),
        ("n4", "absent"),
        ("n10", "error"),
    ]
    anchors = {one.get("id") for _, one in page.elements} - {None}
    assert {f"#{anchor}" for anchor in anchors} == {one["href"] for one in squares}


def test_nothing_that_a_node_said_becomes_markup_and_nothing_is_loaded() -> None:
    answer = answer_of(group("broken", HOSTILE, words=HOSTILE), silent=("s",), words=HOSTILE)
    text = html.render(answer, folded)
    page = Page(text)

    assert len(page.of("script")) == 1
    assert not {tag for tag, _ in page.elements} & {"b", "img", "link", "iframe"} - {"b"}
    assert not {"src", "onclick", "onload"} & {name for _, one in page.elements for name in one}
    assert all(str(one["href"]).startswith("#") for one in page.of("a"))
    assert "default-src 'none'" in text
    assert not set(text) & {"\x1b", "\x07", "\u202e"}


@pytest.mark.parametrize("count", [node_map.MOST, node_map.MOST + 1, 100_000])
def test_very_many_nodes_share_squares_that_show_the_worst(count: int) -> None:
    names = tuple(f"n{number}" for number in range(count))
    answer = answer_of(group("broken", names[-1]), group("healthy", *names[:-1]))

    found = list(node_map.squares(answer))

    assert len(found) <= node_map.MOST
    assert sum(one.nodes for one in found) == count
    assert [one.verdict for one in found].count("broken") == 1
    assert found[-1].verdict == "broken"
    assert f"n{count - 1}" in found[-1].words
    if count > node_map.MOST:
        assert "shows the worst" in html.render(answer, folded)
