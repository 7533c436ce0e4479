"""States that need two GPUs; what must be said of each was decided before any was run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.gpu import breaking as b
from tests.gpu.states import MASK, NO_GPU, State

_BUSY = "gpu-busy"


def two(name: str, verdict: str, cause: str | None, rules: str, make: b.Make) -> State:
    return State(name, verdict, cause, tuple(rules.split()), make, gpus=2)


def fine(name: str, make: b.Make) -> State:
    return two(name, "healthy", None, "", make)


def second_by_uuid(scratch: Path) -> b.Start:
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    uuid = listed.splitlines()[1].partition("UUID: ")[2].partition(")")[0]
    return b.Start(environ={"CUDA_VISIBLE_DEVICES": uuid})


def second_held(mib: int, *shown: str) -> b.Make:
    """Another program holds the second GPU but for *mib*; the check has the settings *shown*."""

    def make(scratch: Path) -> b.Start:
        script = scratch / "hold.py"
        script.write_text(b.HOLD)
        hold = ("env", "CUDA_VISIBLE_DEVICES=1", sys.executable, str(script), str(mib))
        return b.Start(prefix=(*hold, "env", "-u", "CUDA_VISIBLE_DEVICES", *shown))

    return make


def absent(name: str, *options: str, **environ: str) -> b.Make:
    """A device file is absent; the check has these options and settings."""
    make = b.without_devices(name)
    return lambda scratch: make(scratch)._replace(options=options, environ=environ)


def masked(mask: str, *options: str) -> b.Make:
    return b.with_options(*options, CUDA_VISIBLE_DEVICES=mask)


MASKS = (
    fine("two-as-they-are", b.with_options("--expect-gpus", "2")),
    fine("two-second-alone", masked("1")),
    fine("two-swapped", masked("1,0", "--expect-gpus", "2")),
    fine("two-second-by-uuid", second_by_uuid),
    fine("two-by-the-driver-alone", b.with_options("--proof", "driver", "--expect-gpus", "2")),
    # the mask is one that CUDA takes: the gate's rule tells, with the mask as its cause
    two("two-one-masked-and-a-gate", "broken", MASK, "TD205", masked("0", "--expect-gpus", "2")),
    two("two-right-then-wrong", "degraded", MASK, "TD310", masked("1,5")),
    two("two-wrong-then-right", "broken", MASK, "TD310", masked("5,1")),
    two("two-second-twice", "broken", MASK, "TD310", masked("1,1")),
    two("two-and-a-gate-of-three", "broken", "gpu-hardware", "TD205", b.more_gpus_than_there),
)

PLACES = (
    # a container that was to have both of its host's GPUs, and one that was given one of them
    two(
        "two-no-nvidia1",
        "degraded",
        NO_GPU,
        "TD223",
        absent("nvidia1", NVIDIA_VISIBLE_DEVICES="all"),
    ),
    fine("two-no-nvidia0-as-meant", absent("nvidia0", NVIDIA_VISIBLE_DEVICES="1")),
    two(
        "two-no-nvidia1-and-a-gate",
        "broken",
        NO_GPU,
        "TD223 TD205 TD615",
        absent("nvidia1", "--expect-gpus", "2", NVIDIA_VISIBLE_DEVICES="all"),
    ),
)

NEIGHBOURS = (
    two("two-second-full", "broken", _BUSY, "TD209", second_held(0)),
    fine("two-second-full-and-masked", second_held(0, "CUDA_VISIBLE_DEVICES=0")),
    fine("two-second-with-a-context", second_held(b.ALL)),
)

TOGETHER = (
    fine("two-nccl", b.with_options("--deep", "topology,peer,p2p,nccl")),
    fine("two-nccl-through-host", b.with_options("--deep", "nccl", NCCL_P2P_DISABLE="1")),
    two(
        "two-nccl-no-way-to-the-other",
        "broken",
        "environment-variable",
        "TD957",
        b.with_options(
            "--deep", "nccl", NCCL_P2P_DISABLE="1", NCCL_SHM_DISABLE="1", NCCL_NET="none"
        ),
    ),
)

STATES: tuple[State, ...] = (
    *MASKS,
    *PLACES,
    *(state._replace(alone=True) for state in (*NEIGHBOURS, *TOGETHER)),
)
