"""Who the loader refused a library to, and in which place the program ran that it was refused to."""

from __future__ import annotations

import pytest
from torch_doctor.core.records import ImportFailure
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.readers.programs import applications
from torch_doctor.pastes.text.paste import Paste

_LACKS = "cannot open shared object file: No such file or directory"


def _first(text: str) -> ImportFailure:
    failures: tuple[ImportFailure, ...] = read_text(text).value("import_failures", ())
    return failures[0]


@pytest.mark.parametrize(
    ("text", "module"),
    [
        (
            f"Failed to load library libonnxruntime_providers_cuda.so with error: libcudart.so.12: {_LACKS}",
            "libonnxruntime_providers_cuda.so",
        ),
        (
            f"Unable to load plugin /opt/app/libdecoder.so.3: libnvrtc.so.12: {_LACKS}",
            "libdecoder.so.3",
        ),
        (
            f"Could not load dynamic library 'libcudart.so.11.0'; dlerror: libcudart.so.11.0: {_LACKS}",
            None,
        ),
        (f"./server: error while loading shared libraries: libcublas.so.12: {_LACKS}", None),
        (f"load failed, reason: libcublas.so.12: {_LACKS}", None),
        (f"ImportError: libcudart.so.12: {_LACKS}", None),
    ],
)
def test_words_of_the_sentence_are_no_module(text: str, module: str | None) -> None:
    assert _first(text).module == module


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("docker run --gpus all img works, but in kubernetes it finds no GPU", "kubernetes"),
        (
            "docker run --gpus all img\nis fine.\nHowever, deployed to k8s it does not start",
            "kubernetes",
        ),
        ("docker run --gpus all img fails, but in kubernetes works", "docker"),
        ("docker run --gpus all img\nfinds no GPU", "docker"),
    ],
)
def test_the_container_in_question_is_where_it_fails(text: str, engine: str) -> None:
    assert read_text(text).value("container") == engine


def test_a_windows_error_keeps_its_number() -> None:
    facts = read_text(
        "OSError: [WinError 127] The specified procedure could not be found. Error loading "
        r'"D:\env\Lib\site-packages\torch\lib\cudnn64_9.dll" or one of its dependencies.'
    )
    assert "WinError 127" in facts.value("torch_import_error")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("YOLOv8.0.1 Python-3.11.4 torch-2.2.1+cpu", "2.2.1+cpu"),
        (
            "YOLOv5 2023-1-1 Python-3.9.7 torch-1.13.1+cu117 CUDA:0 (Tesla T4, 15102MiB)",
            "1.13.1+cu117",
        ),
    ],
)
def test_a_banner_that_ends_before_the_device(text: str, version: str) -> None:
    assert str(read_text(text).value("torch_version")) == version


def test_a_version_in_a_sentence_is_no_banner() -> None:
    assert not list(applications.read(Paste("it was written for torch-2.2 and later")))
