"""Ask the driver to take the installed wheel's own code: the script of a child, which imports no torch.

Started as ``python -I -S _proof_payload.py`` in the interpreter that is judged: Python 3.8 and the standard library. It
prints one JSON line when a step begins and one when it is done, so that a hang or a crash names the call. What it shall
load comes as one JSON object on stdin, and until it has come, nothing of CUDA is started.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time

# In every interpreter from its start: importlib would have to be imported.
from _frozen_importlib_external import SourceFileLoader
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

# For the oldest GPU that a driver of today knows: one that refuses it compiles no PTX at all.
PTX = b"""
.version 6.0
.target sm_50
.address_size 64
.visible .entry torch_doctor(.param .u64 place)
{
    .reg .u32 %r<3>;
    .reg .u64 %rd<4>;
    ld.param.u64 %rd1, [place];
    cvta.to.global.u64 %rd1, %rd1;
    mov.u32 %r1, %tid.x;
    mad.lo.u32 %r2, %r1, 3, 1;
    mul.wide.u32 %rd2, %r1, 4;
    add.u64 %rd3, %rd1, %rd2;
    st.global.u32 [%rd3], %r2;
    ret;
}
\x00"""
THREADS = 64
# An answer about one container: most hold code for some of the GPUs that a wheel is for.
NO_BINARY = 209
CODE_S = 3.0


def sibling(name: str) -> Any:
    """Load a file beside this one. Its folder is not put on the path: other files there have common names."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
    module = sys.modules[name] = type(sys)(name)
    SourceFileLoader(name, path).exec_module(module)
    return module


libcuda = sibling("_libcuda_payload")
libraries = sibling("_proof_libraries_payload")


class Libcuda:
    """libcuda. *answer* returns the code of a function, None where it is lacking; *word* what a code means."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.answer: Callable[..., int | None] = partial(libcuda.call, library)
        self.word: Callable[[str, int], str | None] = partial(libcuda.word, library)

    def call(self, function: str, *arguments: Any) -> None:
        """Call what must succeed."""
        code = self.answer(function, *arguments)
        if code != 0:
            raise libraries.RefusedCall(function, code, self.word)

    def attribute(self, device: ctypes.c_int, number: int) -> int | None:
        value = ctypes.c_int()
        code = self.answer("cuDeviceGetAttribute", ctypes.byref(value), number, device)
        return value.value if code == 0 else None


class Talk:
    """What is told to the parent, line by line, on a private copy of stdout."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.lock = out, threading.Lock()

    def say(self, **fields: Any) -> None:
        with self.lock:
            libcuda.say(self.out, **fields)

    def step(
        self, name: str, gpu: int, work: Callable[[], dict[str, Any]], of: str | None = None
    ) -> bool:
        """Run one step and tell what came of it; say whether it worked."""
        self.say(begin=name, gpu=gpu, of=of)
        started = time.perf_counter()
        try:
            fields = {"ok": True, **work()}
        except libraries.RefusedCall as refused:
            fields = {"ok": False, **refusal(refused.call, refused.code, refused.words)}
        except (OSError, AttributeError, ValueError, ArithmeticError) as error:
            fields = {"ok": False, "error": str(error)[:2000]}
        seconds = round(time.perf_counter() - started, 4)
        self.say(step=name, gpu=gpu, of=of, seconds=seconds, **fields)
        return bool(fields["ok"])


def refusal(call: str, code: int | None, words: Callable[[str, int], str | None]) -> dict[str, Any]:
    """Return what a call answered, in the words of its own library."""
    if code is None:
        return {"call": call, "error": f"there is no {call} in it"}
    return {
        "call": call,
        "code": code,
        "name": words("Name", code),
        "message": words("String", code),
    }


