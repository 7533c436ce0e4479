"""What identifies the content of a lock, however its lines are laid out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

from torch_doctor.core.startup import Any

KIND, LOCK_VERSION = "torch-doctor-lock", 1


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the digest of *content* without its own: layout and order of keys do not count, every value does."""
    plain = {key: value for key, value in content.items() if key != "digest"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(text.encode()).hexdigest()}"
