"""Settings from files: ``[tool.torch-doctor]`` of a pyproject.toml, and a file for the whole system.

Nothing is imported for TOML unless a file with settings is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from torch_doctor.cli.settings.keys import KEYS, near
from torch_doctor.cli.settings.setting import Setting
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, wide_encoding
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.source.regular import regular

SYSTEM_FILE = Path("/etc/torch-doctor.toml")
# In one line each: a pattern that may begin with line ends takes the square of the time for blank lines.
_TABLE = re.compile(
    rb"""(?m)^(?:\xef\xbb\xbf)?[ \t]*(?:\[+[ \t]*["']?tool["']?[ \t]*\.[ \t]*["']?torch-doctor\b"""
    rb"""|tool[ \t]*\.[ \t]*torch-doctor\b)"""
)
# A table [tool], or tool = {…}, may hold ours in another line: that is rare, and parsed.
_ANY_TOOL = re.compile(
    rb"""(?m)^(?:\xef\xbb\xbf)?[ \t]*(?:\[[ \t]*["']?tool["']?[ \t]*\]"""
    rb"""|["']?tool["']?[ \t]*(?:=|\.[ \t]*["']torch-doctor))"""
)
_OWN_KEY = re.compile(rb"""torch-doctor["']?[ \t]*(?:\.|=(?!=))""")
_MAX_BYTES = 1 << 20
_SHOWN = 60
_MOST_NOTICES = 20
_LONGEST_KEY = 200


class ConfigError(Exception):
    """A setting that means nothing; the message begins with file and line, the cure says what to write."""

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(f"{message}; {cure}")
        self.message, self.cure = message, cure


class Config(NamedTuple):
    """Settings by key, the stronger file's where two set the same, and what must be said about them."""

    settings: Mapping[str, Setting]
    notices: tuple[str, ...] = ()


def read_config(
    folder: Path, named: Path | None, *, root: bool, today: date, system: Path = SYSTEM_FILE
) -> Config:
    """Return the settings that hold in *folder*; *named* takes the place of its pyproject.toml.

    As *root* the folder's own file is not obeyed: whoever may write there could silence findings. Raise ConfigError.
    """
    notices: list[str] = []
    settings = dict(_settings(system, whole=True)) if system.is_file() else {}
    local = folder / "pyproject.toml"
    if named is not None:
        settings |= _settings(named, whole=named.name != "pyproject.toml")
    elif has_table(local):
        if root:
            notices.append(
                f"as root the settings of {local} are ignored; --config {local} uses them"
            )
        else:
            settings |= _settings(local, whole=False)
    return Config(*_unexpired(settings, today, notices))


def _unexpired(
    settings: dict[str, Setting], today: date, notices: list[str]
) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """Drop what is no longer ignored, and say so: a forgotten exception must not hide a fault for ever.

    Of problems in files all are kept: where one of them is found, it is said there that its day is past.
    """
    for key in ("ignore", "lint-ignore"):
        setting = settings.get(key)
        if setting is None:
            continue
        kept = tuple(one for one in setting.value if one.until is None or one.until >= today)
        past = [one for one in setting.value if one.until is not None and one.until < today]
        where = f"{setting.file}:{setting.line}"
        for one in past[:_MOST_NOTICES]:
            why = f" ({one.reason})" if one.reason else ""
            name = one_line(one.id, _SHOWN)
            notices.append(f"{where}: {name} was ignored until {one.until}{why}: it counts again")
        if len(past) > _MOST_NOTICES:
            more = len(past) - _MOST_NOTICES
            notices.append(f"{where}: {more} more that were ignored count again")
        if key == "ignore":
            settings[key] = setting._replace(value=kept)
    return settings, tuple(notices)


def has_table(path: Path) -> bool:
    """Whether a pyproject.toml has our table, told from its bytes: most have not, and are not parsed.

    Raise ConfigError where it must be parsed and is no TOML.
    """
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(_MAX_BYTES)
    except OSError:
        return False
    if _TABLE.search(data):
        return True
    return bool(_ANY_TOOL.search(data) and _OWN_KEY.search(data)) and "torch-doctor" in _tools(path)


def _settings(path: Path, *, whole: bool) -> dict[str, Setting]:
    """Return the settings of one file: its own keys where the *whole* file is ours, else those of our table."""
    text = _text(path)
    table = _parsed(path, text) if whole else _tools(path).get("torch-doctor", {})
    if not isinstance(table, dict):
        line = _line(text, "torch-doctor", whole=True)
        raise ConfigError(
            f"{path}:{line}: tool.torch-doctor must be a table", "write [tool.torch-doctor] above"
        )
    found = {}
    for key, value in table.items():
        line = _line(text, key, whole=whole)
        if key not in KEYS:
            name = one_line(key, _SHOWN)
            raise ConfigError(f"{path}:{line}: there is no setting {name!r}", near(key))
        try:
            found[key] = Setting(KEYS[key].parse(value, path.parent), str(path), line, value)
        except ValueError as error:
            cure = f"write {key} = {KEYS[key].example}"
            raise ConfigError(f"{path}:{line}: {key}: {error}", cure) from None
    return found


def _tools(path: Path) -> dict[str, Any]:
    tools = _parsed(path, _text(path)).get("tool", {})
    return tools if isinstance(tools, dict) else {}


def _text(path: Path) -> str:
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        fault = f"{path}: cannot be read: {error.strerror or error}"
        raise ConfigError(fault, "make it a readable file") from None
    if len(data) > _MAX_BYTES:
        raise ConfigError(
            f"{path}: is larger than 1 MiB", "keep the settings in a file of their own"
        )
    encoding = wide_encoding(data)
    if encoding:
        raise ConfigError(f"{path}:1: is {encoding} text", "write it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8", "write it as UTF-8") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    from torch_doctor.core.bounded.toml import TomlError, loads

    try:
        return loads(text)
    except TomlError as error:
        fault = f"{path}:{error.line}: is not TOML: {one_line(error.fault, 200)}"
        raise ConfigError(fault, "mend that line") from None
    except ImportError:
        needed = "needs Python 3.11, or the package tomli, to be read"
        raise ConfigError(f"{path}: {needed}", "install tomli") from None


def _line(text: str, key: str, *, whole: bool) -> int:
    """Return the line on which a key is set: TOML readers do not tell."""
    if len(key) > _LONGEST_KEY:  # too long for a pattern
        return text.count("\n", 0, max(0, text.find(key[:_LONGEST_KEY]))) + 1
    inside = whole
    name = rf"""["']?{re.escape(key)}["']?\s*"""
    header = re.compile(rf"""\s*\[+\s*(tool\.)?(torch-doctor\.)?{name}\]""")
    dotted = re.compile(rf"""torch-doctor["']?\s*\.\s*{name}[=.]""")
    inline = re.compile(r"""torch-doctor["']?\s*=\s*\{""")
    own = re.compile(rf"""\s*{name}[=.]""")
    among = re.compile(rf"""[{{,]\s*{name}[=.]""")
    opened = False
    for number, row in enumerate(text.split("\n"), 1):
        if row.lstrip().startswith("["):
            inside, opened = "torch-doctor" in row or whole, False
            if inside and header.match(row):
                return number
            continue
        opened = opened or inline.search(row) is not None
        if (opened and among.search(row)) or dotted.search(row) or (inside and own.match(row)):
            return number
    return 1
