"""Everything that the matrix knows by a code, a name or a text is found by it, and said in words."""

from __future__ import annotations

import pytest
from torch_doctor.core.finding import Topic
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.topics.find import mentioned_in, near, topics_of
from torch_doctor.matrix.topics.texts import title_of

MATRIX = load_matrix()
KEYS = {row.id for row in MATRIX.signatures} | {
    row.immediate for row in MATRIX.xids if "_" in (row.immediate or "")
}


def titles(typed: str) -> list[str]:
    return [topic.title for topic in topics_of(typed, MATRIX)]


def assert_in_words(topics: tuple[Topic, ...], typed: str) -> None:
    assert topics, typed
    for topic in topics:
        lines = [topic.title, *(line.words for line in topic.lines)]
        assert topic.because, typed
        for words in lines:
            assert not KEYS & set(words.split()), (typed, words)


def test_every_answer_is_known_by_its_name() -> None:
    for row in MATRIX.error_codes:
        if " " not in row.name:
            assert_in_words(topics_of(row.name, MATRIX), row.name)


def test_every_answer_is_known_by_its_number() -> None:
    before = {
        "cuda-runtime": "CUDA error {}",
        "cuda-driver": "error {}",
        "nvml": "NVML {}",
        "nccl": "NCCL error {}",
        "cublas": "cublas status {}",
        "cudnn": "cuDNN {}",
        "cudnn-8": "cudnn status {}",
        "windows": "[WinError {}]",
        "process": "exit code {}",
    }
    for row in MATRIX.error_codes:
        typed = before[row.api].format(row.code)
        assert str(row.code) in " ".join(titles(typed)), typed
        assert any(row.name in line.words for t in topics_of(typed, MATRIX) for line in t.lines)


def test_every_xid_capability_driver_build_and_gpu_is_known() -> None:
    typed = [f"Xid {row.code}" for row in MATRIX.xids]
    typed += [f"sm_{row.capability.replace('.', '')}" for row in MATRIX.architectures]
    typed += [f"compute capability {row.capability}" for row in MATRIX.architectures]
    typed += [f"driver {row.branch}" for row in MATRIX.drivers]
    typed += sorted({row.variant for row in MATRIX.torch_builds if row.status == "published"})
    typed += [f"torch {row.version}" for row in MATRIX.torch_releases if row.released]
    typed += [f"CUDA {row.version}" for row in MATRIX.toolkits if row.version.count(".") == 1]
    # One of a kind: every name is resolved by the same table, which has its own tests.
    typed += {(row.kind, row.capabilities): row.name for row in MATRIX.gpus}.values()
    typed += {row.ambiguity: row.alias for row in MATRIX.gpu_aliases}.values()
    for one in typed:
        assert_in_words(topics_of(one, MATRIX), one)


