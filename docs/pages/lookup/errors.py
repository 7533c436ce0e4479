"""One page for each error that people search for: by number, by name, by its text, and each Xid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from torch_doctor.matrix.topics import codes, texts
from torch_doctor.matrix.topics.kernel_log import xid
from torch_doctor.matrix.topics.readable import readable
from torch_doctor.rules import load_rules

from docs.pages.lookup.layout import asked, code, escaped, lines_of, slug, sources, table

if TYPE_CHECKING:
    from torch_doctor.core.finding import Topic
    from torch_doctor.matrix.rows import ErrorCode, Signature
    from torch_doctor.matrix.store import Matrix

_RULES = 6
_FAMILIES = {
    "cuda": ("CUDA", codes.CUDA),
    "nvml": ("NVML and nvidia-smi", ("nvml",)),
    "nccl": ("NCCL", ("nccl",)),
    "cublas": ("cuBLAS", ("cublas",)),
    "cudnn": ("cuDNN", ("cudnn",)),
    "cudnn-8": ("cuDNN 8", ("cudnn-8",)),
    "exit": ("Exit codes of a program", ("process",)),
    "windows": ("Windows", ("windows",)),
}


class Entry(NamedTuple):
    """A page: its path, its heading in the list, what is known, how it is asked for and what people also see."""

    path: str
    group: str
    topic: Topic
    ask: str
    seen: tuple[str, ...] = ()


def pages(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """Yield the list of errors and a page for each."""
    entries = [*_texts(matrix), *_numbers(matrix), *_xids(matrix)]
    yield "errors/index.md", "\n".join(_index(entries))
    for entry in entries:
        yield entry.path, "\n".join(_page(entry))


def _texts(matrix: Matrix) -> Iterator[Entry]:
    for row in matrix.signatures:
        topic = texts.topic_of(row)
        seen = tuple(dict.fromkeys(readable(pattern) for pattern in row.patterns))
        path = f"errors/text-{slug(row.id)}.md"
        yield Entry(path, "Texts", _with_harmless(topic, row), topic.title, seen)


def _with_harmless(topic: Topic, row: Signature) -> Topic:
    if not row.harmless:
        return topic
    line = topic.lines[0]._replace(label="harmless", words=str(row.harmless), cause="")
    return topic._replace(lines=(line, *topic.lines))


def _numbers(matrix: Matrix) -> Iterator[Entry]:
    for short, (group, apis) in _FAMILIES.items():
        rows: dict[int, list[ErrorCode]] = {}
        for row in matrix.error_codes:
            if row.api in apis:
                rows.setdefault(row.code, []).append(row)
        for number in sorted(rows):
            for topic in codes.numbered(number, matrix, apis):
                ask = codes.label(rows[number][0])
                yield Entry(f"errors/{short}-{number}.md", group, topic, ask, _quoted(rows[number]))


def _quoted(rows: Sequence[ErrorCode]) -> tuple[str, ...]:
    """Return how programs print an answer: its names, and CUDA's text behind the words of torch and of CUDA."""
    own = [row.text for row in rows if row.api == "cuda-runtime" and row.text]
    texts_ = [
        words
        for text in own
        for words in (f"CUDA error: {text}", f"RuntimeError: CUDA error: {text}")
    ]
    return tuple(dict.fromkeys((*texts_, *(row.name for row in rows))))


def _xids(matrix: Matrix) -> Iterator[Entry]:
    for row in sorted(matrix.xids, key=lambda one: one.code):
        for topic in xid(row.code, matrix):
            seen = (f"NVRM: Xid (PCI:0000:01:00): {row.code}",)
            yield Entry(
                f"errors/xid-{row.code}.md",
                "Xid, in the kernel's log",
                topic,
                f"Xid {row.code}",
                seen,
            )


def _index(entries: list[Entry]) -> Iterator[str]:
    yield from (
        "# Errors",
        "",
        "What each can come from, what tells the causes apart, and the cure. Type a number, a name or a",
    )
    yield "part of the text into the search above; `torch-doctor explain` takes the same words."
    for group in dict.fromkeys(entry.group for entry in entries):
        yield from ("", f"## {group}", "")
        for entry in entries:
            if entry.group == group:
                yield f"- [{escaped(entry.topic.title)}]({entry.path.partition('/')[2]})"


def _page(entry: Entry) -> Iterator[str]:
    topic = entry.topic
    yield from (f"# {escaped(topic.title)}", "")
    yield asked(entry.ask, "errors")
    yield from lines_of(topic, ("can be", "told by", "cure"))
    yield from _causes(topic)
    if entry.seen:
        yield from ("", "## As people see it", "", *(f"- {code(words)}" for words in entry.seen))
    yield from sources(topic.because)


def _causes(topic: Topic) -> Iterator[str]:
    rows: list[list[str]] = []
    cures = [one.words for one in topic.lines if one.label == "cure"]
    for one in topic.lines:
        if one.label == "can be":
            rows.append([escaped(one.words), "", _rules(one.cause)])
        elif one.label == "told by" and rows:
            rows[-1][1] = escaped(one.words)
    if rows:
        yield from ("", "## What it can be", "")
        yield from table(("cause", "told by", "rules that find it"), rows)
    if cures:
        yield from ("", "## Cure", "", *(f"- {escaped(words)}" for words in cures))


def _rules(cause: str) -> str:
    found = [rule for rule in load_rules() if cause and rule.cause == cause]
    more = f" and {len(found) - _RULES} more" if len(found) > _RULES else ""
    return ", ".join(f"[{rule.code}](../rules/{rule.code}.md)" for rule in found[:_RULES]) + more
