"""The setting ``lint-ignore``: problems in files that a team lives with, each with a reason, and up to a day."""

from __future__ import annotations

from torch_doctor.cli.input.errors import InputError, did_you_mean
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import listing, one_line
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from torch_doctor.cli.settings.setting import Setting
    from torch_doctor.linter.accepting import AcceptedProblem

_FIELDS = {"problem", "reason", "files", "until"}
_EXAMPLE = (
    '{problem = "eol-base", reason = "until we move", files = "legacy/*", until = 2027-01-31}'
)


class LintIgnored(NamedTuple):
    """One entry; *id* is the problem, *until* the last day on which it holds."""

    id: str
    reason: str
    files: tuple[str, ...] = ()
    until: date | None = None


def entries(value: Any, day: Callable[[Any], date | None]) -> tuple[LintIgnored, ...]:
    """Return the entries of the setting; raise ValueError where one means nothing. *day* reads a date."""
    if not isinstance(value, list):
        raise ValueError(  # noqa: TRY004  a fault of a file
            f"must be a list, [{_EXAMPLE}]"
        )
    return tuple(_entry(one, day) for one in value)


def _entry(value: Any, day: Callable[[Any], date | None]) -> LintIgnored:
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004  a fault of a file
            f"each entry must be a table, {_EXAMPLE}"
        )
    if unknown := set(value) - _FIELDS:
        names = one_line(listing(sorted(unknown)), 60)
        raise ValueError(f"an entry has problem, reason, files and until, not {names}")
    for key in ("problem", "reason"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            raise ValueError(f"each entry needs a {key}, {_EXAMPLE}")
    files = value.get("files", [])
    files = [files] if isinstance(files, str) else files
    if not isinstance(files, list) or not all(isinstance(one, str) and one for one in files):
        raise ValueError('files must be a pattern or a list of patterns, "legacy/*"')
    until = day(value.get("until"))
    return LintIgnored(value["problem"].strip(), one_line(value["reason"]), tuple(files), until)


def accepted_by(setting: Setting | None) -> tuple[AcceptedProblem, ...]:
    """Return what a setting accepts, for lint; raise InputError where it names a problem that there is not."""
    if setting is None:
        return ()
    from torch_doctor.linter.accepting import AcceptedProblem
    from torch_doctor.linter.problems import problem_names

    known, where = problem_names(), f"{setting.file}:{setting.line}"
    for one in setting.value:
        if one.id not in known:
            cure = did_you_mean(one.id, known) or "docs/problems.md lists every problem"
            name = one_line(one.id, 60)
            raise InputError(f"{where}: lint-ignore: there is no problem {name!r}", cure, "input")
    return tuple(
        AcceptedProblem(
            one.id, one.reason, where, one.files, one.until.isoformat() if one.until else ""
        )
        for one in setting.value
    )
