"""Extras and locks that do not bring the build that they are named after."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.evaluate.chosen import parsed
from torch_doctor.linter.project import LintProject, Setup
from torch_doctor.linter.record import Flaw, ProjectTable, RunStep
from torch_doctor.matrix.builds.systems import index_of
from torch_doctor.matrix.store import receipt

PROBLEMS = {
    "cpu-extra-gives-cuda": "An extra or group that is named cpu brings torch for CUDA.",
    "lock-other-platform": "A lock holds torch for other systems than Linux alone.",
}


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield extras without a source of their own, and locks without wheels for Linux."""
    for file in project.files.values():
        if file.written.project is not None:
            yield from _extras(file.written.project)
    for setup in project.setups:
        yield from _hashes(setup)
        if setup.environment.kind not in (
            "uv_lock",
            "pylock",
            "poetry_lock",
            "pdm_lock",
            "conda_lock",
        ):
            continue
        locked = [
            step
            for step in setup.environment.steps
            if isinstance(step, RunStep) and step.words[:2] == ("locked", "torch")
        ]
        # Of several, each is for some platforms: which, the markers of others say.
        single = locked if len(locked) == 1 else []
        for step in setup.environment.steps:
            if step in single:
                assert isinstance(step, RunStep)
                systems = step.words[3:]
                if systems and not any(one.startswith(("linux", "any")) for one in systems):
                    where = " and ".join(systems)
                    message = f"the lock has torch {step.words[2]} for {where} alone: nothing installs on Linux"
                    fix = "lock again without environments, or name Linux among them"
                    yield Flaw("lock-other-platform", Severity.WARNING, step.spot, message, fix)


def _hashes(setup: Setup) -> Iterator[Flaw]:
    """A list with hashes, made where torch needs fewer packages: pip stops at the first that has none."""
    for chosen in setup.chosen:
        step, row = chosen.step, chosen.row
        if row is None or not row.cuda or "hashed" not in step.flags or "--no-deps" in step.flags:
            continue
        if (
            step.tool not in ("pip", "uv")
            or not setup.platform.startswith("linux")
            or not chosen.requirement.pinned
        ):
            continue
        names = {one.name for one in step.requirements}
        if not any(name.startswith(("nvidia-", "cuda-")) for name in names) and parsed(
            row.torch
        ) >= parsed("2.0"):
            message = (
                f"every package of this list has hashes, and torch {row.torch} on Linux needs NVIDIA's libraries too, "
                "which are not in it: pip stops"
            )
            fix = "make the list on Linux, or for it: uv pip compile --python-platform linux --generate-hashes"
            because = (receipt("torch_builds", row),)
            yield Flaw(
                "lock-other-platform",
                Severity.ERROR,
                chosen.requirement.spot,
                message,
                fix,
                because,
            )


def _extras(table: ProjectTable) -> Iterator[Flaw]:
    for one in table.requirements:
        if (
            one.name != "torch"
            or one.group not in ("extra:cpu", "group:cpu")
            or one.url
            or "+cpu" in one.specifier
        ):
            continue
        label = one.group.partition(":")[2]
        sources = [u for u in table.sources if u.package == "torch"]
        if one.source or any(
            (not u.extra and not u.group) or label in (u.extra, u.group) for u in sources
        ):
            continue
        if any(index.default or not index.explicit for index in table.indexes):
            continue
        message = "nothing takes torch from the index for the CPU here: on Linux this extra brings the build for CUDA"
        fix = f"add a source for it with the index {index_of('cpu')}"
        yield Flaw("cpu-extra-gives-cuda", Severity.WARNING, one.spot, message, fix)
