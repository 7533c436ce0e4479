"""Files against their RECORD: the libraries of NVIDIA's wheels by a look, all others by size or hash."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Fact, Known, Reason
from torch_doctor.probes.host.port import LiveHost, RecordedHost
from torch_doctor.probes.torch import wheel_files

from tests.unit.probes.test_torch_child import target
from tests.unit.probes.tree import make, reason

# Any library of this machine will do, as long as it has section headers at its end.
LIBRARY = next(
    path
    for path in (
        *Path("/lib/x86_64-linux-gnu").glob("libm.so.6"),
        *Path("/lib/aarch64-linux-gnu").glob("libm.so.6"),
        *Path("/lib64").glob("libm.so.6"),
    )
)
NCCL = "nvidia/nccl/lib/libnccl.so.2"
LINEAR = "torch/nn/linear.py"
TEXT = "class Linear: ...\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site directory with a torch and an NCCL, whole and recorded."""
    files = {
        "site/torch/version.py": "__version__ = '2.8.0'\n",
        f"site/{LINEAR}": TEXT,
        "site/torch/test/big.py": "gone in slim images\n",
    }
    make(tmp_path, files)
    place = tmp_path / "site" / NCCL
    place.parent.mkdir(parents=True)
    shutil.copy(LIBRARY, place)
    digest = base64.urlsafe_b64encode(hashlib.sha256(TEXT.encode()).digest()).rstrip(b"=").decode()
    records = {
        "torch-2.8.0": f"torch/version.py,,22\n{LINEAR},sha256={digest},{len(TEXT)}\n"
        "torch/test/big.py,,21\n../../../bin/torchrun,,200\n",
        "nvidia_nccl_cu12-2.27.3": f"{NCCL},,{place.stat().st_size}\n"
        "nvidia/nccl/include/nccl.h,,1000\n",
    }
    for name, text in records.items():
        make(tmp_path, {f"site/{name}.dist-info/RECORD": text})
    return tmp_path / "site"


def looked(site: Path) -> Any:
    fact: Fact[Any] = dict(wheel_files.probe(LiveHost(environ={}), target(site)))["library_damage"]
    assert isinstance(fact, Known), fact
    return fact.value


def compared(site: Path, *, by_hash: bool = False) -> Any:
    found = wheel_files.probe_records(LiveHost(environ={}), target(site), by_hash=by_hash)
    fact: Fact[Any] = dict(found)["recorded_damage"]
    assert isinstance(fact, Known), fact
    return fact.value


def test_what_is_whole_is_left_in_peace(site: Path) -> None:
    shutil.rmtree(site / "torch" / "test")  # nothing that runs needs it
    assert looked(site) == ()
    assert compared(site) == ()
    assert compared(site, by_hash=True) == ()


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _empty(path: Path) -> None:
    os.truncate(path, 0)


def _zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _zeros_at_its_end(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:-8192] + bytes(8192))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Path.unlink, "is missing"),
        (_cut, "bytes"),
        (_empty, "has 0 of"),
        (_zeros, "is no library"),
        (_zeros_at_its_end, "ends in zeros"),
    ],
)
def test_a_library_that_is_not_whole(site: Path, change: Callable[[Path], Any], words: str) -> None:
    change(site / NCCL)
    (fault,) = looked(site)
    assert fault.startswith(NCCL)
    assert words in fault


def test_a_stripped_library_is_whole(site: Path) -> None:
    """Smaller than recorded, and its headers hold: packagers do that."""
    record = site / "nvidia_nccl_cu12-2.27.3.dist-info" / "RECORD"
    record.write_text(f"{NCCL},,{10 * (site / NCCL).stat().st_size}\n")
    assert looked(site) == ()
    assert compared(site) == ()


def test_any_file_of_the_record_may_be_gone_or_cut(site: Path) -> None:
    (site / LINEAR).write_text("")
    assert compared(site) == (f"{LINEAR} has 0 of {len(TEXT)} bytes",)
    (site / LINEAR).unlink()
    assert compared(site) == (f"{LINEAR} is missing",)


def test_a_change_of_the_same_size_shows_by_hash_alone(site: Path) -> None:
    (site / LINEAR).write_text(TEXT.replace("L", "l"))
    assert compared(site) == ()
    assert compared(site, by_hash=True) == (f"{LINEAR} does not have the hash of its RECORD",)


def test_many_faults_are_counted(site: Path) -> None:
    lines = "".join(f"torch/m{number}.py,,5\n" for number in range(50))
    (site / "torch-2.8.0.dist-info" / "RECORD").write_text(lines)
    faults = compared(site)
    assert len(faults) == 21
    assert faults[-1] == "torch: 30 more files"


def test_where_no_record_is_nothing_is_said(site: Path) -> None:
    shutil.rmtree(site / "torch-2.8.0.dist-info")
    found = dict(wheel_files.probe_records(LiveHost(environ={}), target(site)))
    assert reason(found["recorded_damage"]) is Reason.NOT_PRESENT


def test_a_recording_without_the_answer_says_not_asked(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "host.json": "{}",
            "root/s/torch/version.py": "",
            "root/s/torch-2.8.0.dist-info/RECORD": "torch/x.py,,5\n",
            "root/s/nvidia_nccl_cu12-2.27.3.dist-info/RECORD": f"{NCCL},,5\n",
        },
    )
    host, place = RecordedHost(tmp_path), target(Path("/s"))
    assert reason(dict(wheel_files.probe(host, place))["library_damage"]) is Reason.NOT_ASKED
    found = dict(wheel_files.probe_records(host, place))
    assert reason(found["recorded_damage"]) is Reason.NOT_ASKED
