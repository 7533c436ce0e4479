"""What a report makes one expect, with and without the line that tells the outcome."""

from __future__ import annotations

import pytest
from torch_doctor.core.report import Report, Verdict
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text

from tests.resting import rests_on

LINUX, WINDOWS = "Debian GNU/Linux 11 (bullseye) (x86_64)", "Microsoft Windows 10 Education"


def report_on(
    torch: str,
    cuda: str,
    gpu: str,
    driver: str,
    *,
    rocm: str = "N/A",
    os: str = LINUX,
    ran: bool | None = None,
    more: str = "",
) -> Report:
    available = "" if ran is None else f"Is CUDA available: {ran}\n"
    return diagnose(
        read_text(
            f"PyTorch version: {torch}\nIs debug build: False\nCUDA used to build PyTorch: {cuda}\n"
            f"ROCM used to build PyTorch: {rocm}\n\nOS: {os}\n{available}"
            f"GPU models and configuration: {gpu}\nNvidia driver version: {driver}\n{more}"
        ),
        load_matrix(),
    )


RUNS = [
    pytest.param("1.0.1", "9.0.176", "GPU 0: TITAN Xp", "384.130", LINUX, id="cuda 9 on 384"),
    pytest.param("1.2.0", "10.0.130", "GPU 0: Quadro P5000", "411.63", WINDOWS, id="cuda 10 on Windows"),
    pytest.param("1.7.0", "11.0", "GPU 0: Tesla V100-PCIE-16GB", "450.51.06", LINUX, id="11.0 on its own driver"),
    pytest.param("1.7.1", "11.0", "GPU 0: GeForce RTX 3090", "451.82", WINDOWS, id="11.0 on Windows"),
    pytest.param("2.1.0+cu121", "12.1", "GPU 0: NVIDIA GeForce GTX 1080", "528.49", WINDOWS, id="minor versions"),
    pytest.param("2.9.0a0+gitfeed123", "12.9", "GPU 0: Tesla V100-SXM2-32GB", "575.57.08", LINUX, id="a source build"),
    pytest.param(
        "2.6.0a0+abcdef0123.nv25.01", "12.8", "GPU 0: NVIDIA A16", "570.86.15",
        "Ubuntu 24.04.1 LTS (aarch64)", id="a build of NGC for Arm servers",
    ),
    pytest.param(
        "2.11.0+cu130", "13.0", "GPU 0-3: NVIDIA B200 (179 GiB each)", "580.105.08", LINUX, id="a range of GPUs"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("torch", "cuda", "gpu", "driver", "os"), RUNS)
def test_what_runs_is_expected_to_run(
    torch: str, cuda: str, gpu: str, driver: str, os: str
) -> None:
    report = report_on(torch, cuda, gpu, driver, os=os)
    assert report.verdict in (Verdict.HEALTHY, Verdict.DEGRADED), (report.why, report.findings)


FAILS = [
    pytest.param("1.4.0", "10.1", "GPU 0: GeForce GTX 1070", "410.104", LINUX, "driver-too-old-for-cuda-build", id="10.1 on 410"),
    pytest.param("2.9.0+cu130", "13.0", "GPU 0: NVIDIA GeForce RTX 4070", "576.28", WINDOWS, "driver-too-old-for-cuda-build", id="13 on R575"),
    pytest.param("2.5.1+cu121", "12.1", "GPU 0: NVIDIA GeForce RTX 5080", "572.42", WINDOWS, "gpu-arch-not-in-wheel", id="no code for Blackwell"),
]  # fmt: skip


@rests_on("TD120", "TD201")
@pytest.mark.parametrize(("torch", "cuda", "gpu", "driver", "os", "cause"), FAILS)
def test_what_fails_is_expected_to_fail(
    torch: str, cuda: str, gpu: str, driver: str, os: str, cause: str
) -> None:
    report = report_on(torch, cuda, gpu, driver, os=os)
    assert report.verdict is Verdict.BROKEN
    assert report.primary is not None
    assert report.primary.cause == cause


def test_a_driver_of_three_numbers_is_of_linux() -> None:
    text = "GPU 0: NVIDIA RTX 6000 Ada Generation\nCUDA Driver Version: {}\nPyTorch: 2.4.0+cu121\n"
    matrix = load_matrix()
    assert diagnose(read_text(text.format("525.105.17")), matrix).verdict is not Verdict.UNDECIDED
    assert diagnose(read_text(text.format("527.30")), matrix).verdict is Verdict.UNDECIDED


def test_a_driver_whose_own_cuda_is_not_recorded_is_no_reason_for_a_no() -> None:
    early = ("1.5.0", "10.2", "GPU 0: GeForce GTX 1080 Ti", "430.14")
    assert report_on(*early).verdict is Verdict.UNDECIDED
    assert report_on(*early, ran=False).verdict is Verdict.BROKEN
    assert report_on(*early, ran=True).verdict is not Verdict.BROKEN


def test_torch_for_rocm_lists_the_gpus_that_it_reaches() -> None:
    amd = (
        "2.5.1+rocm6.2",
        "N/A",
        "AMD Instinct MI210 (gfx90a:sramecc+:xnack-)",
        "Could not collect",
    )
    assert report_on(*amd, rocm="6.2.41133-dd7f95766").verdict is Verdict.HEALTHY
    assert report_on(*amd, rocm="6.2.41133-dd7f95766", ran=True).verdict is Verdict.HEALTHY
    nameless = report_on(
        "2.8.0a0+gitfeed123", "N/A", "(gfx1100)", "Could not collect", rocm="7.0.51831"
    )
    assert nameless.verdict is Verdict.HEALTHY
    nothing = report_on(
        "2.5.1+rocm6.2", "N/A", "Could not collect", "Could not collect", rocm="6.2.41133"
    )
    assert nothing.verdict not in (Verdict.HEALTHY, Verdict.DEGRADED)
    refused = report_on(*amd, rocm="6.2.41133-dd7f95766", ran=False)
    assert refused.verdict is not Verdict.HEALTHY


@rests_on("TD406")
def test_an_untagged_build_on_a_jetson_is_somebody_s_own() -> None:
    jetson = {"os": "Ubuntu 22.04.5 LTS (aarch64)"}
    own = report_on("2.8.0", "12.6", "GPU 0: Orin (nvgpu)", "540.4.0", **jetson)  # type: ignore[arg-type]
    generic = report_on("2.9.1+cu130", "13.0", "GPU 0: Orin (nvgpu)", "540.4.0", **jetson)  # type: ignore[arg-type]
    assert own.verdict is not Verdict.BROKEN
    assert generic.verdict is Verdict.BROKEN


COMPANIONS = "[pip3] torch==2.4.0\n[pip3] torchaudio==2.2.0\n[pip3] torchvision==0.17.0\n"


@rests_on("TD501")
@pytest.mark.parametrize("ran", [True, None])
def test_versions_of_companions_alone_do_not_stop_torch(ran: bool | None) -> None:
    host = ("2.4.0+cu121", "12.1", "GPU 0: NVIDIA L4", "550.90.07")
    report = report_on(*host, ran=ran, more=COMPANIONS)
    assert report.verdict is Verdict.DEGRADED
    assert report.primary is not None
    assert report.primary.cause == "torchvision-mismatch"
    error = "\nRuntimeError: operator torchvision::nms does not exist\n"
    assert report_on(*host, ran=ran, more=COMPANIONS + error).verdict is Verdict.BROKEN


def test_a_tag_that_somebody_invented_is_read() -> None:
    more = "[pip3] torch==2.4.0\n[pip3] torchvision==0.19.0+cuda11.8\n"
    report = report_on("2.4.0+cu121", "12.1", "GPU 0: NVIDIA L4", "550.90.07", more=more)
    assert not [o for o in report.outcomes if o.status.value == "crashed"]


def test_a_mask_in_a_command_keeps_every_entry() -> None:
    more = "CUDA_VISIBLE_DEVICES=2,0,1,3 torchrun --nproc_per_node 4 train.py\n"
    gpus = "\n" + "\n".join(f"GPU {n}: NVIDIA A40" for n in range(4)) + "\n"
    report = report_on("2.4.0+cu121", "12.1", gpus, "550.90.07", ran=True, more=more)
    assert report.facts.value("cuda_visible_devices") == "2,0,1,3"
    assert report.verdict is not Verdict.BROKEN


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("CUDA_VISIBLE_DEVICES=0,FOO=1 python x.py", "0"),
        ("CUDA_VISIBLE_DEVICES=1, python x.py", "1"),
        ("os.environ['CUDA_VISIBLE_DEVICES'] = '0,1'", "0,1"),
        ("CUDA_VISIBLE_DEVICES: 3,2", "3,2"),
        ("LD_LIBRARY_PATH=/opt/a:/opt/b,", None),
    ],
)
def test_where_a_mask_ends(text: str, mask: str | None) -> None:
    assert read_text(text).value("cuda_visible_devices") == mask


