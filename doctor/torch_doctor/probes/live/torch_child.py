"""The live check: torch imported and used in the target interpreter, in a supervised child."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import StageResult
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.matrix.builds.cuda_libraries import beginnings
from torch_doctor.probes.host.children import Feed
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.live import live_answers
from torch_doctor.probes.live.live_answers import Story, last_words
from torch_doctor.probes.live.owns import OWNS
from torch_doctor.probes.live.refusal import foreign_to_root, quiet_directory, refusal
from torch_doctor.probes.payloads import script
from torch_doctor.probes.python.installation import with_pth
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch import shadows
from torch_doctor.probes.torch.install import find_install

IMPORT_S, INIT_S, GPU_S, END_S = 60.0, 30.0, 30.0, 10.0
AGAIN_S = 5.0  # with less left, an import that failed is not tried in another way
TURN_S = 90.0  # longer than whoever has the GPUs first is allowed to keep them
# What the driver puts into a process, of NVIDIA's and of AMD's.
_OF_DRIVERS = ("libcuda.so", "libnvidia-ptxjitcompiler", "libamdhip64")
OnStage = Callable[[StageResult], None]


def live(
    host: Host,
    target: Target,
    timeout_s: float,
    on_stage: OnStage | None = None,
    turn: Feed | None = None,
    *,
    linger: bool = False,
) -> Iterator[tuple[str, Fact[Any]]]:
    """Run the live check for at most *timeout_s* seconds in all; *on_stage* sees each stage as it ends.

    torch is imported at once, and CUDA is started when *turn* returns: something else may be on the GPUs until then.
    It is imported as a program of the user imports it, PYTHONPATH and all, but for the working directory. Where that
    fails, it is tried once more in isolation, and the difference is told. With *linger* its process may still be
    ending when all is told: the driver takes a tenth of a second for that. Where there is no torch, or where root would
    run what another user can change, nothing runs and every fact says so.
    """
    deadline = time.monotonic() + timeout_s
    refused = refusal(host, target)
    if refused:
        yield from ((name, refused) for name in OWNS)
        return
    run = _Run(host, target, deadline, on_stage, turn, linger)
    isolated_alone = _others_may_change(host, target)
    story, source = run.isolated("torch") if isolated_alone else run.as_programs()
    plain: Fact[str] = isolated_alone or _worked(source)
    if story.gap.reason is Reason.NOT_ASKED:
        plain = story.gap
    elif not isolated_alone and not story.imported:
        alone = run.isolated("isolated torch") if run.left_s > AGAIN_S else None
        if alone and alone[0].imported:
            plain = _import_error(story, source)
            story, source = alone
        else:
            detail = "the import fails in isolation, too" if alone else "no time was left for both"
            plain = Unavailable(Reason.NOT_APPLICABLE, detail, source)
    yield from live_answers.tell(host, target, story, source)
    yield "plain_import_error", plain


class _Run(NamedTuple):
    """One way to import torch after the other."""

    host: Host
    target: Target
    deadline: float
    on_stage: OnStage | None
    turn: Feed | None
    linger: bool

    @property
    def left_s(self) -> float:
        """The seconds that are left for all of it."""
        return self.deadline - time.monotonic()

    def as_programs(self) -> tuple[Story, Source]:
        """Import torch as the target's interpreter does by itself."""
        path = os.pathsep.join(shadows.on_path(self.host, self.target))
        environ = {k: v for k, v in self.host.environ.items() if k != "PYTHONPATH"}
        environ |= {"PYTHONPATH": path} if path else {}
        return self._child("torch", [], environ, self.target.executable)

    def isolated(self, name: str) -> tuple[Story, Source]:
        """Import torch without PYTHONPATH, PYTHON variables and the user site, but for the place where it lies."""
        extra = extra_paths(self.host, self.target)
        added = f", with {' '.join(extra)} on its path" if extra else ""
        words = f"{self.target.executable} -I{added}"
        return self._child(name, ["-I", *extra], self.host.environ, words)

    def _child(
        self, name: str, how: list[str], environ: Mapping[str, str], words: str
    ) -> tuple[Story, Source]:
        left_s = max(0.1, self.left_s)
        clock = _Clock(left_s, self.on_stage)
        result = self.host.child(
            name,
            [
                self.target.executable,
                *how[:1],
                "-B",
                *script("torch"),
                *map(json.dumps, (how[1:], _watched())),
            ],
            timeout_s=left_s,
            env=environ,
            cwd=quiet_directory(self.host),
            on_line=clock,
            feed=self.turn,
            on_exit=_nobody_waits if self.linger else None,
        )
        return Story.of(result, clock.limit_s), Source("child", one_line(words))


def _watched() -> list[str]:
    """Return how the files of the libraries begin whose place in the process is told: torch's, and the drivers' own."""
    return [*beginnings(), *_OF_DRIVERS]


def _nobody_waits() -> None:
    """The process is gone; nothing hung on that."""


def _worked(source: Source) -> Unavailable:
    return Unavailable(Reason.NOT_PRESENT, "the import worked", source)


def _import_error(story: Story, source: Source) -> Fact[str]:
    """Return what an import raised that works in isolation."""
    line = story.lines.get(("import", None), {})
    if isinstance(line.get("error"), str):
        return Known(one_line(line["error"]), source)
    if story.gap.reason is Reason.TIMEOUT:
        return Known(one_line(f"it hangs: {story.gap.detail}"), source)
    return Known(one_line((last_words(story.stderr) or [story.gap.detail])[0]), source)


def _others_may_change(host: Host, target: Target) -> Unavailable | None:
    """Return why root does not import from PYTHONPATH and the user site: others can put files there."""
    places = (*shadows.on_path(host, target), *([target.user_site] if target.user_site else ()))
    denied = foreign_to_root(host, places)
    if denied is None or shadows.hiding_everywhere(host, target):
        return denied  # what lies there may be in torch's way: whether it is, decides
    return denied._replace(reason=Reason.NOT_ASKED)


def extra_paths(host: Host, target: Target) -> list[str]:
    """Return what -I leaves out although torch lies there: the user site and its .pth files, or a PYTHONPATH entry."""
    found = find_install(host, target)
    if found is None:
        return []
    user = list(with_pth(host, target.user_site)) if target.user_site else []
    if found.site in user:
        return user
    own = {path for site in target.site_dirs for path in with_pth(host, site)}
    return [] if found.site in own else [found.site]


class _Clock:
    """Answers how long the child may take until its next line: each stage has its own deadline."""

    def __init__(self, overall_s: float, on_stage: OnStage | None) -> None:
        self.limit_s = self._overall_s = overall_s
        self._on_stage = on_stage
        self._gpu: int | None = None
        self._gpu_left = GPU_S

    def __call__(self, line: dict[str, Any]) -> float | None:
        begin = line.get("begin")
        if "loading" in line:
            return None
        if begin is None:
            stage = live_answers.stage_of(line)
            if stage and self._on_stage:
                self._on_stage(stage)
            if stage and stage.gpu is not None:
                self._gpu_left -= stage.seconds
            self.limit_s = END_S
            return END_S
        gpu = line.get("gpu")
        if gpu != self._gpu:
            self._gpu, self._gpu_left = gpu, GPU_S
        limits = {"import": IMPORT_S, "turn": TURN_S, "init": INIT_S, "view": INIT_S}
        stage_s = limits.get(str(begin), max(1.0, self._gpu_left))
        self.limit_s = min(stage_s, self._overall_s)
        return self.limit_s
