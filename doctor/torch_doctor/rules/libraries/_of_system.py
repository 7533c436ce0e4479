"""Which package of the system, or of pip, brings a library that torch's own packages do not. Shared here."""

from __future__ import annotations

import re

from torch_doctor.core.finding import Action
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes import actions as fixes
from torch_doctor.fixes.kinds import InstallPackages
from torch_doctor.matrix.rows import LibraryPackage
from torch_doctor.matrix.store import Matrix


def package_with(name: str, matrix: Matrix) -> LibraryPackage | None:
    """Return the row of what brings the file *name*; None where no row knows it."""
    return next((row for row in matrix.library_packages if re.match(row.library, name)), None)


def in_a_store(name: str) -> Action:
    """Return how a wheel finds a library of the system where none lies in the loader's folders."""
    text = (
        f"on NixOS a wheel finds no library of the system: find which package has {name}, and name it (libstdc++ is in "
        "stdenv.cc.cc.lib) in programs.nix-ld.libraries, with programs.nix-ld.enable = true; or take nixpkgs' torch-bin"
    )
    return fixes.by_hand(text, f"nix-locate --top-level --whole-name lib/{name}", scope="host")


def by_package(name: str, row: LibraryPackage | None, cuda: CudaVersion | None) -> Action:
    """Return the install of what brings the file *name*, or how to find out."""
    if row and row.apt:
        text = f"install {row.apt}, which brings it"
        return fixes.by_hand(text, f"sudo apt-get install {row.apt}", scope="host", root=True)
    if row and row.pip:
        package = row.pip.replace("{major}", str(cuda.major if cuda else 13))
        text = f"install {package}, which brings it"
        return InstallPackages(text, (package,), deps=True, anew=False)
    look = (f"apt-file search {name}", f"dnf provides '*/{name}'")
    text = f"find the package of this distribution that brings {name}, and install it"
    return fixes.by_hand(text, *look, scope="host", root=True)
