"""nvidia-smi in all its forms: banners, tables, -L, -q, XML, CSV, and what it prints when it fails."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Reason
from torch_doctor.pastes.read import read_text

from tests.unit.pastes import reports


def gpus(facts: Facts) -> list[tuple[str | None, int | None]]:
    return [(gpu.name, gpu.memory_mib) for gpu in facts.value("gpus", ())]


@pytest.mark.parametrize(
    ("report", "driver", "cuda"),
    [
        ("SMI_440", "440.33.01", "10.2"),
        ("SMI_580", "580.82.09", "13.0"),
        ("SMI_615", "615.21.04", "13.5"),
        ("SMI_WSL", "560.94", "12.6"),
        ("SMI_QUERY", "535.104.12", "12.2"),
        ("SMI_XML", "545.29.06", "12.3"),
    ],
)
def test_the_banner_gives_driver_and_cuda(report: str, driver: str, cuda: str) -> None:
    facts = read_text(getattr(reports, report))
    assert str(facts.value("driver_release")) == driver
    assert str(facts.value("driver_cuda")) == cuda


def test_the_table_gives_names_and_memory() -> None:
    assert gpus(read_text(reports.SMI_440)) == [("GeForce RTX 208", 11019), ("Quadro P2000", 5059)]
    assert gpus(read_text(reports.SMI_615)) == [("NVIDIA GeForce RTX 5080", 16303)]


def test_a_name_that_the_table_cut_is_completed_by_a_list() -> None:
    text = (
        reports.SMI_440
        + "\nGPU 0: GeForce RTX 2080 Ti (UUID: GPU-11112222-3333-4444-5555-666677778888)\n"
    )
    found = read_text(text).value("gpus")[0]
    assert (found.name, found.memory_mib) == ("GeForce RTX 2080 Ti", 11019)


def test_mig_mode_in_the_table() -> None:
    found = read_text(reports.SMI_580).value("gpus")[0]
    assert found.mig_mode is True
    assert found.bus_id == "00000000:1B:00.0"


def test_mig_devices_of_the_list() -> None:
    found = read_text(reports.SMI_LIST).value("gpus")
    assert len(found) == 1
    assert [device.profile for device in found[0].mig_devices] == ["1g.6gb", "1g.6gb"]
    assert found[0].mig_devices[0].uuid.startswith("MIG-aaaabbbb")


def test_the_long_query() -> None:
    found = read_text(reports.SMI_QUERY).value("gpus")[0]
    assert (found.name, found.memory_mib) == ("NVIDIA RTX A4500", 20470)
    assert found.uuid.startswith("GPU-12345678")


def test_csv_with_a_header() -> None:
    facts = read_text(reports.SMI_CSV)
    assert gpus(facts) == [("NVIDIA TITAN V", 12066)] * 2
    assert {str(gpu.compute_capability) for gpu in facts.value("gpus")} == {"7.0"}
    assert str(facts.value("driver_release")) == "470.256.02"


def test_csv_without_a_header() -> None:
    facts = read_text("NVIDIA A10, 535.54.03, 23028 MiB\nNVIDIA A10, 535.54.03, 23028 MiB\n")
    assert gpus(facts) == [("NVIDIA A10", 23028)] * 2
    assert str(facts.value("driver_release")) == "535.54.03"


def test_wsl_shows_by_two_releases() -> None:
    facts = read_text(reports.SMI_WSL)
    assert facts.value("wsl") is True
    assert str(facts.value("nvidia_smi_release")) == "550.127.06"
    assert "wsl" not in read_text(reports.SMI_440)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("Failed to initialize NVML: Driver/library version mismatch", 18),
        ("Failed to initialize NVML: Unknown Error", 999),
        ("Failed to initialize NVML: Driver Not Loaded", 9),
        ("pynvml.NVMLError_DriverNotLoaded: Driver Not Loaded", 9),
        (
            "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that ...",
            9,
        ),
        ("Failed to initialize NVML: Insufficient Permissions", 4),
        ("pynvml.NVMLError_LibraryNotFound: NVML Shared Library Not Found", 12),
    ],
)
def test_what_it_prints_when_it_fails(line: str, code: int) -> None:
    facts = read_text(f"$ nvidia-smi\n{line}\n")
    assert facts.value("nvml_status").code == code
    assert facts["nvml_status"].source.line == 2
    assert any(line[:40] in error.text for error in facts.value("errors_seen"))


def test_code_that_would_catch_it_is_no_failure() -> None:
    facts = read_text("    except pynvml.NVMLError_DriverNotLoaded:\n        raise\n")
    assert "nvml_status" not in facts


def test_a_failure_in_the_container_outweighs_a_host_that_works() -> None:
    text = f"host:\n{reports.SMI_580}\ncontainer:\nFailed to initialize NVML: Unknown Error\n"
    facts = read_text(text)
    assert facts.value("nvml_status").code == 999
    assert str(facts.value("driver_release")) == "580.82.09"


def test_no_devices_were_found_is_an_empty_list() -> None:
    assert read_text("$ nvidia-smi\nNo devices were found\n").value("gpus") == ()


def test_a_missing_command_is_absent() -> None:
    facts = read_text("bash: nvidia-smi: command not found\n")
    assert facts["nvidia_smi"].reason is Reason.NOT_PRESENT


def test_version_lines() -> None:
    facts = read_text(
        "NVIDIA-SMI version  : 612.10\nKMD Version : 612.10\nCUDA UMD Version : 13.4\n"
    )
    assert str(facts.value("driver_release")) == "612.10"
    assert str(facts.value("driver_cuda")) == "13.4"


def test_a_bare_cuda_line_is_nobodys() -> None:
    assert "driver_cuda" not in read_text("CUDA Version: 11.8\n")


def test_the_integrated_gpu_of_a_jetson() -> None:
    text = "| NVIDIA-SMI 540.3.0   Driver Version: 540.3.0   CUDA Version: 12.2 |\n|   0  Orin (nvgpu)                  N/A  | N/A              N/A |                  N/A |\n"
    assert [gpu.name for gpu in read_text(text).value("gpus")] == ["Orin (nvgpu)"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Since today: Failed to initialize NVML: Driver/library version mismatch. It worked before.",
            "Driver/library version mismatch",
        ),
        (
            "and then Failed to initialize NVML: Unknown Error! every night",
            "Failed to initialize NVML: Unknown Error",
        ),
    ],
)
def test_what_nvml_answers_is_not_what_a_person_says_beside_it(text: str, message: str) -> None:
    assert read_text(text).value("nvml_status").message == message
