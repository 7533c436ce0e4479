"""The live check. Runs in the interpreter that is judged: Python 3.8, the standard library and torch, nothing else.

One JSON line when a stage begins and one when it is done, so that a hang or a crash loses only what came after and
names the stage. The lines go to a private copy of stdout: whatever torch or sitecustomize print goes to stderr.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

LIMIT = 8192


class Tee:
    """Python's own stderr, of which the beginning is kept."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.size = stream, 0
        self.kept: list[str] = []

    def write(self, text: str) -> Any:
        if self.size < LIMIT:
            self.kept.append(text)
            self.size += len(text)
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def say(out: TextIO, **fields: Any) -> None:
    out.write(json.dumps(fields) + "\n")
    out.flush()


def private_stdout() -> TextIO:
    """Return a stream to what stdout was, and send everything else that is printed to stderr."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace")
    os.dup2(2, 1)
    out.write("\n")  # ends a line that something printed before this
    return out


def run(out: TextIO, stage: str, work: Callable[[], Any], gpu: int | None = None) -> Any:
    """Run one stage; return what *work* returned, or None after an exception. SystemExit is an answer, too."""
    say(out, begin=stage, gpu=gpu)
    started = time.perf_counter()
    fields: dict[str, Any] = {"ok": True}
    result = None
    tee = sys.stderr = Tee(sys.stderr)
    caught: list[Any] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            # what the user made an error is one
            if not any(option.startswith("error") for option in sys.warnoptions):
                warnings.simplefilter("always")
            result = work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        fields = {
            "ok": False,
            "error": describe(error),
            "trace": traceback.format_exc(limit=-3)[-2000:],
        }
    finally:
        sys.stderr = tee.stream
    kept = [
        w
        for w in caught
        if not issubclass(w.category, (DeprecationWarning, PendingDeprecationWarning))
    ]
    fields["warnings"] = [f"{w.category.__name__}: {w.message}"[:LIMIT] for w in kept[:20]]
    fields["printed"] = "".join(tee.kept)[:LIMIT]
    seconds = round(time.perf_counter() - started, 4)
    say(
        out,
        stage=stage,
        gpu=gpu,
        seconds=seconds,
        data=result if isinstance(result, dict) else None,
        **fields,
    )
    return result


def describe(error: BaseException) -> str:
    """Return the exception as Python would print it."""
    return "".join(traceback.format_exception_only(type(error), error)).strip()[:LIMIT]


def attempt(function: Callable[[], Any]) -> tuple[Any, str | None]:
    """Return what *function* returns, or None and the error's text."""
    try:
        return function(), None
    except Exception as error:
        return None, describe(error)


