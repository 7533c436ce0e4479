"""Laws of the readers: any text gives facts, the same ones every time, in time that grows with the text."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch_doctor.core.codec import facts_from_json, facts_to_json
from torch_doctor.core.fact import Facts
from torch_doctor.pastes.read import read_bytes, read_text

from tests.unit.pastes.reports import ALL

SAMPLES = sorted(ALL.values())
WORDS = sorted({word for sample in SAMPLES for word in sample.split()})
LINES = sorted({line for sample in SAMPLES for line in sample.splitlines()})
MARKS = [
    "> ",
    "    ",
    "\x1b[31m",
    "：",
    "<br>",
    "\n",
    "\r",
    "\x00",
    "|",
    "`",
    "\\n",
    "{",
    "...",
    "\ud800",
    "\u202e",
]


@st.composite
def pastes(draw: st.DrawFn) -> str:
    """Draw mixtures of samples, lines, words, dirt and anything else, cut anywhere."""
    piece = st.one_of(
        st.sampled_from(SAMPLES),
        st.sampled_from(LINES),
        st.sampled_from(WORDS),
        st.sampled_from(MARKS),
        st.text(max_size=30),
    )
    text = draw(st.sampled_from(["", " ", "\n"])).join(draw(st.lists(piece, max_size=25)))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return draw(st.sampled_from([text, text[start:], text[:end], text[start:end]]))


def encoded(facts: Facts) -> str:
    return json.dumps(facts_to_json(facts), sort_keys=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pastes())
def test_any_text_gives_facts_that_survive_json(text: str) -> None:
    facts = read_text(text)
    assert facts_from_json(json.loads(encoded(facts))) == facts
    lines = text.count("\n") + text.count("\r") + text.count("\\n") + 1
    assert all(1 <= (fact.source.line or 1) <= lines for fact in facts.values())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pastes())
def test_the_same_text_gives_the_same_facts(text: str) -> None:
    assert encoded(read_text(text)) == encoded(read_text(text))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(SAMPLES))
def test_any_bytes(data: bytes, sample: str) -> None:
    read_bytes(data)
    read_bytes(sample.encode()[: len(sample) // 2] + data + sample.encode())


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789.+-_=:|/()[]{}'\" <>\\agpuctorhGPUNVI#`*\n", max_size=600))
def test_text_made_of_what_patterns_look_for(text: str) -> None:
    facts_to_json(read_text(text))


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        ": ",
        "> ",
        "1.",
        "/a/b",
        "libx.so.1 => ",
        "undefined symbol: _Z ",
        "torch 2.0 torch==2.1 ",
        "GPU 0: x GPU 1: y ",
        "\n{",
        '{"facts":',
        "NVRM: x\n",
        "tensor([[",
        "<br>",
        "docker run \\\n",
        "Because torch ",
    ],
)
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        text = (unit * (size // len(unit) + 1))[:size]
        start = time.process_time()
        read_text(text)
        return time.process_time() - start

    small, large = max(seconds(100_000), 0.02), seconds(800_000)
    assert large < small * 8 * 4
