"""nvidia-smi's banner and table, of R440 to today's renamed fields, and the errors it prints instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.records import ApiStatus
from torch_doctor.core.startup import regex
from torch_doctor.core.version import DriverRelease
from torch_doctor.matrix.codes import answer_name
from torch_doctor.matrix.gpus.generations import changed_in
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen
from torch_doctor.pastes.prose.places.containers import is_inside, speaks_of_one
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_SMI = regex(r"NVIDIA-SMI\s{0,4}:?\s{0,9}v?(\d{3}\.\d{1,4}(?:\.\d{1,3})?)")
_DRIVER = regex(r"(?:Driver|KMD) Version\s{0,3}:\s{0,9}(\d{3}(?:\.\d{1,4}){0,2})(\.{2,})?")
_CUDA = regex(r"CUDA (?:UMD )?Version\s{0,3}:\s{0,9}(\d{1,2}\.\d{1,2}|ERR!|N/A)")
_ROW = regex(
    r"\|\s{1,6}(\d{1,3})\s{1,3}(\S.{2,40}?)\s{1,30}(On|Off|N/A|WDDM|TCC|MCDM|TCC/[A-Z]+|Off/[A-Z]+|ERR!)\s{0,9}\|\s{0,4}((?:[0-9A-Fa-f]{4,8}:)?[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.\d|N/A)?"
)
_MEMORY = regex(r"(\d{1,7})MiB\s{0,3}/\s{0,3}(\d{1,7})MiB")
_MIG = regex(r"\|\s{1,20}(Enabled|Disabled|N/A)\s?\*?\s{0,3}\|\s*$")
_MODE = regex(r"\d{1,3}%\s{1,12}(Default|E\. Process|E\. Thread|Prohibited)\s{0,3}\|")
_ERRORS = (
    ("driver/library version mismatch", 18),
    ("nvml/rm version mismatch", 18),
    ("couldn't communicate with the nvidia driver", 9),
    ("could not communicate with the nvidia driver", 9),
    ("nvmlerror_drivernotloaded: driver not loaded", 9),
    ("nvml shared library not found", 12),
)
# What shells say of a command that they do not know: sh, bash, zsh, fish, cmd and PowerShell.
_UNKNOWN_COMMAND = regex(
    r"\bnvidia-smi['’\"]?:? (?:command )?not found|(?:command not found|Unknown command):? ?nvidia-smi"
    r"|nvidia-smi['’\"]? (?:is not recognized|不是内部)|nvidia-smi:?\s?(?:未找到命令|コマンドが見つかりません)",
    re.IGNORECASE,
)
# What nvidia-smi prints behind "Failed to initialize NVML:", which people also type without its marks.
_INITIALIZE = regex(r"failed to initiali[sz]e nvml\W{0,6}(\w[\w ]{4,60})", re.IGNORECASE)
_WORKS = regex(
    r"nvidia-smi[^.;\n]{0,40}\b(?:works|is fine|fine|runs fine|is ok|lists the|shows the)",
    re.IGNORECASE,
)
_ENDS = regex(r"[.;!?](?=\s)")
_NEAR = 3  # lines
_AT_START = (
    ("driver not loaded", 9),
    ("unknown error", 999),
    ("insufficient permissions", 4),
    ("gpu access blocked by the operating system", 17),
    ("could not load nvml library", 12),
    ("function not found", 13),
    ("not found", 6),
    ("gpu is lost", 15),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of every banner, table and error line."""
    yield from _banner(paste)
    yield from _table(paste)
    yield from _failures(paste)


def _banner(paste: Paste) -> Iterator[Claim]:
    for index, text in paste.with_("version", 4000):
        line = paste.number(index)
        smi = _SMI.search(text)
        driver = _DRIVER.search(text)
        if not driver and not smi:
            continue
        cuda = _CUDA.search(text)
        seen = Seen.TOOL if smi or cuda else Seen.WORDS
        if smi:
            yield Claim("nvidia_smi_release", values.driver(smi[1]), line, seen)
            yield Claim("nvml_status", ApiStatus(0, "NVML_SUCCESS"), line, Seen.WORDS)
        if driver:
            release = values.driver(driver[1] + (driver[2] or ""))
            if release:
                yield Claim("driver_release", release, line, seen)
                yield from _stub(smi, release, line, paste)
        release = values.driver(driver[1]) if driver else None
        if cuda and cuda[1][0].isdigit():
            yield Claim("driver_cuda", values.cuda(cuda[1]), line, seen)
        elif smi and not cuda and release and _prints_no_cuda(release, paste):
            # the CUDA of another banner is that of another machine's driver
            untold = Absence(Reason.NOT_ASKED, "this nvidia-smi prints no CUDA version")
            yield Claim("driver_cuda", untold, line, seen)
        elif cuda and cuda[1] == "ERR!":
            yield Claim(
                "driver_cuda", Absence(Reason.CRASHED, "nvidia-smi shows ERR!"), line, Seen.WORDS
            )


def _prints_no_cuda(release: DriverRelease, paste: Paste) -> bool:
    return release < changed_in("smi-prints-cuda", paste.matrix)


