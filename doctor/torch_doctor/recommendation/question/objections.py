"""What to say of a value that means nothing as it was typed: what it is, and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Iterable

from torch_doctor.core.text import listing, one_line
from torch_doctor.matrix.builds.rows import CompanionBuild
from torch_doctor.matrix.builds.systems import OtherName
from torch_doctor.matrix.store import Matrix

_RELEASE = r"(?<![\d.])[3-9]\d\d\.\d{1,3}(?:\.\d{1,3})?(?![\d.])"
_NAME_IN_PATH = (
    r"(?:.*/)?([A-Za-z][A-Za-z0-9._-]*?)(?:\.git|[-_]v?\d[^/]*\.(?:whl|tar\.gz|zip))?(?:[@#].*)?"
)

_NO_MUSL = (
    "every build of torch on record for Linux is linked to glibc, and none runs on musl (Alpine): "
    "use an image or a system with glibc, such as Debian or Ubuntu"
)
_PLATFORMS = (
    (("linux", "linux64", "x86_64", "amd64", "x86-64", "linux-64", "linux-amd64"), "linux-x86_64"),
    (("arm64", "aarch64", "arm", "linux-arm64", "sbsa"), "linux-aarch64"),
    (("win", "win64", "win32", "win_amd64", "windows-x86_64", "windows-amd64"), "windows"),
    (("wsl1", "wsl2"), "wsl"),
    (("tegra", "l4t", "jetpack"), "jetson"),
)


def no_driver(text: str) -> str:
    """Say of a text without a driver's release in the right place which one it holds, if any."""
    found = re.findall(_RELEASE, text)
    like = f"--driver {found[0]}" if len(set(found)) == 1 else "something like 580.65.06"
    return f"--driver: not a driver release: {one_line(text, 40)!r} (expected {like})"


def cuda_as_driver(text: str, matrix: Matrix) -> str:
    """Say of a CUDA in the place of a driver which branch reports it."""
    shown = "nvidia-smi shows the driver's own release, such as 580.65.06, in front of a CUDA"
    return f"--driver: there is no driver {one_line(text, 20)}; {shown}{_reported(text, matrix)}"


def no_such_cuda(text: str, matrix: Matrix) -> str:
    """Say of a CUDA that torch was never built for which ones there are."""
    built = {row.cuda for row in matrix.torch_builds if row.cuda}
    order = sorted(built, key=lambda cuda: tuple(map(int, cuda.split("."))))
    reported = _reported(text, matrix)
    return (
        f"no torch for CUDA {one_line(text, 40)} is on record: there are builds for {listing(order)}{reported}"
        f"{' in place of --cuda' if reported else ''}"
    )


def _reported(cuda: str, matrix: Matrix) -> str:
    """Which branch of the driver says *cuda* in nvidia-smi."""
    branches = [row.branch for row in matrix.drivers if row.cuda == cuda.strip()]
    if not branches:
        return ""
    newest = max(branches)
    return f"; where nvidia-smi shows CUDA {cuda.strip()}, the driver is of R{newest}: give --driver {newest}"


def no_platform(text: str, known: Iterable[str], matrix: Matrix) -> str:
    """Say of a system without a build of torch for CUDA what serves there; of any other word what is meant."""
    word, listed = text.strip().casefold(), listing(list(known), "or")
    if re.fullmatch(r"mac(?:os|[ _]?os ?x)?.*|darwin.*|osx.*", word):
        apple = next((row for row in matrix.other_makers if row.maker == "Apple"), None)
        there = f"; on a Mac torch uses {apple.torch}: {apple.origin.source}" if apple else ""
        return f"--platform: no build of torch for CUDA is for macOS{there}"
    if re.search(r"alpine|musl", word):
        return f"--platform: {_NO_MUSL}"
    like = next((name for words, name in _PLATFORMS if word in words), None)
    hint = f", did you mean {like}?" if like else suggestion(word, list(known))
    return f"--platform: {one_line(text, 40)!r} is none of {listed}{hint}"


def no_glibc(text: str) -> str:
    """Say of a text that is no glibc what is expected, and of another C library that no build is for it."""
    if re.search(r"(?i)musl|alpine", text):
        return f"--glibc: {_NO_MUSL}, and give its glibc, such as 2.28"
    return f"--glibc: not a glibc version: {one_line(text, 40)!r} (expected something like 2.28)"


def no_python(text: str) -> str:
    """Say of a text that is no Python what is expected."""
    old = re.fullmatch(r"(?:cp)?2\.?7(?:\.\d+)?", text.strip())
    if old:
        return (
            "--python: no build of torch for Python 2 is on record; give a Python 3, such as 3.12"
        )
    return f"--python: not a Python version: {one_line(text, 40)!r} (expected something like 3.12)"


def no_package(text: str, known: set[str]) -> str:
    """Say of an address, a file or a name with extras which package it names."""
    plain = text.strip()
    extra = re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*\[[^]]*\]\s*(.*)", plain)
    if extra:
        return (
            f"--with: extras are not on record: give {extra[1]}{extra[2]} without them, "
            "and add them to the command of the plan"
        )
    path = re.fullmatch(_NAME_IN_PATH, plain) if re.search(r"[/\\]|\.whl$", plain) else None
    name = re.sub(r"[\s._-]+", "-", path[1].casefold()) if path else ""
    like = name if name in known else "vllm==0.30.0"
    what = "an address or a file, not a package" if path else "not a package"
    return f"--with: {what}: {one_line(text, 60)!r} (expected something like {like})"


def off_record(name: str, known: set[str], matrix: Matrix) -> str:
    """Say of a package without a row where it can be looked up, or that nothing is known of it."""
    other = next((row for row in matrix.other_names if row.package == name), None)
    if other is not None:
        return other_name(other)
    page = next((row for row in matrix.wheel_pages if row.package == name), None)
    if page is not None:
        example = page.address.format(full="2.4.0", short="2.4", tag="cu121")
        return (
            f"--with: which torch {name} goes with is not on record; its makers list builds on a page for each torch "
            f"and CUDA, such as {example}"
        )
    if name == "numpy":
        return f"--with: numpy is no package that is chosen here: {_numpy(matrix)}"
    recipe = next((row for row in matrix.build_recipes if row.package == name), None)
    if recipe is not None:
        return (
            f"--with: which torch {name} goes with is not on record; it is compiled against the torch that is there, "
            f"after that: pip install --no-build-isolation {recipe.spec}"
        )
    near = suggestion(name, {*known, *matrix.column(CompanionBuild, "package")}, 0.75)
    alone = "" if near else "; leave it out, and install it beside the torch of the plan"
    return f"--with: nothing is recorded about {name!r}{near}{alone}; known are {listing(sorted(known))}"


def other_name(row: OtherName) -> str:
    """Say of a name that the package index has not, or has for another thing, what it is and what to ask for."""
    meant = f": give --with {listing(row.instead, 'or')}" if row.instead else ""
    return f"--with: nothing is recorded about {row.package!r}, and {row.why}{meant}"


def _numpy(matrix: Matrix) -> str:
    pairs = [
        f"torch {row.torch} was built to work with numpy {row.numpy}" for row in matrix.numpy_abi
    ]
    return "; ".join(pairs)


def suggestion(text: str, known: Iterable[str], alike: float = 0.6) -> str:
    """Return the known word that *text* looks like, as a question, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(text, list(known), 1, alike)
    return f", did you mean {close[0]}?" if close else ""
