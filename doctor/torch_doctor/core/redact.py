"""Leave out what identifies a machine or a person, and keep reports comparable all the same.

Redaction comes before judgement, so no message, evidence or command can carry what it removed. A GPU's UUID
becomes the same pseudonym wherever it stands: the same GPU has the same one in every report, in a mask that
abbreviates it and in the text of an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.fact import Fact, Facts, Known, Source, Unavailable
from torch_doctor.core.startup import Any, regex
from torch_doctor.core.tuples import NamedTuple

# A pseudonym has the form of a UUID, so that programs still read it, and is recognisable by its zeros.
_ZEROS = "00000000-0000-0000-0000-"
_DIGITS = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])"
_UUID = regex(rf"(?<!\w)(?:GPU|MIG)-{_DIGITS}|(?<![\w-]){_DIGITS}", re.IGNORECASE)
# A UUID on its own need not be whole: reports shorten them.
_SHORTENED = regex(r"(?:GPU|MIG)-[0-9a-f]{4}[0-9a-f-]*", re.IGNORECASE)
_ABBREVIATED = regex(r"(MIG-GPU|GPU|MIG)-([0-9a-f][0-9a-f-]*)((?:/\d+){0,2})", re.IGNORECASE)
_HOME = regex(
    r"(?<![\w.~])((?:/[\w.-]+){0,2}/home|/Users|/users|[A-Za-z]:[\\/]+Users)([\\/]+)(?!linuxbrew\b)[^\\/\s:;,'\"]+"
    r"|(?<![\w./~])/root(?=[/\s:;,'\"]|$)"
)
_SERIAL = regex(r"\b(serial(?: number)?\s*[:=]\s*)([\w-]{4,})", re.IGNORECASE)
# Names that say nothing about anybody, and words that a path may well contain.
_COMMON = frozenset(
    "root localhost nobody user python torch nvidia cuda conda ubuntu lib lib64 usr local opt bin data".split()
)
_MASKS = ("cuda_visible_devices", "nvidia_visible_devices")


class Identity(NamedTuple):
    """What names this machine and its user, as far as it is known. What replaces it still works in a shell."""

    host: str = ""
    user: str = ""
    home: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str], host: str = "") -> Identity:
        """Return what an environment tells of its user."""
        user = environ.get("USER") or environ.get("LOGNAME") or environ.get("USERNAME") or ""
        home = environ.get("HOME") or environ.get("USERPROFILE") or ""
        return cls(host or environ.get("HOSTNAME", ""), user, home.rstrip("/\\"))


def redact(facts: Facts, identity: Identity = Identity()) -> Facts:
    """Return *facts* without UUIDs, serials, user names, home paths and the host's name. Idempotent."""
    uuids = _known_uuids(facts)

    def plain(text: str) -> str:
        return _clean(text, identity)

    def mask(text: str) -> str:
        return _clean(",".join(_mask_entry(entry, uuids) for entry in text.split(",")), identity)

    return Facts(
        {name: _fact(fact, mask if name in _MASKS else plain) for name, fact in facts.items()}
    )


def without_sensitive(facts: Facts) -> Facts:
    """Return *facts* without those that the catalogue calls sensitive."""
    return facts.without(*(name for name in facts if name in FACTS and FACTS[name].sensitive))


def pseudonym(uuid: str) -> str:
    """Return the pseudonym of ``GPU-…``, ``MIG-…`` or bare digits (torch's form); a pseudonym stays as it is."""
    kind, digits = (
        (uuid[:4].upper(), uuid[4:]) if uuid[:4].upper() in ("GPU-", "MIG-") else ("", uuid)
    )
    if digits.startswith(_ZEROS[:8]):
        return uuid
    return f"{kind}{_ZEROS}{_number(digits.lower()):012x}"


def _number(digits: str) -> int:
    """Fold a UUID's 122 random bits to 48 (FNV-1a): too few to tell the UUID, enough to tell GPUs apart."""
    number = 0xCBF29CE484222325
    for byte in digits.encode():
        number = (number ^ byte) * 0x100000001B3 % (1 << 64)
    return (number >> 48) ^ (number & ((1 << 48) - 1))


def _known_uuids(facts: Facts) -> tuple[str, ...]:
    gpus = facts.value("gpus", ())
    found = [gpu.uuid for gpu in gpus] + [mig.uuid for gpu in gpus for mig in gpu.mig_devices or ()]
    return tuple(dict.fromkeys(uuid for uuid in found if uuid))


def _mask_entry(entry: str, uuids: tuple[str, ...]) -> str:
    """A prefix of one UUID becomes that GPU's pseudonym; one of several stays a prefix of all of them."""
    match = _ABBREVIATED.fullmatch(entry.strip())
    if not match or match[2].startswith(_ZEROS[:8]):
        return entry
    kind, digits, instance = match.groups()
    if kind.upper() == "MIG-GPU":
        return f"MIG-{pseudonym(f'GPU-{digits}')}{instance}"
    typed = f"{kind}-{digits}".lower()
    meant = [uuid for uuid in uuids if uuid.lower().startswith(typed)]
    if len(meant) > 1:
        return f"{kind}-{_ZEROS[:8]}"
    return pseudonym(meant[0] if meant else f"{kind}-{digits}") + instance


def _clean(text: str, identity: Identity) -> str:
    if "-" in text:
        if _SHORTENED.fullmatch(text):
            return pseudonym(text)
        if text.count("-") > 3:
            text = _UUID.sub(lambda match: pseudonym(match[0]), text)
    if len(identity.home) > 1:
        text = re.sub(rf"(?<![\w.-]){re.escape(identity.home)}(?![\w.-])", "~", text)
    if "home" in text or "sers" in text or "root" in text:
        text = _HOME.sub(_elsewhere if identity.home else "~", text)
    if len(identity.user) > 1 and identity.user not in _COMMON:
        text = re.sub(rf"(?<=[/\\]){re.escape(identity.user)}(?=[/\\]|$)", "$USER", text)
    if len(identity.host) > 3 and identity.host not in _COMMON:
        text = re.sub(rf"(?<![\w.-]){re.escape(identity.host)}(?![\w-])", "HOST", text)
    return _SERIAL.sub(r"\1REDACTED", text) if "erial" in text else text


def _elsewhere(match: re.Match[str]) -> str:
    """The home of somebody else is not this user's ``~``."""
    return f"{match[1]}{match[2]}USER" if match[1] else "~"


def _fact(fact: Fact[Any], clean: Callable[[str], str]) -> Fact[Any]:
    source = _source(fact.source, clean)
    if isinstance(fact, Unavailable):
        return fact._replace(detail=clean(fact.detail), source=source)
    return Known(_value(fact.value, clean), source)


def _source(source: Source, clean: Callable[[str], str]) -> Source:
    return source._replace(where=clean(source.where)) if source.where else source


def _value(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, tuple):
        items = [_value(item, clean) for item in value]
        return value._make(items) if hasattr(value, "_make") else tuple(items)
    return value
