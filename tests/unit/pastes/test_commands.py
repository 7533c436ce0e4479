"""Commands, installers, containers, words, and our own JSON."""

from __future__ import annotations

import json

import pytest
from torch_doctor.core.codec import facts_to_json
from torch_doctor.pastes.read import read_text

from tests.unit.pastes import reports


def test_pip_that_finds_nothing() -> None:
    facts = read_text(reports.PIP_FAILS)
    assert facts.value("unresolved")[0].requirement == "torch==2.5.0"
    assert facts.value("unresolved")[0].offered == ()
    assert facts.value("install_indexes") == ("https://download.pytorch.org/whl/cu125",)
    assert facts.value("os_family") == "windows"
    assert "torch_version" not in facts, "what could not be had is not installed"


def test_pip_that_offers_others() -> None:
    assert read_text(reports.PIP_OFFERS).value("unresolved")[0].offered == (
        "2.2.0",
        "2.2.1",
        "2.3.0",
    )


def test_uv_that_has_no_wheel_for_the_platform() -> None:
    facts = read_text(reports.UV_FAILS)
    assert facts.value("unresolved")[0].requirement == "torch==2.6.0"
    assert any(
        "manylinux_2_28_x86_64" in (found.reason or "") for found in facts.value("unresolved")
    )
    assert facts.value("os_family") == "darwin"


def test_the_password_of_an_index_is_left_out() -> None:
    facts = read_text("pip install torch --index-url https://me:secret@mirror.example.com/simple\n")
    assert "secret" not in str(facts)
    assert facts.value("install_indexes") == ("https://mirror.example.com/simple",)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ("docker run --rm -it some/image:1", False),
        ("docker run --gpus all --rm some/image:1", True),
        ("docker run --rm \\\n  --runtime=nvidia \\\n  some/image:1", True),
        ("podman run --device nvidia.com/gpu=all some/image:1", True),
        ("apptainer exec --nv image.sif python x.py", True),
        ("singularity exec image.sif python x.py", False),
    ],
)
def test_whether_the_container_was_given_gpus(command: str, wanted: bool) -> None:
    assert read_text(command + "\n").value("container_gpus_requested") is wanted


def test_compose() -> None:
    facts = read_text(reports.COMPOSE)
    assert facts.value("container_gpus_requested") is True
    assert facts.value("container_image") == "nvcr.io/nvidia/pytorch:24.05-py3"
    assert facts.value("compose") is True
    without = "\n".join(reports.COMPOSE.splitlines()[:3])
    assert read_text(without).value("container_gpus_requested") is False


@pytest.mark.parametrize(
    "text",
    [
        "CUDA_VISIBLE_DEVICES=3 python a.py",
        "export CUDA_VISIBLE_DEVICES=3",
        "os.environ['CUDA_VISIBLE_DEVICES'] = '3'",
        "ENV CUDA_VISIBLE_DEVICES=3",
        "CUDA_VISIBLE_DEVICES: 3",
    ],
)
def test_environment_variables(text: str) -> None:
    assert read_text(text + "\n").value("cuda_visible_devices") == "3"


def test_a_variable_in_a_message_is_not_set() -> None:
    text = "e.g. changing env variable CUDA_VISIBLE_DEVICES after program start. Setting the available devices to be zero.\n"
    assert "cuda_visible_devices" not in read_text(text)


def test_how_many_gpus_the_program_wants() -> None:
    assert read_text("torchrun --nproc_per_node=6 train.py\n").value("requested_gpus") == 6
    assert read_text("vllm serve m --tensor-parallel-size 4\n").value("requested_gpus") == 4
    assert read_text("python serve.py --tp 8 --nnodes 1\n").value("requested_gpus") == 8
    assert read_text("accelerate launch --num_processes 3 t.py\n").value("requested_gpus") == 3


@pytest.mark.parametrize(
    "of_several",
    [
        "serve --tp 16 --nnodes 2 --node-rank 0",
        "serve --tp 16 --nnodes $COUNT --node-rank $RANK",
        "accelerate launch --num_machines 2 --num_processes 16 t.py",
        "one node says so\nserve --tp 16 --node_rank=1",
        "I start ray on both machines\nserve --tensor-parallel-size 16",
        "Connecting to existing Ray cluster at address: 10.1.2.3:6379\nserve --tensor-parallel-size 16",
        "(Worker pid=12, ip=10.1.2.4) hello\nserve --tensor-parallel-size 16",
        "两台机器\nserve --tensor-parallel-size 16",
    ],
)
def test_a_total_over_several_machines_says_nothing_of_one(of_several: str) -> None:
    assert "requested_gpus" not in read_text(of_several + "\n")


def test_a_launcher_counts_per_machine() -> None:
    facts = read_text("torchrun --nnodes 2 --nproc_per_node=8 train.py\n")
    assert facts.value("requested_gpus") == 8


def test_words_count_where_nothing_better_is_known() -> None:
    facts = read_text(
        "I run PyTorch 2.4.1+cu124 on 2x RTX 3060 with driver 550.67, Python 3.11 on Windows 11.\n"
    )
    assert str(facts.value("torch_version")) == "2.4.1+cu124"
    assert [gpu.name for gpu in facts.value("gpus")] == ["RTX 3060"] * 2
    assert str(facts.value("driver_release")) == "550.67"
    assert facts.value("os_family") == "windows"
    assert facts.value("python_tag") == "cp311"


def test_words_about_two_models_decide_nothing() -> None:
    assert "gpus" not in read_text("It fails on my RTX 3060 and my friend's GTX 1080.\n")