def mapped(beginnings: tuple[str, ...]) -> list[str]:
    """Return the paths of the libraries that this process has mapped whose names have one of these *beginnings*."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
            paths = {line.split(None, 5)[5].rstrip("\n") for line in file if line.count("/")}
    except (OSError, IndexError):
        return []
    return sorted(path for path in paths if os.path.basename(path).startswith(beginnings))


def runtime_version(paths: list[str]) -> int | None:
    """Ask the libcudart that is mapped already for its version; no GPU is needed."""
    import ctypes

    for path in paths:
        if os.path.basename(path).startswith("libcudart"):
            number = ctypes.c_int(0)
            if ctypes.CDLL(path).cudaRuntimeGetVersion(ctypes.byref(number)) == 0 and number.value:
                return number.value
    return None


def import_torch() -> dict[str, Any]:
    import torch

    return {
        "version": str(torch.__version__),
        "cuda": torch.version.cuda,
        "file": getattr(torch, "__file__", None),
    }


def tell_what_is_loaded(out: TextIO) -> None:
    """Name each extension and library before it is loaded: a crash in one says nothing itself."""

    def hear(event: str, arguments: Any) -> None:
        if event == "import" and isinstance(arguments[1], str):
            say(out, loading=arguments[1])
        elif event == "ctypes.dlopen" and isinstance(arguments[0], str):
            say(out, loading=arguments[0])

    faulthandler.enable(sys.__stderr__ or 2, all_threads=False)
    sys.addaudithook(hear)


def torch_view(torch: Any) -> dict[str, Any]:
    """Return what torch says of its own build."""
    asked: dict[str, Callable[[], Any]] = {
        "arch_flags": lambda: torch._C._cuda_getArchFlags(),
        "cudnn": lambda: torch.backends.cudnn.version(),
        "nccl": lambda: list(torch.cuda.nccl.version()),
        "hip": lambda: torch.version.hip,
        "cxx11_abi": lambda: bool(torch._C._GLIBCXX_USE_CXX11_ABI),
        "runtime": lambda: runtime_version(mapped(("libcudart",))),
    }
    view, errors = {}, {}
    for name, question in asked.items():
        view[name], error = attempt(question)
        if error and torch.version.cuda:
            errors[name] = error
    return {"view": view, "errors": errors}


def start_cuda(torch: Any) -> dict[str, Any]:
    available = bool(torch.cuda.is_available())
    count, count_error = attempt(torch.cuda.device_count)
    if not available and torch.version.cuda:
        _, error = attempt(torch.cuda.init)
    else:
        error = None
        if available:
            torch.cuda.init()
    return {"available": available, "count": count, "error": error or count_error}


def device(torch: Any, index: int) -> dict[str, Any]:
    found = torch.cuda.get_device_properties(index)
    uuid = getattr(found, "uuid", None)
    return {
        "name": found.name,
        "capability": [found.major, found.minor],
        "uuid": None if uuid is None else str(uuid),
        "memory_mib": int(found.total_memory) >> 20,
    }


def expect(value: float, wanted: float, what: str) -> None:
    """Compare with room for TF32 and for algorithms that round."""
    if not abs(value - wanted) <= wanted * 1e-3:
        raise ArithmeticError(f"{what} gave {value}, not {wanted}")


def allocate(torch: Any, place: str) -> None:
    torch.empty(1 << 20, dtype=torch.uint8, device=place)
    torch.cuda.synchronize(place)


def kernel(torch: Any, place: str) -> None:
    values = torch.full((4096,), 2.0, device=place) * 3 + 1
    expect(values.sum().item(), 28672.0, "an elementwise kernel")


def matmul(torch: Any, place: str) -> None:
    ones = torch.ones(64, 64, device=place)
    expect((ones @ ones).sum().item(), 262144.0, "a matrix product")


def conv(torch: Any, place: str) -> None:
    image, weights = torch.ones(1, 4, 16, 16, device=place), torch.ones(8, 4, 3, 3, device=place)
    expect(torch.nn.functional.conv2d(image, weights).sum().item(), 56448.0, "a convolution")


def exercise(out: TextIO, torch: Any, index: int) -> None:
    place = f"cuda:{index}"
    run(out, "properties", partial(device, torch, index), index)
    for work in (allocate, kernel, matmul, conv):
        run(out, work.__name__, partial(work, torch, place), index)


def add_paths(paths: list[str]) -> None:
    """Put directories where the user's interpreter would have them: before the first site-packages."""
    ends = ("site-packages", "dist-packages")
    at = next(
        (i for i, path in enumerate(sys.path) if path.rstrip("/\\").endswith(ends)), len(sys.path)
    )
    sys.path[at:at] = [path for path in paths if path not in sys.path]


def leave_own_folder() -> None:
    """Take the folder of this file off the path, where an interpreter that is not isolated puts it first."""
    own = os.path.dirname(os.path.abspath(__file__))
    if sys.path and os.path.abspath(sys.path[0]) == own:
        del sys.path[0]


def wait_for_turn() -> None:
    """Return when this process's input ends, or at once where something has closed it: nobody can be heard then."""
    if sys.stdin is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdin.read()


def main() -> None:
    out = private_stdout()
    leave_own_folder()
    tell_what_is_loaded(out)
    add_paths(json.loads(sys.argv[1]) if len(sys.argv) > 1 else [])
    libraries = tuple(json.loads(sys.argv[2])) if len(sys.argv) > 2 else ()
    if run(out, "import", import_torch) is not None:
        torch = sys.modules["torch"]
        say(out, libraries=mapped(libraries))
        say(
            out, begin="turn"
        )  # the driver proof has the GPUs first: two contexts need not fit on one
        wait_for_turn()
        started = run(out, "init", lambda: start_cuda(torch)) or {}
        run(out, "view", lambda: torch_view(torch))
        if started.get("available"):
            for index in range(started.get("count") or 0):
                exercise(out, torch, index)
    say(out, libraries=mapped(libraries))
    say(out, end=True)
    out.flush()
    os._exit(0)  # torch's own teardown may hang or crash, and what it would tell is no part of this


if __name__ == "__main__":
    main()
