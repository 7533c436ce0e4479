"""Break a healthy GPU machine in many ways, and see whether the one cause is named.

Run as root on a machine with an NVIDIA GPU and a working torch: ``python -m tests.gpu.induce [--out DIR] [NAME …]``.
States run side by side; those that fill a GPU come last, one by one. With ``--out``: ``induce.json`` (what was said of each),
``induce.txt`` (the table) and ``hosts.tar.gz`` (the facts of each state, without identifiers, as tests/hosts keeps them).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests.gpu.breaking import REPOSITORY, Start
from tests.gpu.states import STATES as SEEN
from tests.gpu.states import State
from tests.gpu.two_gpus import STATES as TWO_GPUS
from tests.gpu.unseen import STATES as UNSEEN
from tests.gpu.unseen_last import STATES as UNSEEN_LAST
from tests.gpu.unseen_later import STATES as UNSEEN_LATER
from tests.hosts.states import BASE, written

STATES = (*SEEN, *UNSEEN, *UNSEEN_LATER, *UNSEEN_LAST, *TWO_GPUS)
TIMEOUT_S = 150
_LAUNCH = (
    f"import sys; sys.path.insert(0, {str(REPOSITORY / 'doctor')!r}); "
    "from torch_doctor.__main__ import entry; entry()"
)


class Said(NamedTuple):
    """What was said of one state; *facts* are those that it was judged by, None where there was no report."""

    state: State
    verdict: str
    cause: str | None
    rule: str | None
    words: str
    others: tuple[str, ...]
    seconds: float
    facts: Mapping[str, Any] | None

    @property
    def right(self) -> bool:
        """Whether verdict, cause and rule are the ones that had to be named."""
        state = self.state
        named = self.rule is None if not state.rules else self.rule in state.rules
        return (self.verdict, self.cause) == (state.verdict, state.cause) and named


def main() -> int:
    """Induce the states, print a line for each as it comes and return 1 where one was told wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these states")
    parser.add_argument("--out", type=Path, help="where the results go")
    parser.add_argument("--workers", type=int, default=6, help="states side by side")
    parser.add_argument("--seconds", type=float, default=500, help="start no state after these")
    arguments = parser.parse_args()
    there = _count_gpus()
    wanted = [s for s in STATES if not arguments.names or s.name in arguments.names]
    states = [state for state in wanted if state.gpus <= there]
    for state in wanted:
        if state.gpus > there:
            print(f"not run: {state.name} needs {state.gpus} GPUs", flush=True)
    _run(State("warm-up", "healthy", None, (), lambda _: Start(options=("--static",))), TIMEOUT_S)
    ends = time.monotonic() + arguments.seconds
    answers = [one for one in _run_all(states, arguments.workers, ends) if one is not None]
    if arguments.out:
        _save(arguments.out, answers)
    wrong = [one.state.name for one in answers if not one.right]
    print(
        f"{len(answers)} of {len(wanted)} states run, {len(wrong)} told wrongly: {', '.join(wrong)}"
    )
    return 1 if wrong or len(answers) < len(states) else 0


def _count_gpus() -> int:
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=False)
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def _run_all(states: Sequence[State], workers: int, ends: float) -> Iterator[Said | None]:
    def work(state: State) -> Said | None:
        left = ends - time.monotonic()
        if left < 5:
            print(f"not run: {state.name}, for lack of time", flush=True)
            return None
        answer = _run(state, min(TIMEOUT_S, left + 60))
        print(_line(answer), flush=True)
        return answer

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(work, [state for state in states if not state.alone])
    yield from map(work, [state for state in states if state.alone])


def _run(state: State, timeout_s: float) -> Said:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="induce-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # another user must be able to look into it
        try:
            start = state.make(Path(folder))
            done = _check(start, timeout_s)
            # what the interpreter's own start printed stands before the report
            report, error = json.loads(done.stdout[done.stdout.index(b"{\n") :]), ""
        except (
            OSError,
            ValueError,
            IndexError,
            StopIteration,
            subprocess.SubprocessError,
        ) as caught:
            report, error = None, f"{type(caught).__name__}: {caught}"[:300]
            if "done" in locals():
                error += f"; {done.stderr.decode(errors='replace')[-400:]}"
    seconds = time.monotonic() - started
    if not isinstance(report, dict) or "verdict" not in report:
        return Said(state, "no report", None, None, error or str(report)[:400], (), seconds, None)
    primary = report["primary"] or {}
    words = str(primary.get("message") or report.get("why") or "")[:300]
    others = tuple(f"{f['severity']} {f['code']} {f['message'][:200]}" for f in report["findings"])
    # identifiers are left out of reports already; a copy of the environment stands for the environment
    text = json.dumps(report["facts"]).replace(f"{folder}/venv", sys.prefix)
    facts = json.loads(text.replace(folder, "/tmp/scratch"))
    return Said(
        state,
        report["verdict"],
        primary.get("cause"),
        primary.get("code"),
        words,
        others,
        seconds,
        facts,
    )


def _check(start: Start, timeout_s: float) -> subprocess.CompletedProcess[bytes]:
    python = [sys.executable, *(start.flags or ("-P",)), "-c", _LAUNCH]
    named = () if "--python" in start.options else ("--python", sys.executable)
    environ = {k: v for k, v in os.environ.items() if k not in (*start.unset, "PYTHONPATH")}
    environ |= {"PYTHONDONTWRITEBYTECODE": "1", **start.environ}
    return subprocess.run(
        [*start.prefix, *python, "check", "--json", *named, *start.options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environ,
        cwd=start.cwd,
        timeout=timeout_s,
        check=False,
    )


def _line(answer: Said) -> str:
    mark = "ok   " if answer.right else "WRONG"
    known = f"{answer.rule or '-':6} {answer.cause or '-':34}"
    wanted = (
        f"{answer.state.verdict} {'/'.join(answer.state.rules) or '-'} {answer.state.cause or '-'}"
    )
    tail = "" if answer.right else f"  [wanted: {wanted}] {'; '.join(answer.others)[:700]}"
    line = f"{mark} {answer.state.name:32} {answer.verdict:10} {known} {answer.seconds:5.1f} s"
    return f"{line}  {answer.words[:110]}{tail}"


def _save(out: Path, answers: Sequence[Said]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = [_row(one) for one in answers]
    (out / "induce.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    table = "\n".join(_line(one) for one in answers)
    (out / "induce.txt").write_text(f"{table}\n", encoding="utf-8")
    base: Any = next((one.facts for one in answers if one.state.name == BASE), None) or {}
    with tarfile.open(out / "hosts.tar.gz", "w:gz") as archive:
        for one in answers:
            if one.facts is None:
                continue
            state = one.state
            wanted = {"verdict": state.verdict, "cause": state.cause, "rules": list(state.rules)}
            text = written({} if state.name == BASE else base, one.facts, wanted)
            member = tarfile.TarInfo(f"hosts/{state.name}.json")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def _row(answer: Said) -> dict[str, Any]:
    state = answer.state
    return {
        "name": state.name,
        "wanted": [state.verdict, state.cause, list(state.rules)],
        "told": [answer.verdict, answer.cause, answer.rule],
        "right": answer.right,
        "seconds": round(answer.seconds, 1),
        "words": answer.words,
        "findings": list(answer.others),
    }


if __name__ == "__main__":
    sys.exit(main())
