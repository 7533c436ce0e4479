"""The one redaction: facts, and texts beside them, without what names a person or a machine or opens a door.

It comes before judgement, so no message, evidence or command can carry what it removed, and no cut in the middle of a
word can save it. Fields of a closed form (versions, names of products) are listed, and stay as they are where they
have that form; every other text came from outside, and is cleaned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Source, Unavailable
from torch_doctor.core.redaction.addresses import without_addresses
from torch_doctor.core.redaction.credentials import without_credentials
from torch_doctor.core.redaction.identity import Identity, cleaner
from torch_doctor.core.redaction.uuids import masked, without_uuids
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.text import texts_in

Clean = Callable[[str], str]

_SERIAL = regex(r"\b(serial(?: number)?\s*[:=]\s*)([\w-]{4,})", re.IGNORECASE)
_MASKS = ("cuda_visible_devices", "nvidia_visible_devices")
# A version may look like an address, and the name of a product like anything: what has the form is one.
_VERSION = regex(r"v?\d[\w.+!~-]{0,80}")
_NAME = regex(r"[A-Za-z(][\w .()+,-]{0,100}")
_VERSIONS = (
    *("kernel_release", "container_toolkit", "python_version", "cudnn_version", "nccl_version"),
    *("host_compiler", "glibc_needed", "torch_hip", "LibraryFile.version", "LoadedLibrary.version"),
    *("Package.version", "Package.build", "TorchCopy.version", "ImportFailure.version"),
    *("ProofStep.version", "ExtensionBuild.torch", "UnresolvedRequirement.offered"),
)
_NAMES = (
    *(
        "os_name",
        "os_id",
        "libc",
        "other_gpus",
        "required_gpu_names",
        "Gpu.name",
        "MigDevice.profile",
    ),
    *("KernelResult.name", "Package.name", "LoadedLibrary.name", "ExtensionBuild.name"),
)
_CLOSED = {**dict.fromkeys(_VERSIONS, _VERSION), **dict.fromkeys(_NAMES, _NAME)}


def redact(facts: Facts, identity: Identity = Identity(), *, identify: bool = False) -> Facts:
    """Return *facts* without credentials and, unless *identify*, without identifiers. Idempotent.

    Identifiers are UUIDs, serials, users and their homes, names of the host, and addresses of networks and people.
    """
    if identify:
        return _each(facts, _remembered(without_credentials), without_credentials)
    identity = identity.and_of(_texts(facts))
    words = {package.name.lower() for package in facts.value("packages", ())}
    uuids = _known_uuids(facts)
    clean = _remembered(text_cleaner(identity, frozenset(words)))

    def mask(text: str) -> str:
        return clean(masked(text, uuids))

    return _each(facts, clean, mask)


def text_cleaner(identity: Identity, vocabulary: frozenset[str] = frozenset()) -> Clean:
    """Return what cleans a text from outside that is no fact: a line of a file, the traceback of a rule."""
    without_names = cleaner(identity, vocabulary)

    def clean(text: str) -> str:
        text = without_names(without_credentials(without_uuids(text)))
        text = without_addresses(text)
        return _SERIAL.sub(r"\1REDACTED", text) if "erial" in text else text

    return clean


def without_sensitive(facts: Facts) -> Facts:
    """Return *facts* without those that the catalogue calls sensitive."""
    return facts.without(*(name for name in facts if name in FACTS and FACTS[name].sensitive))


def _remembered(clean: Clean) -> Clean:
    """Clean each text once: the same folder is the place of many packages."""
    done: dict[str, str] = {}

    def again(text: str) -> str:
        if text not in done:
            done[text] = clean(text)
        return done[text]

    return again


def _known_uuids(facts: Facts) -> tuple[str, ...]:
    gpus = facts.value("gpus", ())
    found = [gpu.uuid for gpu in gpus] + [mig.uuid for gpu in gpus for mig in gpu.mig_devices or ()]
    return tuple(dict.fromkeys(uuid for uuid in found if uuid))


def _each(facts: Facts, clean: Clean, mask: Clean) -> Facts:
    return Facts(
        {name: _fact(name, fact, mask if name in _MASKS else clean) for name, fact in facts.items()}
    )


def _fact(name: str, fact: Fact[Any], clean: Clean) -> Fact[Any]:
    source = _source(fact.source, clean)
    if isinstance(fact, Unavailable):
        return fact._replace(detail=clean(fact.detail), source=source)
    return Known(_value(name, fact.value, clean), source)


def _source(source: Source, clean: Clean) -> Source:
    return source._replace(where=clean(source.where)) if source.where else source


def _value(field: str, value: Any, clean: Clean) -> Any:
    if isinstance(value, str):
        form = _CLOSED.get(field)
        if form is not None and form.fullmatch(value):
            return without_credentials(without_uuids(value))
        return clean(value)
    if not isinstance(value, tuple):
        return value
    names = getattr(value, "_fields", None)
    if names is None:
        return tuple(_value(field, item, clean) for item in value)
    kind: Any = type(value)
    return kind._make(
        _value(f"{kind.__name__}.{name}", item, clean)
        for name, item in zip(names, value, strict=True)
    )


def _texts(facts: Facts) -> Iterator[str]:
    """Yield every text of the facts: any may give a name away that stands in another."""
    for fact in facts.values():
        yield fact.source.where
        if isinstance(fact, Unavailable):
            yield fact.detail
        else:
            yield from texts_in(fact.value)
