"""Whom docker trusts as a registry: the certificates that an administrator laid into certs.d for it."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from requests.adapters import HTTPAdapter

from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line
from torch_doctor.online.registry.place import ImagePlace
from torch_doctor.online.web import Limits, Web

if TYPE_CHECKING:
    from requests import Session


def trusting_web(place: ImagePlace, files: Iterable[str], notes: list[str]) -> Web | None:
    """Return a visit to a registry that trusts what is laid down for it; None where nothing is.

    Each ``*.crt`` is an authority beside the usual ones, each ``*.cert`` with its ``*.key`` shows who asks. What cannot
    be used is added to *notes*, and left out.
    """
    made, laid = ssl.create_default_context(), False
    for path in files:
        stem, _, ending = path.rpartition(".")
        try:
            if ending == "crt":
                made.load_verify_locations(path)
            elif ending == "cert":
                made.load_cert_chain(path, f"{stem}.key", password="")
            laid |= ending in ("crt", "cert")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            notes.append(f"{one_line(path, 300)} is left out: {one_line(str(why), 100)}")
    return _TrustingWeb(place, made) if laid else None


class _Trusting(HTTPAdapter):
    """Connections made with a context; requests adds the usual authorities to it."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *words: Any, **more: Any) -> None:
        super().init_poolmanager(*words, **more, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        return super().proxy_manager_for(proxy, **more, ssl_context=self._context)


class _TrustingWeb(Web):
    """A visit whose connections to the registry and its token server are made with a context, as docker makes them."""

    def __init__(self, place: ImagePlace, context: ssl.SSLContext) -> None:
        super().__init__(f"https://{place.server}", Limits(total_s=60.0))
        self._adapter = _Trusting(context)

    def _opened(self) -> Session:
        session = super()._opened()
        if session.get_adapter("https://") is not self._adapter:
            session.mount("https://", self._adapter)
        return session
