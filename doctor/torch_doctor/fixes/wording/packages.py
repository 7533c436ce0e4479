"""Installing and removing packages of the target environment, by what keeps it."""

from __future__ import annotations

import re
from collections.abc import Callable

from torch_doctor.core.finding import Fix
from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.fixes.kinds import InstallPackages, InstallTorch, RemovePackages
from torch_doctor.fixes.person import (
    CONTAINER,
    IMAGE,
    NIX,
    NOTEBOOK,
    POD,
    UV,
    UV_PROJECT,
    UVX,
    Person,
)
from torch_doctor.fixes.questions.which_build import VERSION
from torch_doctor.fixes.quoting import requirement, word
from torch_doctor.fixes.wording.conda import conda_specs, install_torch_by_conda
from torch_doctor.fixes.wording.containers import image_in
from torch_doctor.matrix.builds.systems import index_of

Words = Callable[[InstallTorch, Person], Fix]


def install_torch(action: InstallTorch, person: Person) -> Fix | None:
    """Install another build into the same environment, in the words of its installer."""
    if not person.server_wheels:
        return None  # the wheels of the public index are not for it
    fix = _BY_INSTALLER.get(person.installer, _by_pip)(action, person)
    solved = person.installer in _CHOOSE_THE_PAIR
    aside = "" if solved else f"{_pair(action)}{_folder(person)}"
    return _in_its_image(fix._replace(text=f"{fix.text}{aside}"), action, person)


# Images that are there to be installed into; others bring a program with the torch that it was tested with.
_BASES = regex(r"(?:^|/)(?:cuda|python|ubuntu|debian|pytorch|conda\w*|miniconda\d?|base\w*)(?::|$)")


def _in_its_image(fix: Fix, action: InstallTorch, person: Person) -> Fix:
    """Say what keeps the build, where an image brings the torch: a container forgets it when it is made anew."""
    of_an_image = person.place == CONTAINER and (person.started or person.compose or person.image)
    if not of_an_image or person.installer == IMAGE or not action.variant.startswith("cu"):
        return fix
    cuda = CudaVersion.from_tag(action.variant)
    image = person.image or image_in(person.started or "") or ""
    name = image.rpartition("/")[2].partition(":")[0]
    tag = f"a tag of {name or 'the image'} for CUDA {cuda} ({cuda.tag})"
    if name and not _BASES.search(image):
        text = (
            f"take {tag}, whose program is tested with its torch; where there is none, {fix.text}"
        )
        return fix._replace(text=f"{text}, as a RUN line of a Dockerfile FROM that image")
    keeps = f"{tag}, or a Dockerfile FROM it with that line as RUN, keeps it"
    return fix._replace(text=f"{fix.text}; this lasts until the container is made anew: {keeps}")


def _folder(person: Person) -> str:
    """Say where a command belongs that names a Python of a program by a path of its own."""
    inside = _RELATIVE.match(person.python)
    return f"; run it in the program's folder, which holds {inside[1]}" if inside else ""


_RELATIVE = regex(r"([\w.-]+)[\\/](?!/)")


def _pair(action: InstallTorch) -> str:
    """Say what goes with another torch, where nobody knows whether it is installed: beside the old one it breaks."""
    names = " and ".join(spec.replace("==", " ") for spec in action.beside)
    go, them, are = (
        ("go", "them", "they are") if len(action.beside) > 1 else ("goes", "it", "it is")
    )
    return (
        f"; {names} {go} with it: name {them} in the same command where {are} installed"
        if names
        else ""
    )


def _text(action: InstallTorch) -> str:
    instead = " instead" if action.there else ""
    # The default index has one build of a release for each platform, and its name does not say for which CUDA.
    plain = "+" not in action.requirement and action.variant.startswith("cu")
    built = f" (built for CUDA {CudaVersion.from_tag(action.variant)})" if plain else ""
    return f"install {action.requirement}{built}{instead}{action.condition}"