class DeviceProof:
    """One GPU: what runs on it, one method for each step."""

    def __init__(self, driver: Libcuda, talk: Talk, index: int) -> None:
        self.driver, self.talk, self.index = driver, talk, index
        self.handle = ctypes.c_int()
        self.context: ctypes.c_void_p | None = None

    def step(self, name: str, work: Callable[[], dict[str, Any]], of: str | None = None) -> bool:
        return self.talk.step(name, self.index, work, of)

    def identify(self) -> dict[str, Any]:
        self.driver.call("cuDeviceGet", ctypes.byref(self.handle), self.index)
        name, uuid = ctypes.create_string_buffer(256), ctypes.create_string_buffer(16)
        self.driver.answer("cuDeviceGetName", name, 256, self.handle)
        asked = (f"cuDeviceGetUuid{suffix}" for suffix in ("_v2", ""))  # the newer knows MIG
        known = any(self.driver.answer(one, uuid, self.handle) == 0 for one in asked)
        capability = [self.driver.attribute(self.handle, number) for number in (75, 76)]
        return {
            "device": name.value.decode("utf-8", "replace"),
            "uuid": written(uuid.raw, name.value) if known else None,
            "capability": capability,
        }

    def open(self) -> dict[str, Any]:
        """Take the primary context: the one that torch takes, too."""
        context = ctypes.c_void_p()
        self.driver.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), self.handle)
        self.context = context
        self.driver.call("cuCtxSetCurrent", context)
        return {}

    def close(self) -> dict[str, Any]:
        self.driver.answer("cuCtxSetCurrent", None)
        newer = "cuDevicePrimaryCtxRelease_v2"  # what a program of today calls
        code = self.driver.answer(newer, self.handle)
        if code is None:
            self.driver.call("cuDevicePrimaryCtxRelease", self.handle)
        elif code:
            raise libraries.RefusedCall(newer, code, self.driver.word)
        return {}

    def begin(self) -> None:
        """Take a context."""
        if self.step("device", self.identify):
            self.step("context", self.open)

    def run_own(self) -> None:
        """Run a kernel of our own."""
        self.driver.answer("cuCtxSetCurrent", self.context)  # the thread may be another one
        module = ctypes.c_void_p()
        if self.step("ptx", partial(self.compile, module)):
            self.step("kernel", partial(self.run, module))
            self.driver.answer("cuModuleUnload", module)

    def load_all(self, code: list[dict[str, Any]]) -> None:
        """Load the code of each package."""
        self.driver.answer("cuCtxSetCurrent", self.context)  # the thread may be another one
        for of in dict.fromkeys(part["of"] for part in code):
            parts = [part for part in code if part["of"] == of]
            self.step("code", partial(self.take, parts), of)

    def call(self, library: dict[str, Any]) -> None:
        """Open a library and make one small call of it."""
        self.driver.answer("cuCtxSetCurrent", self.context)  # the thread may be another one
        self.step("library", partial(libraries.use, self.driver, library), library["of"])

    def compile(self, module: ctypes.c_void_p) -> dict[str, Any]:
        """Have the driver compile a kernel of our own."""
        self.driver.call("cuModuleLoadData", ctypes.byref(module), PTX)
        return {}

    def run(self, module: ctypes.c_void_p) -> dict[str, Any]:
        """Run the kernel and read back what it wrote."""
        call, kernel, place = self.driver.call, ctypes.c_void_p(), ctypes.c_uint64()
        call("cuModuleGetFunction", ctypes.byref(kernel), module, b"torch_doctor")
        size = ctypes.c_size_t(4 * THREADS)
        call("cuMemAlloc_v2", ctypes.byref(place), size)
        try:
            one = (ctypes.c_void_p * 1)(ctypes.addressof(place))
            call("cuLaunchKernel", kernel, 1, 1, 1, THREADS, 1, 1, 0, None, one, None)
            call("cuCtxSynchronize")
            found = (ctypes.c_uint32 * THREADS)()
            call("cuMemcpyDtoH_v2", found, place, size)
        finally:
            self.driver.answer("cuMemFree_v2", place)
        wrong = [thread for thread in range(THREADS) if found[thread] != 3 * thread + 1]
        if wrong:
            raise ArithmeticError(
                f"{len(wrong)} of {THREADS} numbers that a kernel wrote are wrong"
            )
        return {}

    def take(self, parts: list[dict[str, Any]]) -> dict[str, Any]:
        """Have the driver load code of the wheel; tell how much of it fits this GPU, and each other answer."""
        started = time.perf_counter()
        answers: dict[int | None, int] = {}
        for part in sorted(parts, key=lambda part: int(part["size"])):  # PTX takes time to compile
            if time.perf_counter() - started > CODE_S:
                break
            code = self.load(part)
            answers[code] = answers.get(code, 0) + 1
        taken = answers.pop(0, 0)
        refused = [code for code in answers if code != NO_BINARY] or list(answers)
        fields: dict[str, Any] = {"taken": taken, "tried": taken + sum(answers.values())}
        fields["ok"] = taken > 0 and refused in ([], [NO_BINARY])
        if refused and not fields["ok"]:
            fields.update(refusal("cuModuleLoadFatBinary", refused[0], self.driver.word))
        return fields

    def load(self, part: dict[str, Any]) -> int | None:
        """Return what the driver says of one container."""
        with open(part["path"], "rb") as file:
            file.seek(part["offset"])
            data = file.read(part["size"])
        module = ctypes.c_void_p()
        code = self.driver.answer("cuModuleLoadFatBinary", ctypes.byref(module), data)
        if code == 0:
            self.driver.answer("cuModuleUnload", module)
        return code


def written(uuid: bytes, name: bytes) -> str:
    """Write the UUID of a GPU, or of a part of one, as NVML does."""
    digits = uuid.hex()
    parts = (digits[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    return "-".join(("MIG" if b" MIG " in name else "GPU", *parts))


def main() -> None:
    """Tell what the driver answers, from the first call to the last library."""
    talk = Talk(libcuda.private_stdout())
    plan = libraries.Order(talk)

    def go() -> None:
        plan.begin()
        talk.say(stage="plan")

    cuda = libcuda.start(lambda stage, **fields: talk.say(stage=stage, **fields), go)
    if cuda is not None:
        plan.is_started.set()
        prove_all(Libcuda(cuda), talk, plan)
    talk.say(end=True)
    os._exit(0)  # the driver's own teardown may hang, and what it would tell is no part of this


def prove_all(driver: Libcuda, talk: Talk, plan: Any) -> None:
    """Ask all GPUs at once, or one after the other; what a library does then costs no GPU its answer."""
    together = not plan.one_by_one
    count = ctypes.c_int()
    driver.answer("cuDeviceGetCount", ctypes.byref(count))
    devices = [DeviceProof(driver, talk, index) for index in range(count.value)]
    libraries.finish(libraries.begun([device.begin for device in devices], together=together))
    opened = [device for device in devices if device.context]
    begun = libraries.begun([device.run_own for device in opened], together=together)
    calls = [partial(opened[0].call, one) for one in plan.to_open() if opened]
    begun += libraries.begun(calls, together=together)
    code = plan.to_load()
    loads = [partial(device.load_all, code) for device in opened]
    libraries.finish([*begun, *libraries.begun(loads, together=together)])
    ends = [partial(device.step, "release", device.close) for device in opened]
    libraries.finish(libraries.begun(ends, together=together))


if __name__ == "__main__":
    main()
