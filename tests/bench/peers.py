"""Our answers beside those of uv, light-the-torch, env-doctor, cuda-doctor and rigsolve, for all of docs/questions.yaml.

A bench, not a test: it goes online for the packages (and uv for the indexes), and what others answer is theirs to
change. Their tools look at the machine that they run on, so each runs behind an nvidia-smi of our making that tells of
the GPU and driver of the question, and where the question names a build, with a stand-in for that torch: it says what
the real one says on such a machine, is_available() too, which is true wherever the driver is new enough. A CUDA toolkit
on the machine that runs the bench is seen by those that look for one.

    python tests/bench/peers.py                 make a venv under the temporary folder, install, ask, print a table
    python tests/bench/peers.py --venv DIR      use (or make) the venv in DIR
    python tests/bench/peers.py --write         write the table to docs/peers.md, too
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from torch_doctor.matrix.load import load_matrix  # noqa: E402

from docs.pages.questions import answer  # noqa: E402  the checkout comes first
from tests.bench.rivals.cases import Case, cases  # noqa: E402
from tests.bench.rivals.marks import FAILS, HOLDS, OPEN, mark  # noqa: E402
from tests.bench.rivals.stage import Stage  # noqa: E402
from tests.bench.rivals.tools import CANNOT_BE_ASKED, NOT_RUN, TOOLS, Said  # noqa: E402

PAGE = ROOT / "docs" / "peers.md"
_WIDTH = 90
_HEAD = """
The questions of [questions.md](questions.md), put to {tools} on {day} by `tests/bench/peers.py --write`. ✓ the
answer holds, ✗ it does not, ? the rows do not tell. A build that another tool names is held against the rows of this
project, and holds where it runs, however old it is; finding nothing where something runs does not hold. "{cannot}": the
tool has no way to be asked (uv and light-the-torch read the driver alone, cuda-doctor recommends nothing, env-doctor
looks at the machine that it runs on, rigsolve takes one GPU). "{not_run}": the answer hangs on an index that could not be
reached. "no coverage" is rigsolve's own word for packages and releases that it has no facts about.
"""


def ours(case: Case) -> str:
    """Return our answer."""
    marked = answer(case.run)
    reason = f" {marked.reasons[0]}" if marked.text == "No." and marked.reasons else ""
    return marked.text.rstrip(".") + (f":{reason}" if reason else "")


def main() -> None:
    """Ask everybody everything, and print a Markdown table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--venv", type=Path, help="where the others are installed (default: a temporary folder)"
    )
    parser.add_argument("--write", action="store_true", help="write docs/peers.md")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        stage = Stage((asked.venv or Path(scratch) / "venv").resolve())
        lines = []
        for line in _lines(stage):
            print(line, flush=True)
            lines.append(line)
        if asked.write:
            tools = ", ".join(f"{name} {version}" for name, version in stage.versions().items())
            day = datetime.now(tz=timezone.utc).date()
            head = _HEAD.format(tools=tools, day=day, cannot=CANNOT_BE_ASKED, not_run=NOT_RUN)
            parts = (
                "# What other tools answer",
                "",
                textwrap.fill(head.strip(), 120),
                "",
                *lines,
                "",
            )
            PAGE.write_text("\n".join(parts), encoding="utf-8")


def _lines(stage: Stage) -> Iterator[str]:
    matrix = load_matrix()
    counts: dict[str, Counter[str]] = {name: Counter() for name in TOOLS}
    yield f"| question | torch-doctor | {' | '.join(TOOLS)} |"
    yield "|---" * (len(TOOLS) + 2) + "|"
    for case in cases(matrix):
        cells = []
        for name, tool in TOOLS.items():
            marked = tool(stage, case)
            held = mark(case, marked, matrix)
            counts[name][held or marked.text] += 1
            cells.append(_cell(marked, held))
        yield f"| {case.ask} | {_short(ours(case))} | {' | '.join(cells)} |"
    yield ""
    yield from _sums(counts)


def _cell(marked: Said, held: str) -> str:
    return f"{held} {_short(marked.text)}".strip()


def _short(text: str) -> str:
    return textwrap.shorten(text, _WIDTH).replace("|", "/")


def _sums(counts: dict[str, Counter[str]]) -> Iterator[str]:
    kinds = (HOLDS, FAILS, OPEN, CANNOT_BE_ASKED, NOT_RUN)
    yield f"| tool | {' | '.join(kinds)} |"
    yield "|---" * (len(kinds) + 1) + "|"
    for name, found in counts.items():
        yield f"| {name} | {' | '.join(str(found[kind]) for kind in kinds)} |"


if __name__ == "__main__":
    main()
