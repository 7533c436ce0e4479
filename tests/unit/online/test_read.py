"""Wheels on a server: read by ranges or whole, whole or damaged, and compared with rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.matrix.proposals.torch import proposed
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.store import Matrix
from torch_doctor.online.index import Link, PackageIndex
from torch_doctor.online.survey import Survey, survey
from torch_doctor.online.web import Limits, OnlineError, Web
from torch_doctor.online.wheels import Wheel, chosen, measure, platform_of, wheels_of

from tests.unit.matrix.folders import HEADER, folder
from tests.unit.online.server import Site, elf, wheel

LINUX = "torch-9.1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
OTHER = "torch-9.1.0-cp313-cp313t-manylinux_2_28_x86_64.whl"
ROWS = f"""{HEADER}
torch_releases:
  - {{version: "9.1.0", requires_python: ">=3.11", git_version: "{"ab" * 20}", pypi: {{linux-x86_64: cu128}}}}
torch_builds:
  - torch: "9.1.0"
    variant: cu128
    platform: linux-x86_64
    cuda: "12.8"
    archs: [sm_80, sm_90, sm_120]
    ptx: [compute_120]
    python_tags: [cp313t, cp311]
    glibc: "2.28"
    cxx11_abi: true
    on_pypi: true
    status: published
    pins: {{triton: "9.1.0", nvidia-cudnn-cu12: "9.10.2.21"}}
