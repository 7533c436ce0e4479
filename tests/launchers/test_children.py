"""Many commands at once: none is waited for longer than it may take, and none is left behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from torch_doctor.launchers.asking import Ask, Patience, Reply, line_of
from torch_doctor.launchers.children import Crowd
from torch_doctor.launchers.journal import Journal
from torch_doctor.launchers.slurm import reason

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes are read without blocking")


def shell(node: str, text: str) -> Ask:
    return Ask(node, ("sh", "-c", text))


def asked(limits: Patience, *asks: Ask) -> dict[str, Reply]:
    return {reply.node: reply for reply in Crowd(limits, os.environ).replies(asks)}


def test_replies_come_as_they_end_and_all_of_the_output_is_kept(tmp_path: Path) -> None:
    slow = shell("slow", f"until [ -e {tmp_path}/done ]; do sleep 0.1; done; sleep 1; echo late")
    fast = shell("fast", f"printf %200000d 7; touch {tmp_path}/done; exit 3")

    replies = list(Crowd(Patience(), os.environ).replies([slow, fast]))

    assert [(one.node, one.ended, one.code) for one in replies] == [
        ("fast", "exit", 3),
        ("slow", "exit", 0),
    ]
    assert len(replies[0].out) == 200000
    assert replies[1].out == b"late\n"


def test_a_command_that_ignores_its_end_is_killed_while_others_go_on(tmp_path: Path) -> None:
    stubborn = shell(
        "stubborn", f"trap '' TERM; echo $$ > {tmp_path}/pid; sleep 600 & wait; sleep 600"
    )

    found = asked(
        Patience(120, 5, 1), stubborn, shell("next", "echo ok"), shell("third", "sleep 0.1")
    )

    assert found["stubborn"].ended == "timeout"
    assert found["next"].out == b"ok\n", "one hangs, and the next has its turn"
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_when_the_time_is_up_the_rest_is_named(tmp_path: Path) -> None:
    begun = time.monotonic()

    found = asked(
        Patience(1.5, 60, 2), *(shell(f"n{number}", "exec sleep 600") for number in range(5))
    )

    assert time.monotonic() - begun < 120
    assert [found[f"n{number}"].ended for number in range(5)] == [*["timeout"] * 2, *["turn"] * 3]
    assert [line_of(one).silence.reason for one in found.values() if one.ended == "turn"] == [  # type: ignore[union-attr]
        "not-asked"
    ] * 3


def test_who_leaves_the_loop_leaves_no_command(tmp_path: Path) -> None:
    replies = Crowd(Patience(), os.environ).replies(
        [shell("a", "true"), shell("b", f"echo $$ > {tmp_path}/pid; exec sleep 600")]
    )
    next(replies)
    until = time.monotonic() + 120
    while not (tmp_path / "pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    replies.close()

    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_program_that_is_not_there_is_said() -> None:
    line = line_of(asked(Patience(), Ask("a", ("no-such-program", "x")))["a"])

    assert line.silence is not None
    assert line.silence.reason == "failed"
    assert "no-such-program" in line.silence.detail


def test_the_node_has_the_name_by_which_it_was_asked() -> None:
    line = line_of(Reply("n1", "exit", b'noise\n{"node": "other", "facts": {}}\n'))

    assert line.text == '{"node": "n1", "facts": {}}'
    assert line.silence is None


@pytest.mark.parametrize("out", [b"", b"[]\n", b'{"facts": 3}\n', b"\xff\xfe", b"[" * 100000])
def test_what_holds_no_facts_is_no_answer(out: bytes) -> None:
    assert line_of(Reply("n1", "exit", out)).silence is not None


def test_a_file_is_added_to(tmp_path: Path) -> None:
    file = tmp_path / "out"
    for text in ("a", "b"):
        Journal(str(file)).add(text)

    assert file.read_text() == "a\nb\n"
    with pytest.raises(IsADirectoryError):
        Journal(str(tmp_path))


@pytest.mark.parametrize(
    ("err", "why", "detail"),
    [
        ("", "timeout", "exit code 1 after 22 s, and no facts"),
        (
            "srun: error: node3: task 0: Exited with exit code 1\n",
            "failed",
            "exit code 1: srun: error: node3: task 0: Exited with exit code 1",
        ),
        (
            "srun: error: Unable to allocate resources: Requested nodes are busy\n",
            "busy",
            "exit code 1: srun: error: Unable to allocate resources: Requested nodes are busy",
        ),
    ],
)
def test_an_srun_that_ends_without_a_word_lost_a_node_that_does_not_respond(
    err: str, why: str, detail: str
) -> None:
    silence = line_of(Reply("node3", "exit", b"", err, 1, 22.2), reason).silence

    assert silence == ("node3", why, detail)
