"""Every function of NVML, libcuda, cuBLAS, cuDNN and NCCL that is called, with every code and every way to fail.

    python -m tests.bench.fault_matrix [--sample N] [--seed 1] [--workers 2]

A made-up driver fails in one function; NVML or the driver proof is asked, and what comes out is judged: nothing may
raise, take longer than it is allowed, or say that something is absent which was not read; and a function that must
succeed does not fail unsaid. Prints one figure, and each cell that is wrong.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.probes.driver import nvml
from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.live import refusal
from torch_doctor.probes.payloads import path_of
from torch_doctor.probes.proof import child
from torch_doctor.probes.python.environments import resolve_target

from tests.faults.driver import SOURCES, lay_out
from tests.faults.proof import Environment

WAYS = ("hang", "hang-nosig", "stop", "abort", "segv", "exit", "noise", "garbage", "oversize")
# By the headers nvml.h and cuda.h, with numbers that no header has.
NVML_CODES = (*range(1, 30), 99, 999, 5555, -1)
CUDA_CODES = (
    *range(1, 9),
    *(34, 35, 36, 46, 99, 100, 101, 102, 200, 201, 202, *range(205, 229), *range(300, 306)),
    *(400, 401, 500, 600, *range(700, 723), *range(800, 813), *range(900, 920), 999, 5555, -1),
)
# Without these nothing can be asked; what asks beside them may fail and leave a field unknown.
NEEDED = re.compile(
    r"cu(?:Init|DeviceGet(?:Count)?|DevicePrimaryCtxRetain|CtxSetCurrent|ModuleLoad(?:Data|FatBinary)|ModuleGetFunction)"
    r"|cu(?:MemAlloc_v2|LaunchKernel|CtxSynchronize|MemcpyDtoH_v2)|cublas(?:Create|Dgemm)_v2|cudnnCreate|ncclGetVersion"
    r"|nvmlInit|nvmlDeviceGet(?:Count|HandleByIndex)_v2"
)
# These are answers by nvml.h: no driver is loaded, and no instance lies at that place.
ABSENT = {("nvmlInit", "9"), ("nvmlDeviceGetMigDeviceHandleByIndex", "6")}
LIMIT_S, STEP_S, OVER_S = 6.0, 1.5, 25.0


class Cell(NamedTuple):
    """One function and how it fails."""

    kind: str
    function: str
    fault: str


class Judged(NamedTuple):
    """What came of one cell: a word, and what is wrong with it, if anything."""

    word: str
    wrong: str = ""


def functions(kind: str) -> list[str]:
    """Return what the scripts call of a library and the made-up driver can fail in."""
    fakes = {"nvml": ("fake_nvml.c",), "cuda": ("fake_cuda.c", "fake_torch_libraries.c")}[kind]
    scripts = {"nvml": ("nvml",), "cuda": ("libcuda", "proof", "proof_libraries")}[kind]
    called = "".join(Path(path_of(name)).read_text(encoding="utf-8") for name in scripts)
    made = "".join((SOURCES / name).read_text(encoding="utf-8") for name in fakes)
    names = re.findall(r"^(?:API )?Result (\w+)\(", made, re.MULTILINE)
    found = [name for name in names if re.sub(r"_v\d$|WithFlags$", "", name) in called]
    return ["nvmlInit" if name.startswith("nvmlInit") else name for name in dict.fromkeys(found)]


def cells() -> list[Cell]:
    """Return all of them."""
    found = []
    for kind, codes in (("nvml", NVML_CODES), ("cuda", CUDA_CODES)):
        for function in dict.fromkeys(functions(kind)):
            found += [Cell(kind, function, str(fault)) for fault in (*codes, *WAYS)]
    return found


class Bench:
    """A made-up driver and an environment in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = Environment(folder / "venv").make().python
        self.driver = folder / "driver"
        lay_out(self.driver, "580.65.06")

    def ask(self, number: int, cell: Cell) -> Judged:
        """Ask with one function failing, and judge the answer."""
        keys = self.folder / f"{number}.keys"
        well = "driver=580.65.06\ncuda=13000\ngpu.mig=1\ngpu.mig.devices=2\ngpu.memory=80000\n"
        keys.write_text(f"{well}{cell.function}.fault={cell.fault}\n")
        environ = {"LD_LIBRARY_PATH": str(self.driver), "PATH": "/usr/bin:/bin"}
        host = LiveHost(environ={**environ, "FAKE_NVML": str(keys), "FAKE_CUDA": str(keys)})
        begun = time.monotonic()
        try:
            facts = dict(self._asked(host, cell))
        except Exception as error:  # noqa: BLE001  that is what is looked for
            return Judged("raised", f"{type(error).__name__}: {error}")
        seconds = time.monotonic() - begun
        if seconds > OVER_S:
            return Judged("late", f"{seconds:.0f} s")
        return judge(cell, facts)

    def _asked(self, host: LiveHost, cell: Cell) -> Iterator[tuple[str, Fact[Any]]]:
        if cell.kind == "nvml":
            return nvml.probe(host, STEP_S)
        target = partial(resolve_target, host, self.python)
        asked = child.Surroundings(target, lambda: None, lambda: None)
        return child.prove(host, asked, LIMIT_S)


