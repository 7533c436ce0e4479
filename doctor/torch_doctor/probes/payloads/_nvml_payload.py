"""Ask NVML about this machine: the script of a child, which prints one JSON line per stage.

Started as ``python -I -S _nvml_payload.py DIR``, where DIR holds pynvml.py (nvidia-ml-py); it imports nothing else
outside the standard library. A getter that fails leaves its number (or its exception) in ``failed`` and no other
trace, so that one sick answer hides nothing.
"""

from __future__ import annotations

import _thread
import os
import sys

try:
    from _json import encode_basestring_ascii as quoted
except ImportError:  # a Python without its C part
    from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

LIBRARY = "libnvidia-ml.so.1"
IDENTITY, HEALTH = "gpu", "health"


def open_channel() -> TextIO:
    """Return a stream to the real stdout, and point file descriptor 1 at stderr: libraries print noise there."""
    channel = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return channel


def tell(channel: TextIO, stage: str, **fields: str | None) -> None:
    """Write one line of plain words, without json."""
    words = {"stage": stage, **fields}
    pairs = (
        f'"{key}": {"null" if value is None else quoted(value)}' for key, value in words.items()
    )
    os.write(channel.fileno(), f"{{{', '.join(pairs)}}}\n".encode("ascii"))


def main(directory: str) -> None:
    """Say stage by stage what NVML answers."""
    channel = open_channel()

    def say(stage: str, **fields: Any) -> None:
        import json  # takes longer than all that is done before it: NVML starts meanwhile

        channel.write(json.dumps({"stage": stage, **fields}) + "\n")
        channel.flush()

    tell(channel, "start")
    start = load_library(channel)
    if start is None:
        return
    if directory:  # an empty entry would be the working directory
        sys.path.append(directory)
    try:
        import pynvml
    except ImportError as error:
        say("binding", error=str(error))
        return
    say("binding")
    code = start.code()
    try:
        if code:
            raise pynvml.NVMLError(code)
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        say("init", code=error.value, message=str(error))
        return
    say("init", code=0, message="")
    nvml = Asker(pynvml)
    count = nvml.ask("nvmlDeviceGetCount")
    release = nvml.ask("nvmlSystemGetDriverVersion")
    cuda = nvml.ask("nvmlSystemGetCudaDriverVersion_v2")
    if cuda is None:
        cuda = nvml.ask("nvmlSystemGetCudaDriverVersion")
    say("driver", release=text(release), cuda=cuda, count=count, failed=nvml.take_failed())
    for index in range(count or 0):
        tell_gpu(nvml, index, say)
    say("end")


class Start:
    """NVML's own start, in a thread: it takes as long as the import of the binding, which says it again."""

    def __init__(self, channel: TextIO, function: Callable[[int], int] | None) -> None:
        self.channel, self.function, self.answer = channel, function, 0
        self.ended = _thread.allocate_lock()
        if function is None:
            return
        self.ended.acquire()
        tell(channel, "asked")
        try:
            _thread.start_new_thread(self.run, ())
        except RuntimeError:  # a limit of processes or memory: the binding starts it
            self.ended.release()

    def run(self) -> None:
        try:
            if self.function is not None:
                self.answer = int(self.function(0))
                tell(self.channel, "answered")
        finally:
            self.ended.release()

    def code(self) -> int:
        """Wait for the end, and return what NVML answered; 0 where it was not asked."""
        with self.ended:
            return self.answer


def load_library(channel: TextIO) -> Start | None:
    """Load the library under the name that pynvml will ask for, start it, and say which file that was."""
    if sys.platform == "win32":
        return Start(channel, None)
    import ctypes

    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        tell(channel, "library", error=str(error))
        return None
    tell(channel, "library", path=mapped("libnvidia-ml.so"))
    return Start(channel, getattr(library, "nvmlInitWithFlags", None))


def mapped(name: str) -> str | None:
    """Return the path of the mapped file whose name starts with *name*, or None."""
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
            for line in maps:
                path = line.rstrip("\n").partition("/")[2]
                if path.rpartition("/")[2].startswith(name):
                    return "/" + path
    except OSError:
        pass
    return None


class Asker:
    """Calls pynvml by name; what fails is remembered and answered with None."""

    def __init__(self, pynvml: Any) -> None:
        self.pynvml = pynvml
        self.failed: dict[str, int | str] = {}

    def ask(self, name: str, *arguments: Any) -> Any:
        """Return what the function answers, or None."""
        try:
            return getattr(self.pynvml, name)(*arguments)
        except self.pynvml.NVMLError as error:
            self.failed[name] = error.value
        except AttributeError:  # an older nvidia-ml-py
            self.failed[name] = self.pynvml.NVML_ERROR_FUNCTION_NOT_FOUND
        except Exception as error:
            self.failed[name] = f"{type(error).__name__}: {error}"
        return None

    def take_failed(self) -> dict[str, int | str]:
        """Return what failed since the last time."""
        failed, self.failed = self.failed, {}
        return failed


