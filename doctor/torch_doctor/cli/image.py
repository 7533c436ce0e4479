"""``torch-doctor image``: what is inside a container image, does it run here or there, does its tag exist."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.options import overlay_of
from torch_doctor.cli.parser import Parser, count
from torch_doctor.cli.settings.taking import add_config
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch_doctor.matrix.images.config import ImageConfig, RegistryAbsence
    from torch_doctor.probes.host.port import Host
    from torch_doctor.recommendation.images.ask import ImageAnswered
    from torch_doctor.recommendation.question.asked import Asked
    from torch_doctor.recommendation.question.hosts import ServedHost

_ABOUT = """Say what is inside a container image, whether its tag exists, and whether it runs on this host or another.

The answer comes from the rows of the matrix, and nothing is asked of a network unless you say --online: then the
registry of the image is asked what the tag is now (nothing is pulled, nothing is written, and the logins of docker's
configuration are used). What the container runtime checks
before it starts a container (NVIDIA_REQUIRE_CUDA) is checked in the same way; the torch inside is judged by the same
law as an installed one. A tag that is newer than the rows is unknown, never missing."""
_EXAMPLES = """
torch-doctor image pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime                    here
torch-doctor image nvcr.io/nvidia/pytorch:25.09-py3 --gpu A100 --driver 535         on another machine
torch-doctor image ghcr.io/example/app:1 --online                                   ask its registry
torch-doctor image ghcr.io/example/app:1 --online --deep                            read the torch in its layers
torch-doctor image nvidia/cuda:12.8.1-devel-ubuntu22.04 --gpu "RTX 4090" --driver 550
torch-doctor image vllm/vllm-openai:v0.30.0 --host node7.json --json                on a saved host"""
_EXIT_CODES = """exit codes:
  0  the image exists and runs there
  1  it does not exist, or does not run there
  2  something is not known, the input is wrong, or torch-doctor failed"""
_HOST = (
    ("--driver", "R", "release or branch of the NVIDIA driver: 580.65.06, 535"),
    ("--platform", "NAME", "linux-x86_64, linux-aarch64, windows, wsl or jetson"),
    ("--host", "FILE", "facts saved by torch-doctor collect"),
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    made = Parser("image", _ABOUT, _EXAMPLES, _EXIT_CODES)
    named = "an image as docker run takes it: pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime"
    made.add_argument("reference", metavar="REFERENCE", help=named)
    online = "ask the registry what the tag is now: manifest and configuration, no layer"
    made.add_argument("--online", action="store_true", help=online)
    deep = (
        "with --online: read the layers piece by piece until one tells its torch; nothing is kept"
    )
    made.add_argument("--deep", action="store_true", help=deep)
    most = "with --deep: read no more than this of the layers (default: 4096)"
    made.add_argument("--most-mib", metavar="N", type=count, default=4096, help=most)
    group = made.add_argument_group("the machine (default: this one)")
    many: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument(
        "--gpu", metavar="NAME", **many, help="a GPU as people call it; repeat for a mixed host"
    )
    for flag, metavar, words in _HOST:
        group.add_argument(flag, metavar=metavar, help=words)
    out = made.add_argument_group("what to print")
    out.add_argument("--json", action="store_true", help="print the answer as JSON")
    out.add_argument("-v", "--verbose", action="store_true", help="show labels and rows")
    rows = "a folder of YAML rows that add to the matrix or replace rows"
    out.add_argument("--matrix", metavar="DIR", help=rows)
    add_config(out)
    return made


def run(arguments: argparse.Namespace, host: Host | None = None) -> int:
    """Answer, print, and return the exit code."""
    from torch_doctor.consult import consult_image
    from torch_doctor.recommendation.question.asked import QuestionError

    reference = _checked(arguments.reference)
    saved = _saved(arguments.host)
    most = _most(arguments)
    configured = (
        _asked_online(reference, _arch(arguments, saved), most) if arguments.online else None
    )
    try:
        answered = consult_image(
            reference,
            _asked(arguments),
            saved,
            configured,
            overlay=overlay_of(arguments.matrix),
            machine=host,
        )
    except QuestionError as error:
        raise InputError(str(error)) from error
    _say(answered, arguments)
    return answered.verdict.exit_code


def _checked(text: str) -> str:
    """Return a reference that docker would take; raise InputError on another."""
    import re

    name = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9][\w.:/@-]{0,400}", name) or name.endswith((":", "/", "@")):
        cure = "write it as docker run takes it: pytorch/pytorch:2.8.0-cuda12.8-cudnn9-runtime"
        raise InputError(f"not the name of an image: {text!r}", cure)
    return name


def _asked(arguments: argparse.Namespace) -> Asked:
    from torch_doctor.recommendation.question.asked import Asked

    return Asked(gpu=tuple(arguments.gpu), driver=arguments.driver, platform=arguments.platform)


def _arch(arguments: argparse.Namespace, saved: ServedHost | None) -> str:
    """Return the processor of the machine that is meant, as containers call it."""
    from torch_doctor.consult import here

    if arguments.platform is None and saved is not None:
        arm = saved.facts.value("host_arch") == "aarch64"
    else:
        arm = (arguments.platform or here()) in ("linux-aarch64", "jetson")
    return "arm64" if arm else "amd64"


def _most(arguments: argparse.Namespace) -> int:
    """Return how many bytes of layers may be read; raise InputError where that means nothing."""
    if not arguments.deep:
        return 0
    if not arguments.online:
        raise InputError("--deep reads what a registry has", "say --online, too")
    if not 1 <= arguments.most_mib <= 1 << 20:
        raise InputError(f"--most-mib {arguments.most_mib} is no amount", "name one such as 4096")
    most: int = arguments.most_mib << 20
    return most


def _asked_online(reference: str, arch: str, most: int) -> ImageConfig | RegistryAbsence:
    """Ask the registry; raise InputError where it does not answer: that is no answer about the image."""
    from torch_doctor.cli.output.streams import notice
    from torch_doctor.online.registry.client import RegistryError, RegistryVisit
    from torch_doctor.online.registry.images import look_up
    from torch_doctor.online.registry.login import Logins
    from torch_doctor.online.registry.place import place_of
    from torch_doctor.online.registry.trust import trusting_web
    from torch_doctor.online.web import OnlineError

    logins = Logins(_docker_config())
    try:
        place = place_of(reference)
        web = trusting_web(place, _laid_down(place.host), logins.notes)
        with RegistryVisit(place, logins, web=web) as visit:
            return look_up(visit, arch, most)
    except RegistryError as error:
        raise InputError(f"not known: {error}", error.cure, "input") from error
    except OnlineError as error:
        cure = "without --online the rows answer"
        raise InputError(f"not known: {error}", cure, "input") from error
    finally:
        for words in logins.notes:
            notice(words)


def certificate_folders() -> tuple[str, ...]:
    """Return where docker looks for certificates: of a daemon that the user runs without root, and of the system's."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return (os.path.join(home, "docker", "certs.d"), "/etc/docker/certs.d")