def judge(cell: Cell, facts: Mapping[str, Fact[Any]]) -> Judged:
    """Say what came out of a cell."""
    owns = nvml.OWNS if cell.kind == "nvml" else child.OWNS
    if lacking := set(owns) - set(facts):
        return Judged("lacking", f"nothing is said of {sorted(lacking)}")
    gone = [gap for gap in facts.values() if isinstance(gap, Unavailable)]
    absent = [gap for gap in gone if gap.reason is Reason.NOT_PRESENT]
    if absent and (cell.function, cell.fault) not in ABSENT:
        return Judged("absent", f"something is said to be absent: {absent[0].detail}")
    if cell.kind == "nvml":
        return _of_gpus(cell, facts, gone)
    proof = facts["driver_proof"]
    failed = [step for step in proof.value if not step.ok] if isinstance(proof, Known) else gone
    silent = NEEDED.fullmatch(cell.function) and cell.fault not in (
        "noise",
        "garbage",
        "oversize",
        "stop",
    )
    if silent and not (failed or gone):
        return Judged("silent", "nothing says that it failed")
    return Judged("told" if failed or gone else "harmless")


def _of_gpus(cell: Cell, facts: Mapping[str, Fact[Any]], gone: list[Unavailable]) -> Judged:
    gpus = facts["gpus"]
    if isinstance(gpus, Known) and not gpus.value and cell.fault != "garbage":
        return Judged("absent", "no GPU is said to be there")
    found = gpus.value if isinstance(gpus, Known) else ()
    bare = any(gpu.mig_mode and gpu.mig_devices == () for gpu in found)
    if bare and (cell.function, cell.fault) not in ABSENT:
        return Judged("absent", "a GPU in MIG mode is said to have no instance")
    if NEEDED.fullmatch(cell.function) and cell.fault.lstrip("-").isdigit() and not gone:
        lost = any(gpu.lost or gpu.name is None for gpu in found)
        return Judged("told") if lost else Judged("silent", "nothing says that it failed")
    return Judged("told" if gone else "harmless")


def main() -> int:
    """Ask all cells, or some; print the figure, and return 1 where one is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="so many cells, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    every = cells()
    chosen = random.Random(asked.seed).sample(every, asked.sample) if asked.sample else every
    child.INIT_S = child.STEP_S = child.CODE_S = child.END_S = STEP_S
    refusal.foreign_to_root = lambda *_, **__: None  # type: ignore[assignment]
    folder = Path(tempfile.mkdtemp(prefix="torch-doctor-test-"))
    try:
        bench = Bench(folder)
        with ThreadPoolExecutor(asked.workers) as pool:
            found = list(pool.map(bench.ask, range(len(chosen)), chosen))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for cell, judged in zip(chosen, found, strict=True):
        if judged.wrong:
            print(f"WRONG {cell.function} {cell.fault}: {judged.word}: {judged.wrong}")
    words = Counter(judged.word for judged in found)
    wrong = sum(bool(judged.wrong) for judged in found)
    names = len({cell.function for cell in every})
    print(f"{len(chosen)} of {len(every)} cells ({names} functions): {wrong} wrong; {dict(words)}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
