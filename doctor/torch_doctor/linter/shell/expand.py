"""What a variable stands for, in the forms that shells and Dockerfiles share: ``${X:-y}``, ``${X//./}``, ``$(…)``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import translate

from torch_doctor.core.startup import regex
from torch_doctor.linter.record import UNKNOWN

_NAME = regex(r"[A-Za-z_]\w*|\d|[@*#?$!-]")
_BODY = regex(r"(?P<name>[A-Za-z_]\w*)(?P<rest>(?s:.*))")
_DEPTH = 8
BETWEEN = "\x1e"  # stands before each item of an array that is known
Scope = Mapping[str, str]


def closing(text: str, start: int, opening: str, end: str) -> int:
    """Return where the bracket that opens at *start* closes; the end of the text where it does not."""
    depth, place, quote = 0, start, ""
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 2
            continue
        if quote:
            quote = "" if sign == quote else quote
        elif sign == "'" or (sign == '"' and opening == "("):
            quote = sign
        elif sign == opening:
            depth += 1
        elif sign == end:
            depth -= 1
            if depth == 0:
                return place
        place += 1
    return len(text)


def expand(text: str, scope: Scope, unset: str = UNKNOWN, depth: int = 0) -> str:
    """Return *text* with its variables replaced; *unset* stands for one that the scope does not have."""
    if "$" not in text and "`" not in text:
        return text
    if depth > _DEPTH:
        return UNKNOWN
    made, place = [], 0
    while place < len(text):
        sign = text[place]
        if sign == "$":
            value, place = variable(text, place, scope, unset, depth)
            made.append(value)
        elif sign == "`":
            end = text.find("`", place + 1)
            made.append(UNKNOWN)
            place = len(text) if end < 0 else end + 1
        else:
            made.append(sign)
            place += 1
    return "".join(made)


def variable(
    text: str, place: int, scope: Scope, unset: str = UNKNOWN, depth: int = 0
) -> tuple[str, int]:
    """Return what the variable that begins at *place* stands for, and where the text goes on."""
    if text.startswith("$(", place):
        end = closing(text, place + 1, "(", ")")
        return _substituted(text[place + 2 : end], scope, depth), end + 1
    if text.startswith("${", place):
        end = closing(text, place + 1, "{", "}")
        return _parameter(text[place + 2 : end], scope, unset, depth), end + 1
    match = _NAME.match(text, place + 1)
    if match is None:
        return "$", place + 1
    return _first(scope.get(match[0], unset)), match.end()


def items_of(value: str) -> list[str]:
    """Return the items of an array, or a value as the only one."""
    if not value.startswith(BETWEEN):
        return [value]
    return value.split(BETWEEN)[1:] if value != BETWEEN else []


def array_of(items: Iterable[str]) -> str:
    """Return items as the value of one variable."""
    return "".join(BETWEEN + item for item in items) or BETWEEN


def _first(value: str) -> str:
    return next(iter(items_of(value)), "")


def _parameter(body: str, scope: Scope, unset: str, depth: int) -> str:
    match = _BODY.fullmatch(body)
    if match is None:
        return UNKNOWN
    name, rest = match["name"], match["rest"]
    if rest in ("[@]", "[*]"):
        return (BETWEEN if rest == "[@]" else " ").join(items_of(scope.get(name, unset)))
    if rest.startswith("["):
        return UNKNOWN
    value = scope.get(name)
    value = None if value is None else _first(value)
    form = re.match(r"(:?)([-=+?])", rest)
    if form is None:
        return _changed(unset if value is None else value, rest, scope, depth)
    other = expand(rest[form.end() :], scope, unset, depth + 1)
    there = value is not None and (value != "" or not form[1])
    if form[2] == "+":
        return UNKNOWN if value is not None and UNKNOWN in value else other if there else ""
    if there:
        return str(value)
    return UNKNOWN if form[2] == "?" else other


def _changed(value: str, rest: str, scope: Scope, depth: int) -> str:
    """Apply what stands behind the name: ``%.*``, ``#v``, ``//./``, ``:0:2``, ``^^``, ``,,``."""
    if not rest or UNKNOWN in value:
        return value
    if match := re.fullmatch(r":(\d+)(?::(\d+))?", rest):
        start = int(match[1])
        return value[start : start + int(match[2]) if match[2] else None]
    if rest in ("^^", ",,"):
        return value.upper() if rest == "^^" else value.lower()
    if rest[0] in "%#":
        return _trimmed(value, rest[0], rest[1:], scope, depth)
    if rest[0] == "/":
        every = rest.startswith("//")
        pattern, _, new = rest[2 if every else 1 :].partition("/")
        pattern, new = (
            expand(_unescaped(one), scope, UNKNOWN, depth + 1) for one in (pattern, new)
        )
        if UNKNOWN in pattern + new or not pattern:
            return UNKNOWN
        if set(pattern) & set("*?["):
            return UNKNOWN
        return value.replace(pattern, new) if every else value.replace(pattern, new, 1)
    return UNKNOWN


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip("'\"")


def _trimmed(value: str, side: str, pattern: str, scope: Scope, depth: int) -> str:
    longest = pattern.startswith(side)
    wanted = expand(pattern[1:] if longest else pattern, scope, UNKNOWN, depth + 1)
    if UNKNOWN in wanted or len(value) > 400:
        return UNKNOWN
    matches = re.compile(translate(_unescaped(wanted)))
    cuts = range(len(value) + 1)
    if side == "%":
        found = [cut for cut in cuts if matches.match(value[cut:])]
        return value[: (min if longest else max)(found)] if found else value
    found = [cut for cut in cuts if matches.match(value[:cut])]
    return value[(max if longest else min)(found) :] if found else value


def _substituted(body: str, scope: Scope, depth: int) -> str:
    """Return what ``$(echo $X | cut -d. -f1,2 | tr -d .)`` prints; UNKNOWN for any other program."""
    first, *filters = (part.strip() for part in body.split("|"))
    echoed = re.fullmatch(r"(?:echo|printf(?: +['\"]?%s['\"]?)?) +(.*)", first, re.DOTALL)
    if echoed is None or depth > _DEPTH:
        return UNKNOWN
    value = expand(echoed[1].strip().strip("\"'"), scope, UNKNOWN, depth + 1)
    for one in filters:
        value = UNKNOWN if UNKNOWN in value else _filtered(value, one)
    return value


def _filtered(value: str, program: str) -> str:
    if match := re.fullmatch(r"tr +-d +(['\"]?)(\\?[\w.+-])\1", program):
        return value.replace(match[2].lstrip("\\"), "")
    if match := re.fullmatch(r"sed +(['\"])s/(\\?[\w.-])/([\w.-]?)/(g?)\1", program):
        return value.replace(match[2].lstrip("\\"), match[3], -1 if match[4] else 1)
    match = re.fullmatch(r"cut +-d *(['\"]?)(.)\1 +(?:-f *)([\d,-]+)", program)
    if match is None:
        return UNKNOWN
    fields, wanted = value.split(match[2]), set()
    for item in match[3].split(","):
        low, dash, high = item.partition("-")
        start = int(low) if low else 1
        wanted |= set(range(start, (int(high) if high else len(fields)) + 1 if dash else start + 1))
        if len(wanted) > 100:
            return UNKNOWN
    return match[2].join(field for place, field in enumerate(fields, 1) if place in wanted)
