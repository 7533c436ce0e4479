"""torch-doctor matrix propose: what a host proved and no row holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.cli.input.facts_file import read_facts
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import KernelResult
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)

from tests.cli.conftest import Run
from tests.cli.machines import save

HOST = Path(__file__).parents[1] / "hosts" / "h200-580-cu130" / "facts.json"
SEEN = Source("user", "a test")
NEW = "NVIDIA Q900"


def known(value: object) -> Known[Any]:
    return Known(value, SEEN)


@pytest.fixture
def host() -> Facts:
    return read_facts(str(HOST)).facts


def newer(host: Facts) -> Facts:
    """The same host with a GPU, a driver, a torch and a cuDNN that nobody has heard of."""
    (gpu,) = host.value("gpus")
    capability = ComputeCapability.parse("9.0")
    gpus = (gpu._replace(name=NEW, compute_capability=capability),)
    ran = (KernelResult(0, ok=True, name=NEW, compute_capability=capability, uuid=gpu.uuid),)
    packages = tuple(
        one._replace(version="9.99.1.3") if one.name == "nvidia-cudnn-cu13" else one
        for one in host.value("packages")
    )
    return host.with_(
        gpus=known(gpus),
        kernel_results=known(ran),
        driver_release=known(DriverRelease.parse("790.10.02")),
        driver_library_release=known(DriverRelease.parse("790.10.02")),
        driver_cuda=known(CudaVersion.parse("15.1")),
        torch_version=known(TorchVersion.parse("2.99.0+cu150")),
        torch_cuda=known(CudaVersion.parse("15.0")),
        arch_list=known((SmTarget.parse("sm_90"), SmTarget.parse("compute_120"))),
        cudnn_version=known("9.99.1"),
        packages=known(packages),
    )


def test_a_host_that_the_rows_know_proposes_nothing(run: Run) -> None:
    ran = run("matrix", "propose", "--from", HOST)

    assert (ran.code, ran.out) == (0, "")
    assert "the matrix holds what this host proved" in ran.err


def test_what_is_new_is_a_row_that_compiles_once_it_is_filled_in(
    run: Run, host: Facts, tmp_path: Path
) -> None:
    file = save(newer(host), tmp_path)
    os.utime(file, (1_790_000_000, 1_790_000_000))
    ran, output = run("matrix", "propose", "--from", file), run("matrix", "propose", "--from", file, "--json").json  # fmt: skip

    assert ran.code == 1 and output["proposed"] in ran.out and output["checked"] == "2026-09-21"
    rows = {row["row"]: row["cells"] for row in output["rows"]}
    assert rows["drivers/790"] == {"branch": 790, "cuda": "15.1"}
    assert rows[f"gpus/{NEW}"]["capabilities"] == ["9.0"]
    assert rows[f"gpus/{NEW}"]["architecture"] == "Hopper"
    build = rows["torch_builds/2.99.0/cu150/linux-x86_64"]
    assert (build["archs"], build["ptx"], build["cuda"]) == (["sm_90"], ["compute_120"], "15.0")
    assert output["source"] == f'host:"a kernel ran on {NEW}, driver 790.10.02, torch 2.99.0+cu150"'
    assert [(one["row"], one["found"]) for one in output["differences"]] == [
        ("library_ranges/nvidia-cudnn-cu13", "9.99.1.3")
    ]
    assert "CUDA 15.0 has no row in toolkits" in ran.err
    filled = (
        ran.out.replace('cuda: "15.0"', 'cuda: "13.0"')
        .replace("cu150", "cu130")
        .replace("    # kind is to be filled in", "    kind: data_center\n    #")
        .replace("    # on_pypi is to", "    on_pypi: true\n    # x")
        .replace("    # pypi is to", "    pypi: {linux-x86_64: cu130}\n    # x")
    )
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "new.yaml").write_text(filled)
    judged = run("matrix", "validate", tmp_path / "rows")
    assert judged.out == "the matrix is sound\n"


def test_what_disagrees_is_said_and_no_row_is_made(run: Run, host: Facts, tmp_path: Path) -> None:
    (gpu,) = host.value("gpus")
    ran = [
        one._replace(compute_capability=ComputeCapability.parse("12.0"))
        for one in host.value("kernel_results")
    ]
    changed = host.with_(
        gpus=known((gpu._replace(compute_capability=ComputeCapability.parse("12.0")),)),
        kernel_results=known(tuple(ran)),
        driver_kernels=Unavailable(Reason.NOT_ASKED, ""),
        driver_cuda=known(CudaVersion.parse("13.3")),
        arch_list=known((SmTarget.parse("sm_90"),)),
    )
    output = run("matrix", "propose", "--from", save(changed, tmp_path))

    assert output.code == 1 and not [line for line in output.out.splitlines() if line[:1] != "#"]
    assert "# gpus/NVIDIA H200 capabilities: the row says 9.0; the host says 12.0" in output.out
    assert "# drivers/580 cuda: the row says 13.0; the host says 13.3" in output.out
    assert "archs: the row says" in output.out


def test_a_libcuda_of_another_release_says_nothing_of_the_driver(
    run: Run, host: Facts, tmp_path: Path
) -> None:
    changed = newer(host).with_(driver_library_release=known(DriverRelease.parse("795.01.01")))
    output = run("matrix", "propose", "--from", save(changed, tmp_path))

    assert "drivers:" not in output.out and "the libcuda of 795.01.01 answers" in output.err


def test_a_prediction_is_no_proof(run: Run, host: Facts, tmp_path: Path) -> None:
    nothing = Unavailable(Reason.NOT_ASKED, "")
    failed = known(tuple(one._replace(ok=False) for one in host.value("kernel_results")))
    for results in (nothing, failed):
        changed = newer(host).with_(kernel_results=results, driver_kernels=nothing)
        output = run("matrix", "propose", "--from", save(changed, tmp_path))

        assert (output.code, output.out) == (2, "")
        assert "no kernel was seen to run" in output.err


def test_the_drivers_own_proof_is_one_and_says_nothing_of_torch(
    run: Run, host: Facts, tmp_path: Path
) -> None:
    changed = newer(host)
    changed = changed.with_(
        driver_kernels=changed["kernel_results"], kernel_results=Unavailable(Reason.NOT_ASKED, "")
    )
    output = run("matrix", "propose", "--from", save(changed, tmp_path))

    assert output.code == 1 and "drivers:" in output.out and NEW in output.out
    assert "torch" not in output.out and "cudnn" not in output.out


def test_nothing_names_the_host_and_no_text_leaves_its_quotes(
    run: Run, host: Facts, tmp_path: Path
) -> None:
    evil = 'NVIDIA "Q900"\n  - {name: x}\x1b[2J'
    (gpu,) = host.value("gpus")
    capability = ComputeCapability.parse("9.0")
    ran = (KernelResult(0, ok=True, name=evil, compute_capability=capability),)
    changed = newer(host).with_(
        gpus=known((gpu._replace(name=evil),)),
        kernel_results=known(ran),
        python_executable=known("/home/alice/venv/bin/python"),
    )
    output = run("matrix", "propose", "--from", save(changed, tmp_path), "--json")

    for secret in ("alice", gpu.uuid or "GPU-", gpu.bus_id or "0000:", str(tmp_path)):
        assert secret not in output.out
    (text,) = [line for line in output.json["proposed"].splitlines() if line.startswith("  - name")]
    assert "\x1b" not in output.out and text.count("- ") == 2 and text.endswith('"')
