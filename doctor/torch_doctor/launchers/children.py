"""Run one command for each node, many at a time, and never wait for one longer than it may take.

One loop reads all pipes without blocking. A command whose time is up is asked to end, then killed, while the others go
on; what it leaves behind with an engine is the caller's to clear away (``forced`` says whether there is any). The
commands end with this process, even where that is killed.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from shutil import which

from torch_doctor.core.startup import Any
from torch_doctor.launchers.asking import Ask, Patience, Reply

# A saved host is some 100 KB; what is far more is none.
OUTPUT_LIMIT = 32 << 20
GRACE_S = 2.0
_TICK_S = 0.1
# Ends a command when its parent dies, however that came about.
_TIED = ("/usr/bin/setpriv", "--pdeathsig", "TERM", "--")


class _Child:
    """A command that runs: its pipes, and when its time is up."""

    def __init__(
        self, ask: Ask, limit_s: float, env: Mapping[str, str], tied: Sequence[str] = ()
    ) -> None:
        self.node = ask.node
        self.started = time.monotonic()
        self.until = self.started + limit_s
        self.out, self.err = bytearray(), bytearray()
        self.process = subprocess.Popen(
            (*tied, *ask.argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            start_new_session=True,  # Ctrl-C is for the collector, which ends its commands in order
        )
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)

    def signal(self, sign: signal.Signals) -> None:
        """Signal the command and what it has started."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, sign)

    def reply(self, ended: str) -> Reply:
        """Return what is known of it by now."""
        seconds = time.monotonic() - self.started
        err = bytes(self.err[-8192:]).decode("utf-8", "replace")
        code = self.process.returncode or 0
        return Reply(self.node, ended, bytes(self.out), err, code, seconds)


class Crowd:
    """All commands of one run."""

    def __init__(self, limits: Patience, env: Mapping[str, str]) -> None:
        self._limits = limits
        self._env = env
        self._tied = _TIED if _can_tie() else ()
        self._running: list[_Child] = []
        self._ending: list[_Child] = []
        self._selector = selectors.DefaultSelector()
        self.forced = False  # whether one had to be ended

    def replies(self, asks: Sequence[Ask], *, watch: bool = False) -> Iterator[Reply]:
        """Yield what became of each, as it comes; whatever ends the loop, every command is ended.

        With *watch*, whole lines are yielded as they come (*ended* is ``runs``), and only the rest at the end.
        """
        until = time.monotonic() + self._limits.all_s
        waiting = deque(asks)
        before = _on_terminate(_stop)
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self._limits.at_once:
                    left = until - time.monotonic()
                    if left <= 0:
                        break
                    yield from self._start(waiting.popleft(), min(left, self._limits.node_s))
                if time.monotonic() >= until:
                    yield from (Reply(ask.node, "turn") for ask in waiting)
                    waiting.clear()
                self._read()
                yield from self._ended()
                if watch:
                    yield from self._whole_lines()
        finally:
            self._end_all()
            _on_terminate(before)

    def _start(self, ask: Ask, limit_s: float) -> Iterator[Reply]:
        if self._tied and which(ask.argv[0], path=self._env.get("PATH")) is None:
            yield Reply(ask.node, "not-started", err=f"{ask.argv[0]}: No such file or directory")
            return
        try:
            child = _Child(ask, limit_s, self._env, self._tied)
        except (OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error)
            yield Reply(ask.node, "not-started", err=f"{ask.argv[0]}: {words}")
            return
        self._running.append(child)
        for pipe, buffer in ((child.process.stdout, child.out), (child.process.stderr, child.err)):
            self._selector.register(_opened(pipe), selectors.EVENT_READ, buffer)

    def _read(self) -> None:
        if not self._selector.get_map():
            time.sleep(_TICK_S / 10)
            return
        for key, _ in self._selector.select(_TICK_S):
            chunk = os.read(key.fd, 1 << 16)
            if not chunk or len(key.data) > OUTPUT_LIMIT:
                self._selector.unregister(key.fileobj)
            key.data.extend(chunk)

    def _ended(self) -> Iterator[Reply]:
        now = time.monotonic()
        for child in list(self._running):
            if child.process.poll() is not None:
                self._read()  # what it said last
                ended = "exit"
            elif now >= child.until:
                ended = "timeout"
                self.forced = True
                child.signal(signal.SIGTERM)
                child.until = now + GRACE_S
                self._ending.append(child)
            else:
                continue
            self._running.remove(child)
            self._forget(child)
            yield child.reply(ended)
        for child in [one for one in self._ending if now >= one.until]:
            child.signal(signal.SIGKILL)
            self._ending.remove(child)

    def _whole_lines(self) -> Iterator[Reply]:
        for child in self._running:
            if end := child.out.rfind(b"\n") + 1:
                yield Reply(child.node, "runs", bytes(child.out[:end]))
                del child.out[:end]

    def _forget(self, child: _Child) -> None:
        """Read the rest of its pipes, which do not block, and close them."""
        for pipe, buffer in ((child.process.stdout, child.out), (child.process.stderr, child.err)):
            held = _opened(pipe)
            with contextlib.suppress(OSError, BlockingIOError):
                while len(buffer) <= OUTPUT_LIMIT and (chunk := os.read(held.fileno(), 1 << 16)):
                    buffer.extend(chunk)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(held)
            held.close()

    def _end_all(self) -> None:
        """End what still runs, in order: first asked, then killed."""
        left = [*self._running, *self._ending]
        self.forced = self.forced or bool(left)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            for child in left:
                child.signal(sign)
            until = time.monotonic() + GRACE_S
            while any(child.process.poll() is None for child in left) and time.monotonic() < until:
                time.sleep(_TICK_S / 10)
        for child in self._running:
            self._forget(child)
        self._running, self._ending = [], []
        self._selector.close()


class Streamed:
    """The lines of one command, each as soon as it is whole; it is ended when its time is up or the loop is left.

    Afterwards *late* says whether its time was up, and *words* are what it said last on its standard error.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], limit_s: float) -> None:
        self._ask = Ask("", tuple(argv))
        self._crowd = Crowd(Patience(limit_s, limit_s, 1), env)
        self.late, self.words = False, ""

    def __iter__(self) -> Iterator[bytes]:
        for reply in self._crowd.replies([self._ask], watch=True):
            yield from reply.out.splitlines()
            self.late = reply.ended == "timeout"
            rows = [row.strip() for row in reply.err.splitlines() if row.strip()]
            self.words = " ".join(rows[-1:])


def reply_to(argv: Sequence[str], env: Mapping[str, str], limit_s: float) -> Reply:
    """Run one command and return what it said."""
    [reply] = Crowd(Patience(limit_s, limit_s, 1), env).replies([Ask("", tuple(argv))])
    return reply


def _can_tie() -> bool:
    """Whether the system's setpriv is there and knows the option: busybox has one that does not."""
    try:
        done = subprocess.run((*_TIED, "true"), capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _stop(*_: object) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _on_terminate(handler: Any) -> Any:
    """Set what happens on SIGTERM, and return what happened before; only the main thread may."""
    try:
        return signal.signal(signal.SIGTERM, handler)
    except (TypeError, ValueError):
        return None


def _opened(pipe: Any) -> Any:
    assert pipe is not None
    return pipe
