"""Run a child that may hang, crash or print noise, without ever waiting for it longer than allowed.

A child that sits in an uninterruptible driver call cannot be killed, and subprocess.run(timeout=) then waits for it
without end. This supervisor reads its pipes without blocking, signals its group, kills it, and at last abandons it
and says so. What the child printed before the deadline is kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch_doctor.core.startup import Any
from torch_doctor.core.text import both_ends
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.children import ChildResult, Feed, OnLine

OUTPUT_LIMIT = 1 << 20
GRACE_S = 0.5


def supervise(
    argv: Sequence[str],
    *,
    timeout_s: float,
    env: Mapping[str, str],
    cwd: str | None = None,
    on_begin: Callable[[], object] | None = None,
    on_line: OnLine | None = None,
    feed: Feed | None = None,
    on_exit: Callable[[], object] | None = None,
) -> ChildResult:
    """Run *argv* for at most *timeout_s* seconds and about one second more; never raise, never block.

    *on_begin* is called when it is there. *on_line* sees each JSON object as it arrives and may answer how many
    seconds the child has until its next one. Without *feed* the child's standard input is empty. With *on_exit*, what
    it told is returned when it says that it is at its end (``{"end": true}``), and *on_exit* is called when it is gone:
    driver libraries take long to clean up.
    """
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        return _not_started(f"{argv[0]}: {error.strerror or error}", on_exit)
    except ValueError as error:  # a null byte in an argument or in the environment
        return _not_started(f"{argv[0]}: {error}", on_exit)
    _start_talking(process, on_begin, feed)
    output = _read(process, started + timeout_s, on_line, until_end=on_exit is not None)
    if on_exit is not None and output.ended == "told":
        status, detail = "ok", ""
        _leave(process, started + timeout_s, on_exit)
    else:
        status, detail = _end(process, started + timeout_s, output.ended)
        if on_exit is not None:
            on_exit()
    lines = tuple(_objects(output.out))
    stderr = both_ends(output.err, 32_000 if status == "crash" else 4000)  # frames of a dump
    return ChildResult(status, lines, detail, stderr, round(time.monotonic() - started, 3))


def _start_talking(
    process: subprocess.Popen[bytes], on_begin: Callable[[], object] | None, feed: Feed | None
) -> None:
    """Say that the child is there, and write what *feed* returns, once it returns.

    The pipe is taken from the process, which would close it early.
    """
    if on_begin:
        on_begin()
    if not feed:
        return
    pipe, process.stdin = process.stdin, None
    assert pipe is not None

    def work() -> None:
        with contextlib.suppress(OSError), pipe:  # the child may be gone by then
            for piece in feed():
                pipe.write(piece)
                pipe.flush()

    try:
        threading.Thread(target=work, name="feed", daemon=True).start()
    except (
        RuntimeError
    ):  # a limit of processes or memory: the child gets nothing, and does not wait
        pipe.close()


def _not_started(detail: str, on_exit: Callable[[], object] | None) -> ChildResult:
    if on_exit is not None:
        on_exit()
    return ChildResult("not-started", detail=detail)


def _leave(
    process: subprocess.Popen[bytes], deadline: float, on_exit: Callable[[], object]
) -> None:
    """Reap a child that has told everything, in a thread."""

    def work() -> None:
        _end(process, deadline, "closed")
        on_exit()

    try:
        threading.Thread(target=work, name="reaper", daemon=True).start()
    except RuntimeError:
        work()


class _Output(NamedTuple):
    """What a child printed; *ended* is closed (its pipes), left (others hold them), told, late or oversize."""

    out: bytes
    err: bytes
    ended: str


def _read(
    process: subprocess.Popen[bytes],
    deadline: float,
    on_line: OnLine | None,
    *,
    until_end: bool = False,
) -> _Output:
    """Collect both pipes until the child closes them, the deadline passes or it prints too much."""
    if sys.platform == "win32":
        return _read_windows(process, deadline, on_line)
    assert process.stdout is not None and process.stderr is not None
    out, err = bytearray(), bytearray()
    announced, next_line, has_ended = 0, deadline, False
    with _selector() as selector:
        for pipe, buffer in ((process.stdout, out), (process.stderr, err)):
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, buffer)
        while selector.get_map():
            if (left := min(deadline, next_line) - time.monotonic()) <= 0:
                return _Output(bytes(out), bytes(err), "told" if has_ended else "late")
            for key, _ in selector.select(min(left, 0.2)):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
            del err[:-65536]
            if len(out) > OUTPUT_LIMIT:
                return _Output(bytes(out), bytes(err), "oversize")
            if (on_line or until_end) and (end := out.rfind(b"\n") + 1) > announced:
                lines, announced = _objects(bytes(out[announced:end])), end
                allowed = _announce(lines, on_line)
                has_ended |= until_end and any(line.get("end") is True for line in lines)
                next_line = next_line if allowed is None else time.monotonic() + allowed
            if has_ended and not selector.select(0):
                return _Output(bytes(out), bytes(err), "told")
            if process.poll() is not None and not selector.select(0):
                return _Output(bytes(out), bytes(err), "left" if selector.get_map() else "closed")
    return _Output(bytes(out), bytes(err), "closed")


def _selector() -> selectors.BaseSelector:
    """Return what waits for several pipes; where no file more may be opened, what needs none."""
    try:
        return selectors.DefaultSelector()
    except OSError:
        return selectors.SelectSelector()


def _announce(lines: Iterable[dict[str, Any]], on_line: OnLine | None) -> float | None:
    """Show the objects to *on_line*; return its last answer that was not None."""
    allowed = None
    for line in lines if on_line else ():
        answer = on_line(line) if on_line else None
        allowed = allowed if answer is None else answer
    return allowed


def _read_windows(
    process: subprocess.Popen[bytes], deadline: float, on_line: OnLine | None
) -> _Output:
    """Windows has no uninterruptible state that survives TerminateProcess, so communicate() is enough.

    The lines arrive together at the end, so only the overall deadline counts there.
    """
    ended = "closed"
    try:
        out, err = process.communicate(timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired as expired:
        out, err, ended = expired.stdout or b"", expired.stderr or b"", "late"
    if on_line:
        _announce(_objects(out), on_line)
    return _Output(out[:OUTPUT_LIMIT], err, "oversize" if len(out) > OUTPUT_LIMIT else ended)


def _end(process: subprocess.Popen[bytes], deadline: float, ended: str) -> tuple[str, str]:
    """Reap the child, by force where its time is up or it printed too much; say how it ended.

    A child that has closed its pipes may still take a while to exit (driver libraries clean up then), so it gets
    what is left of its time.
    """
    left = deadline - time.monotonic() if ended == "closed" else 0.0
    code = _wait(process, max(0.0 if ended == "oversize" else 0.05, left))
    if code is None:
        for sign in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
            _signal_group(process, sign)
            if _wait(process, GRACE_S) is not None:
                return ("oversize", "printed too much") if ended == "oversize" else ("timeout", "")
        return _abandon(process)
    if ended == "left":  # something that the child started still holds its pipes
        _signal_group(process, getattr(signal, "SIGKILL", signal.SIGTERM))
    if ended == "oversize":
        return "oversize", "printed too much"
    if code < 0:
        with contextlib.suppress(ValueError):
            return "crash", signal.Signals(-code).name
        return "crash", f"signal {-code}"
    return ("ok", "") if code == 0 else ("exit", str(code))


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    pause = 0.0005
    while (code := process.poll()) is None and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    if code is not None:
        _close(process)
    return code


def _signal_group(process: subprocess.Popen[bytes], sign: signal.Signals) -> None:
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, sign)
        else:
            process.terminate()


def _abandon(process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Leave a child that even SIGKILL does not end, and say where in the kernel it sits."""
    state, wchan = "?", "?"
    with contextlib.suppress(OSError, IndexError):
        with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as file:
            state = file.read().rpartition(")")[2].split()[0]
        with open(f"/proc/{process.pid}/wchan", encoding="ascii", errors="replace") as file:
            wchan = file.read().strip() or "?"
    process.returncode = -9
    _close(process)
    return "unkillable", f"pid {process.pid} sits in the kernel (state {state}, in {wchan})"


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _objects(raw: bytes) -> list[dict[str, Any]]:
    """Return the lines that are JSON objects; libraries print noise between them."""
    found = []
    for line in raw.decode("utf-8", "replace").splitlines():
        if line.startswith("{"):
            with contextlib.suppress(ValueError, RecursionError):
                value = json.loads(line)
                if isinstance(value, dict):
                    found.append(value)
    return found
