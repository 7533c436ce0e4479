"""Rows must fit one another: references resolve, and no row contradicts another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.matrix.folders import HEADER, faults

TORCH = (
    HEADER + "torch_releases:\n  - {version: '2.8.0', pypi: {linux-x86_64: cu128}}\ntorch_builds:\n"
)
BUILD = "torch: '2.8.0', variant: cu128, platform: linux-x86_64, cuda: '12.8', archs: [sm_90], ptx: [], on_pypi: true, status: published"
CUDA = HEADER + "cuda_majors:\n  - {major: 12, linux_min: '525.60.13', windows_min: '527.41'}\n"
ARCH = HEADER + (
    "architectures:\n"
    "  - {capability: '9.0', name: Hopper, first_cuda: '11.8', tegra: false}\n"
    "  - {capability: '7.0', name: Volta, first_cuda: '9.0', last_cuda: '12.7', tegra: false}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("torch: '2.8.0'", "torch: '2.8.1'", "torch_releases has no row 2.8.1"),
        ("archs: [sm_90]", "archs: [sm_70]", "CUDA 12.8 does not compile for it (9.0 to 12.7)"),
        ("archs: [sm_90]", "archs: [sm_33]", "architectures has no row 3.3"),
        ("archs: [sm_90]", "archs: [compute_90]", "archs lists sm_ targets"),
        ("archs: [sm_90]", "archs: []", "a CUDA build needs archs"),
        ("variant: cu128", "variant: cu126", "not the tag of CUDA 12.8"),
        ("variant: cu128", "variant: cpu", "disagree"),
        ("on_pypi: true", "on_pypi: false", "index_url must be given"),
        ("cuda: '12.8'", "cuda: '14.8'", "not the tag of CUDA 14.8"),
    ],
)
def test_rows_must_fit_one_another(old: str, new: str, message: str, tmp_path: Path) -> None:
    sound = f"{TORCH}  - {{{BUILD}}}\n"
    more = {"cuda": CUDA, "architectures": ARCH}
    assert faults(tmp_path, sound, "torch/2.8.yaml", **more) == []

    found = faults(
        tmp_path,
        sound.replace(f"{{{BUILD}}}", f"{{{BUILD.replace(old, new)}}}"),
        "torch/2.8.yaml",
        **more,
    )

    assert any(message in words for _, words in found), found


def test_aliases_must_lead_to_gpus(tmp_path: Path) -> None:
    gpus = HEADER + "gpus:\n" + "".join(
        f"  - {{name: {name}, capabilities: ['{cc}'], architecture: x, kind: consumer}}\n"
        for name, cc in (("One", "9.0"), ("Two", "7.0"))
    )  # fmt: skip
    aliases = HEADER + (
        "gpu_aliases:\n"
        "  - {alias: a, names: [One, Three], ambiguity: product}\n"
        "  - {alias: b, names: [One, Two], ambiguity: product}\n"
        "  - {alias: c, names: [One, Two], ambiguity: none}\n"
        "  - {alias: d, names: [One, Two], ambiguity: architecture}\n"
    )

    found = faults(tmp_path, gpus, "gpus.yaml", gpu_aliases=aliases, architectures=ARCH)

    assert [line for line, _ in found] == [3, 4, 5, 5]
    assert "gpus has no row Three" in found[0][1]
