"""The page of facts: the catalogue, the records that values are made of, and what unknown means."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core import records
from torch_doctor.core.catalog import DRIVER, FACTS, HARDWARE, HOST, TORCH
from torch_doctor.core.codec import field_types
from torch_doctor.core.fact import Reason

_TITLES = {
    HOST: "Host",
    HARDWARE: "Hardware",
    DRIVER: "Driver and container runtime",
    TORCH: "PyTorch environment",
}
_REASONS = {
    Reason.NOT_PRESENT: "somebody looked, and there is no such thing: an answer",
    Reason.NOT_APPLICABLE: "the question makes no sense here: an answer",
    Reason.NOT_ASKED: "nobody looked",
    Reason.DENIED: "somebody looked and was not allowed to",
    Reason.TIMEOUT: "whoever was asked did not answer in time",
    Reason.CRASHED: "whoever was asked crashed",
    Reason.UNPARSED: "there was an answer that could not be read",
}


def pages() -> Iterator[tuple[str, str]]:
    """Yield the one page."""
    yield "facts.md", "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# Facts"
    yield ""
    yield "Everything that torch-doctor judges is one of these facts, whatever it was read from. `torch-doctor collect`"
    yield "writes them to a file, and `torch-doctor check --facts FILE` judges that file. In JSON a fact is"
    yield '`{"value": …, "source": {"kind": …, "where": …, "line": …}}`, or `{"unavailable": REASON, "detail": …}`'
    yield "where there is no value. Versions are written as text."
    yield from ("", "## Why there is no value", "", "| reason | meaning |", "|---|---|")
    yield from (f"| `{reason.value}` | {words} |" for reason, words in _REASONS.items())
    for layer, title in _TITLES.items():
        yield from ("", f"## {title}", "", "| fact | type | what it is |", "|---|---|---|")
        for spec in FACTS.values():
            if spec.layer == layer:
                hidden = " Left out unless `--identify` is given." if spec.sensitive else ""
                kind = spec.type.replace("|", "\\|")
                yield f"| `{spec.name}` | `{kind}` | {spec.doc}{hidden} |"
    yield from ("", "## Records", "")
    yield "Fields that could not be read are left out."
    for name, kind in sorted(vars(records).items()):
        if getattr(kind, "_fields", None):
            yield from (
                "",
                f"### {name}",
                "",
                (kind.__doc__ or "").strip(),
                "",
                "| field | type |",
                "|---|---|",
            )
            for field, type_name in field_types(kind).items():
                written = type_name.replace("|", "\\|")
                yield f"| `{field}` | `{written}` |"