def _by_pip(action: InstallTorch, person: Person) -> Fix:
    """With *replace* also where pip is content with what is there."""
    specs = " ".join(map(requirement, (action.requirement, *action.companions)))
    index = f" --index-url {action.index_url}" if action.index_url else ""
    flags = f" {_anew(person)}" if action.replace else ""
    return Fix(_text(action), (f"{_install(person)}{flags} {specs}{index}",))


def _by_uv_project(action: InstallTorch, person: Person) -> Fix:
    url = index_of(action.variant)
    specs = " ".join(map(requirement, (f"torch=={action.torch}", *action.companions)))
    text = f"{_text(action)}: uv then writes its index ([[tool.uv.index]]) and its source into pyproject.toml"
    return Fix(text, (f"uv add {specs} --index pytorch-{action.variant}={url}",))


def _by_uvx(action: InstallTorch, person: Person) -> Fix:
    """A tool that uv runs has an environment of its own for each call."""
    url = index_of(action.variant)
    options = f'--with "{action.requirement}" --index {url}'
    return Fix(
        f"name the CUDA build in the uvx call{action.condition}: {options}, right behind uvx"
    )


def _by_poetry(action: InstallTorch, person: Person) -> Fix:
    name = f"pytorch-{action.variant}"
    specs = " ".join(map(requirement, (f"torch=={action.torch}", *action.companions)))
    return Fix(
        f"{_text(action)}: torch then has a source of its own in pyproject.toml",
        (
            f"poetry source add --priority explicit {name} {index_of(action.variant)}",
            f"poetry add --source {name} {specs}",
        ),
    )


def _by_pdm(action: InstallTorch, person: Person) -> Fix:
    specs = " ".join(map(requirement, (action.requirement, *action.companions)))
    source = f"[[tool.pdm.source]] name = 'pytorch', url = '{index_of(action.variant)}'"
    text = f"{_text(action)}, with its index in pyproject.toml: {source}"
    return Fix(text, (f"pdm add {specs}",))


def _by_pipenv(action: InstallTorch, person: Person) -> Fix:
    specs = " ".join(map(requirement, (f"torch=={action.torch}", *action.companions)))
    return Fix(_text(action), (f"pipenv install --index {index_of(action.variant)} {specs}",))


# Wheels that nixpkgs has beside its own builds, as torchvision-bin and torchaudio-bin.
_REPACKED = ("torchvision", "torchaudio")


def _in_a_store(action: InstallTorch, person: Person) -> Fix:
    also = [spec.split("=")[0] for spec in action.companions if spec.startswith(_REPACKED)]
    names = " ".join(f"ps.{name}-bin" for name in ("torch", *also))
    text = (
        f"take torch-bin in place of torch: it is the CUDA wheel, of a nixpkgs that has torch-bin {action.torch} or "
        f"one near it{action.condition} (or set nixpkgs.config.cudaSupport = true, which compiles torch)"
    )
    command = f"nix-shell -p 'python3.withPackages (ps: [ {names} ])'"
    return Fix(text, (f"NIXPKGS_ALLOW_UNFREE=1 {command}",))


def _in_an_image(action: InstallTorch, person: Person) -> Fix:
    text = f"take a tag of the image whose torch is {action.torch} or near it{action.condition}"
    return Fix(f"{text}: NVIDIA's images bring a torch of their own", scope="container")


_BY_INSTALLER: dict[str, Words] = {
    UV_PROJECT: _by_uv_project,
    UVX: _by_uvx,
    "poetry": _by_poetry,
    "pdm": _by_pdm,
    "pipenv": _by_pipenv,
    "conda": install_torch_by_conda,
    "pixi": install_torch_by_conda,
    NIX: _in_a_store,
    IMAGE: _in_an_image,
}
# Their solver, or those who keep them, choose what goes with a torch.
_CHOOSE_THE_PAIR = ("conda", "pixi", NIX, IMAGE)
_ADD = {
    UV_PROJECT: "uv add",
    "poetry": "poetry add",
    "pdm": "pdm add",
    "pipenv": "pipenv install",
}
_AGAIN = {
    UV_PROJECT: ("uv sync --reinstall",),
    "poetry": ("poetry env remove --all", "poetry install"),
    "pdm": ("pdm venv remove in-project", "pdm install"),
    "pipenv": ("pipenv --rm", "pipenv install"),
}


