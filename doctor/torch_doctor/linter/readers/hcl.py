"""HCL as bake files have it: blocks, texts, lists and tables. Whatever a function or a condition makes is unknown."""

from __future__ import annotations

import re

from torch_doctor.core.startup import Any, regex
from torch_doctor.linter.record import UNKNOWN

# A text that nothing closes ends with its line: no quote is looked for twice.
_TOKEN = regex(
    r"""(?P<skip>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.{0,20000}?\*/)|(?P<line>\n)"""
    r"""|(?P<text>"(?:\\.|\$\{[^}\n]{0,400}\}|[^"\\\n])*"?)"""
    r"""|(?P<word>[A-Za-z_][\w.-]*|\d[\w.]*)|(?P<sign>[{}\[\]=:,])|(?P<other>.)""",
    re.DOTALL,
)
_PART = regex(r"\$\{([^}]*)\}")
_DEEPEST = 30


def hcl(text: str) -> dict[str, Any]:
    """Return the blocks of *text*, ``target "a" { … }`` as ``{"target": {"a": {…}}}``; variables have their defaults.

    What is no HCL is left out: this reads what bake would build, and does not say whether it would.
    """
    first = _Reading(text, {})
    variables = first.body(0, top=True).get("variable")
    defaults: dict[str, str] = {}
    for name, given in variables.items() if isinstance(variables, dict) else ():
        default = given.get("default") if isinstance(given, dict) else None
        defaults[name] = default if isinstance(default, str) else UNKNOWN
    return _Reading(text, defaults).body(0, top=True)


class _Reading:
    def __init__(self, text: str, variables: dict[str, str]) -> None:
        self.variables = variables
        self.place = 0
        self.tokens = [
            (match.lastgroup or "", match[0])
            for match in _TOKEN.finditer(text)
            if match.lastgroup != "skip"
        ]

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def next(self) -> tuple[str, str]:
        token = self.peek()
        self.place += 1
        return token

    def body(self, depth: int, *, top: bool = False) -> dict[str, Any]:
        """Return what stands up to the closing brace; of the whole file, up to its end."""
        made: dict[str, Any] = {}
        while True:
            kind, word = self.next()
            if kind == "end" or (word == "}" and kind == "sign" and not top):
                return made
            if kind not in ("word", "text"):
                continue
            key = word.strip('"')
            labels = []
            while self.peek()[0] == "text":
                labels.append(self.next()[1][1:-1])
            sign = self.peek()[1]
            if sign in ("=", ":"):
                self.next()
                made[key] = self.value(depth + 1)
            elif sign == "{" and depth < _DEEPEST:
                self.next()
                self.keep(made, [key, *labels], self.body(depth + 1))

    @staticmethod
    def keep(made: dict[str, Any], path: list[str], block: dict[str, Any]) -> None:
        """Put a block behind its labels; of two with one name the later counts where both set a key."""
        for name in path[:-1]:
            inner = made.setdefault(name, {})
            made = inner if isinstance(inner, dict) else {}
        before = made.get(path[-1])
        made[path[-1]] = {**before, **block} if isinstance(before, dict) else block

    def value(self, depth: int) -> Any:
        """Return one value; it is UNKNOWN where more than one token makes it."""
        kind, word = self.next()
        if depth > _DEEPEST:
            return UNKNOWN
        made: Any = UNKNOWN
        if kind == "text":
            made = self.filled(word[1:-1])
        elif kind == "word":
            plain = word in ("true", "false") or word[0].isdigit()
            made = word if plain else None if word == "null" else self.variables.get(word, UNKNOWN)
        elif word == "{":
            made = self.body(depth + 1)
        elif word == "[":
            made = self.items(depth + 1)
        return made if self.ends() else self.rest()

    def items(self, depth: int) -> list[Any]:
        made: list[Any] = []
        while self.peek()[1] != "]" and self.peek()[0] != "end":
            if self.peek()[0] == "line" or self.peek()[1] == ",":
                self.next()
            else:
                made.append(self.value(depth))
        self.next()
        return made

    def ends(self) -> bool:
        kind, word = self.peek()
        return kind in ("line", "end") or (kind == "sign" and word in ",}]")

    def rest(self) -> str:
        """Pass over what is left of an expression."""
        opened = 0
        while self.peek()[0] != "end":
            kind, word = self.peek()
            if not opened and self.ends():
                break
            opened += word in "([{" and kind in ("sign", "other")
            opened -= word in ")]}" and kind in ("sign", "other") and opened > 0
            self.next()
        return UNKNOWN

    def filled(self, text: str) -> str:
        """Return a text with the defaults of the variables in it."""
        made = _PART.sub(lambda match: self.variables.get(match[1].strip(), UNKNOWN), text)
        return UNKNOWN if "%{" in made else made.replace('\\"', '"')
