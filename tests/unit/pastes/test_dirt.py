"""What copying and pasting does to a report must not change what it says."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known
from torch_doctor.pastes.read import LARGEST, read_bytes, read_text

from tests.unit.pastes import reports

KEYS = (
    "torch_version",
    "torch_cuda",
    "driver_release",
    "cuda_available",
    "toolkit_cuda",
    "python_version",
    "os_family",
)


def essence(facts: Facts) -> dict[str, str]:
    found = {name: str(facts[name].value) for name in KEYS if isinstance(facts[name], Known)}
    return {**found, "gpus": str([gpu.name for gpu in facts.value("gpus", ())])}


DIRT = {
    "quoted": lambda text: "\n".join(f"> {line}" for line in text.splitlines()),
    "quoted twice": lambda text: "\n".join(f"> > {line}" for line in text.splitlines()),
    "quoted without a space": lambda text: "\n".join(f">{line}" for line in text.splitlines()),
    "indented": lambda text: "\n".join(f"    {line}" for line in text.splitlines()),
    "in a fence": lambda text: f"Here it is\n\n```text\n{text}\n```\n",
    "in details": lambda text: f"<details><summary>env</summary>\n<pre>{text}</pre></details>",
    "full-width colons": lambda text: text.replace(":", "："),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "on one line": lambda text: " ".join(text.split()),
    "with breaks": lambda text: text.replace("\n", "<br>"),
    "escaped": lambda text: text.replace("\n", "\\n"),
    "coloured": lambda text: "\n".join(f"\x1b[1;32m{line}\x1b[0m" for line in text.splitlines()),
    "spaces before colons": lambda text: text.replace(":", "   :", 40),
    "headless": lambda text: text[1:],
    "os in another case": lambda text: text.replace("OS:", "Os:"),
    "entities": lambda text: text.replace("(", "&#39;&lt;").replace("&#39;&lt;", "("),
    "after a prompt": lambda text: f"(venv) me@box:~$ python -m torch.utils.collect_env\n{text}",
}


@pytest.mark.parametrize("name", DIRT)
@pytest.mark.parametrize("report", ["OLD_TORCH", "NEW_TORCH"])
def test_dirt_changes_nothing(name: str, report: str) -> None:
    clean = getattr(reports, report)
    assert essence(read_text(DIRT[name](clean))) == essence(read_text(clean))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_any_encoding(encoding: str) -> None:
    assert essence(read_bytes(reports.NEW_TORCH.encode(encoding))) == essence(
        read_text(reports.NEW_TORCH)
    )


def test_line_numbers_are_those_of_the_original() -> None:
    text = "words\n\n> > GPU 0： Tesla K80\n> > Nvidia driver version： 450.51.06\n"
    facts = read_text(text)
    assert facts["driver_release"].source.line == 4


def test_every_key_may_have_lost_its_first_letter() -> None:
    text = "yTorch version: 2.1.0+cu118\nUDA used to build PyTorch: 11.8\ns CUDA available: False\nvidia driver version: 525.60.13\n"
    facts = read_text(text)
    assert essence(facts)["torch_version"] == "2.1.0+cu118"
    assert essence(facts)["driver_release"] == "525.60.13"
    assert facts.value("cuda_available") is False


def test_a_missing_colon() -> None:
    assert str(read_text("PyTorch version 1.6.0\n").value("torch_version")) == "1.6.0"


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("Nvidia driver version: 535....", "535"),
        ("Nvidia driver version: 535.1...", "535"),
        ("Nvidia driver version: 535.183.0...", "535.183.0"),
        ("Nvidia driver version: 570.86.10 cuDNN versi...", "570.86.10"),
    ],
)
def test_a_release_that_was_cut_is_believed_as_far_as_it_goes(text: str, driver: str) -> None:
    assert str(read_text(text).value("driver_release")) == driver


def test_a_package_version_that_was_cut_is_not_believed() -> None:
    assert "packages" not in read_text("[pip3] nvidia-cublas==13.0...\n[pip3] torchvision==0.2…\n")


def test_a_gpu_name_that_was_cut_is_completed_from_its_neighbours() -> None:
    text = "GPU models and configuration:\nGPU 0: NVIDIA RTX A6000\nGPU 1: NVIDIA RTX A6...\n"
    assert [gpu.name for gpu in read_text(text).value("gpus")] == ["NVIDIA RTX A6000"] * 2


def test_log_lines_may_come_first_on_the_same_line() -> None:
    text = "WARNING 01-02 03:04:05 thing.py:1] something failed PyTorch version: 2.6.0+cu124 Is debug build: False\n"
    assert str(read_text(text).value("torch_version")) == "2.6.0+cu124"


def test_a_localised_system_name() -> None:
    facts = read_text("OS: Microsoft Windows 11 专业版\n")
    assert facts.value("os_family") == "windows"


def test_control_and_bidi_characters_become_visible() -> None:
    facts = read_text("OS: Ubuntu 22.04 \u202eevil\x07\n")
    assert "\u202e" not in facts.value("os_name")
    assert "\\u202e" in facts.value("os_name")


def test_nothing_is_read_beyond_the_limit() -> None:
    data = b"PyTorch version: 2.6.0\n" + b"x" * LARGEST + b"\nNvidia driver version: 570.86.10\n"
    facts = read_bytes(data)
    assert str(facts.value("torch_version")) == "2.6.0"
    assert "driver_release" not in facts
    assert "only the first" in facts["remarks"].detail


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "\x00", "hello world", "{", '{"facts": {"gpus": 7}}', "[]", '{"facts": []}'],
)
def test_text_that_says_nothing_gives_nothing(text: str) -> None:
    assert len(read_text(text)) == 0