def test_what_worked_elsewhere_is_not_installed_here() -> None:
    facts = read_text("It works with torch 1.13.1 and driver 515.65, now it does not.\n")
    assert "torch_version" not in facts
    assert "driver_release" not in facts


def test_jetson_and_wsl_in_words() -> None:
    assert read_text("Jetson AGX Orin, L4T R36.3.0\n").value("jetson") == "R36.3.0"
    assert read_text("Ubuntu in WSL2 on Windows 10.0.19043.1\n").value("wsl") is True


def test_remarks_keep_the_circumstances() -> None:
    facts = read_text("It happens after resuming from suspend.\nA reboot makes it work again.\n")
    assert [remark.line for remark in facts.value("remarks")] == [1, 2]


def test_conda_plans() -> None:
    facts = read_text(
        "  pytorch            pytorch/linux-64::pytorch-1.9.0-py3.8_cuda11.1_cudnn8.0.5_0\n"
    )
    assert str(facts.value("torch_cuda")) == "11.1"


def test_our_own_json_comes_back_as_it_was() -> None:
    facts = read_text(reports.NEW_TORCH)
    document = facts_to_json(facts)
    assert read_text(json.dumps(document)) == facts
    assert read_text(json.dumps({"schema_version": 1, "facts": document}, indent=1)) == facts
    assert read_text(f"Here:\n```json\n{json.dumps({'facts': document}, indent=1)}\n```\n") == facts


def test_a_fact_that_this_version_does_not_know_is_left_out() -> None:
    document = {
        **facts_to_json(read_text(reports.OLD_TORCH)),
        "of_the_future": {"value": 1},
        "wsl": {"value": "maybe"},
    }
    facts = read_text(json.dumps({"facts": document}))
    assert str(facts.value("torch_version")) == "1.4.0"
    assert "wsl" not in facts


def test_what_pip_says_about_conflicts_is_what_is_installed() -> None:
    facts = read_text(
        "torchvision 0.16.1+cu118 requires torch==2.1.1, but you have torch 2.2.0 which is incompatible.\n"
    )
    found = {package.name: package.version for package in facts.value("packages")}
    assert found == {"torchvision": "0.16.1+cu118", "torch": "2.2.0"}
    assert str(facts.value("torch_version")) == "2.2.0"
    assert "torch_cuda" not in facts, "the local part is torchvision's"


def test_what_uv_removed_is_not_installed() -> None:
    facts = read_text(" - torch==2.4.0\n + torch==2.5.1\n + triton==3.1.0\n")
    assert str(facts.value("torch_version")) == "2.5.1"


def test_a_conda_environment_file() -> None:
    facts = read_text(
        "dependencies:\n  - python=3.9\n  - pytorch=1.12.0=py3.9_cuda11.6_cudnn8.3.2_0\n"
    )
    assert str(facts.value("torch_cuda")) == "11.6"


def test_an_issue_template() -> None:
    facts = read_text(" - PyTorch Version (e.g., 1.0): 1.7.0\n - OS (e.g., Linux): CentOS 7\n")
    assert str(facts.value("torch_version")) == "1.7.0"
    assert facts.value("os_id") == "centos"


def test_words_in_chinese() -> None:
    facts = read_text("显卡：RTX 3070，驱动版本：537.13，torch版本：2.2.1+cu121，windows10\n")
    assert str(facts.value("driver_release")) == "537.13"
    assert str(facts.value("torch_version")) == "2.2.1+cu121"
    assert facts.value("os_family") == "windows"


@pytest.mark.parametrize(
    "text",
    [
        r'set "CUDA_HOME=C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v12.4"',
        r"C:\build>set CUDA_HOME=C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v12.4",
        r"setx CUDA_HOME=C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v12.4",
    ],
)
def test_the_shell_of_windows_takes_blanks_into_a_value(text: str) -> None:
    folder = r"C:\Program Files\NVIDIA GPU Computing Toolkit\CUDA\v12.4"
    assert read_text(text).value("cuda_home") == folder


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("conda install pytorch -c conda-forge", "conda-forge"),
        ("mamba install --channel conda-forge pytorch=2.6", "conda-forge"),
        ("conda install conda-forge::pytorch", "conda-forge"),
        ("conda install pytorch -c pytorch -c conda-forge", None),
        ("conda install pytorch pytorch-cuda=12.1 -c pytorch -c nvidia", None),
        ("conda install -c conda-forge ffmpeg", None),
        ("pytorch    2.6.0    cpu_mkl_py311h1234567_101    conda-forge", "conda-forge"),
        ("pytorch    2.5.1    py3.11_cpu_0    pytorch", None),
        ("conda-forge/linux-64::pytorch-2.6.0-cpu_mkl_py311h1234567_101", "conda-forge"),
    ],
)
def test_whose_package_of_conda_torch_is(text: str, origin: str | None) -> None:
    assert read_text(text).value("torch_origin") == origin


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("CUDA_VISIBLE_DEVICES= pytest -q", ""),
        ("CUDA_VISIBLE_DEVICES= ./run.sh", ""),
        ("CUDA_VISIBLE_DEVICES= 1", "1"),
        ("CUDA_VISIBLE_DEVICES= all", "all"),
    ],
)
def test_an_empty_variable_before_a_command(text: str, mask: str) -> None:
    assert read_text(text).value("cuda_visible_devices") == mask


def test_a_folder_behind_a_blank_is_no_command() -> None:
    assert read_text("CUDA_HOME= /usr/local/cuda").value("cuda_home") == "/usr/local/cuda"