"""
MAJORS = HEADER + "cuda_majors:\n  - {major: 12, linux_min: '525.60.13', windows_min: '527.41'}\n"
ARCHS = (
    HEADER
    + "architectures:\n"
    + "".join(
        f'  - {{capability: "{c}", name: x, first_cuda: "11.0", tegra: false}}\n'
        for c in ("8.0", "9.0", "12.0")
    )
)


def matrix_of(tmp_path: Path, rows: str = ROWS) -> Matrix:
    compiled = compile_matrix(
        folder(tmp_path, rows, "torch/9.1.yaml", cuda=MAJORS, architectures=ARCHS)
    )
    return Matrix(compiled["index"], compiled["tables"].__getitem__)


def put(site: Site, content: bytes = b"", *names: str) -> None:
    for name in names or (LINUX, OTHER):
        site.files[f"/files/{name}"] = content or wheel(padding=2 << 20)
    site.page(*(names or (LINUX, OTHER)))


def read(site: Site, matrix: Matrix, **more: Any) -> Survey:
    index = PackageIndex(f"{site.url}/simple")
    with Web(index.url, Limits(whole_bytes=16 << 20, silence_s=5)) as web:
        return survey(web, index, matrix, lambda version: version.startswith("9."), **more)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_wheel_says_what_the_rows_say(site: Site, tmp_path: Path, ranges: bool) -> None:
    put(site)
    site.ranges = ranges
    found = read(site, matrix_of(tmp_path))

    (measured,) = found.measured
    assert found.failed == found.differences == found.unknown == ()
    assert (measured.variant, measured.cuda, measured.python_tags) == (
        "cu128",
        "12.8",
        ("cp311", "cp313t"),
    )
    assert measured.archs == ("sm_80", "sm_90", "sm_120") and measured.ptx == ("compute_120",)
    assert dict(measured.pins) == {"nvidia-cudnn-cu12": "9.10.2.21", "triton": "9.1.0"}
    assert (measured.glibc, measured.cxx11_abi, measured.requires_python) == (
        "2.28",
        True,
        ">=3.11",
    )
    assert dict(measured.unread) == {"released": "the index gives no dates"}


def test_ranges_spare_what_is_not_needed(site: Site, tmp_path: Path) -> None:
    put(site, wheel(padding=8 << 20))
    found = read(site, matrix_of(tmp_path))

    assert found.bytes_read < 2 << 20
    assert len(site.headers_of(f"/files/{OTHER}")) == 0


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('cuda: "12.8"\n    archs: [sm_80, ', 'cuda: "12.8"\n    archs: [', "archs"),
        ("ptx: [compute_120]", "ptx: []", "ptx"),
        ("[cp313t, cp311]", "[cp311]", "python_tags"),
        ('glibc: "2.28"', 'glibc: "2.17"', "glibc"),
        ("cxx11_abi: true", "cxx11_abi: false", "cxx11_abi"),
        ('triton: "9.1.0"', 'triton: "9.1.1"', "pins"),
        ('">=3.11"', '">=3.10"', "requires_python"),
        ("ab" * 20, "cd" * 20, "git_version"),
    ],
)
def test_every_difference_is_named(
    site: Site, tmp_path: Path, old: str, new: str, field: str
) -> None:
    assert old in ROWS
    put(site)
    (found,) = read(site, matrix_of(tmp_path, ROWS.replace(old, new))).differences

    assert (found.field, found.explained) == (field, False)
    assert found.recorded != found.found


def test_a_difference_that_the_note_names_is_explained(site: Site, tmp_path: Path) -> None:
    put(site)
    rows = ROWS.replace("ab" * 20, "cd" * 20).replace(
        "pypi: {linux", f"note: 'the wheel names {'ab' * 20}', pypi: {{linux"
    )
    (found,) = read(site, matrix_of(tmp_path, rows)).differences

    assert found.explained


def test_an_unknown_release_is_proposed_as_rows_that_compile(site: Site, tmp_path: Path) -> None:
    put(site)
    empty = matrix_of(tmp_path / "a", HEADER)
    found = read(site, empty)
    text = proposed(found.unknown, empty, "2026-02-03")

    assert [item.torch for item in found.unknown] == ["9.1.0"]
    again = matrix_of(tmp_path / "b", text)
    assert read(site, again).differences == ()
    assert again.torch_builds[0].origin.source == "pypi:torch==9.1.0"
    assert proposed((), empty, "2026-02-03") == ""


def test_a_cpu_build_has_no_targets(site: Site, tmp_path: Path) -> None:
    put(site, wheel(cuda=None))
    (measured,) = read(site, matrix_of(tmp_path, HEADER)).measured

    assert (measured.variant, measured.archs, measured.ptx) == ("cpu", (), ())
    assert not any(field == "archs" for field, _ in measured.unread)


def test_what_could_not_be_read_is_not_called_different(site: Site, tmp_path: Path) -> None:
    put(site, wheel(torch__lib__libtorch_python_so=elf(b"\0"), torch__lib__libtorch_cuda_so=None))
    found = read(site, matrix_of(tmp_path))

    assert {field for field, _ in found.measured[0].unread} == {"archs", "ptx", "released"}
    assert found.differences == ()


@pytest.mark.parametrize(
    "content", [b"no zip at all", wheel()[:-30], wheel()[:2000], b"PK\5\6" + bytes(18)]
)
def test_a_damaged_wheel_is_named_and_ends_nothing(
    site: Site, tmp_path: Path, content: bytes
) -> None:
    good = "torch-9.2.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    put(site)
    site.files[f"/files/{LINUX}"] = content
    site.files[f"/files/{good}"] = wheel("9.2.0")
    site.page(LINUX, good)
    found = read(site, matrix_of(tmp_path))

    assert [what for what, _ in found.failed] == ["torch 9.1.0 for linux-x86_64"]
    assert [item.torch for item in found.measured] == ["9.2.0"]


def test_a_large_wheel_without_ranges_is_refused(site: Site, tmp_path: Path) -> None:
    put(site, wheel(padding=20 << 20))
    site.ranges = False
    ((_, why),) = read(site, matrix_of(tmp_path)).failed

    assert "MiB are more than 16 MiB" in why


def test_dates_and_withdrawn_files_of_a_json_index(site: Site, tmp_path: Path) -> None:
    put(site)
    site.page(LINUX, "torch-9.1.0.tar.gz", as_json=True)
    (measured,) = read(site, matrix_of(tmp_path)).measured

    assert measured.released == "2026-01-02"
    assert list(wheels_of([Link(LINUX, "u", yanked=True), Link("x.zip", "u")])) == []


def test_an_index_without_such_a_release_is_an_error(site: Site, tmp_path: Path) -> None:
    put(site)
    with pytest.raises(OnlineError, match="no such release"):
        read(site, matrix_of(tmp_path), platforms=("windows-x86_64",))


def test_platforms_and_the_chosen_wheel() -> None:
    names = [LINUX, "torch-9.1.0-cp310-cp310-win_amd64.whl", "torch-9.1.0-cp310-none-macosx_11_0_arm64.whl",
             "torch-9.1.0-cp310-cp310-manylinux2014_aarch64.whl"]  # fmt: skip
    wheels = list(wheels_of(Link(name, "u") for name in names))

    assert [platform_of(w.name) for w in wheels] == [
        "linux-x86_64",
        "windows-x86_64",
        None,
        "linux-aarch64",
    ]
    assert chosen(reversed(wheels)).link.filename == LINUX
    assert isinstance(wheels[0], Wheel)


def test_a_wheel_without_its_texts_is_an_error(site: Site) -> None:
    site.files["/w"] = wheel(**{"torch/version.py": None})
    with Web(site.url) as web, pytest.raises(OnlineError, match=r"version\.py"):
        measure(
            web, [Wheel(Link(LINUX, f"{site.url}/w"), next(wheels_of([Link(LINUX, "u")])).name)]
        )
