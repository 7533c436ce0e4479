"""What is judged of a saved host, as bytes: hosts that differ in nothing that is judged have the same digest.

It works on the text itself: of a hundred thousand hosts nearly all are twins, and decoding one costs as much as
comparing a dozen.
"""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple

# With as much of it free, no rule speaks of a GPU's memory or of /dev/shm; with less, every MiB counts.
PLENTY_MIB = 4096
_HEAD = regex(r'\s*\{\s*(?:"node":\s*"((?:[^"\\]|\\.)*)"\s*,\s*)?')
_UUID = regex(r'"uuid": ?"(?:GPU-|MIG-)?([0-9a-fA-F-]{36})"')
_SECONDS = regex(r'"seconds": ?[0-9.eE+-]+')
_MEMORY = regex(r'"memory_mib": ?([0-9]{1,12}), ?"memory_used_mib": ?([0-9]{1,12})')
_SHARED = regex(r'"shm_free_mib": ?\{"value": ?([0-9]{1,12})')


class HostText(NamedTuple):
    """One saved host: the name that it gives itself ("" where it gives none), and what of it is judged."""

    node: str
    judged: str


def host_text(text: str) -> HostText:
    """Split the JSON of one host into its name and what is judged; the times of its probes are not."""
    head = _HEAD.match(text)
    node, start = (_unescaped(head[1] or ""), head.end()) if head else ("", 0)
    facts, end = text.find('"facts":', start), text.rfind('"timing":')
    judged = text[start:end] if -1 < facts < end else text[start:]
    return HostText(node, _canonical(judged))


def digest(judged: str) -> bytes:
    """Return the digest of what is judged."""
    from hashlib import blake2b

    return blake2b(judged.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _canonical(text: str) -> str:
    """Leave out what no rule reads: how long a stage took, which UUID a GPU has, how much of plenty is in use.

    UUIDs become their number wherever they stand, so that a mask still means the same GPU; where a text abbreviates
    one, they stay.
    """
    folded = _SHARED.sub(_plenty, _MEMORY.sub(_in_use, _SECONDS.sub('"seconds":0', text)))
    renamed = folded
    for number, uuid in enumerate(dict.fromkeys(_UUID.findall(folded))):
        renamed = renamed.replace(uuid, f"#{number}#")
    return folded if _abbreviates(renamed) else renamed


def _abbreviates(text: str) -> bool:
    """Whether something may still name a GPU by the first signs of its UUID."""
    return any(text.count(f"{kind}-") != text.count(f"{kind}-#") for kind in ("GPU", "MIG"))


def _in_use(match: re.Match[str]) -> str:
    whole, used = int(match[1]), int(match[2])
    return f'"memory_mib":{whole},"plenty"' if whole - used >= PLENTY_MIB else match[0]


def _plenty(match: re.Match[str]) -> str:
    return '"shm_free_mib":{"plenty"' if int(match[1]) >= PLENTY_MIB else match[0]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    import json

    return str(json.loads(f'"{text}"'))