def install_packages(action: InstallPackages, person: Person) -> Fix | None:
    """Install what is named over what is there."""
    specs = " ".join(map(requirement, action.specs))
    names = {re.split(r"[=<>!~\[ ]", spec)[0] for spec in action.specs}
    if person.installer in _ADD and names == {"torch"}:
        return Fix(action.text, _AGAIN[person.installer])
    if action.asking and person.installer not in ("conda", "pixi"):
        asked = Fix(action.asking, (VERSION,), action="ask-fact")
        return asked if person.server_wheels else None
    if person.installer in _ADD:
        return Fix(action.text, _added(action, person, specs))
    if person.installer in ("conda", "pixi") and not any(n.startswith("nvidia-") for n in names):
        channels = "".join(f" -c {one}" for one in action.channels or ("conda-forge",))
        add = "pixi add" if person.installer == "pixi" else f"conda install{channels}"
        again = " --force-reinstall" if "torch" in names and person.installer == "conda" else ""
        return Fix(action.text, (f"{add}{again} {conda_specs(action.specs)}",))
    if not person.server_wheels and "torch" in names:
        return None
    index = f" --index-url {action.index_url}" if action.index_url else ""
    alone = "" if action.deps else " --no-deps"
    if person.installer == NIX:
        return Fix(action.text, ("uv venv", f"uv pip install{alone} {specs}{index}"))
    anew = f" {_anew(person)}" if action.anew else ""
    return Fix(action.text, (f"{_install(person)}{anew}{alone} {specs}{index}",))


def _added(action: InstallPackages, person: Person, specs: str) -> tuple[str, ...]:
    add, url = _ADD[person.installer], action.index_url
    name = f"pytorch-{url.rstrip('/').rpartition('/')[2]}" if url else ""
    if person.installer == UV_PROJECT and url:
        return (f"{add} {specs} --index {name}={url}",)
    if person.installer == "poetry" and url:
        source = f"poetry source add --priority explicit {name} {url}"
        return source, f"{add} --source {name} {specs}"
    return (f"{add} {specs}",)


_REMOVE = {
    "conda": "conda remove",
    "pixi": "pixi remove",
    "poetry": "poetry remove",
    "pdm": "pdm remove",
    "pipenv": "pipenv uninstall",
}


def remove_packages(action: RemovePackages, person: Person) -> Fix | None:
    """Uninstall what is named."""
    names = " ".join(map(word, action.names))
    python = word(person.python)
    if person.installer in _REMOVE and not any(n.startswith("nvidia-") for n in action.names):
        return Fix(action.text, (f"{_REMOVE[person.installer]} {names}",))
    if person.installer in (UV, UV_PROJECT, UVX, NIX):
        return Fix(action.text, (f"{uv_pip('uninstall', person)} {names}",))
    return Fix(action.text, (f"{python} -m pip uninstall -y {names}",))


def _anew(person: Person) -> str:
    return "--reinstall" if person.installer in (UV, UV_PROJECT, UVX) else "--force-reinstall"


def uv_pip(verb: str, person: Person) -> str:
    """Return the call of uv's pip, which finds an active environment or ./.venv itself; an image may have none."""
    named = person.python != "python" or person.place in (CONTAINER, POD, NOTEBOOK)
    return f"uv pip {verb} --python {word(person.python)}" if named else f"uv pip {verb}"


def _install(person: Person) -> str:
    python = word(person.python)
    if person.installer in (UV, UV_PROJECT, UVX):
        return uv_pip("install", person)
    isolated = " -s" if re.search(r"python_embed", person.python) else ""
    return f"{python}{isolated} -m pip install"
