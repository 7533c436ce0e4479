"""What helps on AMD GPUs, and on those of other makers. Shared by the rules of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.core.finding import Action
from torch_doctor.core.startup import regex
from torch_doctor.core.text import listing
from torch_doctor.core.version import TorchVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.gpus.rows import OtherChip
from torch_doctor.matrix.gpus.words import chip_in
from torch_doctor.matrix.store import Matrix

_LINUX = "https://pytorch.org/get-started/locally/"
_ROCM_INDEX = regex(r"https?://[\w.-]+/whl/(?:nightly/)?rocm\d+(?:\.\d+)+")
_SERVED = "https://rocm.docs.amd.com/projects/install-on-linux/en/latest/reference/system-requirements.html"
_XPU = "https://docs.pytorch.org/docs/stable/notes/get_start_xpu.html"
_WINDOWS = "https://rocm.docs.amd.com/projects/radeon-ryzen/en/latest/"

# Words of a program that asks for CUDA.
CUDA_ASKED = (
    r"Found no NVIDIA driver"
    r"|No CUDA GPUs are available|Torch is not able to (?:use|access) (?:the )?GPU|^(?:\w+ = )?torch\.cuda\.\w+\("
)
# What runtimes of other makers say where they find no device.
INTEL_XPU = "Intel GPUs (XPU)"
FAILURES = {
    "AMD GPUs (ROCm)": r"No HIP GPUs are available|hipErrorNoDevice",
    "a TPU": r"\bTPU topology|libtpu|No TPU devices|/dev/accel\d",
    INTEL_XPU: r"No XPU devices are available|XPU device (?:count|is)|not compiled with XPU",
    "Ascend NPUs": r"libascend\w*\.so|\baclrt\w+.{0,30}(?:fail|error code)|No NPUs? (?:is |are )?(?:found|available)",
}
# The answer of a build without XPU, or of one that finds no device.
XPU_DENIED = r"torch\.xpu\.is_available\(\) is False"


_DIRECTML = fixes.by_hand(
    "where AMD's build does not list this GPU, run it by DirectML: the package torch-directml with the device "
    "torch_directml.device(), in a web UI its fork for AMD "
    "(https://github.com/lshqqytiger/stable-diffusion-webui-amdgpu) or the option that it has for it "
    "(--use-directml of SD.Next, --directml of ComfyUI)"
)


_WHICH = "see which chip it is: torch's ROCm builds lack some, and HSA_OVERRIDE_GFX_VERSION lets a like one stand in"
# For a kernel that torch's own builds have for the chip.
CODE_OF_ANOTHER = fixes.by_hand(
    "build the extension whose kernel failed again for this chip (PYTORCH_ROCM_ARCH), and see that "
    "HSA_OVERRIDE_GFX_VERSION is not set, which has another chip's code taken",
    "rocminfo | grep -i gfx",
    'echo "$HSA_OVERRIDE_GFX_VERSION"',
)


def has_been_served(chip: OtherChip | None) -> bool:
    """Whether builds of years past have code for the chip: AMD's Instinct cards from MI100 to MI250."""
    return chip is not None and chip.chip in ("gfx908", "gfx90a")


def borrowed(chip: OtherChip) -> Action:
    """Return the variable with which the code of a like chip is taken for *chip*, which has to have one."""
    why = "ROCm then takes the code of a like chip, which runs on this GPU too"
    return fixes.set_variable("HSA_OVERRIDE_GFX_VERSION", chip.borrows or "", why)


def is_model(names: list[str]) -> bool:
    """Whether the first of *names* is that of a model, and not of the maker alone."""
    return bool(names and re.search(r"\d", names[0]))


def on_amd(
    names: list[str], system: str | None, asked: Iterable[str], matrix: Matrix
) -> list[Action]:
    """Return what runs on GPUs of AMD's, by their *names*; *asked* are indexes and commands that were tried."""
    models = [name for name in names if re.search(r"\d", name)] or names
    chips = [chip_in(name, matrix) for name in models]
    if chips and all(chip and not (chip.linux or chip.borrows) for chip in chips):
        why = f"ROCm's builds have no code for {models[0]} (AMD lists what they serve: {_SERVED})"
        return [on_the_cpu(why), *([_DIRECTML] if system == "windows" else [])]
    own = rocm_build(system, asked, matrix)
    if system == "windows":
        older = bool(chips) and all(chip and not chip.windows for chip in chips)
        return [_DIRECTML, own] if older else [own, _DIRECTML]
    return [own, *(borrowed(chip) for chip in chips[:1] if chip and not chip.linux)]


def on_amd_in_words(
    gpu: str, torch: TorchVersion | None, variant: str | None, *, refused: bool, kept: bool
) -> str:
    """Say which build stands beside AMD's *gpu*: *refused* by errors of a CUDA build, or *kept* by pip as it was."""
    build = f"torch {torch}" if torch else "torch"
    if variant == "rocm":
        return (
            f"a CUDA build runs, not the one for ROCm that was installed; the GPU is AMD's: {gpu}"
        )
    if kept:
        return f"pip kept {build} and took nothing from the index that was named; the GPU is AMD's: {gpu}"
    if variant == "cpu" and torch:
        return f"{build} is a CPU build; the GPU is AMD's ({gpu}): no build for CUDA sees it"
    if variant != "cuda" and not refused:
        return f"a program asks for CUDA; the GPU is AMD's ({gpu}): no build for CUDA sees it"
    return f"{build} is a CUDA build; the GPU is AMD's: {gpu}"


