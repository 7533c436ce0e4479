"""Settings from files: what is read, who is obeyed, and where a fault stands."""

from __future__ import annotations

import builtins
import importlib
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.cli.settings.files import ConfigError, has_table, read_config
from torch_doctor.cli.settings.keys import Ignored

TODAY = date(2026, 6, 15)
ABSENT = Path("/nonexistent/torch-doctor.toml")
TABLE = "[tool.torch-doctor]\n"


def config_of(
    tmp_path: Path, text: str = "", *, root: bool = False, system: str = "", named: str = ""
):
    if text:
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    etc, file = tmp_path / "etc.toml", tmp_path / "mine.toml"
    for path, content in ((etc, system), (file, named)):
        if content:
            path.write_text(content, encoding="utf-8")
    return read_config(tmp_path, file if named else None, root=root, today=TODAY, system=etc)


def values(config) -> dict[str, object]:
    return {key: setting.value for key, setting in config.settings.items()}


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    text = TABLE + (
        'ignore = ["TD130", {id = "health", reason = "known", until = 2026-06-15}]\nonly = ["driver"]\n'
        'fail-on = "warning"\non-unknown = "ignore"\ntimeout = 5\nmatrix = "rows"\nstatic = true\n'
        'wheel-index = "https://m.example/whl/"\nimage-registry = {"nvcr.io" = "ngc.example:5000/n"}\n'
    )

    assert values(config_of(tmp_path, text)) == {
        "ignore": (Ignored("TD130"), Ignored("health", "known", date(2026, 6, 15))),
        "only": ("driver",),
        "fail-on": "warning",
        "on-unknown": "ignore",
        "timeout": 5.0,
        "matrix": str(tmp_path / "rows"),
        "static": True,
        "wheel-index": (("https://download.pytorch.org/whl", "https://m.example/whl"),),
        "image-registry": (("nvcr.io", "ngc.example:5000/n"),),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool]\ntorch-doctor = {static = true, timeout = 7}\n", 2),
        ("[tool]\nother = 1\n'torch-doctor' = {static = true,timeout=7}\n[project]\n", 3),
        ("[ tool ]\ntorch-doctor.static = true\ntorch-doctor.timeout = 7\n", 3),
        ("tool = {torch-doctor = {static = true, timeout = 7}}\n", 1),
        ('x = 1\n"tool"."torch-doctor".timeout = 7\ntool.torch-doctor.static = true\n', 2),
        ('[tool]\ntorch-doctor = {static = true, only = [\n"driver",\n], timeout = 7}\n', 4),
        ("[tool.torch-doctor]\nstatic = true\ntimeout = 7\n", 3),
    ],
)
def test_every_way_to_write_the_table_is_read(tmp_path: Path, text: str, line: int) -> None:
    settings = config_of(tmp_path, text).settings

    assert (settings["static"].value, settings["timeout"].value) == (True, 7.0)
    assert settings["timeout"].line == line


@pytest.mark.parametrize(
    "text",
    [
        "[tool.poetry.dependencies]\ntorch-doctor = {extras = ['mcp']}\n",
        "[tool]\n[tool.pixi.dependencies]\ntorch-doctor = '*'\n",
        "[project]\ndependencies = ['torch-doctor']\n[tool.other]\nstatic = true\n",
    ],
)
def test_a_dependency_is_no_setting(tmp_path: Path, text: str) -> None:
    assert values(config_of(tmp_path, text)) == {}
    assert not has_table(tmp_path / "pyproject.toml")


def test_a_fault_in_an_inline_table_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pyproject\.toml:2: there is no setting 'timeuot'"):
        config_of(tmp_path, "[tool]\ntorch-doctor = {timeuot = 7}\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml:2: tool\.torch-doctor must be a table"):
        config_of(tmp_path, "[tool]\ntorch-doctor = 'all'\n")
    with pytest.raises(ConfigError, match="is not TOML"):
        config_of(tmp_path, "[tool]\ntorch-doctor = {timeout =\n")


def test_the_project_wins_over_the_system(tmp_path: Path) -> None:
    config = config_of(tmp_path, TABLE + "timeout = 5\n", system="timeout = 9\nstatic = true\n")

    assert values(config) == {"timeout": 5.0, "static": True}


def test_a_named_file_takes_the_place_of_the_project(tmp_path: Path) -> None:
    config = config_of(
        tmp_path,
        TABLE + "timeout = 5\nstatic = true",
        system='fail-on = "note"',
        named="timeout = 7",
    )

    assert values(config) == {"timeout": 7.0, "fail-on": "note"}


def test_root_obeys_only_what_is_named(tmp_path: Path) -> None:
    config = config_of(tmp_path, TABLE + "static = true\n", root=True)

    assert values(config) == {}
    assert "--config" in config.notices[0]
    assert values(config_of(tmp_path, root=True, named="static = true")) == {"static": True}
    named = read_config(
        tmp_path, tmp_path / "pyproject.toml", root=True, today=TODAY, system=ABSENT
    )
    assert values(named) == {"static": True}


def test_what_has_expired_counts_again_and_is_said(tmp_path: Path) -> None:
    text = (
        TABLE
        + '\nignore = [{id = "TD130", reason = "till spring", until = "2026-06-14"}, "TD131"]\n'
    )
    config = config_of(tmp_path, text)

    assert values(config) == {"ignore": (Ignored("TD131"),)}
    (notice,) = config.notices
    assert notice.startswith(
        f"{tmp_path}/pyproject.toml:3: TD130 was ignored until 2026-06-14 (till spring)"
    )


