"""What a rule says: a finding, its evidence, its receipts and its cures."""

from __future__ import annotations

from torch_doctor.core.catalog import DRIVER, HARDWARE, TORCH
from torch_doctor.core.fact import Source
from torch_doctor.core.light.words import IntEnum
from torch_doctor.core.startup import Any
from torch_doctor.core.tuples import NamedTuple


class Severity(IntEnum):
    """How bad a finding is. An error means that PyTorch, or a package beside it, will not run as things stand."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @classmethod
    def parse(cls, text: str) -> Severity:
        """Parse ``note``, ``warning`` or ``error``; raise KeyError on anything else."""
        return cls[text.upper()]

    def __str__(self) -> str:
        return self.name.lower()


# The closed list of causes: what people, dashboards and other programs group by. Adding one is an API change.
CAUSES = frozenset(
    """driver-too-old-for-cuda-build gpu-arch-not-in-wheel cpu-only-torch-build conda-cpu-build wheel-index-wrong
    python-without-wheels no-driver-or-module driver-library-version-mismatch driver-state-needs-reboot
    container-without-gpu-runtime nvml-unknown-error-container forward-compat-unsupported fabric-manager gpu-hardware
    gpu-busy mig cuda-visible-devices invalid-device-ordinal wsl jetson rocm-vs-cuda non-nvidia-platform macos-no-cuda
    cuda-libs-missing cuda-libs-shadowed nvidia-pip-mismatch cudnn-incompatible torchvision-mismatch
    torchaudio-mismatch triton-mismatch numpy2-abi extension-abi-mismatch extension-arch-missing
    nvcc-cuda-home-mismatch ptx-unsupported-toolchain nccl-shm-too-small nccl-p2p-iommu-acs
    report-not-from-failing-env torch-not-installed torch-install-broken process-limits environment-variable
    unexplained healthy""".split()
)


# Causes of what packages beside torch meet: torch itself runs kernels without them.
BESIDE_TORCH = frozenset(
    """torchvision-mismatch torchaudio-mismatch triton-mismatch extension-abi-mismatch
    extension-arch-missing""".split()
)


class Evidence(NamedTuple):
    """One fact that a finding rests on: its name, its value in words and where it was read."""

    fact: str
    value: str
    source: Source


class Receipt(NamedTuple):
    """The matrix row behind a claim: its key, and the source, date and method of that row."""

    row: str
    source: str
    checked: str
    how: str
    confidence: str = "high"


# What a rule proposes: a named tuple of fixes/actions.py. Nothing below that room looks inside.
Action = tuple[Any, ...]


class Fix(NamedTuple):
    """One cure in words. *commands* can be pasted into a shell, *lines* into a file (of compose, a Pod, a program).

    *verified* names what will confirm that it worked.

    *action* is the kind of the cure, such as install-torch; *judged* is "gone" where the rules find nothing of what it
    is for once it is applied to the facts, and "not-modelled" where that cannot be told.
    """

    text: str
    commands: tuple[str, ...] = ()
    scope: str = "env"
    needs_root: bool = False
    needs_reboot: bool = False
    verified: str = "torch-doctor"
    action: str = ""
    judged: str = "not-modelled"
    lines: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines of a file and the commands, in the order in which both are done."""
        return (*self.lines, *self.commands)

    def as_values(self) -> dict[str, Any]:
        """Return the cure as every JSON form has it."""
        return {**self._asdict(), "commands": list(self.commands), "lines": list(self.lines)}


class Finding(NamedTuple):
    """One judgement about one subject (``torch``, ``gpu:0``, ``driver``).

    *actions* are what its rule proposes, *fixes* what is shown of them. One *of_expectation* holds a machine against
    what its user expects of it: torch may run there all the same.
    """

    code: str
    name: str
    cause: str | None
    severity: Severity
    subject: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    because: tuple[Receipt, ...] = ()
    fixes: tuple[Fix, ...] = ()
    explains: tuple[str, ...] = ()
    explained_by: str | None = None
    confidence: str = "high"
    demoted: bool = False
    actions: tuple[Action, ...] = ()
    of_expectation: bool = False


class Said(NamedTuple):
    """One line of a topic: a label, the words, and the slug of a cause where the line is one."""

    label: str
    words: str
    cause: str = ""


class Topic(NamedTuple):
    """What is known of one thing: its *kind* (cuda-error, xid, gpu …) and the rows that say it."""

    kind: str
    title: str
    lines: tuple[Said, ...]
    because: tuple[Receipt, ...] = ()


def lines_of(*lines: tuple[str, str | None]) -> tuple[Said, ...]:
    """Return the lines that have words."""
    return tuple(Said(label, words) for label, words in lines if words)


# The layer in which each family of rules looks, in the order in which findings of like weight are told: what is wrong
# in itself comes before what only surroundings tell, such as a container without GPUs or an installer's complaint.
LAYER_OF_FAMILY = {
    "driver": DRIVER,
    "gpu": HARDWARE,
    "wsl": DRIVER,
    "jetson": DRIVER,
    "cuda": TORCH,
    "torch": TORCH,
    "packages": TORCH,
    "container": DRIVER,
    "multigpu": HARDWARE,
    "libraries": TORCH,
    "health": HARDWARE,
    "python": TORCH,
    "environment": TORCH,
    "deep": TORCH,
    "proof": DRIVER,
}
_PLACES = {family: place for place, family in enumerate(LAYER_OF_FAMILY)}


def place_of(rule: str) -> int:
    """Return where the family of the rule of this name stands in the order of what is told; a new one comes last."""
    return _PLACES.get(rule.partition("-")[0], len(_PLACES))


def layer_of(rule: str) -> str:
    """Return the layer in which the family of the rule of this name looks."""
    return LAYER_OF_FAMILY.get(rule.partition("-")[0], TORCH)
