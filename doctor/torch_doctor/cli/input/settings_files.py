"""Settings from files: ``[tool.torch-doctor]`` of a pyproject.toml, and a file for the whole system.

Nothing is imported for TOML unless a file with settings is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from torch_doctor.cli.input.settings_keys import KEYS, near
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line, wide_encoding
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.source.regular import regular

SYSTEM_FILE = Path("/etc/torch-doctor.toml")
_TABLE = re.compile(
    rb"""(?m)^\s*\[+\s*["']?tool["']?\s*\.\s*["']?torch-doctor\b|^\s*tool\s*\.\s*torch-doctor\b"""
)
# A table [tool], or tool = {…}, may hold ours in another line: that is rare, and parsed.
_ANY_TOOL = re.compile(
    rb"""(?m)^\s*(?:\[\s*["']?tool["']?\s*\]|["']?tool["']?\s*(?:=|\.\s*["']torch-doctor))"""
)
_OWN_KEY = re.compile(rb"""torch-doctor["']?\s*(?:\.|=(?!=))""")
_MAX_BYTES = 1 << 20
_SHOWN = 60


class ConfigError(Exception):
    """A setting that means nothing; the message begins with file and line."""


class Setting(NamedTuple):
    """The value of one key, the place where it is set, and how it is written there."""

    value: Any
    file: str
    line: int
    written: Any = None


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
        for one in setting.value:
            if one not in kept:
                why = f" ({one.reason})" if one.reason else ""
                notices.append(
                    f"{setting.file}:{setting.line}: {one.id} was ignored until {one.until}{why}: it counts again"
                )
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
        raise ConfigError(f"{path}:1: tool.torch-doctor must be a table")
    found = {}
    for key, value in table.items():
        line = _line(text, key, whole=whole)
        if key not in KEYS:
            raise ConfigError(
                f"{path}:{line}: there is no setting {one_line(key, _SHOWN)!r}{near(key)}"
            )
        try:
            found[key] = Setting(KEYS[key].parse(value, path.parent), str(path), line, value)
        except ValueError as error:
            raise ConfigError(f"{path}:{line}: {key}: {error}") from None
    return found


def _tools(path: Path) -> dict[str, Any]:
    tools = _parsed(path, _text(path)).get("tool", {})
    return tools if isinstance(tools, dict) else {}


def _text(path: Path) -> str:
    try:
        with open(path, "rb", opener=regular) as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > _MAX_BYTES:
        raise ConfigError(f"{path}: is larger than 1 MiB")
    encoding = wide_encoding(data)
    if encoding:
        raise ConfigError(f"{path}: is {encoding} text; write it as UTF-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8") from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    loads = _reader(path)
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        fault = one_line(str(error), 200)
        at = re.search(r"at line (\d+)", fault)
        place = f"{path}:{at[1]}" if at else path
        raise ConfigError(f"{place}: is not TOML: {fault}") from None


def _reader(path: Path) -> Callable[[str], dict[str, Any]]:
    """Return the TOML reader of Python 3.11 and later, or that of the package tomli."""
    from importlib import import_module

    for name in ("tomllib", "tomli"):
        try:
            loads: Callable[[str], dict[str, Any]] = import_module(name).loads
        except ImportError:
            continue
        return loads
    raise ConfigError(f"{path}: needs Python 3.11, or the package tomli, to be read")


def _line(text: str, key: str, *, whole: bool) -> int:
    """Return the line on which a key is set: TOML readers do not tell."""
    inside = whole
    name = rf"""["']?{re.escape(key)}["']?\s*"""
    header = re.compile(rf"""\s*\[+\s*(tool\.)?(torch-doctor\.)?{name}\]""")
    dotted = re.compile(rf"""torch-doctor["']?\s*\.\s*{name}[=.]""")
    inline = re.compile(r"""torch-doctor["']?\s*=\s*\{""")
    own = re.compile(rf"""\s*{name}[=.]""")
    among = re.compile(rf"""[{{,]\s*{name}[=.]""")
    opened = False
    for number, row in enumerate(text.splitlines(), 1):
        if row.lstrip().startswith("["):
            inside, opened = "torch-doctor" in row or whole, False
            if inside and header.match(row):
                return number
            continue
        opened = opened or inline.search(row) is not None
        if (opened and among.search(row)) or dotted.search(row) or (inside and own.match(row)):
            return number
    return 1
