"""The scripts of integrations/slurm, run by a real Slurm: jobs are kept off broken nodes, which are drained and undrained."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from torch_doctor.render.formats.json import facts_document

from tests import tree
from tests.hosts.states import read
from tests.launchers.slurm import Slurm, started
from tests.resting import rests_on

ROOT = tree.PACKAGE.parents[1]
SCRIPTS = ROOT / "integrations" / "slurm"
STATES = Path(__file__).parents[1] / "hosts" / "h200-states"
pytestmark = pytest.mark.skipif(not SCRIPTS.is_dir(), reason="needs the checkout")
SOURCES = os.pathsep.join(filter(None, (str(tree.PACKAGE.parent), os.environ.get("PYTHONPATH"))))


SOURCE = {"kind": "file", "where": "/sys/bus/pci/devices"}
NO_GPU = {
    "gpus": {"unavailable": "not-present", "detail": "no driver is there", "source": SOURCE},
    "pci_gpus": {"value": [], "source": SOURCE},
}


def recorded(state: str) -> str:
    """Return the facts of a recorded host, of one of which nothing is known, or of one that has no GPU."""
    made = {"unknown": {"facts": {}}, "no-gpu": {"facts": NO_GPU}}.get(state)
    return json.dumps(made or facts_document(read(STATES / f"{state}.json")[1], {}))


class Cluster:
    """A Slurm with both scripts; what torch-doctor finds on a node is the recorded host that the test lays there."""

    def __init__(self, slurm: Slurm, folder: Path) -> None:
        self.slurm, self.folder = slurm, folder

    def lay(self, node: str, state: str) -> None:
        unfinished = self.folder / f".{node}"
        unfinished.write_text(recorded(state))
        unfinished.replace(self.folder / f"{node}.json")

    def looked(self, node: str) -> bool:
        """Wait until a check that began after this call has ended: another one begins then."""
        looks = self.folder / f"{node}.looks"
        count = looks.stat().st_size if looks.exists() else 0
        return eventually(lambda: looks.exists() and looks.stat().st_size >= count + 2)

    def reason(self, node: str) -> str:
        return self.slurm.tell("sinfo", "-h", "-N", "-n", node, "-o", "%T|%E").splitlines()[0]

    def features(self, node: str) -> str:
        return self.slurm.tell("sinfo", "-h", "-N", "-n", node, "-o", "%b").splitlines()[0]


def eventually(asked: Callable[[], bool], seconds: float = 120) -> bool:
    until = time.monotonic() + seconds
    while not asked():
        if time.monotonic() > until:
            return False
        time.sleep(0.3)
    return True


def installed(folder: Path, **settings: str) -> Path:
    """Lay the scripts out as an administrator does, beside a program that judges the host in node.json."""
    scripts = folder / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    program = folder / "torch-doctor"
    program.write_text(
        f"""#!/bin/sh
