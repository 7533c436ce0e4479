"""Cures that depend on the host."""

from __future__ import annotations

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import Action, Fix
from torch_doctor.core.records import Gpu, Package
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease, TorchVersion
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.person import person_of
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.load import load_matrix

HERE = Source("file", "report.txt", 1)
MATRIX = load_matrix()


def facts_of(**known: object) -> Facts:
    values = {"os_family": "linux", "host_arch": "x86_64", **known}
    return Facts({name: Known(value, HERE) for name, value in values.items()})


LISTED = (Package("torch", "2.11.0"), Package("numpy", "2.2.6"))


def cures(**known: object) -> Cures:
    return Cures(facts_of(**{"packages": LISTED, **known}), MATRIX)


def fix_for(action: Action) -> Fix:
    fix = worded(action, person_of(facts_of()))
    assert fix is not None
    return fix


def test_where_nobody_names_the_gpu_the_driver_decides_and_the_cure_says_for_which_gpus() -> None:
    of_a_report = cures(
        driver_release=DriverRelease.parse("570.86.10"),
        torch_version=TorchVersion.parse("2.11.0+cu130"),
    )

    (same,) = map(fix_for, of_a_report.another_build())

    assert same.text == (
        "install torch==2.11.0+cu128 instead, for GPUs of compute capability 7.5 to 12.0"
    )
    assert "--index-url https://download.pytorch.org/whl/cu128" in same.commands[0]


def test_a_gpu_that_is_named_needs_no_such_words() -> None:
    gpu = Gpu(0, "NVIDIA A100-SXM4-40GB", ComputeCapability(8, 0))
    of_a_host = cures(
        driver_release=DriverRelease.parse("570.86.10"),
        torch_version=TorchVersion.parse("2.11.0+cu130"),
        gpus=(gpu,),
    )

    assert fix_for(of_a_host.another_build()[0]).text == "install torch==2.11.0+cu128 instead"


def build(**known: object) -> str:
    """Return what is said of the first build, without the command."""
    return fix_for(cures(**known).another_build()[0]).text


V100 = Gpu(0, "Tesla V100-SXM2-16GB", ComputeCapability(7, 0))
RTX_5070 = Gpu(0, "NVIDIA GeForce RTX 5070", ComputeCapability(12, 0))


def test_without_a_driver_the_build_of_the_oldest_likely_one_is_named_with_its_condition() -> None:
    assert build(gpus=(V100,), torch_version=TorchVersion.parse("2.11.0+cu130")) == (
        "install torch==2.11.0+cu126 instead, for drivers from 525.60.13 on"
    )
    assert build(torch_version=TorchVersion.parse("2.11.0+cpu")) == (
        "install torch==2.11.0+cu126 instead, for GPUs of compute capability 5.0 to 9.0 and for drivers from 525.60.13 on"
    )


def test_a_cuda_that_was_seen_to_start_proves_its_driver() -> None:
    seen = cures(
        gpus=(RTX_5070,),
        torch_version=TorchVersion.parse("2.9.1+cu130"),
        torch_cuda=CudaVersion(13, 0),
        cuda_available=True,
    )

    assert fix_for(seen.another_build()[0]).text == (
        "install torch==2.9.1+cu130 instead, for drivers from 580.65.06 on"
    )


def test_the_nearest_release_is_named_and_why_where_none_of_the_same_release_serves() -> None:
    driver = DriverRelease.parse("570.133.20")
    new = build(
        gpus=(RTX_5070,), torch_version=TorchVersion.parse("2.4.0+cu121"), driver_release=driver
    )
    old = build(
        gpus=(V100,), torch_version=TorchVersion.parse("2.14.1+cu130"), driver_release=driver
    )

    assert new == (
        "install torch==2.7.1+cu128 instead, since 2.7 is the next release that serves this driver and GPU (no build of 2.4.0 does)"
    )
    assert old.startswith("install torch==2.14.1+cu126 instead")


def test_of_one_release_the_cuda_that_the_driver_serves_in_full_comes_first() -> None:
    ampere = Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0))
    torch = TorchVersion.parse("2.6.0+cpu")

    for release, variant in (
        ("550.54.14", "cu124"),
        ("560.35.03", "cu126"),
        ("470.57.02", "cu118"),
    ):
        built = build(
            gpus=(ampere,), torch_version=torch, driver_release=DriverRelease.parse(release)
        )
        assert built.split()[1].startswith(("torch==2.6.0+" + variant, "torch==2.6.0"))


