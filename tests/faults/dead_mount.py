"""Run a command beside a file system that never answers, as a dead sshfs: ``dead_mount.py FOLDER SECONDS COMMAND…``.

It is mounted on FOLDER in a mount namespace of its own, so that nobody else meets it, and goes with this process. Prints
the command's output, and exits with its code, or with 124 where it did not end within SECONDS; with 77 where the
system mounts none.
"""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
import sys
import threading

NEW_NAMESPACE, PRIVATE_BELOW = 0x20000, 0x4000 | 0x40000
INIT = 26


def main(place: str, seconds: float, command: list[str]) -> int:
    """Mount, run, and leave."""
    try:
        device = _mounted(place)
    except OSError as error:
        sys.stderr.write(f"no file system can be mounted: {error}\n")
        return 77
    threading.Thread(target=_greet, args=(device,), daemon=True).start()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            out = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            os.close(device)  # all that waits for an answer gets an error
            return 124
        sys.stdout.write(out)
        sys.stdout.flush()
        os.close(device)
        return process.returncode


def _mounted(place: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)

    def done(code: int) -> None:
        if code:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    done(libc.unshare(NEW_NAMESPACE))
    done(libc.mount(b"none", b"/", None, PRIVATE_BELOW, None))
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    done(libc.mount(b"dead", os.fsencode(place), b"fuse.dead", 0, options.encode()))
    return device


def _greet(device: int) -> None:
    """Answer the kernel's greeting, and take every question without an answer."""
    while True:
        try:
            asked = os.read(device, 1 << 17)
        except OSError:
            return
        _, operation, number = struct.unpack_from("<IIQ", asked)
        if operation == INIT:
            answer = struct.pack("<IIIIHHI", 7, 31, 65536, 0, 12, 10, 65536).ljust(64, b"\0")
            os.write(device, struct.pack("<IiQ", 16 + len(answer), 0, number) + answer)


if __name__ == "__main__":
    code = main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
    sys.stdout.flush()
    os._exit(code)
