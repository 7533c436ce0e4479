"""Who asks a registry: the logins of docker's configuration, and of the helpers that it names."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.registry.place import ImagePlace

_DEADLINE_S = 20.0
_HELPER = re.compile(r"[\w.-]{1,100}")
# What a helper prints where it keeps no login for a registry.
_NONE_KEPT = "credentials not found"


class Login(NamedTuple):
    """A name and a password, or what docker login keeps in their place: an identity token, a token of the registry."""

    user: str = ""
    password: str = ""
    identity: str = ""
    token: str = ""


class Logins:
    """The logins that docker has. *notes* say what was in the way of one: none is an error by itself."""

    def __init__(self, config: Any = None, *, deadline_s: float = _DEADLINE_S) -> None:
        self._config: Mapping[str, Any] = config if isinstance(config, dict) else {}
        self._deadline_s = deadline_s
        self.notes: list[str] = []

    def of(self, place: ImagePlace) -> Login | None:
        """Return the login for a registry, None where docker has none."""
        helper = self._helper(place)
        if helper is not None:
            found = self._ask(helper, place)
            if found is not None:
                return found
        auths = self._config.get("auths")
        entries = [auths.get(name) for name in _names(place)] if isinstance(auths, dict) else []
        kept = (_kept(entry) for entry in entries if isinstance(entry, dict))
        return next(filter(None, kept), None)

    def _helper(self, place: ImagePlace) -> str | None:
        own = self._config.get("credHelpers")
        kept: dict[str, Any] = own if isinstance(own, dict) else {}
        names = [kept.get(name) for name in _names(place)]
        name = next((one for one in names if one), self._config.get("credsStore"))
        return name if isinstance(name, str) and _HELPER.fullmatch(name) else None

    def _ask(self, helper: str, place: ImagePlace) -> Login | None:
        program = f"docker-credential-{helper}"
        for name in _names(place):
            out = self._run(program, name)
            if out is None:
                return None
            try:
                answer = json.loads(out)
                user, secret = answer["Username"], answer["Secret"]
            except (ValueError, KeyError, TypeError, RecursionError):
                continue
            if isinstance(user, str) and isinstance(secret, str) and secret:
                return Login(identity=secret) if user == "<token>" else Login(user, secret)
        return None

    def _run(self, program: str, name: str) -> str | None:
        """Return what a helper prints; None where it cannot be run at all, so that nothing more is asked of it."""
        import shutil
        import subprocess

        path = shutil.which(program)
        if path is None:
            self.notes.append(f"docker's configuration names {program}, which is not on the path")
            return None
        try:
            done = subprocess.run(
                (path, "get"), input=name, capture_output=True, text=True, check=False,
                timeout=self._deadline_s, errors="replace",
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            self.notes.append(f"{program} gave no answer in {self._deadline_s:.0f} s")
            return None
        except OSError as error:
            self.notes.append(f"{program} cannot be run: {one_line(error.strerror or '', 100)}")
            return None
        if done.returncode and _NONE_KEPT not in (done.stdout + done.stderr):
            self.notes.append(f"{program} failed: {one_line(done.stderr or done.stdout, 100)}")
        return done.stdout if not done.returncode else ""


def _names(place: ImagePlace) -> Iterator[str]:
    """The names under which docker keeps a login."""
    if place.host == "docker.io":
        yield from ("https://index.docker.io/v1/", "index.docker.io", "docker.io")
        yield "registry-1.docker.io"
        return
    yield place.host
    for scheme in ("https", "http"):
        for end in ("", "/", "/v1/", "/v2/"):
            yield f"{scheme}://{place.host}{end}"


def _kept(entry: Mapping[str, Any]) -> Login | None:
    if isinstance(entry.get("identitytoken"), str) and entry["identitytoken"]:
        return Login(identity=entry["identitytoken"])
    if isinstance(entry.get("registrytoken"), str) and entry["registrytoken"]:
        return Login(token=entry["registrytoken"])
    try:
        text = base64.b64decode(entry.get("auth") or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError, ValueError):
        return None
    user, colon, password = text.partition(":")
    if colon and user:
        return Login(user, password.rstrip("\0"))
    return None
