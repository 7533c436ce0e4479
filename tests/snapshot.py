"""What the program answers, over recorded hosts, facts files, reports and questions: taken before a change and after it.

python -m tests.snapshot corpus FOLDER [--cases DIR]    random facts files, hosts and reports to ask about
python -m tests.snapshot take FOLDER OUT.json           what this checkout answers to them
python -m tests.snapshot compare BEFORE.json AFTER.json what moved, by class: what decides, and what is worded otherwise
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
PACKAGE = "torch_doctor" if (ROOT / "doctor" / "torch_doctor").is_dir() else "doctor"
DECIDES = ("exit", "verdict", "primary", "cause", "commands", "plans")


def make_corpus(folder: Path, cases: Path | None, count: int) -> None:
    """Write random hosts, the recorded faults and the reports of *cases* under *folder*."""
    from hypothesis import HealthCheck, given, settings

    from tests.cli.machines import save
    from tests.property.hosts import hosts

    facts, reports = folder / "facts", folder / "reports"
    for made in (facts, reports):
        made.mkdir(parents=True, exist_ok=True)
    drawn: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(hosts())
    def draw(host: Any) -> None:
        drawn.append(host)

    draw()
    for number, host in enumerate(drawn[:count]):
        save(host, facts, f"random-{number:03}.json")
    for path in sorted((HERE / "hosts").rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if "facts" in document:
            name = f"{path.parent.name}-{path.name}"
            (facts / name).write_text(json.dumps({**document, "schema_version": 1}))
    for case in sorted(cases.glob("*.yaml")) if cases else ():
        _write_report(case, reports)


def _write_report(case: Path, reports: Path) -> None:
    import yaml

    document = yaml.safe_load(case.read_text(encoding="utf-8"))
    pasted = document["input"]
    parts = (
        str(pasted[key]).strip() for key in ("collect_env", "error", "extra") if pasted.get(key)
    )
    (reports / f"{case.stem}.txt").write_text("\n\n".join(parts), encoding="utf-8")


def take(folder: Path) -> dict[str, Any]:
    """Return what this checkout answers to everything under *folder*, and to the questions of the docs."""
    taken = {}
    for name, words, host in _asked(folder):
        code, text = _run(words, host)
        try:
            document = json.loads(text)
        except ValueError:
            document = {"text": text}
        taken[name] = _decided(code, document)
    return taken


def _asked(folder: Path) -> Iterator[tuple[str, list[str], Any]]:
    for path in sorted((folder / "facts").glob("*.json")):
        yield f"facts/{path.stem}", ["check", "--facts", str(path), "--json"], None
    for path in sorted((folder / "reports").glob("*.txt")):
        yield f"report/{path.stem}", ["triage", "--json", str(path)], None
    port = "probes.host.port" if PACKAGE == "torch_doctor" else "probes.host"
    recorded = importlib.import_module(f"{PACKAGE}.{port}").RecordedHost
    for path in sorted((HERE / "hosts").glob("*/host.json")):
        yield f"host/{path.parent.name}", ["check", "--json"], recorded(path.parent)
    import shlex

    import yaml

    for question in yaml.safe_load((ROOT / "docs" / "questions.yaml").read_text(encoding="utf-8")):
        yield f"question/{question['ask']}", [*shlex.split(question["run"]), "--json"], None


def _run(words: list[str], host: Any) -> tuple[int, str]:
    main = importlib.import_module(f"{PACKAGE}.__main__").main
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        code = main(words, host)
    out.flush()
    return code, out.buffer.getvalue().decode("utf-8")  # type: ignore[attr-defined]


def _decided(code: int, document: dict[str, Any]) -> dict[str, Any]:
    primary = document.get("primary") or {}
    findings = document.get("findings", [])
    chief = [f for f in findings if f["code"] == primary.get("code")]
    plans = document.get("plans", [])
    answer = {key: document[key] for key in ("answer", "status", "text") if key in document}
    return {
        "exit": code,
        "verdict": document.get("verdict"),
        "primary": primary.get("code"),
        "cause": primary.get("cause"),
        "commands": [fix["commands"] for finding in chief for fix in finding["fixes"]],
        "plans": [
            [plan["torch"], plan["variant"], plan.get("image"), plan.get("commands")]
            for plan in plans
        ],
        "codes": sorted(f["code"] for f in findings),
        "words": [
            [f["message"], [fix["text"] for fix in f["fixes"]], f["evidence"]] for f in findings
        ],
        "answer": answer,
    }


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Print what moved; return 1 where something that decides did."""
    moved: Counter[str] = Counter()
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            print(f"{'gone' if new is None else 'new '} {name}")
            moved["gone or new"] += 1
            continue
        for key in old:
            if old[key] != new.get(key):
                moved[key] += 1
                if key in DECIDES or key == "codes":
                    print(f"{key:9} {name}\n    - {old[key]}\n    + {new.get(key)}")
    worded = moved.pop("words", 0) + moved.pop("answer", 0)
    print(f"{len(after)} answers; moved: {dict(moved) or 'nothing'}; worded otherwise: {worded}")
    return int(any(moved.values()))


def show_words(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Print each pair of wordings that differ, once."""
    seen = set()
    for name in sorted(before.keys() & after.keys()):
        for old, new in zip(before[name]["words"], after[name]["words"], strict=False):
            for left, right in zip(_flat(old), _flat(new), strict=False):
                pair = re.sub(r"\d+", "#", f"{left}|{right}")
                if left != right and pair not in seen:
                    seen.add(pair)
                    print(f"{name}\n    - {left}\n    + {right}")


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield json.dumps(value)
    else:
        for one in value:
            yield from _flat(one)


def main() -> int:
    """Make, take or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    corpus = commands.add_parser("corpus")
    corpus.add_argument("folder", type=Path)
    corpus.add_argument("--cases", type=Path)
    corpus.add_argument("--count", type=int, default=500)
    taking = commands.add_parser("take")
    taking.add_argument("folder", type=Path)
    taking.add_argument("out", type=Path)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--words", action="store_true")
    asked = parser.parse_args()
    if asked.command == "corpus":
        make_corpus(asked.folder, asked.cases, asked.count)
        return 0
    if asked.command == "take":
        taken = take(asked.folder)
        with tempfile.NamedTemporaryFile("w", delete=False, encoding="utf-8") as made:
            json.dump(taken, made, indent=1, ensure_ascii=False)
        shutil.move(made.name, asked.out)
        print(f"{len(taken)} answers in {asked.out}")
        return 0
    old, new = (
        json.loads(path.read_text(encoding="utf-8")) for path in (asked.before, asked.after)
    )
    if asked.words:
        show_words(old, new)
    return compare(old, new)


if __name__ == "__main__":
    sys.exit(main())
