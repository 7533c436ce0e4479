"""Part of the proof's script: what is done side by side; torch's cuBLAS, cuDNN and NCCL, one small call each."""

from __future__ import annotations

import ctypes
import json
import sys
import threading
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

SIDE = 16


class RefusedCall(Exception):
    """A call answered with something other than success. *words* tells the library's own Name or String of a code."""

    def __init__(
        self, call: str, code: int | None, words: Callable[[str, int], str | None]
    ) -> None:
        super().__init__(f"{call} answers {code}")
        self.call, self.code, self.words = call, code, words


class Order:
    """What comes on stdin, line by line: when and how to start, which libraries to open, and which code to load.

    Libraries are mapped while contexts are made: cuInit opens libraries of its own, and waits for the loader.
    """

    def __init__(self, talk: Any) -> None:
        self.talk, self.one_by_one = talk, False
        self.libraries: list[dict[str, Any]] = []
        self.code: list[dict[str, Any]] = []
        self.mapped: list[ctypes.CDLL] = []
        self.is_started, self.are_mapped = threading.Event(), threading.Event()
        self.ahead: threading.Thread | None = None

    def begin(self) -> None:
        """Wait for the first line."""
        self.one_by_one = bool(heard().get("one_by_one"))
        if not self.one_by_one:
            self.ahead = threading.Thread(target=self.read, daemon=True)
            self.ahead.start()

    def to_open(self) -> list[dict[str, Any]]:
        """Return the libraries, when they have come and are mapped."""
        if self.ahead is None:
            self.libraries = heard().get("libraries", [])
        else:
            self.are_mapped.wait()
        return self.libraries

    def to_load(self) -> list[dict[str, Any]]:
        """Return the code, when it has come."""
        if self.ahead is None:
            self.code = heard().get("code", [])
        else:
            self.ahead.join()
        return self.code

    def read(self) -> None:
        """Take the libraries and map them, each told with its name: one that ends the process is known by it."""
        try:
            self.libraries = heard().get("libraries", [])
            self.is_started.wait()
            for library in self.libraries:
                self.talk.say(begin="library", gpu=None, of=library["of"])
                with suppress(OSError):  # whoever uses it is told why
                    self.mapped += map(ctypes.CDLL, library["paths"])
                self.talk.say(step=None, gpu=None, of=library["of"])
        finally:
            self.are_mapped.set()
        self.code = heard().get("code", [])


def heard() -> dict[str, Any]:
    """Return the next line of the input."""
    line = sys.stdin.readline() if sys.stdin else ""
    return dict(json.loads(line or "{}"))


def begun(works: Sequence[Callable[[], None]], *, together: bool) -> list[threading.Thread]:
    """Begin each in a thread: the driver does several things beside each other. Without one it is done at once."""
    threads = []
    for work in works:
        thread = threading.Thread(target=work, daemon=True)
        try:
            if together:
                thread.start()
                threads.append(thread)
                continue
        except RuntimeError:  # a limit of processes or memory
            pass
        work()
    return threads


def finish(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


def use(driver: Any, library: dict[str, Any]) -> dict[str, Any]:
    """Open one library, after what it needs and in the loader's order, and make one small call."""
    opened = [ctypes.CDLL(path) for path in library["paths"]]
    return CALLS[library["of"]](driver, opened[-1])


def checked(library: ctypes.CDLL, function: str, *arguments: Any) -> None:
    """Call what must succeed."""

    def words(kind: str, code: int) -> str | None:
        own = next((of for of in CALLS if function.startswith(of)), "")
        name = WORDS.get((own, kind))
        word_of = getattr(library, name, None) if name else None
        if word_of is None:
            return None
        word_of.restype = ctypes.c_char_p
        return (word_of(code) or b"").decode("utf-8", "replace") or None

    code = getattr(library, function)(*arguments)
    if code != 0:
        raise RefusedCall(function, code, words)


def cublas(driver: Any, library: ctypes.CDLL) -> dict[str, Any]:
    """Multiply two small matrices of doubles: the kernels of floats take the driver a third longer to load."""
    handle, version, place = ctypes.c_void_p(), ctypes.c_int(), ctypes.c_uint64()
    checked(library, "cublasCreate_v2", ctypes.byref(handle))
    checked(library, "cublasGetVersion_v2", handle, ctypes.byref(version))
    count = SIDE * SIDE
    numbers = (ctypes.c_double * (3 * count))(*[1.0] * count, *[2.0] * count)
    size = ctypes.c_size_t(ctypes.sizeof(numbers))
    driver.call("cuMemAlloc_v2", ctypes.byref(place), size)
    try:
        driver.call("cuMemcpyHtoD_v2", place, numbers, size)
        a, b, c = (ctypes.c_void_p((place.value or 0) + 8 * count * part) for part in range(3))
        one, zero = ctypes.byref(ctypes.c_double(1.0)), ctypes.byref(ctypes.c_double(0.0))
        sides = (SIDE, SIDE, SIDE)
        work = (handle, 0, 0, *sides, one, a, SIDE, b, SIDE, zero, c, SIDE)
        checked(library, "cublasDgemm_v2", *work)
        driver.call("cuCtxSynchronize")
        driver.call("cuMemcpyDtoH_v2", numbers, place, size)
    finally:
        driver.answer("cuMemFree_v2", place)
    library.cublasDestroy_v2(handle)
    wrong = sum(number != 2.0 * SIDE for number in numbers[2 * count :])
    if wrong:
        raise ArithmeticError(f"{wrong} of {count} elements of a product of cuBLAS are wrong")
    return {"version": version.value}


def cudnn(_: Any, library: ctypes.CDLL) -> dict[str, Any]:
    handle = ctypes.c_void_p()
    checked(library, "cudnnCreate", ctypes.byref(handle))
    library.cudnnDestroy(handle)
    library.cudnnGetVersion.restype = ctypes.c_size_t
    return {"version": library.cudnnGetVersion()}


def nccl(_: Any, library: ctypes.CDLL) -> dict[str, Any]:
    version = ctypes.c_int()
    checked(library, "ncclGetVersion", ctypes.byref(version))
    return {"version": version.value}


CALLS = {"cublas": cublas, "cudnn": cudnn, "nccl": nccl}
WORDS = {
    ("cublas", "Name"): "cublasGetStatusName",
    ("cublas", "String"): "cublasGetStatusString",
    ("cudnn", "Name"): "cudnnGetErrorString",
    ("nccl", "Name"): "ncclGetErrorString",
}