export PYTHONPATH={shlex.quote(SOURCES)}
echo >> {folder}/$SLURMD_NODENAME.looks
[ ! -e {folder}/hang ] || exec sleep 600
exec {shlex.quote(sys.executable)} -m torch_doctor "$@" --facts {folder}/$SLURMD_NODENAME.json
"""
    )
    program.chmod(0o755)
    values = {"TORCH_DOCTOR": str(program), "TORCH_DOCTOR_FEATURES": "yes", **settings}
    rows = (scripts / "torch-doctor.conf").read_text().splitlines()
    for name, value in values.items():
        assert sum(row.startswith(f"{name}=") for row in rows) == 1, name
        rows = [f"{name}={value}" if row.startswith(f"{name}=") else row for row in rows]
    (scripts / "torch-doctor.conf").write_text("\n".join(rows) + "\n")
    return scripts


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("slurm-scripts")
    scripts = installed(folder, SLURM_CONF=f"{folder}/cluster/slurm.conf", TORCH_DOCTOR_LIMIT="15")
    for node in ("node1", "node2", "node3"):
        facts = facts_document(read(STATES / "healthy.json")[1], {})
        (folder / f"{node}.json").write_text(json.dumps(facts))
    (folder / "cluster").mkdir()
    more = f"Prolog={scripts}/prolog.sh\nHealthCheckProgram={scripts}/health-check.sh\nHealthCheckInterval=2"
    slurm = started(folder / "cluster", more, absent=False)
    yield Cluster(slurm, folder)
    slurm.stop()


@rests_on("TD771")
def test_a_broken_node_is_drained_with_the_cause_and_undrained_when_it_is_gone(
    cluster: Cluster,
) -> None:
    cluster.lay("node2", "cudart-empty")
    assert eventually(lambda: "TD771" in cluster.reason("node2"))
    assert cluster.reason("node2").startswith("drained|[torch-doctor] TD771 libraries-damaged: ")
    assert cluster.reason("node1").startswith("idle|")

    cluster.lay("node2", "unknown")
    assert cluster.looked("node2")
    assert cluster.reason("node2").startswith("drained|"), "unknown is not healthy"

    cluster.lay("node2", "no-gpu")
    assert cluster.looked("node2")
    assert cluster.reason("node2").startswith("drained|"), "a node whose GPUs are gone is not well"

    cluster.lay("node2", "healthy")
    assert eventually(lambda: cluster.reason("node2").startswith("idle|"))


def test_what_somebody_else_drained_stays_drained(cluster: Cluster) -> None:
    update = ("scontrol", "update", "nodename=node3", "state=drain", "reason=by hand")
    cluster.slurm.tell(*update)
    assert cluster.looked("node3")
    assert cluster.reason("node3") == "drained|by hand"

    cluster.lay("node3", "cudart-empty")
    assert cluster.looked("node3")
    assert cluster.reason("node3") == "drained|by hand"
    cluster.lay("node3", "healthy")
    cluster.slurm.tell("scontrol", "update", "nodename=node3", "state=resume")


def test_jobs_ask_for_features_and_those_of_others_stay(cluster: Cluster) -> None:
    assert eventually(
        lambda: cluster.features("node1") == "cc90,cuda11,cuda12,cuda13,rack1,torch_ok"
    )
    asked = ("srun", "--quiet", "--nodelist=node1", "--constraint=torch_ok&cuda13", "--time=1")
    assert cluster.slurm.tell(*asked, "echo", "ran") == "ran\n"

    cluster.lay("node1", "unknown")
    assert eventually(lambda: cluster.features("node1") == "rack1")
    assert cluster.reason("node1").startswith("idle|"), "unknown drains no node"
    refused = subprocess.run(
        [*asked, "true"], env=cluster.slurm.environ, capture_output=True, text=True, check=False
    )
    assert refused.returncode != 0
    cluster.lay("node1", "healthy")
    assert eventually(lambda: "torch_ok" in cluster.features("node1"))

    (cluster.folder / "hang").touch()
    assert eventually(lambda: cluster.features("node1") == "cc90,cuda11,cuda12,cuda13,rack1")
    (cluster.folder / "hang").unlink()


def prolog(folder: Path, state: str, **settings: str) -> subprocess.CompletedProcess[str]:
    scripts = installed(folder, **settings)
    (folder / "n1.json").write_text(recorded(state))
    return subprocess.run(
        [scripts / "prolog.sh"], env={"SLURMD_NODENAME": "n1"}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "settings", "code"),
    [
        ("healthy", {}, 0),
        ("cudart-empty", {}, 1),
        ("unknown", {}, 0),
        ("unknown", {"TORCH_DOCTOR_DRAIN_ON_UNKNOWN": "yes"}, 1),
        ("healthy", {"TORCH_DOCTOR": "/no/such/program"}, 0),
        ("healthy", {"TORCH_DOCTOR": "/bin/false"}, 0),
        ("healthy", {"TORCH_DOCTOR": "/no/such", "TORCH_DOCTOR_DRAIN_ON_UNKNOWN": "yes"}, 1),
        ("healthy", {"TORCH_DOCTOR": "/bin/false", "TORCH_DOCTOR_DRAIN_ON_UNKNOWN": "yes"}, 1),
        ("no-gpu", {}, 0),
        ("no-gpu", {"TORCH_DOCTOR_DRAIN_ON_UNKNOWN": "yes"}, 1),
        ("no-gpu", {"TORCH_DOCTOR_OPTIONS": "--require-gpu"}, 1),
        ("healthy", {"TORCH_DOCTOR_OPTIONS": "'--expect-gpus 64'"}, 1),
    ],
)
def test_the_prolog_fails_where_a_cause_is_known_alone(
    tmp_path: Path, state: str, settings: dict[str, str], code: int
) -> None:
    ran = prolog(tmp_path, state, **settings)

    assert ran.returncode == code, ran
    assert ("[torch-doctor] " in ran.stderr) is (code == 1)


def test_a_prolog_whose_check_hangs_ends(tmp_path: Path) -> None:
    (tmp_path / "hang").touch()
    begun = time.monotonic()

    assert prolog(tmp_path, "healthy", TORCH_DOCTOR_LIMIT="1").returncode == 0
    assert time.monotonic() - begun < 60


def test_a_prolog_that_fails_keeps_the_job_off_the_node(cluster: Cluster) -> None:
    cluster.slurm.tell("scontrol", "update", "nodename=node3", "state=drain", "reason=keep")
    cluster.slurm.tell("scontrol", "update", "nodename=node3", "state=resume")
    cluster.lay("node3", "cudart-empty")
    done = subprocess.run(
        ["srun", "--quiet", "--nodelist=node3", "--immediate=5", "--no-requeue", "true"],
        env=cluster.slurm.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert done.returncode != 0
    assert eventually(lambda: cluster.reason("node3").startswith("drain"))
    cluster.lay("node3", "healthy")
