"""Questions to libraries on a host, and their answers as values: a recording keeps these, not the gigabytes."""

from __future__ import annotations

from collections.abc import Callable

from torch_doctor.binaries.elf import Dynamic, Elf, ElfError, mapped, open_elf
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
    said = _ask(host, path, "dynamic", lambda elf: [*elf.dynamic()])
    if isinstance(said, Silence):
        return said
    needed, soname, rpath, runpath, versions = said
    return Dynamic(tuple(needed), soname, tuple(rpath), tuple(runpath), tuple(versions))


def arch_list(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return the compiled arch list of libtorch_python.so."""
    said = _ask(host, path, "arch list", lambda elf: [str(t) for t in compiled_arch_list(elf)])
    return said if isinstance(said, Silence) else targets(said)


def nvcc_targets(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return nvcc's targets of libtorch_cuda.so."""
    said = _ask(host, path, "nvcc targets", lambda elf: [str(t) for t in gencode_targets(elf)])
    return said if isinstance(said, Silence) else targets(said)


def windows_arch_list(host: Host, path: str) -> tuple[SmTarget, ...] | Silence:
    """Return the compiled arch list of torch_python.dll."""

    def look() -> Any:
        try:
            with mapped(host.real_path(path)) as data:
                return [str(t) for t in search_arch_list(data)]
        except (OSError, ValueError) as error:
            return {"reason": Reason.UNPARSED.value, "detail": one_line(str(error))}

    said = _decoded(answer(host, f"dll arch list {path}", look))
    return said if isinstance(said, Silence) else targets(said)


def uses_cxx11_abi(host: Host, path: str) -> bool | Silence:
    """Whether libc10.so was built with the C++11 ABI."""
    said = _ask(host, path, "abi", cxx11_abi)
    return Silence(Reason.UNPARSED, "it exports no c10::Error") if said is None else said


def is_whole(host: Host, path: str) -> bool:
    """Whether the file is a library that reaches as far as its own headers say."""
    return _ask(host, path, "whole", lambda elf: not elf.is_cut()) is True


def loadable_code(
    host: Host, path: str, wanted: int, largest: int
) -> list[tuple[int, int]] | Silence:
    """Return offset and size of some containers of GPU code that a driver would load as they lie."""

    def look(elf: Elf) -> list[list[int]]:
        from torch_doctor.binaries.fatbin import loadable

        return [[one.offset, one.size] for one in loadable(elf, wanted, largest)]

    said = _ask(host, path, f"{wanted} containers of code", look)
    return said if isinstance(said, Silence) else [(offset, size) for offset, size in said]


def _ask(host: Host, path: str, name: str, question: Callable[[Elf], Any]) -> Any:
    def look() -> Any:
        try:
            with open_elf(host.real_path(path)) as elf:
                return question(elf)
        except FileNotFoundError:
            return {"reason": Reason.NOT_PRESENT.value, "detail": f"{one_line(path)} is not there"}
        except PermissionError as error:
            return {"reason": Reason.DENIED.value, "detail": one_line(str(error))}
        except (ElfError, OSError, ValueError) as error:
            return {"reason": Reason.UNPARSED.value, "detail": one_line(str(error))}

    return _decoded(answer(host, f"elf {name} {path}", look))


def _decoded(said: Any) -> Any:
    return Silence(Reason(said["reason"]), said["detail"]) if isinstance(said, dict) else said
