"""Judge many reports: one line of JSON for each as it is done, or a table; then a summary by cause."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import options_of, overlay_of
from torch_doctor.cli.output.progress import settled
from torch_doctor.cli.output.streams import emit, is_terminal, notice
from torch_doctor.core.about import About
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line, plural
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.core.report import Report
    from torch_doctor.engine.evaluate import Options

Judge = Callable[[bytes, str], "Report"]


class BatchItem(NamedTuple):
    """One report of a batch: what it is called, and its bytes or why there are none."""

    name: str
    data: bytes
    problem: str = ""


def run_batch(arguments: argparse.Namespace) -> int:
    """Judge every report and return the worst exit code: 1 before 2 before 0."""
    if [form for form in arguments.format or () if form not in ("json", "jsonl", "text")]:
        cure = "--format text is a table; judge one report for other formats"
        raise InputError("a batch is written as JSON lines or as a table", cure)
    pastes = _sources(arguments)
    judge = judge_of(
        overlay_of(arguments.matrix), options_of(arguments), identify=arguments.identify
    )
    from torch_doctor.render.laid_out import dump

    counts: dict[str, int] = {}
    codes: set[int] = set()
    rows: list[tuple[str, str, str, str]] | None = [] if _is_for_people(arguments) else None
    with _lines(arguments.output) as put, _progress(pastes, arguments.quiet) as each:
        for paste in settled(each):
            line = line_of(paste, judge)
            codes.add(line["exit_code"])
            counts[_kind(line)] = counts.get(_kind(line), 0) + 1
            if rows is not None:
                rows.append(_row(line))
            elif not put(dump(line, indent=None)):
                break  # nobody reads on
        if rows:
            put(_table(rows, screen=put is emit))
    if not arguments.quiet:
        _summary(counts)
    return 1 if 1 in codes else 2 if 2 in codes or not codes else 0


def _is_for_people(arguments: argparse.Namespace) -> bool:
    """Whether a table is wanted: where it was asked for, or where somebody reads the terminal and named no form."""
    if arguments.format or arguments.output:
        return "text" in (arguments.format or ())
    return is_terminal(sys.stdout)


def _row(line: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return one report as a row: its name, the verdict, the cause, and what the primary finding says."""
    primary = line["primary"] or {}
    why = primary.get("message") or line.get("error", {}).get("message")
    if not why:
        why = "".join(f"not known: {gap['text']}" for gap in line["why"][:1])
    return (str(line["subject"] or ""), str(line["verdict"]), str(primary.get("cause") or ""), why)


def _table(rows: list[tuple[str, str, str, str]], *, screen: bool) -> str:
    from torch_doctor.cli.output.streams import wants_colour, width
    from torch_doctor.render.text.screen import to_text
    from torch_doctor.render.text.table import table

    columns = width(os.environ) if screen else 100
    lines = table(("report", "verdict", "cause", "why"), rows, columns)
    return to_text(lines, width=columns, colour=screen and wants_colour(os.environ))


def judge_of(
    overlay: Path | None = None, options: Options | None = None, *, identify: bool = False
) -> Judge:
    """Return the judge: matrix and rules are loaded once for all reports."""
    from torch_doctor.diagnose import report_on
    from torch_doctor.engine.evaluate import Options
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.pastes.read import named_in, read_bytes
    from torch_doctor.rules import load_rules

    matrix, rules = load_matrix(overlay), load_rules()
    chosen = options or Options()

    def judge(data: bytes, name: str) -> Report:
        facts = read_bytes(data, name, matrix)
        names = named_in(data)
        about = About.report(name)
        return report_on(
            facts, matrix, chosen, rules, identity=names, about=about, identify=identify
        )

    return judge


def line_of(paste: BatchItem, judge: Judge) -> dict[str, Any]:
    """Return the documented JSON of one report, or why there is none; its outcomes are text already."""
    from torch_doctor.render.formats.json import document, failure
    from torch_doctor.render.laid_out import outcomes

    if paste.problem:
        return failure("input", paste.problem, about=About.report(paste.name))
    try:
        return document(judge(paste.data, paste.name), lambda judged: outcomes(judged, None))
    except Exception as error:  # noqa: BLE001  one report must not end a batch
        message = f"torch-doctor itself failed: {type(error).__name__}: {one_line(str(error))}"
        return failure("internal", message, about=About.report(paste.name))


def _kind(line: dict[str, Any]) -> str:
    primary = line["primary"]
    if line["verdict"] == "broken" and primary:
        return str(primary["cause"])
    return "unreadable" if "error" in line else str(line["verdict"])


def _summary(counts: dict[str, int]) -> None:
    notice(f"{plural(sum(counts.values()), 'report')} judged")
    for kind, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        notice(f"{number} {kind}")


def _sources(arguments: argparse.Namespace) -> Sequence[BatchItem] | Iterator[BatchItem]:
    if arguments.jsonl is not None:
        if arguments.reports:
            raise InputError("--jsonl and files exclude each other", "leave one of them out")
        from torch_doctor.cli.input.jsonl_file import read_jsonl

        return (BatchItem(*entry) for entry in read_jsonl(arguments.jsonl))
    return _Files(tuple(_names(arguments.reports)))


class _Files(Sequence[BatchItem]):
    """The files of a batch, each read when its turn comes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, index: Any) -> Any:
        from torch_doctor.cli.input.report_file import read_report

        name = self._names[index]
        try:
            return BatchItem(one_line(name, 300), read_report(name)[0])
        except InputError as error:
            return BatchItem(one_line(name, 300), b"", error.message)


def _names(asked: list[str]) -> Iterator[str]:
    from glob import glob

    for name in asked:
        if os.path.isdir(name):
            found = list(_within(name))
            if not found:
                raise InputError(f"{name} holds no file", "name a folder of reports", "input")
            yield from found
        elif name != "-" and not os.path.exists(name) and any(sign in name for sign in "*?["):
            found = sorted(path for path in glob(name, recursive=True) if os.path.isfile(path))
            if not found:
                raise InputError(f"no file matches {name}", "name a pattern that does", "input")
            yield from found
        else:
            yield name


def _within(folder: str) -> Iterator[str]:
    try:
        os.scandir(folder).close()
    except OSError as error:
        message = f"{one_line(folder, 300)} cannot be read: {error.strerror or error}"
        raise InputError(message, "name a folder that may be read", "input") from error
    for place, folders, files in os.walk(folder):
        folders.sort()
        yield from (os.path.join(place, file) for file in sorted(files))


@contextmanager
def _lines(outputs: list[str] | None) -> Iterator[Callable[[str], bool]]:
    """Yield what takes the lines, to one file or to standard output, and says whether somebody has them."""
    target = (outputs or ["-"])[0]
    if target == "-":
        yield emit
        return
    try:
        with open(target, "w", encoding="utf-8") as file:
            yield lambda text: bool(file.write(text))
    except OSError as error:
        message = f"--output {target}: {error.strerror or error}"
        raise InputError(message, "name a file that you may write to", "input") from error


@contextmanager
def _progress(pastes: Any, quiet: bool) -> Iterator[Any]:
    """Yield the reports, with a bar on standard error where somebody watches."""
    if quiet or not is_terminal(sys.stderr):
        yield pastes
        return
    from rich.console import Console
    from rich.progress import track

    yield track(pastes, "judging", console=Console(stderr=True), transient=True)
