"""The only door to the network: HTTP by ``requests``, with limits on time and size. Commands that use it say so."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest, Response, Session
    from typing_extensions import Self

    Auth = Callable[[PreparedRequest], PreparedRequest]

_CHUNK = 1 << 16
CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


class OnlineError(Exception):
    """What was asked of the network did not come: the message is one line and holds no credentials."""


class UnreachableError(OnlineError):
    """No answer came, or it broke off: asking again may help."""


class Limits(NamedTuple):
    """What one answer may cost: seconds to connect, without a byte and altogether; bytes of a page and a whole file."""

    connect_s: float = 10.0
    silence_s: float = 30.0
    total_s: float = 300.0
    page_bytes: int = 64 << 20
    whole_bytes: int = 64 << 20


class Page(NamedTuple):
    """A document: where it was found after redirects, its media type and its bytes."""

    url: str
    media_type: str
    body: bytes


class Piece(NamedTuple):
    """A part of a file: the offset of its first byte, its bytes and the size of the whole file."""

    start: int
    body: bytes
    size: int


class WebAnswer(NamedTuple):
    """Whatever a server answers: the status is for the caller to judge. Names of *headers* are in lower case."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


class Web:
    """A visit to the servers behind *url*. The credentials in it go to its own origin and nowhere else.

    *verify* is True or the path of a file of certificates. *bytes_read* counts what was received. Several threads may
    ask at once: each has connections of its own.
    """

    def __init__(self, url: str, limits: Limits = Limits(), *, verify: bool | str = True) -> None:
        parts = urlsplit(url)
        self.limits = limits
        self.verify = verify
        self.bytes_read = 0
        self._origin = origin(url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        self._auth = (user, password) if user or password else None
        self._sessions: list[Session] = []
        self._mine = threading.local()
        self._counting = threading.Lock()

    def page(self, url: str, accept: str) -> Page:
        """Return a whole document; raise OnlineError where it is missing, too large or too slow."""
        with self._ask(url, {"Accept": accept}) as response:
            if response.status_code != 200:
                raise OnlineError(f"{plain(url)}: the server answers {response.status_code}")
            body = self._body(response, url, self.limits.page_bytes)
            media = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Page(response.url, media, body)

    def reply(
        self,
        url: str,
        headers: Mapping[str, str],
        most: int,
        auth: Auth | None = None,
        form: Mapping[str, str] | None = None,
    ) -> WebAnswer:
        """Return the answer of any status, of at most *most* bytes; *auth* signs the request.

        *form* is posted, and to no other address than this one: a redirect is an answer like any other then.
        """
        with self._ask(url, headers, auth or _unsigned, form) as response:
            named = {name.lower(): value for name, value in response.headers.items()}
            body = self._body(response, url, most)
            return WebAnswer(response.url, response.status_code, named, body)

    def tail(self, url: str, length: int) -> Piece:
        """Return the last *length* bytes of a file, or all of it where the server serves no ranges."""
        return self._piece(url, f"bytes=-{length}", length)

    def piece(self, url: str, start: int, length: int) -> Piece:
        """Return *length* bytes of a file from *start*, or all of it where the server serves no ranges."""
        return self._piece(url, f"bytes={start}-{start + length - 1}", length)

    def close(self) -> None:
        """Close the connections."""
        for session in self._sessions:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _piece(self, url: str, span: str, length: int) -> Piece:
        with self._ask(url, {"Range": span, "Accept-Encoding": "identity"}) as response:
            if response.status_code == 200:
                body = self._body(response, url, self.limits.whole_bytes)
                return Piece(0, body, len(body))
            match = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if response.status_code != 206 or not match:
                raise OnlineError(
                    f"{plain(url)}: the server answers {response.status_code} to {span}"
                )
            body = self._body(response, url, length)
            start, end, size = map(int, match.groups())
            if len(body) != end - start + 1 or not is_asked(span, start, end, size):
                raise OnlineError(f"{plain(url)}: the server sends other bytes than {span}")
            return Piece(start, body, size)

    def _ask(
        self,
        url: str,
        headers: Mapping[str, str],
        auth: Auth | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        import requests

        url = _checked(url)
        own = self._auth if origin(url) == self._origin else None
        try:
            return self._opened().request(
                "GET" if form is None else "POST",
                without_login(url),
                data=form,
                allow_redirects=form is None,
                headers=dict(headers),
                auth=auth or own,
                stream=True,
                timeout=(self.limits.connect_s, self.limits.silence_s),
                verify=self.verify,
            )
        except requests.RequestException as error:
            raise _failed(url, error) from None

    def _opened(self) -> Session:
        found: Session | None = getattr(self._mine, "session", None)
        if found is None:
            import requests

            from torch_doctor import __version__

            found = self._mine.session = requests.Session()
            found.max_redirects = 5
            found.headers["User-Agent"] = f"torch-doctor/{__version__}"
            found.hooks["response"].append(_refuse_downgrade)
            self._sessions.append(found)
        return found

    def _body(self, response: Response, url: str, most: int) -> bytes:
        """Return the body of at most *most* bytes, in at most the time that an answer may take."""
        announced = response.headers.get("Content-Length", "")
        if announced.isascii() and announced.isdigit() and int(announced) > most:
            raise OnlineError(
                f"{plain(url)}: {int(announced) >> 20} MiB are more than {most >> 20} MiB"
            )
        found = bytearray()
        until = time.monotonic() + self.limits.total_s
        for chunk in _chunks(response, url):
            found += chunk
            with self._counting:
                self.bytes_read += len(chunk)
            if len(found) > most:
                raise OnlineError(f"{plain(url)}: the answer is larger than {most >> 20} MiB")
            if time.monotonic() > until:
                raise OnlineError(
                    f"{plain(url)}: the answer takes more than {self.limits.total_s:.0f} s"
                )
        return bytes(found)


def _unsigned(request: PreparedRequest) -> PreparedRequest:
    """Leave a request as it is: without a signer of its own, requests would look for one in .netrc."""
    return request


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    usual = 443 if parts.scheme == "https" else 80
    try:
        return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or usual
    except ValueError:
        raise OnlineError(f"not an address: {one_line(url, 100)}") from None


def without_login(url: str) -> str:
    """Return *url* without user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def plain(url: str) -> str:
    """Return *url* fit to be shown: no user, password, query or fragment."""
    return one_line(urlunsplit(urlsplit(without_login(url))._replace(query="", fragment="")), 300)


def _checked(url: str) -> str:
    scheme, host, _ = origin(url)
    if scheme not in ("http", "https") or not host:
        raise OnlineError(f"{plain(url)}: only http and https addresses are read")
    return url


def is_asked(span: str, start: int, end: int, size: int) -> bool:
    """Whether a server sends the bytes that the Range *span* asks for."""
    first, _, last = span.removeprefix("bytes=").partition("-")
    if not first:
        return end == size - 1 and start == max(0, size - int(last))
    return start == int(first) and end == min(int(last), size - 1)


def _chunks(response: Response, url: str) -> Iterator[bytes]:
    """Yield the body as it comes in: waiting for whole chunks would let a slow drip outlast every limit."""
    import requests
    import urllib3

    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except requests.RequestException as error:
        raise _failed(url, error) from None
    except urllib3.exceptions.ReadTimeoutError:
        raise UnreachableError(f"{plain(url)}: the server is silent") from None
    except urllib3.exceptions.HTTPError:
        raise UnreachableError(
            f"{plain(url)}: the connection broke off, or the answer is damaged"
        ) from None


def _refuse_downgrade(response: Response, *_: Any, **__: Any) -> None:
    """A redirect from https to anything else would send in the open what was asked for in private."""
    target = response.headers.get("Location", "").strip().lower()
    if response.is_redirect and response.url.startswith("https:") and target.startswith("http:"):
        response.close()
        raise OnlineError(f"{plain(response.url)}: it redirects from https to http")


def _failed(url: str, error: Exception) -> OnlineError:
    """Return the kind of failure in words: the texts of the library repeat the address with all it holds."""
    import requests

    found = requests.exceptions
    kinds: tuple[tuple[type[Exception], type[OnlineError], str], ...] = (
        (found.ConnectTimeout, UnreachableError, "the server cannot be reached in time"),
        (found.ReadTimeout, UnreachableError, "the server is silent"),
        (found.SSLError, OnlineError, "its certificate is not accepted"),
        (found.ProxyError, OnlineError, "the proxy does not let it through"),
        (found.TooManyRedirects, OnlineError, "it redirects in circles"),
        (found.ConnectionError, UnreachableError, "there is no connection, or it broke off"),
    )
    fitting = ((made, words) for kind, made, words in kinds if isinstance(error, kind))
    made, words = next(fitting, (OnlineError, type(error).__name__))
    return made(f"{plain(url)}: {words}")
