"""Installing and removing packages of the target environment, torch among them."""

from __future__ import annotations

from torch_doctor.core.finding import Fix
from torch_doctor.fixes.actions import InstallPackages, InstallTorch, RemovePackages
from torch_doctor.fixes.person import Person
from torch_doctor.fixes.quoting import requirement, word


def install_torch(action: InstallTorch, person: Person) -> Fix:
    """Install another build into the same environment; with *replace* also where pip is content with what is there."""
    specs = " ".join(f'"{name}"' for name in (action.requirement, *action.companions))
    index = f" --index-url {action.index_url}" if action.index_url else ""
    flags = ""
    if action.replace:
        flags = " --reinstall" if person.installer == "uv" else " --force-reinstall"
    text = f"install {action.requirement} instead{action.condition}"
    return Fix(text, (f"{_install(person)}{flags} {specs}{index}",))


def install_packages(action: InstallPackages, person: Person) -> Fix:
    """Install what is named over what is there."""
    specs = " ".join(map(requirement, action.specs))
    index = f" --index-url {action.index_url}" if action.index_url else ""
    force = "--reinstall" if person.installer == "uv" else "--force-reinstall"
    alone = "" if action.deps else " --no-deps"
    return Fix(action.text, (f"{_install(person)} {force}{alone} {specs}{index}",))


def remove_packages(action: RemovePackages, person: Person) -> Fix:
    """Uninstall what is named."""
    names = " ".join(map(word, action.names))
    python = word(person.python)
    command = f"{python} -m pip uninstall -y {names}"
    if person.installer == "uv":
        command = f"uv pip uninstall --python {python} {names}"
    return Fix(action.text, (command,))


def _install(person: Person) -> str:
    python = word(person.python)
    if person.installer == "uv":
        return f"uv pip install --python {python}"
    return f"{python} -m pip install"