def _laid_down(host: str) -> list[str]:
    """Return what is laid down for a registry, by its name with its port, in the first folder that there is."""
    for folder in certificate_folders():
        own = os.path.join(folder, host)
        try:
            return [os.path.join(own, name) for name in sorted(os.listdir(own))]
        except OSError:
            continue
    return []


def _docker_config() -> Any:
    """Return docker's own configuration; None where there is none, or it cannot be read: then nobody is logged in."""
    from torch_doctor.cli.input.json_file import Form, JsonFileError, read_json
    from torch_doctor.cli.output.streams import notice

    folder = os.environ.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    path = os.path.join(folder, "config.json")
    if not os.path.isfile(path):
        return None
    form = Form("docker's configuration", "", "", "")
    try:
        return read_json(path, form).document
    except JsonFileError as error:
        notice(f"{error.message}: the registry is asked without a login")
        return None


def _saved(path: str | None) -> ServedHost | None:
    if path is None:
        return None
    from torch_doctor.cli.recommend import saved

    return saved(path)


def _say(answered: ImageAnswered, arguments: argparse.Namespace) -> None:
    from torch_doctor.cli.output.streams import emit, wants_colour, width

    if arguments.json:
        from torch_doctor.recommendation.images.document import document
        from torch_doctor.render.laid_out import dump

        emit(dump(document(answered)))
        return
    from torch_doctor.render.text.images import lines
    from torch_doctor.render.text.screen import to_text

    laid_out = lines(answered, verbose=arguments.verbose)
    emit(to_text(laid_out, width=width(os.environ), colour=wants_colour(os.environ)))