def test_every_error_text_is_known_by_the_text_that_is_shown_for_it() -> None:
    for row in MATRIX.signatures:
        shown = title_of(row)
        assert row.id not in shown
        if "…" not in shown:
            assert_in_words(topics_of(shown, MATRIX), shown)


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("803", "CUDA error 803: system has unsupported display driver / cuda driver combination"),
        ("“803”", "CUDA error 803: system"),
        ("999", "CUDA error 999: unknown error"),
        ("xid 79", "Xid 79: fallen off the bus"),
        ("Xid: 79", "Xid 79: fallen off the bus"),
        ("SM_120", "sm_120: compute capability 12.0, Blackwell"),
        ("sm120", "sm_120: compute capability 12.0, Blackwell"),
        ("sm_90a", "sm_90a: compute capability 9.0, Hopper"),
        ("12.0", "sm_120: compute capability 12.0, Blackwell"),
        ("Compute Capability 12.0", "sm_120: compute capability 12.0, Blackwell"),
        ("CU128", "cu128: torch's builds for CUDA 12.8"),
        ("+cu128", "cu128: torch's builds for CUDA 12.8"),
        ("cu125", "cu125: CUDA 12.5"),
        ("cuda 12.7", "CUDA 12.7"),
        ("'no cuda gpus are available'", "No CUDA GPUs are available"),
        ("CUDA GPUs are available", "No CUDA GPUs are available"),
        ("winerror 126", "WinError 126: The specified module could not be found"),
        ("ERROR_MOD_NOT_FOUND", "WinError 126: The specified module could not be found"),
        ("CUDAERRORNODEVICE", "CUDA error 100: no CUDA-capable device is detected"),
        ("`CUDA_ERROR_NO_DEVICE`", "CUDA error 100: no CUDA-capable device is detected"),
        ("no CUDA-capable device is detected", "CUDA error 100: no CUDA-capable device is"),
        ("NVMLError_LibRmVersionMismatch", "NVML status 18: RM has detected"),
        ("nvidia-smi 9", "NVML status 9: Driver Not Loaded"),
        ("nccl 6", "NCCL result 6: another rank ended"),
        ("CUDNN_STATUS_MAPPING_ERROR", "cuDNN 8 status 7"),
        ("exit code 137", "exit code 137: killed by signal 9"),
        ("exited with code -9", "exit code 137: killed by signal 9"),
        ("SIGSEGV", "exit code 139: killed by signal 11"),
        ("0xC0000005", "exit code 3221225477: Windows 0xC0000005"),
        ("-1073741819", "exit code 3221225477: Windows 0xC0000005"),
        ("Segmentation fault (core dumped)", "exit code 139: killed by signal 11"),
        ("OOMKilled", "exit code 137: killed by signal 9"),
        ("GPU has fallen off the bus", "Xid 79: fallen off the bus"),
        ("cuda13", "CUDA 13.x"),
        ("CUDA 12.x", "CUDA 12.x"),
        ("rtx 5090", "GeForce RTX 5090: compute capability 12.0, Blackwell"),
        ("V100", "V100: compute capability 7.0, Volta"),
        ("MI300X", "MI300X: made by AMD, no NVIDIA GPU"),
        ("R580", "NVIDIA driver branch R580"),
        ("580.95.05", "580.95.05: NVIDIA driver branch R580"),
        ("2.9.1+cu128", "torch 2.9.1+cu128"),
    ],
)  # fmt: skip
def test_what_people_type_is_understood(typed: str, title: str) -> None:
    assert any(one.startswith(title) for one in titles(typed)), titles(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "fooo", "sm_999", "cu999", "Xid 999", "TD9999", "R999", "CUDA error 8000", "13.9", "torch 9.9",
     "my dog ate the tensor", "exit code 77", "\0\x1b[31m", "v" * 10_000],
)  # fmt: skip
def test_what_is_not_known_is_no_topic(typed: str) -> None:
    assert titles(typed) == []
    near(typed, MATRIX, {})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cudaErorNoDevice", "cudaErrorNoDevice"),
        ("No CUDA GPU available", "No CUDA GPUs are available"),
        ("driver too old", "driver on your system is too old"),
        ("rtx509", "NVIDIA GeForce RTX 5090"),
        ("808x", "CUDA error 808"),
        ("Xid 78x", "Xid 78"),
        ("gpu-older-then-build", "gpu-older-than-build"),
    ],
)
def test_near_ones_are_named(typed: str, expected: str) -> None:
    assert expected in near(typed, MATRIX, {"gpu-older-than-build": "gpu-older-than-build"})


def test_a_text_mentions_codes() -> None:
    text = (
        "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus\n"
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Error 802: system not yet\n"
        "c10::Error CUBLAS_STATUS_ALLOC_FAILED; process exited with exit code -9; built for sm_90"
    )
    found = [topic.title.partition(":")[0] for topic in mentioned_in(text, MATRIX)]

    expected = ["Xid 79", "cuBLAS status 3", "CUDA error 802", "exit code 137", "sm_90"]
    assert found == expected
    assert mentioned_in("pid 79, error in line 802.5, see issue 999", MATRIX) == ()


def test_a_gpu_of_a_name_for_several_says_which() -> None:
    lines = {line.label: line.words for line in topics_of("A100", MATRIX)[0].lines}

    assert "A100-SXM4-80GB" in lines["can be"]
    assert "cu126" in lines["torch"]


def test_a_build_says_which_driver_and_which_gpus() -> None:
    lines = {line.label: line.words for line in topics_of("cu130", MATRIX)[0].lines}

    assert lines["driver"].startswith("580.65.06 (Linux)")
    assert "12.0" in lines["code for"]
    assert lines["index"].endswith("/cu130")
