"""Words that a container has GPUs at first and loses them while it runs, until it is started again."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

# "after a few days", "suddenly", 过一段时间
_LATER = regex(
    r"\b(?:after|within|every|for) (?:\w+ |\d+ ?-? ?\d* ?){0,4}(?:time|while|hours?|days?|weeks?|minutes?|hrs?)\b"
    r"|\b(?:hours?|days?|weeks?|minutes?|while|time) later\b|\bevery (?:night|morning|day|week|weekend)\b"
    r"|\b(?:suddenly|randomly|sporadically|intermittently|at some point|from time to time|eventually)\b"
    r"|过(?:了)?一段时间|(?:几|数)(?:天|小时|日)|一段时间(?:之)?后|しばらく",
    re.IGNORECASE,
)
_LOST = regex(
    r"\b(?:lose|loses|losing|lost)\b[^.;\n]{0,30}\bGPUs?\b"
    r"|\b(?:can ?not|can't|could not|couldn't|unable to|no longer|not) (?:access|use|see|find|detect|reach)\b"
    r"[^.;\n]{0,30}\bGPUs?\b"
    r"|\bGPUs?\b[^.;\n]{0,30}\b(?:disappear\w*|vanish\w*|inaccessible|unavailable|lost\b|gone\b"
    r"|not (?:available|accessible))"
    r"|\bis_available\b[^.;\n]{0,12} (?:turns?|becomes?|goes|flips?|switches)(?: to)? False\b"
    r"|(?:丢失|失去|无法使用|用不了|找不到)[^。;\n]{0,8}(?:GPU|显卡)|(?:GPU|显卡)[^。;\n]{0,8}(?:丢失|不可用|掉了|用不了)",
    re.IGNORECASE,
)
_RESTARTED = regex(
    r"\b(?:re-?start\w*|re-?creat\w*|redeploy\w*|delet\w*|re-?schedul\w*|bounc\w*)\b"
    r"[^.;\n]{0,30}\b(?:pods?|containers?|docker|deployments?|services?)\b"
    r"|重启[^。;\n]{0,6}(?:容器|docker|pod)|(?:コンテナ|Pod)[^。;\n]{0,6}再起動",
    re.IGNORECASE,
)


def is_lost_until_restart(texts: list[str]) -> bool:
    """Whether words say that the GPU goes after some time and comes back with a restart of what ran."""
    later = any(_LATER.search(text) and _LOST.search(text) for text in texts)
    return later and any(map(_RESTARTED.search, texts))
