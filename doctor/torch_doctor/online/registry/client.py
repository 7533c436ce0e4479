"""One visit to a registry: tokens, back-off and limits. It asks and never writes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.online.registry.challenge import Challenge, challenges
from torch_doctor.online.registry.login import Login, Logins
from torch_doctor.online.registry.place import ImagePlace, on_loopback
from torch_doctor.online.web import (
    CONTENT_RANGE,
    Limits,
    OnlineError,
    UnreachableError,
    Web,
    WebAnswer,
    is_asked,
    origin,
)

if TYPE_CHECKING:
    from requests import PreparedRequest
    from typing_extensions import Self

TOKEN_BYTES = 1 << 20
_NETWORK = (
    "look at the network, HTTPS_PROXY and REQUESTS_CA_BUNDLE; without --online the rows answer"
)
_BUSY = (429, 500, 502, 503, 504)


class RegistryError(OnlineError):
    """What a registry did not tell: one line, and the *cure*."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class Retries(NamedTuple):
    """How often to ask, how long to wait before the second time, the longest wait, and when a visit asks no more again.

    All but the number of attempts are seconds.
    """

    attempts: int = 3
    first_s: float = 0.5
    most_s: float = 20.0
    total_s: float = 60.0


class _Signed:
    """Sign a request with a header; requests drops it where a redirect leads to another host."""

    def __init__(self, value: str) -> None:
        self.value = value

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self.value
        return request


class _SignedBy(_Signed):
    def __init__(self, login: Login) -> None:
        import base64

        pair = f"{login.user}:{login.password}".encode()
        super().__init__(f"Basic {base64.b64encode(pair).decode()}")


