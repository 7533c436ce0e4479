"""What texts of a torch build say: version.py, the compiled arch list, RECORD and METADATA. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from torch_doctor.binaries.elf import Elf
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.version import SmTarget

# The literal prefix lets the search skip through a megabyte of text; a list that starts with PTX is the rare case.
_CUBIN_LIST = regex(rb"sm_\d{2,3}[af]?(?: (?:sm|compute)_\d{2,3}[af]?){0,63}\0")
_PTX_LIST = regex(rb"compute_\d{2,3}[af]?(?: (?:sm|compute)_\d{2,3}[af]?){0,63}\0")
_GENCODE = regex(rb"-gencode[;= ]arch=compute_[ -~]{1,4096}")
_CODE = regex(r"code=\[?([a-z0-9_,]+)")
# One pattern each: a literal prefix is what makes a search through 15,000 lines cheap.
_KEY_FILES = tuple(
    regex(rf"\n({start}[^,\n/]*),[^,\n]*,(\d+)(?=\s)")
    for start in ("torch/lib/", "torch/_C\\.", "torch/version\\.py", "torch/__init__\\.py")
)
_LIBRARY_NAME = regex(r".*\.(?:so|dll|pyd|dylib)(?:\.[\d.]+)?")
_ABI_NAME = b"_ZN3c105ErrorC"


def parse_version_py(text: str) -> dict[str, Any]:
    """Return the literal assignments of a torch/version.py, plain or annotated; {} where it is no Python.

    Nothing is executed: what is not a literal is left out.
    """
    import ast

    try:
        # Without backslashes the parser has no escapes to warn about.
        tree = ast.parse(text[:65536].replace("\\", "/"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign):
            targets: list[ast.expr] = [node.target]
        elif isinstance(node, ast.Assign):
            targets = node.targets
        else:
            continue
        if isinstance(node.value, ast.Constant):
            found.update({t.id: node.value.value for t in targets if isinstance(t, ast.Name)})
    return found


def compiled_arch_list(elf: Elf) -> tuple[SmTarget, ...]:
    """Return the text that torch.cuda.get_arch_list() splits: one string among the constants."""
    region = elf.constants()
    for pattern in (_CUBIN_LIST, _PTX_LIST):
        texts = [match[0][:-1].decode("ascii") for match in elf.search(pattern, region)]
        if texts:
            return targets(max(texts, key=len).split())
    return ()


def gencode_targets(elf: Elf) -> tuple[SmTarget, ...]:
    """Return what nvcc was told to make: ``code=sm_90`` is machine code, ``code=compute_90`` is PTX."""
    for match in elf.search(_GENCODE, elf.constants()):
        codes = _CODE.findall(match[0].decode("ascii"))
        if codes:
            return targets(code for group in codes for code in group.split(","))
    return ()


def search_gencode(data: Any) -> tuple[SmTarget, ...]:
    """Search a part of a library for nvcc's targets; a text that the part cuts off does not count."""
    for match in _GENCODE.finditer(data):
        codes = _CODE.findall(match[0].decode("ascii"))
        if codes and data[match.end() : match.end() + 1] == b"\0":
            return targets(code for group in codes for code in group.split(","))
    return ()


def search_arch_list(data: Any) -> tuple[SmTarget, ...]:
    """Search a library that is not ELF (torch_python.dll) for the same text."""
    texts = [match[0][:-1].decode("ascii") for match in _CUBIN_LIST.finditer(data)]
    return targets(max(texts, key=len).split()) if texts else ()


def targets(words: Iterable[str]) -> tuple[SmTarget, ...]:
    """Parse compile targets, leaving out what is none; each once, machine code first."""
    found = set()
    for word in words:
        try:
            found.add(SmTarget.parse(word))
        except ValueError:
            continue
    return tuple(sorted(found, key=lambda target: (target.ptx, target)))


def cxx11_abi(elf: Elf) -> bool | None:
    """Whether c10::Error's constructor takes the C++11 string; None where no such name is exported."""
    region = elf.section(".dynstr") or elf.constants()
    at, old = region.start, False
    while (at := elf.data.find(_ABI_NAME, at, region.end)) >= 0:
        end = elf.data.find(b"\0", at, region.end)
        name = elf.data[at : end if end > 0 else at + 256]
        if b"St7__cxx11" in name:
            return True
        old = old or b"Ss" in name
        at += len(_ABI_NAME)
    return False if old else None


def newest_glibc(versions: Iterable[str]) -> str | None:
    """Return the highest GLIBC_x.y among needed symbol versions, as ``2.28``."""
    found = (re.fullmatch(r"GLIBC_(\d{1,3})\.(\d{1,3})(?:\.\d+)?", version) for version in versions)
    numbers = [(int(match[1]), int(match[2])) for match in found if match]
    return ".".join(str(part) for part in max(numbers)) if numbers else None


def recorded_sizes(record: str) -> dict[str, int]:
    """Return the recorded size of torch's libraries and key files, by path relative to the site directory."""
    record = f"\n{record}\n"
    found = (pair for pattern in _KEY_FILES for pair in pattern.findall(record))
    return {
        path: int(size)
        for path, size in found
        if path.endswith(".py") or _LIBRARY_NAME.fullmatch(path)
    }


def metadata_fields(text: str, name: str) -> Iterator[str]:
    """Yield the values of one header of a METADATA file; the description behind the headers is not read."""
    head = text.replace("\r\n", "\n").partition("\n\n")[0]
    prefix = f"{name.lower()}:"
    for line in head.splitlines():
        if line.lower().startswith(prefix):
            yield line[len(prefix) :].strip()