def tell_gpu(nvml: Asker, index: int, say: Callable[..., None]) -> None:
    """Say who a GPU is, and then, as a stage of its own, how it is."""
    handle = nvml.ask("nvmlDeviceGetHandleByIndex", index)
    if handle is None:
        say(IDENTITY, index=index, failed=nvml.take_failed())
        return
    pci = nvml.ask("nvmlDeviceGetPciInfo", handle)
    say(
        IDENTITY,
        index=index,
        name=text(nvml.ask("nvmlDeviceGetName", handle)),
        bus_id=text(getattr(pci, "busId", None)),
        uuid=text(nvml.ask("nvmlDeviceGetUUID", handle)),
        capability=nvml.ask("nvmlDeviceGetCudaComputeCapability", handle),
        **memory(nvml, handle),
        failed=nvml.take_failed(),
    )
    mig = nvml.ask("nvmlDeviceGetMigMode", handle)
    say(
        HEALTH,
        index=index,
        mig_mode=first(mig),
        mig_devices=mig_devices(nvml, handle) if first(mig) else [],
        ecc_mode=first(nvml.ask("nvmlDeviceGetEccMode", handle)),
        ecc_volatile=nvml.ask("nvmlDeviceGetTotalEccErrors", handle, 1, 0),
        ecc_aggregate=nvml.ask("nvmlDeviceGetTotalEccErrors", handle, 1, 1),
        rows=nvml.ask("nvmlDeviceGetRemappedRows", handle),
        pages_pending=nvml.ask("nvmlDeviceGetRetiredPagesPendingStatus", handle),
        compute_mode=nvml.ask("nvmlDeviceGetComputeMode", handle),
        persistence=nvml.ask("nvmlDeviceGetPersistenceMode", handle),
        throttle=nvml.ask("nvmlDeviceGetCurrentClocksThrottleReasons", handle),
        fabric=fabric(nvml, handle),
        processes=count_of(nvml.ask("nvmlDeviceGetComputeRunningProcesses", handle)),
        driver_model=first(nvml.ask("nvmlDeviceGetDriverModel", handle))
        if sys.platform == "win32"
        else None,
        failed=nvml.take_failed(),
    )


def memory(nvml: Asker, handle: Any) -> dict[str, int]:
    """Return total and used bytes of a device; the second version leaves out what the driver reserves."""
    name = "nvmlDeviceGetMemoryInfo"
    info = nvml.ask(name, handle, getattr(nvml.pynvml, "nvmlMemory_v2", None))
    if info is None:
        nvml.failed.pop(name)
        info = nvml.ask(name, handle)
    return {} if info is None else {"memory": info.total, "memory_used": info.used}


def mig_devices(nvml: Asker, handle: Any) -> list[dict[str, Any]] | None:
    """Return the MIG instances of a GPU, or None where they cannot be read; an empty slot answers NOT_FOUND."""
    devices: list[dict[str, Any]] = []
    slots = nvml.ask("nvmlDeviceGetMaxMigDeviceCount", handle)
    unread = not isinstance(slots, int)
    for slot in range(0 if unread else slots):
        before = dict(nvml.failed)
        device = nvml.ask("nvmlDeviceGetMigDeviceHandleByIndex", handle, slot)
        if device is None:
            if nvml.failed.get("nvmlDeviceGetMigDeviceHandleByIndex") == 6:
                nvml.failed = before
            else:
                unread = True
            continue
        devices.append(
            {
                "name": text(nvml.ask("nvmlDeviceGetName", device)),
                "uuid": text(nvml.ask("nvmlDeviceGetUUID", device)),
                **memory(nvml, device),
            }
        )
    return None if unread and not devices else devices


def fabric(nvml: Asker, handle: Any) -> list[int] | None:
    """Return [state, status] of the GPU's registration with the NVLink fabric, or None."""
    structure = getattr(nvml.pynvml, "c_nvmlGpuFabricInfo_v2_t", None)
    if structure is None:
        return None
    import ctypes

    info = structure()
    if nvml.ask("nvmlDeviceGetGpuFabricInfoV", handle, ctypes.byref(info)) is None:
        return None
    return [info.state, info.status]


def count_of(items: Any) -> int | None:
    """Return how many there are, or None where nobody said."""
    return None if items is None else len(items)


def first(pair: Any) -> Any:
    """Return the current one of a [current, pending] pair."""
    return pair[0] if pair else None


def text(value: Any) -> Any:
    """Return bytes or str as str."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)  # nothing is left to say, and the driver's library takes its time to unload