class RegistryVisit:
    """Ask one registry about one repository."""

    def __init__(
        self,
        place: ImagePlace,
        logins: Logins,
        limits: Limits = Limits(total_s=60.0),
        patience: Retries = Retries(),
        web: Web | None = None,
    ) -> None:
        self.place = place
        self._logins = logins
        self._patience = patience
        self._web = web or Web(f"https://{place.server}", limits)
        self._base = ""
        self._sign: _Signed | None = None
        self._login: Login | None = None
        self._until = time.monotonic() + patience.total_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._web.close()

    def get(self, path: str, accept: str, most: int) -> WebAnswer:
        """Return what the registry answers under ``/v2/REPOSITORY/``, signed where it asks for that.

        Raise RegistryError where it cannot be reached, is too busy, or refuses the login.
        """
        url = f"{self._root()}/v2/{self.place.repository}/{path}"
        headers = {"Accept": accept}
        reply = self._patiently(url, headers, most)
        if reply.status == 401 and self._answer(
            challenges(reply.headers.get("www-authenticate", ""))
        ):
            reply = self._patiently(url, headers, most)
        return reply

    def piece(self, path: str, start: int, length: int) -> bytes:
        """Return *length* bytes of a file from *start*; raise RegistryError where the registry serves no ranges."""
        url = f"{self._root()}/v2/{self.place.repository}/{path}"
        span = f"bytes={start}-{start + length - 1}"
        headers = {"Range": span, "Accept-Encoding": "identity"}
        reply = self._patiently(url, headers, length)
        if reply.status == 401 and self._answer(
            challenges(reply.headers.get("www-authenticate", ""))
        ):
            reply = self._patiently(url, headers, length)
        whole = reply.status == 200 and start == 0 and len(reply.body) == length
        if reply.status != 206 and not whole:
            raise RegistryError(
                f"{self.place.host} answers {reply.status} where a part of a layer is asked for",
                "without --deep its configuration answers",
            )
        extent = CONTENT_RANGE.fullmatch(reply.headers.get("content-range", ""))
        if not whole and not (extent and is_asked(span, *map(int, extent.groups()))):
            raise RegistryError(
                f"{self.place.host} sends another part of a layer than it was asked for",
                "without --deep its configuration answers",
            )
        if len(reply.body) != length:
            raise RegistryError(
                f"{self.place.host} sends {len(reply.body)} bytes of a layer, and {length} were asked for",
                "without --deep its configuration answers",
            )
        return reply.body

    def denied(self) -> RegistryError:
        """Return what to say where the registry shows nothing to whoever asks."""
        host = self.place.host
        who = (
            "" if self._sign is None else " with this login" if self._logins.of(self.place) else ""
        )
        return RegistryError(
            f"{host} shows no {self.place.repository}{who}: it does not exist, or is private",
            f"docker login {'' if host == 'docker.io' else host}".strip()
            + " as somebody who may pull it",
        )

    def _root(self) -> str:
        if not self._base:
            self._base = f"https://{self.place.server}"
            if self.place.is_loopback and not self._speaks_tls():
                self._base = f"http://{self.place.server}"
        return self._base

    def _speaks_tls(self) -> bool:
        try:
            self._web.reply(f"{self._base}/v2/", {}, TOKEN_BYTES)
        except OnlineError:
            return False
        return True

    def _patiently(
        self,
        url: str,
        headers: Mapping[str, str],
        most: int,
        form: Mapping[str, str] | None = None,
        sign: _Signed | None = None,
    ) -> WebAnswer:
        wait = self._patience.first_s
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts or time.monotonic() > self._until
            try:
                reply = self._web.reply(url, headers, most, sign or self._sign, form)
            except OnlineError as error:
                if last or not isinstance(error, UnreachableError):
                    raise RegistryError(str(error), _NETWORK) from None
            else:
                if reply.status not in _BUSY:
                    return reply
                asked = _seconds(reply.headers.get("retry-after", ""))
                if last or (asked or 0) > self._patience.most_s:
                    raise self._busy(reply, asked)
                wait = max(wait, asked or 0)
            time.sleep(wait)
            wait = min(wait * 2, self._patience.most_s)
        raise AssertionError("the last attempt returns or raises")

    def _busy(self, reply: WebAnswer, asked: float | None) -> RegistryError:
        host = self.place.host
        if reply.status != 429:
            return RegistryError(
                f"{host} answers {reply.status}",
                "try again later; without --online the rows answer",
            )
        when = f"in {asked:.0f} s" if asked else "later"
        limit = reply.headers.get("ratelimit-limit", "").partition(";")[0]
        named = f" (its limit is {one_line(limit, 20)})" if limit else ""
        return RegistryError(
            f"{host} answers 429: too many requests from this address{named}",
            f"try again {when}, or raise the limit with docker login; without --online the rows answer",
        )

    def _answer(self, asked: list[Challenge]) -> bool:
        """Get what the registry asks for; return whether there is something to show now."""
        login = self._login = self._logins.of(self.place)
        for challenge in asked:
            if challenge.scheme == "bearer":
                self._sign = _Signed(f"Bearer {self._token(challenge.given, login)}")
                return True
            if challenge.scheme == "basic" and login is not None and login.user:
                self._sign = _SignedBy(login)
                return True
        return False

    def _token(self, given: Mapping[str, str], login: Login | None) -> str:
        if login is not None and login.token:
            return login.token
        realm = given.get("realm", "")
        if not _is_sound(realm, self._base):
            raise RegistryError(
                f"{self.place.host} names no sound place for tokens: {one_line(realm, 200)}",
                "without --online the rows answer",
            )
        scope = given.get("scope") or f"repository:{self.place.repository}:pull"
        wanted = {"service": given.get("service", ""), "scope": scope}
        reply = self._asked_for_token(realm, {k: v for k, v in wanted.items() if v}, login)
        if reply.status in (401, 403):
            raise self._refused(login)
        found = parsed(reply.body) if reply.status == 200 else None
        names = ("token", "access_token")
        values = [found.get(name) for name in names] if isinstance(found, dict) else []
        token = next(
            (one for one in values if isinstance(one, str) and one.isascii() and one), None
        )
        if token is None or not token.isprintable():
            raise RegistryError(
                f"{urlsplit(realm).hostname}: no token came (the server answers {reply.status})",
                "without --online the rows answer",
            )
        return token

    def _asked_for_token(
        self, realm: str, wanted: dict[str, str], login: Login | None
    ) -> WebAnswer:
        if login is not None and login.identity:
            form = {
                **wanted, "grant_type": "refresh_token", "refresh_token": login.identity,
                "client_id": "torch-doctor",
            }  # fmt: skip
            return self._patiently(realm, {}, TOKEN_BYTES, form)
        sign = _SignedBy(login) if login is not None and login.user else None
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(wanted)}"
        return self._patiently(url, {}, TOKEN_BYTES, sign=sign)

    def _refused(self, login: Login | None) -> RegistryError:
        if login is None:
            return self.denied()
        own = "" if self.place.host == "docker.io" else f" {self.place.host}"
        return RegistryError(
            f"{self.place.host} refuses the login that docker has for it", f"docker login{own}"
        )


def _is_sound(realm: str, registry: str) -> bool:
    """Whether a login may go to a place for tokens: encrypted, or on this machine where the registry is there, too."""
    scheme, host, _ = origin(realm)
    near = scheme == "http" and registry.startswith("http:") and on_loopback(host)
    return bool(host) and (scheme == "https" or near)


def parsed(body: bytes) -> Any:
    """Return JSON, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _seconds(text: str) -> float | None:
    """Return how long to wait by a Retry-After: seconds, or a date."""
    if text.strip().isdigit() and len(text.strip()) < 9:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return max(0.0, when.timestamp() - time.time())