def _stub(
    smi: re.Match[str] | None, release: DriverRelease, line: int, paste: Paste
) -> Iterator[Claim]:
    """WSL has a Linux nvidia-smi beside a Windows driver, whose releases have two parts."""
    driver = release.text
    if not smi or smi[1] == driver or driver.count(".") != 1:
        return
    of_another_branch = smi[1].partition(".")[0] != driver.partition(".")[0]
    if not of_another_branch and not _of_linux(smi[1], driver):
        return
    if release.branch >= changed_in("cuda-in-wsl", paste.matrix).branch:
        yield Claim("wsl", True, line, Seen.TOOL, implied=True)


def _of_linux(smi: str, driver: str) -> bool:
    """Whether a release of three parts, which Windows has not, stands beside one as Windows has them."""
    return smi.count(".") == 2 and len(driver.rpartition(".")[2]) == 2


def _table(paste: Paste) -> Iterator[Claim]:
    gpu = None
    line = 0
    for index, text in paste.with_("|", 6000):
        row = _ROW.search(text)
        if row and "Process" not in text and re.search(r"[A-Za-z]", row[2]):
            if gpu:
                yield Claim("gpus", gpu, line, Seen.TOOL)
            gpu, line = gpu_claims.gpu(int(row[1]), row[2]), paste.number(index)
            model = row[3] if row[3] in ("WDDM", "TCC", "MCDM") else None
            gpu = gpu._replace(bus_id=row[4] if row[4] != "N/A" else None, driver_model=model)
            if model:
                yield Claim("os_family", "windows", line, Seen.COMMAND)
            continue
        if not gpu:
            continue
        memory = _MEMORY.search(text)
        if memory and gpu.memory_mib is None:
            gpu = gpu._replace(memory_mib=int(memory[2]), memory_used_mib=int(memory[1]))
        mode = _MODE.search(text)
        if mode and gpu.compute_mode is None:
            gpu = gpu._replace(compute_mode=values.compute_mode(mode[1]))
        mig = _MIG.search(text)
        if mig and mig[1] != "N/A" and gpu.mig_mode is None:
            # a cut table, or one that lists instances, which are not read, says not that there are none
            unread = mig[1] == "Enabled" and not paste.has("no mig devices found")
            gpu = gpu._replace(
                mig_mode=mig[1] == "Enabled", mig_devices=None if unread else gpu.mig_devices
            )
        if "GPU is lost" in text or "ERR!" in text:
            gpu = gpu._replace(lost="GPU is lost" in text, faults=("nvidia-smi prints ERR!",))
        if "Processes" in text:
            break
    if gpu:
        yield Claim("gpus", gpu, line, Seen.TOOL)


def _in_words(paste: Paste) -> Iterator[Claim]:
    """Yield that nvidia-smi is said to work, unless a container is told of nearby, and not that it works in there."""
    for index, text in paste.with_("nvidia-smi", 40):
        works = _WORKS.search(text)
        near = paste.lines[max(0, index - _NEAR) : index + _NEAR + 1]
        before = _ENDS.split(text[: works.start()])[-1] if works else ""
        behind = re.split(r"[,.;!?]", text[works.end() :], maxsplit=1)[0] if works else ""
        inside = works and is_inside(f"{before}{works[0]}{behind}")
        # whoever looked, looked on the host or in the container: what is not said is not known
        if works and (inside or not any(map(speaks_of_one, near))):
            success = ApiStatus(0, "NVML_SUCCESS")
            yield Claim("nvml_status", success, paste.number(index), Seen.WORDS, implied=True)


def _at_start(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_INITIALIZE, "nvml", 5):
        reason = match[1].lower()
        for words, code in _AT_START:
            if reason.startswith(words):
                status = _status(paste, code, _sentence(match.string, match.start()))
                yield Claim("nvml_status", status, line, Seen.OBSERVED)
                break


def _status(paste: Paste, code: int, words: str) -> ApiStatus:
    return ApiStatus(code, answer_name("nvml", code, paste.matrix), words)


def _sentence(line: str, start: int) -> str:
    """Return what a tool says from *start* on: a person's own words may stand before and behind it."""
    return re.split(r"[.!?](?:\s|$)", line[start:], maxsplit=1)[0].strip()[:200]


def _failures(paste: Paste) -> Iterator[Claim]:
    suspects = paste.has("nvml", "nvidia driver")
    for literal, code in _ERRORS if suspects else ():
        for index, text in paste.with_(literal, 1):
            start = text.lower().find(literal.lower())
            yield Claim(
                "nvml_status",
                _status(paste, code, _sentence(text, start)),
                paste.number(index),
                Seen.OBSERVED,
            )
    yield from _at_start(paste)
    yield from _in_words(paste)
    for index, text in paste.with_("no devices were found", 1):
        if "no devices were found" in text.lower():
            line = paste.number(index)
            yield Claim("no_gpu_listed", True, line, Seen.WORDS)
            yield Claim("nvidia_smi_lists_none", True, line, Seen.TOOL)
    for _, line in paste.find(_UNKNOWN_COMMAND, "nvidia-smi", 3):
        yield Claim("nvidia_smi", Absence(Reason.NOT_PRESENT, "command not found"), line, Seen.TOOL)
