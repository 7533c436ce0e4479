"""The files of integrations/kubernetes: manifests by the schemas of Kubernetes, scripts beside a driver that is not there."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import tree
from tests.faults.driver import FakeDriver
from tests.resting import rests_on

ROOT = tree.PACKAGE.parents[1]
FOLDER = ROOT / "integrations" / "kubernetes"
MANIFESTS = sorted(FOLDER.glob("*.yaml"))
SOURCES = os.pathsep.join(filter(None, (str(tree.PACKAGE.parent), os.environ.get("PYTHONPATH"))))
H100 = {"driver": "580.65.06", "cuda": "13000", "count": 2, "gpu.name": "NVIDIA H100 80GB HBM3", "gpu.cc": "9.0"}  # fmt: skip
OLD = {**H100, "driver": "535.161.08", "cuda": "12020"}
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the checkout")


@pytest.mark.parametrize("release", ["1.28", "1.31", "1.34"])
@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_manifests_follow_the_schemas_of_kubernetes(path: Path, release: str) -> None:
    schemas = pytest.importorskip("kubernetes_validate")
    documents = [one for one in yaml.safe_load_all(path.read_text()) if one]

    for document in documents:
        schemas.validate(document, release, strict=True)
    broken = {**documents[-1], "specc": {}}
    with pytest.raises(schemas.ValidationError):
        schemas.validate(broken, release, strict=True)


def test_what_manifests_start_is_in_the_image() -> None:
    image = (FOLDER / "Dockerfile").read_text()
    plugin = json.loads((FOLDER / "npd-torch-doctor.json").read_text())
    named = re.findall(
        r"/opt/torch-doctor/([\w-]+\.sh)", "".join(one.read_text() for one in MANIFESTS)
    )
    named += [rule["path"].removeprefix("/opt/torch-doctor/") for rule in plugin["rules"]]

    assert "integrations/kubernetes/*.sh /opt/torch-doctor/" in image
    assert len(named) == 2
    for name in named:
        assert os.access(FOLDER / name, os.X_OK)
    assert plugin["pluginConfig"]["max_output_length"] == 80
    known = {one["type"] for one in plugin["conditions"]}
    assert {rule["condition"] for rule in plugin["rules"]} == known


def environ(tmp_path: Path, found: dict[str, str], **more: str) -> dict[str, str]:
    """What a script runs with: the driver lies in a root of its own, with a C library that must not be found."""
    program = tmp_path / "torch-doctor"
    program.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(SOURCES)}\n"
        f'exec {shlex.quote(sys.executable)} -m torch_doctor "$@"\n'
    )
    program.chmod(0o755)
    libraries = tmp_path / "root" / "usr" / "lib64"
    if not libraries.exists():
        shutil.copytree(found["LD_LIBRARY_PATH"], libraries, symlinks=True)
        (libraries / "libc.so.6").write_text("of another system")
    kept = {name: found[name] for name in ("PATH", "FAKE_NVML", "FAKE_CUDA")}
    return {
        **kept, "TORCH_DOCTOR": str(program), "DRIVER_ROOT": str(tmp_path / "root"),
        "TORCH_DOCTOR_TORCH": "2.9.1+cu130", "TMPDIR": str(tmp_path), **more,
    }  # fmt: skip


def script(name: str, env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FOLDER / name, *words], env=env, capture_output=True, text=True, timeout=300, check=False
    )


@rests_on("TD113", "TD120")
@pytest.mark.parametrize(
    ("keys", "more", "code", "begins"),
    [
        (H100, {}, 0, "healthy"),
        (OLD, {}, 1, "TD120 driver-older-than-runtime: "),
        ({**H100, "nvmlInit.fault": 18}, {}, 1, "TD113 "),
        ({**H100, "nvmlInit.fault": 18}, {"TORCH_DOCTOR_TORCH": ""}, 1, "TD113 "),
        (H100, {"TORCH_DOCTOR_TORCH": ""}, 2, "undecided: "),
        ({**H100, "count": 0}, {"TORCH_DOCTOR_OPTIONS": "--require-gpu"}, 1, "TD"),
        (H100, {"TORCH_DOCTOR_TORCH": "no build"}, 2, "unknown: "),
        (H100, {"TORCH_DOCTOR": "/no/such/program"}, 2, "unknown: "),
        ({**H100, "nvmlInit.fault": "hang"}, {}, 2, "undecided: "),
    ],
    ids=[
        "well",
        "old",
        "mismatch",
        "mismatch-no-torch",
        "no-torch",
        "no-gpu",
        "wrong",
        "gone",
        "hung",
    ],
)
def test_the_plugin_says_0_1_or_unknown_in_one_short_line(
    tmp_path: Path, fake_driver: FakeDriver, keys: dict[str, Any], more: dict[str, str], code: int, begins: str
) -> None:  # fmt: skip
    ran = script("npd.sh", environ(tmp_path, fake_driver(keys), **more))

    assert ran.returncode == code, ran
    first, *rest = ran.stdout.splitlines()
    assert rest == []
    assert first.startswith(begins)
    assert len(first) <= 80
    assert not list(tmp_path.glob("tmp.*")), "nothing is left behind"


def test_a_check_that_does_not_end_is_unknown(tmp_path: Path) -> None:
    program = tmp_path / "slow"
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    program.chmod(0o755)
    env = {"PATH": os.environ["PATH"], "TORCH_DOCTOR": str(program), "TORCH_DOCTOR_LIMIT": "1"}

    ran = script("npd.sh", env)

    assert (ran.returncode, ran.stdout) == (2, "unknown: no answer within 1 s\n")


def test_features_expire_and_are_laid_in_place_whole(
    tmp_path: Path, fake_driver: FakeDriver
) -> None:
    folder = tmp_path / "features.d"
    folder.mkdir()
    env = environ(tmp_path, fake_driver(H100), FEATURES_DIR=str(folder))

    assert script("node-features.sh", env).returncode == 0

    assert [one.name for one in folder.iterdir()] == ["torch-doctor"]
    first, *rows = (folder / "torch-doctor").read_text().splitlines()
    expiry = time.strptime(first, "# +expiry-time=%Y-%m-%dT%H:%M:%SZ")
    left = time.mktime(expiry) - time.mktime(time.gmtime())
    assert 3500 < left <= 3600
    prefix = "feature.node.kubernetes.io/torch-doctor."
    words = ("torch_ok", "cuda11", "cuda12", "cuda13", "cc90")
    assert rows == [f"{prefix}{word}=true" for word in words]

    Path(env["FAKE_NVML"]).write_text("nvmlInit.fault=18\n")
    assert script("node-features.sh", env).returncode == 1
    assert "torch_ok" not in (folder / "torch-doctor").read_text()


def test_features_are_written_again_until_the_pod_ends(
    tmp_path: Path, fake_driver: FakeDriver
) -> None:
    folder = tmp_path / "features.d"
    folder.mkdir()
    env = environ(tmp_path, fake_driver(H100), FEATURES_DIR=str(folder))
    process = looped(env)
    written = folder / "torch-doctor"
    try:
        _until(written.exists)
        written.unlink()
        _until(written.exists)
    finally:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=300)

    assert process.returncode == 143
    assert out.splitlines()[0] == "healthy"
    assert not list(tmp_path.glob("tmp.*"))


def looped(env: dict[str, str]) -> subprocess.Popen[str]:
    """Start to look each second."""
    return subprocess.Popen(
        [FOLDER / "node-features.sh", "1"], env=env, stdout=subprocess.PIPE, text=True
    )


def test_no_temporary_file_is_unknown(tmp_path: Path, fake_driver: FakeDriver) -> None:
    env = environ(tmp_path, fake_driver(H100), TMPDIR=str(tmp_path / "none"))

    ran = script("npd.sh", env)

    assert (ran.returncode, ran.stdout) == (2, "unknown: no temporary file can be made\n")


def test_words_are_not_renewed_by_a_look_that_does_not_end(
    tmp_path: Path, fake_driver: FakeDriver
) -> None:
    folder, temporary = tmp_path / "features.d", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    env = environ(tmp_path, fake_driver(H100), FEATURES_DIR=str(folder), TMPDIR=str(temporary))
    written = folder / "torch-doctor"
    process = looped(env)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "healthy\n"
        temporary.rename(tmp_path / "gone")
        # A look that had begun may still end.
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[-1].startswith("unknown: "), lines
        before = written.read_text()
        assert process.stdout.readline().startswith("unknown: ")
        time.sleep(1.1)
        assert process.stdout.readline().startswith("unknown: ")
        assert written.read_text() == before
        assert "torch_ok" in before, "what was known stays until it expires"
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)


def test_one_failed_look_takes_no_words_away(tmp_path: Path, fake_driver: FakeDriver) -> None:
    folder = tmp_path / "features.d"
    folder.mkdir()
    env = environ(tmp_path, fake_driver(H100), FEATURES_DIR=str(folder))
    assert script("node-features.sh", env).returncode == 0
    before = (folder / "torch-doctor").read_text()

    for failing in ({"TORCH_DOCTOR": "/no/such/program"}, {"TORCH_DOCTOR_TORCH": "no build"}):
        assert script("node-features.sh", {**env, **failing}).returncode == 2
        assert (folder / "torch-doctor").read_text() == before


@pytest.mark.parametrize("path", [None, "/opt/own"])
def test_many_looks_have_the_path_of_one(
    tmp_path: Path, fake_driver: FakeDriver, path: str | None
) -> None:
    env = environ(tmp_path, fake_driver(H100), FEATURES_DIR=str(tmp_path))
    program = tmp_path / "says-its-path"
    program.write_text('#!/bin/sh\necho "healthy $LD_LIBRARY_PATH"\n')
    program.chmod(0o755)
    own = {} if path is None else {"LD_LIBRARY_PATH": path}
    process = looped({**env, **own, "TORCH_DOCTOR": str(program)})
    assert process.stdout is not None
    try:
        paths = [process.stdout.readline().split()[1].split(":") for _ in range(3)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)

    assert [folders[:-1] for folders in paths] == [[path] if path else []] * 3
    assert all(folders[-1].startswith(str(tmp_path)) for folders in paths)


def _until(ready: Any) -> None:
    until = time.monotonic() + 120
    while not ready():
        assert time.monotonic() < until
        time.sleep(0.1)


class _Api(BaseHTTPRequestHandler):
    """As much of an API server as kubectl get nodes asks for."""

    def do_GET(self) -> None:
        labels = {
            "nvidia.com/gpu.product": "NVIDIA-A100-SXM4-40GB", "nvidia.com/gpu.count": "8",
            "nvidia.com/gpu.compute.major": "8", "nvidia.com/gpu.compute.minor": "0",
            "nvidia.com/cuda.driver.major": "535", "nvidia.com/cuda.driver.minor": "161",
            "nvidia.com/cuda.driver.rev": "08",
        }  # fmt: skip
        info = {"architecture": "amd64", "operatingSystem": "linux", "kernelVersion": "5.15.0"}
        node = {
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": "a1", "labels": labels},
            "status": {"nodeInfo": info},
        }  # fmt: skip
        resource = {"name": "nodes", "singularName": "node", "namespaced": False, "kind": "Node", "verbs": ["get", "list"]}  # fmt: skip
        answers: dict[str, Any] = {
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": [resource]},
            "/api/v1/nodes": {
                "kind": "NodeList",
                "apiVersion": "v1",
                "metadata": {},
                "items": [node],
            },
        }
        found = answers.get(self.path.partition("?")[0])
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found or {}).encode())

    def log_message(self, *words: Any) -> None:
        """Say nothing."""


@rests_on("TD120")
@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_what_the_real_kubectl_prints_is_read(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        listed = subprocess.run(
            ["kubectl", "--server", f"http://127.0.0.1:{server.server_port}", "get", "nodes", "-o", "json"],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, capture_output=True,
            timeout=300, check=True,
        ).stdout  # fmt: skip
    finally:
        server.shutdown()
        server.server_close()

    words = ("fleet", "judge", "--from", "kubectl", "-", "--build", "2.9.1+cu130", "--json")
    judged = subprocess.run(
        [sys.executable, "-m", "torch_doctor", *words], input=listed, capture_output=True, check=False
    )  # fmt: skip

    [answer] = json.loads(judged.stdout)["candidates"]
    assert answer["groups"][0]["cause"] == "driver-too-old-for-cuda-build"
    assert answer["groups"][0]["nodes"]["names"] == "a1"