@pytest.mark.parametrize(
    "text", ["[project]\nname = 'x'\n", "[tool.other]\ntorch-doctor = 1\n", "not toml at all ["]
)
def test_a_pyproject_without_the_table_is_not_even_parsed(
    tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib, "import_module", lambda name: pytest.fail(f"imports {name}"))

    assert values(config_of(tmp_path, text)) == {}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("\n\nfailon = 'note'", 4, "did you mean fail-on?"),
        ("colour = 1", 2, "there is no setting 'colour'; there are ignore"),
        ("static = true\nfail-on = 'bad'", 3, "error, warning, note or never"),
        ("on-unknown = 3", 2, "fail or ignore"),
        ("timeout = true", 2, "number of seconds"),
        ("timeout = -1", 2, "number of seconds"),
        ("timeout = nan", 2, "number of seconds"),
        ("static = 'yes'", 2, "true or false"),
        ("matrix = '/nope'", 2, "no folder /nope"),
        ("matrix = 3", 2, "path of a folder"),
        ("only = 'TD1'", 2, "list of codes"),
        ("only = ['']", 2, "list of codes"),
        ("ignore = 'TD1'", 2, "must be a list"),
        ("ignore = [3]", 2, "code or a table"),
        ("ignore = [{reason = 'x'}]", 2, "code or a table"),
        ("ignore = [{id = 'TD1', untill = 3}]", 2, "not untill"),
        ("ignore = [{id = 'TD1', until = 'soon'}]", 2, "must be a date"),
        ("ignore = [{id = 'TD1', reason = 3}]", 2, "reason must be text"),
        ("[[tool.torch-doctor.ignore]]\nid = 3", 2, "code or a table"),
        ("wheel-index = 3", 2, "must map a tag or an address"),
        ("wheel-index = {cu128 = 3}", 2, "must map a tag or an address"),
        ("wheel-index = 'm.example'", 2, "'m.example' is no address"),
        ("wheel-index = {cu128 = 'https://m.example/;x'}", 2, "is no address"),
        ("wheel-index = {torch = 'https://m.example'}", 2, "'torch' is no tag"),
        ("image-registry = ['a']", 2, "must map a registry"),
        ("image-registry = 'https://hub.example'", 2, "is no registry"),
        ("[tool.torch-doctor.image-registry]\n'docker.io' = 'a b'", 2, "'a b' is no registry"),
        ("static = ", 2, "is not TOML"),
    ],
)
def test_a_fault_has_file_and_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, TABLE + text + "\n")

    assert str(caught.value).startswith(f"{tmp_path}/pyproject.toml:{line}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize(("content", "words"), [(b"\xff", "UTF-8"), (b"#" * (2 << 20), "1 MiB")])
def test_files_that_are_none(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_config(tmp_path, tmp_path / "x.toml", root=False, today=TODAY, system=ABSENT)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path, tmp_path / "none.toml", root=False, today=TODAY, system=ABSENT)


def test_without_a_reader_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def no_toml(name: str, *rest: object):
        if name in ("tomllib", "tomli"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", no_toml)
    with pytest.raises(ConfigError, match="or the package tomli"):
        config_of(tmp_path, TABLE + "static = true")


@given(text=st.text(max_size=80))
def test_no_text_raises_anything_else(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("c")
    (folder / "c.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    output = f"{folder}/c.toml:"
    with suppress(ConfigError):
        try:
            read_config(folder, folder / "c.toml", root=False, today=TODAY, system=ABSENT)
        except ConfigError as error:
            output = str(error)
            raise
    assert output.startswith(f"{folder}/c.toml:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timeout = " + "9" * 5000, ":2: is not TOML: a number has more than"),
        (
            "timeout = 0x" + "f" * 5000,
            ":2: timeout: must be a number of seconds above 0, not a number",
        ),
        ("only = " + "[" * 5000, ":2: is not TOML: it nests too deep"),
        ("static = true\n" + "a." * 400 + "b = 1", ":3: is not TOML: a key has 200 parts"),
        ("x = 'a\u2028b'\n" + "k" * 5000 + " = 1", ":2: there is no setting 'x'"),
        ("# a\u2028b\n" + "k" * 5000 + " = 1", ":3: there is no setting 'kkk"),
        (f"matrix = '{'x' * 5000}'", ":2: matrix: there is no folder"),
        ("matrix = 'a\\u0000'".replace("'", '"'), ":2: matrix: there is no folder"),
    ],
)
def test_what_is_too_much_is_said_with_its_line_and_cure(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, TABLE + text + "\n")

    assert caught.value.message.startswith(f"{tmp_path}/pyproject.toml{words}")
    assert caught.value.cure


def test_a_byte_order_mark_hides_no_settings(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(TABLE + "static = true\n", encoding="utf-8-sig")

    assert values(read_config(tmp_path, None, root=False, today=TODAY)) == {"static": True}


def test_of_many_exceptions_that_expired_some_are_listed(tmp_path: Path) -> None:
    many = ", ".join(f'{{id = "TD{n}", until = 2020-01-01}}' for n in range(500))
    config = config_of(tmp_path, f"{TABLE}ignore = [{many}]\n")

    assert not config.settings["ignore"].value
    assert len(config.notices) < 30
    assert "480 more" in config.notices[-1]
