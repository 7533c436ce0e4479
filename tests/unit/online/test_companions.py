"""Wheels of companions on a server: what their modules and their metadata say, and how builds are told apart."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.matrix.measured.companions import MeasuredBuild
from torch_doctor.matrix.proposals.companions import proposed_builds
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.store import Matrix
from torch_doctor.online.companion_survey import (
    BuildSurvey,
    Reach,
    builds_served,
    served_packages,
    survey_package,
    survey_packages,
)
from torch_doctor.online.companions import BuildFiles, measure_build
from torch_doctor.online.index import Link, PackageIndex
from torch_doctor.online.requirements import asked_for
from torch_doctor.online.web import OnlineError, Web

from tests.unit.binaries.dlls import dll
from tests.unit.binaries.fat_binaries import container, entry
from tests.unit.matrix.folders import HEADER, folder
from tests.unit.online.server import Site
from tests.unit.probes.env_trees import elf_bytes

LINUX = "near_torch-9.1.0-cp310-abi3-manylinux_2_28_x86_64.whl"
WINDOWS = "near_torch-9.1.0-cp310-abi3-win_amd64.whl"
METADATA = b"""Metadata-Version: 2.1
Name: near-torch
Requires-Python: >=3.10
Requires-Dist: torch (==2.14.0)
Requires-Dist: torchvision==0.29.0
Requires-Dist: triton>=3,<4; platform_system == "Linux"
Provides-Extra: all
Provides-Extra: cuda
Requires-Dist: Flash_Attn; extra == "all"
Requires-Dist: nvidia-cublas<13; extra == "cuda"
Requires-Dist: jinja2==3
"""
CODE = container(entry("sm_80"), entry("sm_90a"), entry("compute_90"))
FEW = container(entry("sm_80"), entry("sm_120f"), entry("sm_52"), entry("compute_52"))


def library(*needed: str, code: bytes = CODE, glibc: str = "GLIBC_2.17") -> bytes:
    return elf_bytes(needed=needed, glibc=[glibc]) + code


def wheel(modules: dict[str, bytes], metadata: bytes = METADATA) -> bytes:
    files = {
        "near_torch/__init__.py": b"",
        "near_torch-9.1.0.dist-info/METADATA": metadata,
        "near_torch-9.1.0.dist-info/WHEEL": b"Tag: cp310-abi3-manylinux_2_28_x86_64\n",
        **modules,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def served(site: Site, *names: str) -> list[BuildFiles]:
    return builds_served([Link(name, f"{site.url}/{name}") for name in names], "near-torch")


def measured(
    site: Site, modules: dict[str, bytes], name: str = LINUX, **more: Any
) -> MeasuredBuild:
    site.files[f"/{name}"] = wheel(modules)
    (group,) = served(site, name)
    with Web(site.url) as web:
        return measure_build(web, group, more.pop("extra", None), code=more.pop("code", False))


def test_a_wheel_says_what_it_links_and_carries(site: Site) -> None:
    found = measured(
        site,
        {
            "near_torch/_C.abi3.so": library(
                "libtorch.so", "libcudart.so.13", "libcuda.so.1", code=CODE * 8 + FEW
            ),
            "near_torch/_other.so": library("libbrought.so.1", "libcublas.so.13", code=b""),
            "near_torch/libbrought.so.1": library(glibc="GLIBC_2.31", code=b""),
            "near_torch.libs/libnvjpeg-1a2b.so.13": library(code=container(entry("sm_50"))),
            "near_torch.libs/libnear_torch-1a2b.so.9": library(code=container(entry("sm_103"))),
        },
    )
    assert found.needs == ("libcublas.so.13", "libcudart.so.13") and found.links_torch is True
    assert (found.archs, found.ptx) == (("sm_80", "sm_90a", "sm_103"), ("compute_90",))
    assert found.partial == ("sm_52", "sm_120f", "compute_52")
    assert (found.glibc, found.abi, found.python_tags) == ("2.31", "abi3", ("cp310",))
    assert (found.torch, found.requires_python) == ("==2.14.0", ">=3.10")
    assert found.pins == (("torchvision", "0.29.0"), ("triton", ">=3,<4"))
    assert found.unread == () and found.details[0].startswith("near_torch/_C.abi3.so: needs libt")


def test_a_dll_says_it_in_its_own_way(site: Site) -> None:
    library = dll("torch_cpu.dll", "cudart64_12.dll", "nvcuda.dll") + CODE
    found = measured(site, {"near_torch/_C.pyd": library}, WINDOWS)
    assert (found.needs, found.links_torch) == (("cudart64_12.dll",), True)
    assert (found.archs, found.glibc) == (("sm_80", "sm_90a"), None)


def test_a_large_library_is_read_no_further_than_needed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_WHOLE", "_WHEEL", "_HEAD"):
        monkeypatch.setattr(f"torch_doctor.online.modules.{name}", 4096)
    noise = bytes(range(256)) * (1 << 13)
    large = {"near_torch/_C.so": library("libtorch.so", "libcudart.so.13", code=noise + CODE)}
    found = measured(site, large)
    assert (found.needs, found.links_torch) == (("libcudart.so.13",), True)
    assert found.archs is None and set(dict(found.unread)) == {"archs", "ptx", "partial"}
    assert "(names at its head)" in found.details[0]

    whole = measured(site, large, code=True)
    assert (whole.needs, whole.archs) == (found.needs, ("sm_80", "sm_90a"))


def test_what_cannot_be_told_is_unread(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch_doctor.online.companions._LIBRARY", 10)
    found = measured(site, {"near_torch/_C.so": b"no library at all" * 10})
    assert found.needs is None and set(dict(found.unread)) == {"needs", "links_torch"}
    damaged = measured(site, {"near_torch/_C.so": library("libc.so.6", code=CODE[:-3])}, code=True)
    assert damaged.archs is None and "damaged" in dict(damaged.unread)["archs"]


def test_a_package_without_modules_needs_nothing(site: Site) -> None:
    found = measured(site, {}, "near_torch-9.1.0-py3-none-any.whl")
    assert (found.platform, found.abi, found.needs, found.archs) == ("any", "none", (), ())
    assert found.links_torch is False


def test_builds_are_told_apart_by_platform_and_abi(site: Site) -> None:
    names = [
        "near_torch-9.1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
        "near_torch-9.1.0-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "near_torch-9.1.0-cp313-cp313t-manylinux_2_28_x86_64.whl",
        LINUX,
        "near_torch-9.1.0-cp311-cp311-macosx_11_0_arm64.whl",
        "near_torch-9.2.0rc1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "near_torch-9.1.0.tar.gz",
        "near_torch-9.0.0.tar.gz",
        "near_torch-wrong-py3-none-any.whl",
    ]
    found = served(site, *names)
    assert [(g.version, g.platform, g.abi, len(g.wheels)) for g in found] == [
        ("9.0.0", "any", "source", 0),
        ("9.1.0", "linux-x86_64", "abi3", 1),
        ("9.1.0", "linux-x86_64", "cpython", 2),
    ]
    assert {wheel.name.build for wheel in found[2].wheels} == {0, 1}


def test_a_source_archive_says_what_it_asks_for(site: Site) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in (("n-9/setup.py", b"0" * 5000), ("n-9/PKG-INFO", METADATA)):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    site.files["/near_torch-9.0.0.tar.gz"] = out.getvalue()
    (group,) = served(site, "near_torch-9.0.0.tar.gz")
    with Web(site.url) as web:
        found = measure_build(web, group, None, code=False)
    assert (found.abi, found.torch, found.needs, found.archs) == ("source", "==2.14.0", None, None)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b" + bytes(100)])
def test_a_damaged_source_archive_is_an_error(site: Site, content: bytes) -> None:
    site.files["/near_torch-9.0.0.tar.gz"] = content
    (group,) = served(site, "near_torch-9.0.0.tar.gz")
    with Web(site.url) as web, pytest.raises(OnlineError):
        measure_build(web, group, None, code=False)


@pytest.mark.parametrize(
    ("platform", "extra", "pins"),
    [
        ("windows-x86_64", None, {"torchvision": "0.29.0"}),
        ("any", "cuda", {"torchvision": "0.29.0", "triton": ">=3,<4", "nvidia-cublas": "<13"}),
    ],
)
def test_markers_are_those_of_the_platform(
    platform: str, extra: str | None, pins: dict[str, str]
) -> None:
    assert dict(asked_for(METADATA.decode(), platform, "cp312", extra).pins) == pins


def test_several_requirements_of_one_package_count_together() -> None:
    text = (
        "Requires-Dist: torch>=2\nRequires-Dist: torch!=2.5,>=2\nRequires-Dist: x; what is this\n"
    )
    assert asked_for(text, "any", None, None) == (None, ">=2,!=2.5", (), None, ())


def test_a_pin_of_some_platforms_names_them() -> None:
    text = (
        "Requires-Dist: torchcodec==0.8.0; platform_machine != 'aarch64'\n"
        "Requires-Dist: triton>=3; sys_platform == 'win32'\n"
        "Requires-Dist: torchao==0.9.0\n"
    )

    found = asked_for(text, "any", None, None)

    assert dict(found.pins) == {"torchao": "0.9.0", "torchcodec": "0.8.0", "triton": ">=3"}
    assert dict(found.pins_on) == {
        "torchcodec": "linux-x86_64 windows-x86_64",
        "triton": "windows-x86_64",
    }
    assert asked_for(text, "linux-aarch64", None, None).pins_on == ()


WITHIN = """\
Name: Near_Torch
Provides-Extra: serve
Provides-Extra: run-time
Provides-Extra: test
Requires-Dist: near-torch[run_time]; extra == "serve"
Requires-Dist: torch==2.6.0; extra == "serve"
Requires-Dist: torchao>=0.7.0; extra == "run-time"
Requires-Dist: near-torch[serve,run-time]; extra == "run-time"
Requires-Dist: torchaudio==2.6.0; extra == "test"
"""


def test_an_extra_brings_those_that_it_asks_for() -> None:
    with_it = asked_for(WITHIN, "any", None, "serve")

    assert with_it == (None, "==2.6.0", (("torchao", ">=0.7.0"),), "serve", ())
    assert asked_for(WITHIN, "any", None, "run_time").torch == "==2.6.0"
    assert asked_for(WITHIN, "any", None, None) == (None, None, (), None, ())


def test_an_extra_that_a_release_has_not_is_not_its_own() -> None:
    assert asked_for(WITHIN, "any", None, "cuda") == (None, None, (), None, ())


def survey(
    site: Site, tmp_path: Path, rows: str, *names: str, code: bool = False, limit: int = 0
) -> BuildSurvey:
    page = [f'<a href="/{name}">{name}</a>' for name in names]
    site.files["/simple/near-torch/"] = "".join(page).encode()
    site.types["/simple/near-torch/"] = "text/html"
    compiled = compile_matrix(folder(tmp_path, rows, "companion_builds/near-torch.yaml"))
    matrix = Matrix(compiled["index"], compiled["tables"].__getitem__)
    with Web(site.url) as web:
        index = PackageIndex(f"{site.url}/simple")
        return survey_package(web, index, matrix, "near-torch", Reach(code, limit))


def test_rows_are_held_against_the_wheels(site: Site, tmp_path: Path) -> None:
    site.files[f"/{LINUX}"] = wheel({"near_torch/_C.so": library("libcudart.so.13")})
    first = survey(site, tmp_path / "a", HEADER, LINUX)
    assert [item.key for item in first.unknown] == [("near-torch", "9.1.0", "linux-x86_64", "abi3")]
    rows = proposed_builds(first.unknown, "2026-01-31")
    again = survey(site, tmp_path / "b", rows, LINUX)
    assert (again.unknown, again.differences, again.failed, again.unread) == ((), (), (), ())
    assert len(again.measured) == 1 and again.bytes_read > 0

    other = rows.replace("libcudart.so.13", "libcudart.so.12")
    (found,) = survey(site, tmp_path / "c", other, LINUX).differences
    assert (found.field, found.recorded) == ("needs", "libcudart.so.12")


BESIDE = """
companion_builds:
  - {package: near-torch, version: "9.1.0", platform: any, abi: none, python_tags: [py3], source: "pypi:near-torch==9.1.0"}
  - {package: far, version: "1.0", platform: any, abi: source, index_url: "https://example.org/far.tar.gz", source: "https://example.org/"}
