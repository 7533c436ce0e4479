"""UUIDs of GPUs become pseudonyms: the same GPU has the same one in every report, in a mask and in an error's text."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

# A pseudonym has the form of a UUID, so that programs still read it, and is recognisable by its zeros.
_ZEROS = "00000000-0000-0000-0000-"
_DIGITS = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])"
_UUID = regex(rf"(?<!\w)(?:GPU|MIG)-{_DIGITS}|(?<![\w-]){_DIGITS}", re.IGNORECASE)
# A UUID on its own need not be whole: reports shorten them.
_SHORTENED = regex(r"(?:GPU|MIG)-[0-9a-f]{4}[0-9a-f-]*", re.IGNORECASE)
_KINDS = ("GPU-", "MIG-")
_WHOLE = 36  # signs of a UUID
_ABBREVIATED = regex(r"(MIG-GPU|GPU|MIG)-([0-9a-f][0-9a-f-]*)((?:/\d+){0,2})", re.IGNORECASE)


def without_uuids(text: str) -> str:
    """Return *text* with a pseudonym for each UUID, also where it is nothing but the beginning of one."""
    if "-" not in text:
        return text
    if text[:4].upper() in _KINDS and _SHORTENED.fullmatch(text):
        return pseudonym(text)
    if len(text) < _WHOLE or text.count("-") < 4:
        return text
    return _UUID.sub(lambda match: pseudonym(match[0]), text)


def masked(mask: str, uuids: tuple[str, ...]) -> str:
    """Return a mask of GPUs that selects with pseudonyms what it selected with *uuids*."""
    return ",".join(_mask_entry(entry, uuids) for entry in mask.split(","))


def pseudonym(uuid: str) -> str:
    """Return the pseudonym of ``GPU-…``, ``MIG-…`` or bare digits (torch's form); a pseudonym stays as it is."""
    kind, digits = (uuid[:4].upper(), uuid[4:]) if uuid[:4].upper() in _KINDS else ("", uuid)
    if digits.startswith(_ZEROS[:8]):
        return uuid
    return f"{kind}{_ZEROS}{_number(digits.lower()):012x}"


def _number(digits: str) -> int:
    """Fold a UUID's 122 random bits to 48 (FNV-1a): too few to tell the UUID, enough to tell GPUs apart."""
    number = 0xCBF29CE484222325
    for byte in digits.encode():
        number = (number ^ byte) * 0x100000001B3 % (1 << 64)
    return (number >> 48) ^ (number & ((1 << 48) - 1))


def _mask_entry(entry: str, uuids: tuple[str, ...]) -> str:
    """A prefix of one UUID becomes that GPU's pseudonym; one of several stays a prefix of all of them."""
    bare = entry.strip()
    match = _ABBREVIATED.fullmatch(bare) if bare[:4].upper() in _KINDS else None
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
