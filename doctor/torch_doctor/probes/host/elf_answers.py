"""Questions to libraries on a host, and their answers as values: a recording keeps these, not the gigabytes."""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.binaries.elf import Dynamic, Elf, ElfError, is_cut, mapped, open_elf
from torch_doctor.binaries.torch_texts import (
    compiled_arch_list,
    cxx11_abi,
    gencode_targets,
    search_arch_list,
    targets,
)
from torch_doctor.core.fact import Reason
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import SmTarget
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import answer


class Silence(NamedTuple):
    """Why a library gave no answer."""

    reason: Reason
    detail: str


def dynamic(host: Host, path: str) -> Dynamic | Silence:
    """Return what the library asks of the loader."""
    answered = _ask(host, path, "dynamic", lambda elf: [*elf.dynamic()])
    if isinstance(answered, Silence):
        return answered
    needed, soname, rpath, runpath, versions = answered
    return Dynamic(tuple(needed), soname, tuple(rpath), tuple(runpath), tuple(versions))


def arch_list(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return the compiled arch list of libtorch_python.so."""
    answered = _ask(host, path, "arch list", lambda elf: [str(t) for t in compiled_arch_list(elf)])
    return answered if isinstance(answered, Silence) else targets(answered)


def nvcc_targets(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return nvcc's targets of libtorch_cuda.so."""
    answered = _ask(host, path, "nvcc targets", lambda elf: [str(t) for t in gencode_targets(elf)])
    return answered if isinstance(answered, Silence) else targets(answered)


def carried_targets(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return what the GPU code in a library is for, by the headers of its containers: targets that it was built for."""

    def look(elf: Elf) -> list[str]:
        from torch_doctor.binaries.fatbin import gpu_code, in_library

        return [*gpu_code(in_library(elf)).built_for()]

    answered = _ask(host, path, "targets of its code", look)
    return answered if isinstance(answered, Silence) else targets(answered)


def windows_arch_list(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return the compiled arch list of torch_python.dll."""

    def look() -> Any:
        try:
            with mapped(host.real_path(path)) as data:
                return [str(t) for t in search_arch_list(data)]
        except (OSError, ValueError) as error:
            return {"reason": Reason.UNPARSED.value, "detail": one_line(str(error))}

    answered = _decoded(answer(host, f"dll arch list {path}", look))
    return answered if isinstance(answered, Silence) else targets(answered)


def uses_cxx11_abi(host: Host, path: str) -> bool | Silence:
    """Whether libc10.so was built with the C++11 ABI."""
    answered = _ask(host, path, "abi", cxx11_abi)
    return Silence(Reason.UNPARSED, "it exports no c10::Error") if answered is None else answered


def is_whole(host: Host, path: str) -> bool:
    """Whether the file is a library that reaches as far as its own headers say."""
    return _whole(host, path) is True


def fault_of(host: Host, path: str) -> str | None:
    """Return what is wrong with a library, by its headers; None where nothing is, or where it cannot be looked at."""
    whole = _whole(host, path)
    if isinstance(whole, Silence):
        return "is no library" if whole.reason is Reason.UNPARSED else None
    return None if whole else "is cut short or ends in zeros"


def _whole(host: Host, path: str) -> bool | Silence:
    def look() -> Any:
        return _answered(path, lambda: not is_cut(host.real_path(path)))

    return _decoded(answer(host, f"elf whole {path}", look))  # type: ignore[no-any-return]


def newest_version(host: Host, path: str, prefix: str) -> str | None:
    """Return the newest of the versions ``prefix…`` that a library names, ``3.4.33`` of GLIBCXX_3.4.33.

    Zeros behind it are left out: ``12`` of GCC_12.0.0.
    """

    def look(elf: Elf) -> list[int]:
        pattern = re.compile(re.escape(prefix.encode()) + rb"(\d{1,4})(?:\.0)*\0")
        region = elf.section(".dynstr") or elf.constants()
        return sorted({int(match[1]) for match in elf.search(pattern, region)})

    answered = _ask(host, path, f"versions {prefix}", look)
    if isinstance(answered, Silence) or not answered:
        return None
    return f"{prefix.rpartition('_')[2]}{answered[-1]}"


def loadable_code(
    host: Host, path: str, wanted: int, largest: int
) -> list[tuple[int, int]] | Silence:
    """Return offset and size of some containers of GPU code that a driver would load as they lie."""

    def look(elf: Elf) -> list[list[int]]:
        from torch_doctor.binaries.fatbin import loadable

        return [[one.offset, one.size] for one in loadable(elf, wanted, largest)]

    answered = _ask(host, path, f"{wanted} containers of code", look)
    return (
        answered if isinstance(answered, Silence) else [(offset, size) for offset, size in answered]
    )


def _ask(host: Host, path: str, name: str, question: Callable[[Elf], Any]) -> Any:
    def ask() -> Any:
        with open_elf(host.real_path(path)) as elf:
            return question(elf)

    return _decoded(answer(host, f"elf {name} {path}", lambda: _answered(path, ask)))


def _answered(path: str, ask: Callable[[], Any]) -> Any:
    """Return the answer of a file, or as a JSON value why it gives none."""
    try:
        return ask()
    except FileNotFoundError:
        return {"reason": Reason.NOT_PRESENT.value, "detail": f"{one_line(path)} is not there"}
    except PermissionError as error:
        return {"reason": Reason.DENIED.value, "detail": one_line(str(error))}
    except (ElfError, OSError, ValueError) as error:
        return {"reason": Reason.UNPARSED.value, "detail": one_line(str(error))}


def _decoded(answered: Any) -> Any:
    return (
        Silence(Reason(answered["reason"]), answered["detail"])
        if isinstance(answered, dict)
        else answered
    )
