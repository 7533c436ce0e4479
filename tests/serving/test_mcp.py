"""``torch-doctor mcp``, asked by the SDK's own client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch_doctor

from tests.cli.conftest import Run, run

__all__ = ["run"]
TOOLS = {"check", "triage", "recommend", "explain", "lint"}
REPORT = "RuntimeError: CUDA error: no kernel image is available for execution on the device\ntorch 2.6.0+cu124, RTX 5090"
Ask = Callable[..., Any]
EVERY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("check", {"gpus": 1}),
    ("triage", {"text": REPORT}),
    ("recommend", {"gpu": ["V100"], "driver": "580"}),
    ("explain", {"text": "CUDA error: no kernel image is available for execution on the device"}),
    ("lint", {"path": "."}),
)
# What Python tells its hooks: see sys.addaudithook.
WATCH = """
import os, sys
log = os.open(os.environ["TORCH_DOCTOR_WATCH"], os.O_WRONLY | os.O_APPEND)
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
changes = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "os.utime", "socket.connect", "socket.sendto", "tempfile.mkstemp", "tempfile.mkdtemp"}
def noted(event, given):
    if event == "open":
        path, _, flags = given
        if isinstance(path, int) or path == os.devnull or not flags & writing:
            return
    elif event not in changes:
        return
    os.write(log, f"{event} {given[0]!r}\\n".encode())
sys.addaudithook(noted)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the server runs, and the home of its user."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "Dockerfile").write_text(
        "FROM python:3.12\nRUN pip install torch==2.9.1 --index-url https://download.pytorch.org/whl/cu118\n"
    )
    return folder


def watch(folder: Path) -> dict[str, str]:
    """Return variables under which a Python notes every write, and every call of another machine, in a file."""
    (folder / "watching").mkdir()
    (folder / "watching" / "sitecustomize.py").write_text(WATCH)
    log = folder / "watching" / "log"
    log.touch()
    return {
        "PYTHONPATH": str(folder / "watching"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TORCH_DOCTOR_WATCH": str(log),
    }


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return watch(tmp_path_factory.mktemp("watch"))


@pytest.fixture(scope="module")
def session(
    home: Path, watched: dict[str, str]
) -> Iterator[Callable[[Callable[[Any], Awaitable[Any]]], Any]]:
    """Runs a coroutine with a client that is connected to one server."""
    pytest.importorskip("mcp.server.mcpserver", reason="the extra mcp is not installed")
    import mcp
    from anyio.from_thread import start_blocking_portal

    environ = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), **watched}
    started = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "torch_doctor", "mcp"], env=environ, cwd=str(home)
    )
    opened = mcp.Client(mcp.stdio_client(started), read_timeout_seconds=60)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened) as client:
        yield lambda work: portal.call(work, client)


@pytest.fixture
def ask(session: Any) -> Ask:
    return lambda tool, **arguments: session(lambda client: client.call_tool(tool, arguments))


