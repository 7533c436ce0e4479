"""What puts a drift right: the plan's own command, a newer driver, another Python, or the question asked anew."""

from __future__ import annotations

from collections.abc import Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Fix
from torch_doctor.fixes.cures import Cures
from torch_doctor.fixes.kinds import MakeEnvironment
from torch_doctor.fixes.person import UV, UV_PROJECT, UVX, Person, person_of
from torch_doctor.fixes.quoting import word
from torch_doctor.fixes.wording import worded
from torch_doctor.matrix.store import Matrix
from torch_doctor.recommendation.locking.drift import Comparison, Drift, Unseen, compared, spelled
from torch_doctor.recommendation.locking.reading import Lock

_FORMS = {UV: "uv", UV_PROJECT: "uv", UVX: "uv", "conda": "conda", "pixi": "conda"}


def compare(
    lock: Lock, facts: Facts, matrix: Matrix, *, file: str = "FILE", unknown_is_ok: bool = False
) -> Comparison:
    """Return what drifted from *lock* on the host of *facts*, each with its cure; *file* is what the lock is called."""
    found = compared(lock, facts, matrix)
    drifts = [one for one in found if isinstance(one, Drift)]
    cure = _Cure(lock, facts, matrix, file, drifts)
    return Comparison(
        lock,
        tuple(drift._replace(fix=cure.of(drift)) for drift in drifts),
        tuple(one for one in found if isinstance(one, Unseen)),
        unknown_is_ok,
    )


class _Cure:
    """The cures for one host; drifts with one cure get the same."""

    def __init__(
        self, lock: Lock, facts: Facts, matrix: Matrix, file: str, drifts: Sequence[Drift]
    ) -> None:
        self.lock, self.facts, self.matrix, self.file = lock, facts, matrix, file
        self.person: Person = person_of(facts)
        # An installer is content with another build of the release that it is asked for, where no build is named.
        self.again = any(
            drift.subject == "torch" and (drift.found or "").partition("+")[0] == lock.torch
            for drift in drifts
        ) or {drift.subject for drift in drifts} & {"cuda", "torch"} == {"cuda"}

    def of(self, drift: Drift) -> Fix:
        """Return what puts *drift* right."""
        if drift.subject == "driver":
            return self._driver()
        if drift.subject == "matrix":
            return self._anew("see whether the plan still holds, and lock it anew")
        if drift.subject == "gpu":
            return self._gpu(drift)
        if drift.subject == "platform":
            platform = "windows" if (drift.found or "")[:7] == "windows" else str(drift.found)
            return self._anew(f"lock a plan for {platform}", f"--platform {platform}")
        if drift.subject == "python":
            return self._interpreter()
        return Fix("carry the plan out again", self._commands())

    def _driver(self) -> Fix:
        minimum = self.lock.min_driver or ""
        fix = worded(Cures(self.facts, self.matrix).driver(minimum), self.person)
        return fix or Fix(f"update the driver to {minimum} or newer", scope="host")

    def _interpreter(self) -> Fix:
        planned = [tag for tag in self.lock.python if not tag.endswith("t")]
        python = spelled(self.lock.asked_python or (planned or ["cp312"])[-1])
        text = f"make an environment with Python {python}, and carry the plan out in it"
        made = worded(MakeEnvironment(text, python), self.person)
        first = made.commands if made else ()
        by_uv = any(
            command.startswith("uv ") for command in first
        )  # such an environment has no pip
        return Fix(text, (*first, *self._commands("uv" if by_uv else "")))

    def _gpu(self, drift: Drift) -> Fix:
        if drift.found is None:
            return Fix(
                "run it where the GPU of the plan is, or let the container or the job have it"
            )
        name = drift.found.rpartition(" (")[0] or drift.found
        # The plan of one host is asked for on that host, which knows its GPUs.
        more = f"--gpu {word(name)}" if "--gpu " in f"{self.lock.question} " else ""
        return self._anew("lock a plan that is for this GPU, too", more)

    def _anew(self, text: str, more: str = "") -> Fix:
        """Ask again: the rows say something else now, or the plan is for another host."""
        words = ("torch-doctor recommend", self.lock.question, more, "--lock", word(self.file))
        return Fix(text, (" ".join(filter(None, words)),))

    def _commands(self, form: str = "") -> tuple[str, ...]:
        """Return the plan's commands, in *form* or else in that of the installer which keeps the environment."""
        commands = self.lock.commands
        form = form or _FORMS.get(self.person.installer, "pip")
        form = next((one for one in (form, "pip", "docker") if one in commands), "")
        lines = tuple(commands.get(form, "").splitlines())
        names_build = "+" in lines[0] if lines else True
        if form in ("pip", "uv") and self.again and not names_build:
            flag = "--force-reinstall" if form == "pip" else "--reinstall"
            return (lines[0].replace(" install ", f" install {flag} ", 1), *lines[1:])
        return lines
