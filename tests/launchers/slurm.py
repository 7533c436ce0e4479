"""A real Slurm of four nodes on loopback, started for a test session and ended by the ids of its processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

DAEMONS = ("munged", "slurmctld", "slurmd")
NODES = ("node1", "node2", "node3", "node4")
_CONF = """ClusterName=loop
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={control}
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=300
KillWait=2
PrologFlags=Alloc
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmdSpoolDir={folder}/spool-%n
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
GresTypes=gpu
NodeName=node[1-4] NodeHostname=localhost NodeAddr=127.0.0.1 Port={nodes} CPUs=1 RealMemory=512 Gres=gpu:2 Feature=rack1 State=UNKNOWN
PartitionName=gpu Nodes=node[1-4] Default=YES MaxTime=INFINITE State=UP
{more}
"""


class Slurm:
    """A cluster in a folder; of its four nodes the last is never started, and can be left out."""

    def __init__(self, folder: Path, more: str = "", *, absent: bool = True) -> None:
        self.folder = folder
        self.nodes = NODES if absent else NODES[:3]
        self.environ = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        self.more = more
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the daemons and wait until three nodes are idle; skip where that is not permitted."""
        (self.folder / "state").mkdir()
        self._devices()
        ports = _free_ports(5)
        text = _CONF.format(control=ports[0], folder=self.folder, more=self.more, nodes="@")
        last = self.nodes[-1].removeprefix("node")
        text = _one_line_a_node(text, dict(zip(self.nodes, ports[1:], strict=False)))
        (self.folder / "slurm.conf").write_text(text.replace("node[1-4]", f"node[1-{last}]"))
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        own = [f"--{name}={self.folder}/munge.{end}" for name, end in _MUNGE.items()]
        self._run("munged", "--foreground", "--force", f"--key-file={key}", *own)
        self._wait_for((self.folder / "munge.sock").exists)
        self._run("slurmctld", "-D", "-f", self.environ["SLURM_CONF"])
        for node in NODES[:3]:
            (self.folder / f"spool-{node}").mkdir()
            self._run("slurmd", "-D", "-f", self.environ["SLURM_CONF"], "-N", node)
        self._wait_for(lambda: self.states().get("node1") == self.states().get("node3") == "idle")

    def stop(self) -> None:
        """End every daemon by its own id."""
        for process in reversed(self._started):
            with contextlib.suppress(OSError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)

    @contextlib.contextmanager
    def hung(self, node: str) -> Iterator[None]:
        """Stop a node's slurmd with SIGSTOP: it takes connections and answers none."""
        process = self._started[2 + NODES.index(node)]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def tell(self, *words: str) -> str:
        """Run a command of Slurm and return what it prints."""
        return subprocess.run(
            words, env=self.environ, capture_output=True, text=True, timeout=120, check=True
        ).stdout

    def states(self) -> dict[str, str]:
        """Return the state of each node as sinfo has it."""
        with contextlib.suppress(subprocess.CalledProcessError):
            rows = self.tell("sinfo", "-h", "-N", "-o", "%N|%T").splitlines()
            return dict(row.split("|", 1) for row in rows)
        return {}

    def jobs(self) -> list[str]:
        """Return the jobs that run or wait, each with its node; those that only end are none."""
        return self.tell("squeue", "-h", "-t", "R,PD", "-o", "%j|%N").splitlines()

    def wait_until_empty(self) -> None:
        """Wait until no job is left."""
        self._wait_for(lambda: not self.jobs())

    def _run(self, program: str, *words: str) -> None:
        log = (self.folder / f"{len(self._started)}-{program}.out").open("wb")
        command = (_daemon(program) or program, *words)
        self._started.append(
            subprocess.Popen(
                command, env=self.environ, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        )
        log.close()

    def _wait_for(self, ready: object, seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if callable(ready) and ready():
                return
            dead = [one for one in self._started if one.poll() is not None]
            if dead:
                words = "".join(
                    path.read_text(errors="replace") for path in self.folder.glob("*.out")
                )
                self.stop()
                pytest.skip(f"a Slurm cannot be started: {words[-400:]}")
            time.sleep(0.2)
        self.stop()
        pytest.fail(f"the test's Slurm did not get ready: {self.states()}")

    def _devices(self) -> None:
        """Lay out files that stand for two GPUs: Slurm wants devices."""
        rows = []
        for number in (0, 1):
            path = self.folder / f"gpu{number}"
            try:
                os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))
            except OSError:
                pytest.skip("devices cannot be made")
        rows.append(f"Name=gpu File={self.folder}/gpu[0-1]")
        (self.folder / "gres.conf").write_text("\n".join(rows) + "\n")


_MUNGE = {"socket": "sock", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}


def _one_line_a_node(text: str, ports: dict[str, int]) -> str:
    """Give each node a line and a port of its own: free ports are no range."""
    rows = []
    for row in text.splitlines():
        if row.startswith("NodeName="):
            rows += [
                row.replace("node[1-4]", node).replace("Port=@", f"Port={port}")
                for node, port in ports.items()
            ]
        else:
            rows.append(row)
    return "\n".join(rows) + "\n"


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _daemon(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def started(folder: Path, more: str = "", *, absent: bool = True) -> Slurm:
    """Return a cluster that runs; skip where there is no Slurm, or no right to start one."""
    missing = [name for name in DAEMONS if _daemon(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed (apt install slurm-wlm munge)")
    if os.geteuid() != 0:
        pytest.skip("a Slurm of the test's own is started by root")
    slurm = Slurm(folder, more, absent=absent)
    slurm.start()
    return slurm
