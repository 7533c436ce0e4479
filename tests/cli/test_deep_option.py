"""--deep: what it goes with, and that its progress is for people who wait."""

from __future__ import annotations

import pytest
from torch_doctor.cli import check
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.output import progress
from torch_doctor.core.records import DeepResult


@pytest.mark.parametrize(
    "other", [["--static"], ["--facts", "host.json"], ["--assume", "gpu=V100"]]
)
def test_it_measures_this_machine_alone(other: list[str]) -> None:
    arguments = check.parser().parse_args(["--deep", *other])

    with pytest.raises(InputError, match="--deep measures this machine"):
        check.run(arguments)


def test_progress_is_one_line_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = check.parser().parse_args(["--deep", "-v"])

    say = progress.deep(arguments)
    assert say is not None
    say(DeepResult("copy", "ok", 0.41, 0, 2990.0, "GB/s"))

    assert capsys.readouterr() == ("", "torch-doctor: copy on GPU 0 ok 2990 GB/s (0.4 s)\n")


@pytest.mark.parametrize("flags", [["--deep"], ["-v"], []])
def test_progress_is_silent_where_nobody_looks(flags: list[str]) -> None:
    assert progress.deep(check.parser().parse_args(flags)) is None
