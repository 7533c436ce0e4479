"""A Ray whose nodes are hosts of their own: each in a network namespace with an address, joined by a bridge."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

NET = "10.213.7"


class SpreadRay(NamedTuple):
    """Where the cluster is asked, from which namespace, the raylet of each node, and the namespaces of all."""

    address: str
    inside: tuple[str, ...]
    raylets: Mapping[str, list[int]]
    namespaces: tuple[str, ...]


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def can_make() -> bool:
    """Whether this user may make network namespaces, and bridges between them."""
    try:
        _ip("netns", "add", "td-try")
        _ip("link", "add", "td-try", "type", "bridge")
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        for words in (("link", "del", "td-try"), ("netns", "del", "td-try")):
            try:
                _ip(*words, check=False)
            except OSError:
                break
    return True


@contextmanager
def spread(python: str, folder: Path, count: int = 3) -> Iterator[SpreadRay]:
    """Start a head and workers, each in a namespace; leave nothing behind."""
    names = [f"td-h{number}" for number in range(1, count + 1)]
    ray = str(Path(python).with_name("ray"))
    started: list[tuple[str, str]] = []
    _ip("link", "add", "td-br", "type", "bridge")
    try:
        _ip("link", "set", "td-br", "up")
        for number, name in enumerate(names, 1):
            _namespace(name, number)
        for number, name in enumerate(names, 1):
            # a host that hangs stays one of the cluster's for as long as a test takes
            patient = '--system-config={"health_check_failure_threshold": 1000}'
            role = ["--head", "--port=6379", "--include-dashboard=false", patient]
            if number > 1:
                role = [f"--address={NET}.1:6379"]
            own = ["--temp-dir", str(folder)] if number == 1 else []
            words = [f"--node-ip-address={NET}.{number}", f"--node-name=h{number}"]
            more = ["--num-cpus=1", "--object-store-memory=83886080", "--disable-usage-stats"]
            command = ["ip", "netns", "exec", name, ray, "start", *role, *own, *words, *more]
            subprocess.run(command, check=True, capture_output=True, timeout=90)
            started.append((name, f"h{number}"))
        raylets = {host: list(_raylets(name)) for name, host in started}
        yield SpreadRay(f"{NET}.1:6379", ("ip", "netns", "exec", names[0]), raylets, tuple(names))
    finally:
        for name in names:
            for pid in inside(name):
                _end(pid)
            _ip("netns", "del", name, check=False)
        _ip("link", "del", "td-br", check=False)


def _namespace(name: str, number: int) -> None:
    _ip("netns", "add", name)
    _ip("link", "add", f"td-v{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("link", "set", f"td-v{number}", "master", "td-br", "up")
    _ip("-n", name, "addr", "add", f"{NET}.{number}/24", "dev", "eth0")
    _ip("-n", name, "link", "set", "eth0", "up")
    _ip("-n", name, "link", "set", "lo", "up")


def inside(name: str) -> list[int]:
    """Return the ids of the processes in a namespace."""
    done = subprocess.run(
        ["ip", "netns", "pids", name], capture_output=True, text=True, check=False
    )
    return [int(word) for word in done.stdout.split()]


def _raylets(name: str) -> Iterator[int]:
    for pid in inside(name):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/raylet"):
            yield pid


def _end(pid: int) -> None:
    import signal

    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