def test_every_tool_only_reads_and_types_what_it_answers(session: Any) -> None:
    listed = {one.name: one for one in session(lambda client: client.list_tools()).tools}

    assert set(listed) == TOOLS
    for tool in listed.values():
        assert tool.annotations.read_only_hint and not tool.annotations.destructive_hint
        assert tool.description.splitlines()[0].endswith((".", ":"))
        assert tool.output_schema["type"] == "object" and tool.output_schema["required"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("check", {"gpus": 2}),
        ("triage", {"text": REPORT}),
        ("recommend", {"gpu": ["V100"], "driver": "580", "platform": "linux-x86_64"}),
        ("explain", {"text": "803"}),
        ("explain", {"text": "TD202"}),
        ("explain", {"text": "CUDA error: out of memory"}),
        ("explain", {"text": "a word nobody knows"}),
        ("lint", {"path": "Dockerfile"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_is_as_its_schema_says_and_its_text_is_the_same(
    tool: str, arguments: dict[str, Any], session: Any
) -> None:
    async def work(client: Any) -> tuple[Any, Any]:
        return await client.list_tools(), await client.call_tool(tool, arguments)

    listed, answer = session(work)
    schema = next(one.output_schema for one in listed.tools if one.name == tool)

    assert not answer.is_error, answer.content
    jsonschema.Draft202012Validator(schema).validate(answer.structured_content)
    assert json.loads(answer.content[0].text) == answer.structured_content


def test_a_report_is_judged_as_by_the_api(ask: Ask) -> None:
    answer, judged = ask("triage", text=REPORT).structured_content, torch_doctor.triage(REPORT)

    assert judged.primary and judged.primary.fixes
    assert (answer["verdict"], answer["exit_code"]) == (judged.verdict.value, judged.exit_code)
    assert answer["primary"]["code"] == judged.primary.code
    assert answer["primary"]["cures"][0]["commands"] == list(judged.primary.fixes[0].commands)
    assert answer["primary"]["sources"]


def test_plans_are_those_of_the_api(ask: Ask) -> None:
    answer = ask(
        "recommend", gpu=["V100"], driver="580", platform="linux-x86_64"
    ).structured_content
    plans = torch_doctor.recommend("V100", driver="580", platform="linux-x86_64").plans

    assert [one["torch"] for one in answer["plans"]] == [one.build for one in plans]
    assert answer["plans"][0]["commands"]["pip"] == plans[0].commands["pip"]


def test_what_is_not_known_is_said_so(ask: Ask) -> None:
    vague = ask("triage", text="it does not work").structured_content
    word = ask("explain", text="sm_12x0").structured_content

    assert vague["verdict"] == "undecided" and vague["exit_code"] == 2 and vague["unknown"]
    assert not word["is_known"] and not word["topics"]


def test_files_are_judged_with_their_lines(ask: Ask) -> None:
    answer = ask("lint", path=".").structured_content

    assert answer["files"] == ["Dockerfile"]
    assert [(one["file"], one["line"]) for one in answer["flaws"]] == [("Dockerfile", 2)]
    assert all(one["fix"] for one in answer["flaws"])


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("recommend", {"gpu": ["GTX 9990"]}, "no GPU is called 'GTX 9990'"),
        ("recommend", {"gpu": ["A100"], "driver": "new"}, "driver"),
        ("check", {"python": "/nowhere"}, "/nowhere: there is no such file"),
        ("check", {"gpus": "many"}, "gpus Input should be a valid integer"),
        ("explain", {"text": " "}, "the text is empty"),
        ("lint", {"path": "/nowhere"}, "/nowhere: there is no such file or folder"),
        ("lint", {}, "path Field required"),
    ],
)
def test_an_error_is_one_line(tool: str, arguments: dict[str, Any], words: str, ask: Ask) -> None:
    answer = ask(tool, **arguments)
    (message,) = [one.text for one in answer.content]

    assert answer.is_error and words in message
    assert "\n" not in message and "Error executing" not in message and "://" not in message


def test_many_questions_at_once_are_answered_each(session: Any) -> None:
    names = ["803", "Xid 79", "sm_120", "cu128", "R570", "TD202"] * 3

    async def work(client: Any) -> list[Any]:
        return await asyncio.gather(*(client.call_tool("explain", {"text": one}) for one in names))

    titles = [one.structured_content["topics"][0]["title"] for one in session(work)]

    assert titles[:6] == titles[6:12] == titles[12:] and len(set(titles)) == 6


def test_nothing_is_written_and_nobody_is_called(session: Any, watched: dict[str, str]) -> None:
    async def work(client: Any) -> list[bool]:
        asked = [await client.call_tool(tool, given) for tool, given in EVERY]
        return [answer.is_error for answer in asked]

    assert {tool for tool, _ in EVERY} == TOOLS
    assert not any(session(work))
    assert Path(watched["TORCH_DOCTOR_WATCH"]).read_text() == ""


@pytest.mark.parametrize(
    ("does", "word"),
    [
        ("open('made', 'w')", "open 'made'"),
        ("import os; os.mkdir('made')", "os.mkdir 'made'"),
        ("import os; os.close(os.open('made', os.O_CREAT | os.O_WRONLY))", "open 'made'"),
        ("import os; os.rename('here', 'there')", "os.rename 'here'"),
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 9))", "socket.connect"),
    ],
)
def test_whoever_writes_or_calls_is_seen(does: str, word: str, tmp_path: Path) -> None:
    """The watch over the server sees what it is there for."""
    environ = watch(tmp_path)
    (tmp_path / "here").write_text("")
    subprocess.run(
        [sys.executable, "-c", does], cwd=tmp_path, env={**os.environ, **environ}, check=True
    )

    assert Path(environ["TORCH_DOCTOR_WATCH"]).read_text().startswith(word)


def test_without_the_sdk_one_line_says_how_to_get_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mcp", "mcp.server", "mcp.server.mcpserver"):
        monkeypatch.setitem(sys.modules, name, None)
    ran = run("mcp")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1 and 'pip install ".[mcp]"' in ran.err


def test_a_fault_of_our_own_is_named() -> None:
    exceptions = pytest.importorskip("mcp.server.mcpserver.exceptions")
    from torch_doctor.serving.server import _worded

    def tool() -> None:
        raise KeyError("row")

    with pytest.raises(exceptions.ToolError, match="torch-doctor itself failed: KeyError: 'row'"):
        _worded(tool)()
