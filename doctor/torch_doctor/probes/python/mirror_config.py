"""Indexes and mirrors that uv, conda and container engines are told of; credentials never leave these modules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.startup import Any
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.python.distributions import text
from torch_doctor.probes.python.pip_config import without_credentials
from torch_doctor.probes.python.target import Target

OWNS = ("project_index_urls", "conda_channel_alias", "registry_mirrors")
_INDEX_TABLES = ("index", "tool.uv.index", "tool.poetry.source", "tool.pdm.source", "source")
_UV_TABLES = ("", "pip", "tool.uv", "tool.uv.pip")
_UV_KEYS = ("index-url", "extra-index-url", "default-index")
_HUB = ("docker.io", "registry-1.docker.io", "index.docker.io")
_ROWS = 5000


def probe(host: Host, target: Target) -> Iterator[tuple[str, Fact[Any]]]:
    """Yield the indexes of projects and of uv, conda's channel alias, and the mirrors of Docker Hub."""
    yield "project_index_urls", _first(_project_indexes(host, target), "uv.toml, pyproject.toml")
    yield "conda_channel_alias", _first(_alias(host), ".condarc")
    yield "registry_mirrors", _first(_hub_mirrors(host), "/etc/docker/daemon.json")


def _first(found: Iterator[tuple[Any, str]], looked: str) -> Fact[Any]:
    """Return the strongest setting: the first file that has one."""
    for value, path in found:
        if value:
            return Known(value, Source("file", path))
    return Unavailable(Reason.NOT_PRESENT, "nothing is set", Source("file", looked))


def _project_indexes(host: Host, target: Target) -> Iterator[tuple[tuple[str, ...], str]]:
    home = host.environ.get("HOME", "").rstrip("/")
    config = host.environ.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else "")
    cwd = (target.cwd or "").rstrip("/")
    files = [host.environ.get("UV_CONFIG_FILE", "")]
    files += [f"{cwd}/uv.toml", f"{cwd}/pyproject.toml", f"{cwd}/Pipfile"] if cwd else []
    files += [f"{config}/uv/uv.toml"] if config else []
    for path in filter(None, (*files, "/etc/uv/uv.toml")):
        yield tuple(indexes_in(text(host, path))), path


def indexes_in(document: str) -> Iterator[str]:
    """Yield the package indexes that a uv.toml, a pyproject.toml or a Pipfile names."""
    table = ""
    for row in document.splitlines()[:_ROWS]:
        line = row.strip()
        if match := re.fullmatch(r"\[+\s*([\w.\-\"']+)\s*\]+(?:\s*#.*)?", line):
            table = re.sub(r"[\"']", "", match[1])
        elif match := re.match(r"([\w-]+)\s*=\s*(.+)", line):
            key = match[1]
            if (table in _INDEX_TABLES and key == "url") or (
                table in _UV_TABLES and key in _UV_KEYS
            ):
                yield from map(
                    without_credentials, re.findall(r"[\"']([a-z]+://[^\"']+)[\"']", match[2])
                )


def _alias(host: Host) -> Iterator[tuple[str, str]]:
    home = host.environ.get("HOME", "").rstrip("/")
    prefix = host.environ.get("CONDA_PREFIX", "").rstrip("/")
    files = [host.environ.get("CONDARC", "")]
    files += [f"{prefix}/.condarc"] if prefix else []
    files += [f"{home}/.condarc", f"{home}/.config/conda/.condarc"] if home else []
    for path in filter(None, (*files, "/etc/conda/.condarc", "/opt/conda/.condarc")):
        match = re.search(r"(?m)^channel_alias\s*:\s*[\"']?([a-z]+://[^\s\"'#]+)", text(host, path))
        yield (without_credentials(match[1]) if match else ""), path


def _hub_mirrors(host: Host) -> Iterator[tuple[tuple[str, ...], str]]:
    path = "/etc/docker/daemon.json"
    yield tuple(docker_mirrors(text(host, path))), path
    home = host.environ.get("HOME", "").rstrip("/")
    files = [f"{home}/.config/containers/registries.conf"] if home else []
    for path in (*files, "/etc/containers/registries.conf"):
        yield tuple(podman_mirrors(text(host, path))), path


def docker_mirrors(document: str) -> Iterator[str]:
    """Yield the ``registry-mirrors`` of a daemon.json: dockerd asks them for images of Docker Hub."""
    try:
        found = json.loads(document).get("registry-mirrors", ()) if document else ()
    except (ValueError, AttributeError, RecursionError):
        return
    if isinstance(found, list):
        yield from (without_credentials(one) for one in found if isinstance(one, str))


def podman_mirrors(document: str) -> Iterator[str]:
    """Yield the mirrors of Docker Hub in a registries.conf of podman, skopeo and CRI-O."""
    of_hub, table = False, ""
    for row in document.splitlines()[:_ROWS]:
        line = row.strip()
        if line.startswith("["):
            table = line.strip("[] ")
            of_hub = of_hub and table == "registry.mirror"
        elif match := re.match(r"(location|prefix)\s*=\s*[\"']([^\"']+)[\"']", line):
            if table == "registry":
                of_hub = of_hub or match[2] in _HUB
            elif table == "registry.mirror" and of_hub and match[1] == "location":
                yield without_credentials(match[2])