def test_no_build_at_all_is_said() -> None:
    kepler = Gpu(0, "GeForce GT 740", ComputeCapability(3, 0))

    assert build(gpus=(kepler,), torch_version=TorchVersion.parse("2.9.1+cu128")) == (
        "no published torch has code for GeForce GT 740: use another GPU, or the CPU"
    )


def test_cuda_compat_is_for_data_centre_gpus_alone() -> None:
    ampere = Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0))

    assert cures(gpus=(ampere,)).compat_for(CudaVersion(13, 0))
    assert not cures(gpus=(RTX_5070,)).compat_for(CudaVersion(13, 0))
    assert not cures().compat_for(CudaVersion(13, 0))


def test_a_driver_for_a_cuda_also_drives_the_gpus() -> None:
    assert "570" in fix_for(cures(gpus=(RTX_5070,)).driver_for(CudaVersion(12, 0))).text
    assert "525.60.13" in fix_for(cures().driver_after(CudaVersion(11, 4))).text


def test_the_family_of_torch_moves_along() -> None:
    there = (Package("torchvision", "0.26.0"), Package("numpy", "2.3.4"))
    moved = cures(
        gpus=(V100,), torch_version=TorchVersion.parse("2.11.0+cu130"), packages=there
    ).another_build()[0]

    assert moved.companions == ("torchvision==0.26.0",)


def test_what_fits_is_named_where_nobody_lists_the_packages() -> None:
    host = {"gpus": (V100,), "torch_version": TorchVersion.parse("2.6.0+cpu")}

    (unlisted,) = map(fix_for, Cures(facts_of(**host), MATRIX).another_build())
    (listed,) = map(fix_for, cures(**host).another_build())
    (asked,) = map(
        fix_for, cures(**host, install_commands=("pip install torch torchvision",)).another_build()
    )

    assert unlisted.text.endswith(
        "; torchvision 0.21.0 and torchaudio 2.6.0 go with it: name them in the same command where they are installed"
    )
    assert "torchvision" not in listed.text
    assert "torchvision==0.21.0" in asked.commands[0]


def test_a_gpu_whose_name_is_no_model_is_reckoned_with_as_one_that_nobody_names() -> None:
    unnamed = Gpu(0, "NVIDIA GeForce")
    host = {
        "torch_version": TorchVersion.parse("2.6.0+cpu"),
        "driver_release": DriverRelease.parse("550.54.14"),
    }

    (fix,) = map(fix_for, cures(**host, gpus=(unnamed,)).another_build())

    assert "for GPUs of compute capability" in fix.text


def test_companions_come_from_the_index_of_the_torch_that_is_there() -> None:
    for torch, variant, index in (
        ("2.6.0+rocm6.2.4", "rocm", "/whl/rocm6.2.4"),
        ("2.6.0+xpu", "xpu", "/whl/xpu"),
        ("2.6.0+cpu", "cpu", "/whl/cpu"),
        ("2.6.0+cu124", "cuda", "/whl/cu124"),
    ):
        found = cures(torch_version=TorchVersion.parse(torch), torch_variant=variant)
        assert found.companion("torchvision")[0].index_url.endswith(index)
    plain = cures(torch_version=TorchVersion.parse("2.6.0")).companion("torchvision")[0]
    assert plain.index_url is None


def test_no_gpu_at_all_gets_no_build() -> None:
    assert cures(driver_release=DriverRelease.parse("570.86.10"), gpus=()).another_build() == ()


def test_a_driver_is_named_that_still_drives_the_gpu() -> None:
    kepler = Gpu(0, "Tesla K80", ComputeCapability(3, 7))
    ampere = Gpu(0, "NVIDIA A100-SXM4-80GB", ComputeCapability(8, 0))

    assert "470 branch" in fix_for(cures(gpus=(kepler,)).current_driver()).text
    assert "580.65.06 or newer" in fix_for(cures(gpus=(ampere,)).current_driver()).text
    assert "580.65.06 or newer" in fix_for(cures().current_driver()).text


def test_open_modules_are_named_from_the_branch_on_that_serves_every_card() -> None:
    ready = {branch: cures().driver(branch, exact_branch=True) for branch in ("550", "560", "580")}

    assert [action.open_is_ready for action in ready.values()] == [False, True, True]