def on_the_cpu(why: str = "") -> Action:
    """Return the lines that keep a program off CUDA."""
    text = 'run it on the CPU, with "cpu" for the device in place of "cuda", or on a machine with an NVIDIA GPU'
    lines = ('device = torch.device("cpu")', 'torch.load(PATH, map_location="cpu")')
    return fixes.change_program(f"{why}: {text}" if why else text, *lines)


def rocm_build(system: str | None, asked: Iterable[str], matrix: Matrix) -> Action:
    """Return the install of a build for AMD GPUs: from its index alone, where pip finds no newer one for CUDA."""
    if system == "windows":
        text = "install AMD's own build of torch for Windows (pytorch.org has ROCm builds for Linux alone), or use WSL"
        return fixes.by_hand(f"{text}: {_WINDOWS}")
    named = [match[0] for text in asked for match in _ROCM_INDEX.finditer(text)]
    index = named[-1] if named else _index_for("AMD", matrix)
    which = "that ROCm index" if named else "a ROCm index"
    text = (
        f"install the ROCm build from {which} alone, with --index-url: with --extra-index-url pip also looks at the "
        f"default index and takes the newer build for CUDA. {_LINUX} gives the index of each ROCm release"
    )
    command = (
        f"python -m pip install --force-reinstall torch torchvision torchaudio --index-url {index}"
    )
    return fixes.by_hand(text, command)


def _index_for(maker: str, matrix: Matrix) -> str:
    tags = (row.tag for row in matrix.other_makers if row.maker == maker)
    return index_of(next(tag for tag in tags if tag))


def on_intel(names: list[str], matrix: Matrix) -> list[Action]:
    """Return what runs on GPUs of Intel's, by their *names*: CUDA does not exist for them."""
    elsewhere = on_the_cpu()
    chips = [chip_in(name, matrix) for name in names]
    if chips and all(chip and not chip.linux for chip in chips):
        return [elsewhere]
    xpu = "on an Arc GPU or a Core Ultra install torch's XPU build, and ask for the device xpu: "
    command = (
        f"python -m pip install --force-reinstall torch --index-url {_index_for('Intel', matrix)}"
    )
    return [fixes.by_hand(xpu + _XPU, command), elsewhere]


def in_words(what: str, *, failed: bool) -> str:
    """Say that the environment is for *what*, whose runtime *failed* to find a device or was not asked."""
    without = " and its runtime finds no device" if failed else ""
    return f"this environment is for {what}{without}: CUDA does not exist there"


def runs_xpu(names: list[str], matrix: Matrix) -> bool:
    """Whether torch has XPU builds with code for a GPU of Intel's among *names*."""
    chips = [chip_in(name, matrix) for name in names]
    return any(chip and chip.maker == "Intel" and chip.linux for chip in chips)


def of_no_xpu(torch: TorchVersion | None, variant: str | None, gpu: str, *, denied: bool) -> str:
    """Say that a program asks for CUDA on Intel's *gpu*; or why torch *denied* XPU: its build is another one."""
    if not denied:
        return f"a program asks for CUDA; the GPU is Intel's ({gpu}), which has no CUDA"
    build = f"torch {torch}" if torch else "torch"
    named = variant or (torch.local if torch else "")
    likely = "is no XPU build" if named else "is most likely the default build, which has no XPU"
    return f"torch.xpu.is_available() is False: {build} {likely}; the GPU is Intel's ({gpu})"


def unseen_device(what: str, failed: str | None, container: str | None) -> Action:
    """Return what shows a runtime of another maker its devices, where it *failed* to find any."""
    if failed is None or "ROCm" not in what:
        return fixes.by_hand(f"follow the guide for {what}; nothing about NVIDIA drivers applies")
    if container:
        options = "--device=/dev/kfd --device=/dev/dri --group-add video --ipc=host"
        text = f"start the container with AMD's devices: {container} run {options}, and the rest as it was"
        return fixes.by_hand(text, scope="container")
    return fixes.by_hand(
        "see whether ROCm finds the GPU, and whether this user may open it (who is not in the groups render and video "
        "joins them, and logs in again); a GPU that rocminfo names and torch does not serve may need "
        "HSA_OVERRIDE_GFX_VERSION",
        "rocminfo | grep -i gfx",
        "id -nG",
        scope="host",
    )


def with_code(
    named: str, chip: OtherChip | None, system: str | None, asked: Iterable[str], matrix: Matrix
) -> Iterator[Action]:
    """Yield what brings code for the *chip* of the GPU that is *named*; which one it is, where nobody knows."""
    if chip is None:
        rows: tuple[OtherChip, ...] = matrix.other_chips
        like = listing([f"{row.borrows} for {row.chip}" for row in rows if row.borrows])
        yield fixes.by_hand(f"{_WHICH}: {like}", "rocminfo | grep -i gfx", scope="host")
        return
    if has_been_served(chip):
        yield CODE_OF_ANOTHER
    if chip.borrows and system != "windows":
        yield borrowed(chip)
    if chip.linux:
        yield rocm_build(system, asked, matrix)
    elif not chip.borrows:
        yield on_the_cpu(f"torch's ROCm builds have no code for {named}")
