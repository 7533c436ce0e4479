"""detectron2's collect_env: two columns, no colons."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.fact import Reason
from torch_doctor.core.records import ExtensionBuild, Package
from torch_doctor.core.startup import regex
from torch_doctor.core.version import SmTarget
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims import host as host_words
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Absence, Claim, Seen
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_COLUMNS = regex(r"\s{0,40}([A-Za-z][\w. ,]{1,60}?)\s{2,40}(\S.{0,400})$")
_MARKS = ("detectron2", "sys.platform")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of a detectron2 table, if there is one."""
    if not all(map(paste.has, _MARKS)):
        return
    compiler: str | None = None
    archs: tuple[SmTarget, ...] = ()
    line_of_build = 0
    for index, text in paste.with_("  "):
        match = _COLUMNS.match(text)
        if not match or ":" in match[1]:
            continue
        key, value, line = match[1].lower(), match[2].strip(), paste.number(index)
        if key in ("cuda compiler", "detectron2 cuda compiler"):
            compiler, line_of_build = value, line
        elif key == "detectron2 arch flags":
            archs, line_of_build = values.targets(value), line
        elif key.startswith("gpu ") and key[4:5].isdigit():
            yield from _gpus(key, value, line)
        else:
            yield from _row(key, value, line)
    if compiler is not None or archs:
        without = compiler is not None and compiler.lower().startswith("not available")
        cuda = values.cuda(compiler) if compiler and not without else None
        yield Claim(
            "extension_builds",
            ExtensionBuild("detectron2", cuda, archs, without),
            line_of_build,
            Seen.SUMMARY,
        )


def _row(key: str, value: str, line: int) -> Iterator[Claim]:
    if key == "pytorch":
        yield from torch_words.version(value, line, Seen.SUMMARY)
    elif key in ("gpu available", "cuda available"):
        yield from torch_words.available(value, line, Seen.SUMMARY)
    elif key == "sys.platform":
        yield from host_words.from_platform(value, line, Seen.SUMMARY)
    elif key == "python":
        yield from torch_words.python_version(value, line, Seen.SUMMARY)
    elif key == "nvcc":
        release = re.search(r"release (\d{1,2}\.\d)", value)
        toolkit = values.cuda(release[1]) if release else None
        if toolkit:
            yield Claim("toolkit_cuda", toolkit, line, Seen.SUMMARY)
    elif key == "cuda_home":
        gone = value.lower().startswith(("none", "not"))
        home = (
            Absence(Reason.NOT_PRESENT, "the report says None")
            if gone
            else value.split(maxsplit=1)[0]
        )
        yield Claim("cuda_home", home, line, Seen.SUMMARY)
    elif key == "driver version":
        release_found = values.driver(value)
        if release_found:
            yield Claim("driver_release", release_found, line, Seen.SUMMARY)
    elif key in ("torchvision", "numpy", "detectron2") and value[0].isdigit():
        yield Claim("packages", Package(key, value.split(maxsplit=1)[0]), line, Seen.SUMMARY)
    elif key == "torchvision arch flags":
        archs = values.targets(value)
        if archs:
            yield Claim(
                "extension_builds",
                ExtensionBuild("torchvision", arch_list=archs),
                line,
                Seen.SUMMARY,
            )


def _gpus(key: str, value: str, line: int) -> Iterator[Claim]:
    arch = re.search(r"arch=(\d{1,2}\.\d)", value)
    known = {"compute_capability": values.capability(arch[1])} if arch else {}
    for number in [int(n) for n in re.findall(r"\d{1,3}", key)][:64]:
        yield Claim(
            "gpus", gpu_claims.gpu(number, value.partition("(arch")[0], **known), line, Seen.SUMMARY
        )
