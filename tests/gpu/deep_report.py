"""Print what the deep check measures on this machine as a table, beside the figures of the data sheets.

python -m tests.gpu.deep_report [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from torch_doctor.core.codec import facts_to_json
from torch_doctor.core.records import DeepResult
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.rates import rate_of
from torch_doctor.probes.collect import collect
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.inquiry import Inquiry, Listeners


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--json", type=Path)
    path = asked.parse_args().json
    started = time.monotonic()
    collected = collect(LiveHost(), Inquiry(timeout_s=120, deep=True), Listeners(deep=progress))
    matrix = load_matrix()
    names = {result.index: result.name for result in collected.facts.value("kernel_results", ())}
    fact = collected.facts["deep_results"]
    print(
        f"{'stage':<20} {'GPU':>3} {'status':<8} {'value':>9} {'unit':<8} {'of':>6} {'s':>6}  detail"
    )
    for result in collected.facts.value("deep_results", ()):
        print(row(result, peak(matrix, names.get(result.gpu), result)))
    report = diagnose(collected.facts, matrix)
    print(f"\n{len(names)} GPUs: {', '.join(map(str, names.values()))}")
    print(f"deep check: {collected.timing['deep']:.1f} s; all: {time.monotonic() - started:.1f} s")
    print(f"verdict: {report.verdict.value}; {fact if not names else ''}")
    for finding in report.findings:
        print(f"  {finding.severity} {finding.code} {finding.name}: {finding.message}")
    if path:
        path.write_text(json.dumps(facts_to_json(collected.facts), indent=1), encoding="utf-8")
    return 0


def progress(result: DeepResult) -> None:
    print(f"{result.stage} {result.gpu} {result.status} {result.seconds:.1f} s", file=sys.stderr)


def peak(matrix: Any, name: str | None, result: DeepResult) -> float | None:
    kind = "memory" if result.stage == "copy" else result.stage.removeprefix("matmul-")
    found = rate_of(matrix, name, "fp32" if kind == "10000" else kind)
    return float(found.peak) if found else result.limit


def row(result: DeepResult, most: float | None) -> str:
    value = "" if result.value is None else f"{result.value:.4g}"
    share = f"{100 * result.value / most:.0f} %" if result.value and most else ""
    gpu = "" if result.gpu is None else str(result.gpu)
    held = f" [{', '.join(result.throttle_reasons)}]" if result.throttle_reasons else ""
    words = (result.error or result.detail or "").replace("\n", " ")[:110] + held
    busy = " BUSY" if result.busy else ""
    return (
        f"{result.stage:<20} {gpu:>3} {result.status:<8} {value:>9} {result.unit or '':<8} {share:>6} "
        f"{result.seconds:>6.1f}  {words}{busy}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