def of_conda(build: str, driver: str, gpu: str, capability: tuple[int, int], **more: object) -> Fix:
    known = facts_of(
        torch_version=TorchVersion.parse(build),
        driver_release=DriverRelease.parse(driver),
        gpus=(Gpu(0, gpu, ComputeCapability(*capability)),),
        torch_origin="conda-forge",
        **more,
    )
    fix = worded(Cures(known, MATRIX).another_build()[0], person_of(known))
    assert fix is not None
    return fix


def test_conda_forge_is_asked_for_a_cuda_that_it_builds_for() -> None:
    same = of_conda("2.9.1+cu130", "535.183.01", "NVIDIA A100-SXM4-40GB", (8, 0))

    assert same.text.startswith("install pytorch 2.9.1 for CUDA 12.9 instead")
    assert same.commands == (
        'conda install -c conda-forge "pytorch-gpu=2.9.1" "cuda-version=12.9"',
    )


def test_conda_forge_is_asked_for_the_release_that_it_has() -> None:
    # The wheel for CUDA 12.6 is torch 2.14.1, which is not on record there.
    older = of_conda("2.15.0+cu132", "550.54.14", "Tesla V100-SXM2-16GB", (7, 0))

    assert older.commands == (
        'conda install -c conda-forge "pytorch-gpu=2.13.0" "cuda-version=12.9"',
    )
    packages = (Package("torchvision", "0.29.2", "conda"),)
    beside = of_conda(
        "2.15.0+cu132", "550.54.14", "Tesla V100-SXM2-16GB", (7, 0), packages=packages
    )
    assert '"torchvision" "cuda-version=12.9"' in beside.commands[0]


def test_other_installers_are_not_asked_for_what_conda_forge_has() -> None:
    known = facts_of(
        torch_version=TorchVersion.parse("2.9.1+cu130"),
        driver_release=DriverRelease.parse("535.183.01"),
        gpus=(Gpu(0, "NVIDIA A100-SXM4-40GB", ComputeCapability(8, 0)),),
    )

    assert "2.9.1" in fix_for(Cures(known, MATRIX).another_build()[0]).text
    assert "12.9" not in fix_for(Cures(known, MATRIX).another_build()[0]).text


def test_a_python_without_wheels_for_the_gpu_gets_an_environment_of_its_own() -> None:
    blackwell = Gpu(0, "NVIDIA GeForce RTX 5090", compute_capability=ComputeCapability(12, 0))
    facts = facts_of(gpus=(blackwell,), python_tag="cp37", python_executable="/opt/old/bin/python")
    (action,) = Cures(facts, MATRIX).another_build(failing=True)

    fix = worded(action, person_of(facts))

    assert fix is not None
    assert fix.text.startswith("make an environment with Python 3.11, since no torch for this GPU")
    *anew, install = fix.commands
    assert anew == ["python3.11 -m venv .venv", ". .venv/bin/activate"]
    assert install.startswith('python -m pip install "torch==2.7.1+cu128"')


def test_into_a_bundle_nothing_is_installed_that_its_python_cannot_have() -> None:
    blackwell = Gpu(0, "NVIDIA GeForce RTX 5090", compute_capability=ComputeCapability(12, 0))
    facts = facts_of(
        gpus=(blackwell,),
        python_tag="cp37",
        portable_python="python_embeded",
    )
    (action,) = Cures(facts, MATRIX).another_build(failing=True)

    fix = worded(action, person_of(facts))

    assert fix is not None
    assert fix.commands == ()
    assert "take one with Python 3.11" in fix.text


def test_a_card_of_several_chips_is_asked_for_its_capability() -> None:
    (action,) = cures(gpus=(Gpu(0, "NVIDIA GeForce GT 630"),)).another_build(failing=True)

    assert fix_for(action).text.startswith(
        "see the compute capability of NVIDIA GeForce GT 630: no"
    )
    assert fix_for(action).commands == ("nvidia-smi --query-gpu=name,compute_cap --format=csv",)


def test_who_named_an_index_gets_the_build_of_that_index() -> None:
    command = "pip install torch==2.1.0 --index-url https://download.pytorch.org/whl/cu121"
    (action, *_) = cures(
        torch_version=TorchVersion.parse("2.1.0"),
        torch_variant="cpu",
        gpus=(Gpu(0, "NVIDIA A10", compute_capability=ComputeCapability(8, 6)),),
        driver_release=DriverRelease.parse("550.54.14"),
        install_commands=(command,),
    ).another_build()

    (command,) = fix_for(action).commands
    index = "https://download.pytorch.org/whl/cu121"
    assert command == f'python -m pip install "torch==2.1.0+cu121" --index-url {index}'
