"""Words of kernels, installers and clusters, each in several of the forms that are met."""

from __future__ import annotations

import pytest
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.error_codes import code_of

from tests.resting import resting, rests_on


def value(text: str, name: str) -> object:
    return read_text(text).value(name)


def causes(text: str) -> set[str | None]:
    return {found.cause for found in diagnose(read_text(text), load_matrix()).findings}


@pytest.mark.parametrize("name", ["libcuda.so.1", "libcuda.so.1.1"])
def test_the_name_of_libcuda_is_no_release(name: str) -> None:
    text = f"\t{name} (libc6,x86-64) => /usr/lib/wsl/lib/{name}\ntorch 2.6.0+cu124, RTX 3070\n"
    assert diagnose(read_text(text), load_matrix()).verdict


@rests_on("TD113")
@pytest.mark.parametrize(
    "text",
    [
        (
            "kernel: NVRM: API mismatch: the client has the version 560.35.03, but#012NVRM: "
            "this kernel module has the version 560.28.03.  Please#012NVRM: make sure"
        ),
        "NVRM: API mismatch: client version 560.35.03, kernel module version 560.28.03",
    ],
)
def test_the_kernel_names_both_releases_of_a_mismatch(text: str) -> None:
    assert str(value(text, "driver_library_release")) == "560.35.03"
    assert causes(text) == {"driver-library-version-mismatch"}


def test_an_xid_counts_when_words_name_it() -> None:
    events = value("it died with Xid 79 twice, then Xid error 154", "kernel_events")
    assert isinstance(events, tuple)
    assert {event.xid for event in events} == {79, 154}
    assert value("there is no Xid 79 in the log", "kernel_events") is None
    assert value("NVRM: Xid (PCI:0000:01:00): 31, an MMU fault", "kernel_events")


@pytest.mark.parametrize(
    "text",
    [
        "conda env create gives the CPU version of pytorch although the node has a GPU",
        "mamba always installs pytorch-cpu instead of a build for my GPU",
        "pytorch   2.4.1   cpu_generic_py311h1234567_0   on a box with an A100",
    ],
)
def test_a_cpu_build_of_conda_is_told_in_words(text: str) -> None:
    assert value(text, "torch_variant") == "cpu"
    assert value(text, "torch_installer") == "conda"


def test_a_wish_for_the_cpu_build_is_no_complaint() -> None:
    assert (
        causes("How do I install the CPU version of pytorch with conda env? I have no GPU") == set()
    )


def test_a_linux_nvidia_smi_beside_a_driver_of_windows_is_wsl() -> None:
    assert value("| NVIDIA-SMI 565.57.02   Driver Version: 565.90   CUDA Version: 12.7 |", "wsl")
    text = "| NVIDIA-SMI 550.120   Driver Version: 550.120   CUDA Version: 12.4 |"
    assert value(text, "wsl") is None


@rests_on("TD123")
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        resting(cause, text, cause)
        for text, cause in (
            (
                "RuntimeError: PyTorch does not currently provide packages for PyPI",
                "python-without-wheels",
            ),
            ("ERROR: Unable to build the NVIDIA kernel module.", "no-driver-or-module"),
            (
                "nvidia: version magic '6.1.0-13 SMP' should be '6.1.0-21 SMP'",
                "no-driver-or-module",
            ),
            ("CUDA start on this HGX fails with 802 system error", "fabric-manager"),
            ("AssertionError: Invalid device id", "invalid-device-ordinal"),
            ("    But your machine only has: [0, 1]", "invalid-device-ordinal"),
            ('RuntimeHandler "nvidia" not supported', "container-without-gpu-runtime"),
        )
    ],
)
def test_one_line_names_its_cause(text: str, cause: str) -> None:
    assert causes(text) == {cause}


def test_a_number_after_fails_with_is_a_code() -> None:
    assert code_of("CUDA error: the call failed with code 802") == 802
    assert code_of("CUDA error: fails with 8020 threads") is None


def test_a_mac_is_told_in_chinese() -> None:
    assert value("mac版本的客户端 Torch not compiled with CUDA enabled", "os_family") == "darwin"