"""


def test_what_its_makers_alone_serve_is_not_looked_for_on_an_index(tmp_path: Path) -> None:
    compiled = compile_matrix(folder(tmp_path, HEADER + BESIDE, "companion_builds/near-torch.yaml"))

    matrix = Matrix(compiled["index"], compiled["tables"].__getitem__)

    assert served_packages(matrix) == ["near-torch"]


def test_a_package_that_cannot_be_read_is_named_and_the_others_are_read(
    site: Site, tmp_path: Path
) -> None:
    site.files[f"/{LINUX}"] = wheel({"near_torch/_C.so": library("libcudart.so.13")})
    there = survey(site, tmp_path, HEADER, LINUX)

    def read(package: str) -> BuildSurvey:
        if package == "gone":
            raise OnlineError("the server answers 404")
        return there

    found = survey_packages(["near-torch", "gone", "near-torch"], read)
    assert found.failed == (("gone", "the server answers 404"),)
    assert len(found.measured) == 2 * len(there.measured) == 2
    with pytest.raises(OnlineError, match="404"):
        survey_packages(["gone", "near-torch"], read)


def test_what_is_gone_newer_or_unreadable_is_said(site: Site, tmp_path: Path) -> None:
    newer = LINUX.replace("9.1.0", "9.10.0")
    older, damaged = LINUX.replace("9.1.0", "9.0.0"), LINUX.replace("9.1.0", "9.11.0")
    for name in (LINUX, newer, older):
        site.files[f"/{name}"] = wheel({})
    site.files[f"/{damaged}"] = b"no wheel"
    rows = proposed_builds(survey(site, tmp_path / "a", HEADER, LINUX).unknown, "2026-01-31")
    gone = rows.replace("linux-x86_64, abi: abi3", "linux-aarch64, abi: none")
    found = survey(site, tmp_path / "b", gone, LINUX, newer, older, damaged)

    assert [item.version for item in found.unknown] == ["9.1.0", "9.10.0"]
    assert [(item.field, item.found) for item in found.differences] == [("files", "not served")]
    assert [what for what, _ in found.failed] == [
        "near-torch 9.11.0 for linux-x86_64, abi3 (1 wheel)"
    ]


def test_code_of_large_wheels_is_compared_when_asked(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_WHOLE", "_WHEEL", "_HEAD"):
        monkeypatch.setattr(f"torch_doctor.online.modules.{name}", 4096)
    noise = bytes(range(256)) * (1 << 13)
    site.files[f"/{LINUX}"] = wheel({"near_torch/_C.so": library("libc.so.6", code=noise + CODE)})
    rows = proposed_builds(
        survey(site, tmp_path / "a", HEADER, LINUX, code=True).unknown, "2026-01-31"
    )
    wrong = rows.replace("sm_80", "sm_70")
    assert wrong != rows
    quick = survey(site, tmp_path / "b", wrong, LINUX)
    ((row, why),) = quick.unread
    assert quick.differences == ()
    assert row.startswith("companion_builds/near-torch/")
    assert re.fullmatch(r"not looked at: \d+ MiB of modules are read for it only when asked", why)
    bounded = survey(site, tmp_path / "d", wrong, LINUX, limit=1 << 24)
    assert bounded.unread == ()
    assert [item.field for item in bounded.differences] == ["archs"]
    (found,) = survey(site, tmp_path / "c", wrong, LINUX, code=True).differences
    assert (found.field, found.found) == ("archs", "sm_80 sm_90a")
    bare = re.sub(r",? *(archs|ptx|partial): \[[^\]]*\]", "", rows)
    assert "archs" in rows and "archs" not in bare
    silent = survey(site, tmp_path / "e", bare, LINUX, code=True)
    assert silent.measured[0].archs is None  # nothing to be compared: not read whole
    assert (silent.differences, silent.unread) == ((), ())