def test_marks_of_quoted_lines_that_were_joined_are_no_part_of_a_value() -> None:
    facts = read_text(
        "PyTorch version: 2.3.0+cu121 >\nGPU models and configuration:\n"
        "GPU 0: NVIDIA GeForce RTX 4080 Laptop GPU >\nNvidia driver version: 556.12 >\n"
    )
    assert [gpu.name for gpu in facts.value("gpus")] == ["NVIDIA GeForce RTX 4080 Laptop GPU"]
    assert str(facts.value("driver_release")) == "556.12"


@rests_on("TD430")
def test_a_mac_says_why_there_is_nothing_to_run_on() -> None:
    report = report_on("2.4.0", "None", "No CUDA", "No CUDA", os="macOS 14.5 (arm64)", ran=False)
    assert report.verdict is Verdict.CPU_ONLY
    assert report.primary is not None
    assert report.primary.cause == "macos-no-cuda"


@rests_on("TD135")
def test_a_build_for_cuda_without_a_driver_names_the_driver() -> None:
    nothing = report_on("2.4.0+cu121", "12.1", "No CUDA", "No CUDA", ran=False)
    assert nothing.verdict is Verdict.CPU_ONLY
    silent = report_on("2.4.0+cu121", "12.1", "Could not collect", "Could not collect", ran=False)
    assert silent.verdict is Verdict.UNDECIDED
    for report in (nothing, silent):
        assert report.primary is not None
        assert report.primary.cause == "no-driver-or-module"
    chosen = report_on("2.4.0+cpu", "None", "No CUDA", "No CUDA", ran=False)
    assert chosen.primary is None
