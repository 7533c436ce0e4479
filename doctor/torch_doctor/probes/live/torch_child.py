"""The live check: torch imported and used in the target interpreter, in a supervised child."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from functools import partial

from torch_doctor.core.fact import Fact, Known, Reason, Source, Unavailable
from torch_doctor.core.records import StageResult
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host
from torch_doctor.probes.host.supervise import Feed
from torch_doctor.probes.live import live_answers
from torch_doctor.probes.live.live_answers import Story
from torch_doctor.probes.payloads import path_of
from torch_doctor.probes.python.installation import with_pth
from torch_doctor.probes.python.target import Target
from torch_doctor.probes.torch import shadows
from torch_doctor.probes.torch.install import find_install

OWNS = (*live_answers.OWNS, "plain_import_error")

IMPORT_S, INIT_S, GPU_S, END_S = 60.0, 30.0, 30.0, 10.0
TURN_S = 90.0  # longer than whoever has the GPUs first is allowed to keep them
TRUST = "TORCH_DOCTOR_TRUST_ENVIRONMENT"
_PAYLOAD = path_of("torch")
OnStage = Callable[[StageResult], None]


def live(
    host: Host,
    target: Target,
    timeout_s: float,
    on_stage: OnStage | None = None,
    turn: Feed | None = None,
) -> Iterator[tuple[str, Fact[Any]]]:
    """Run the live check for at most *timeout_s* seconds in all; *on_stage* sees each stage as it ends.

    torch is imported at once, and CUDA is started when *turn* returns: something else may be on the GPUs until then.
    Where there is no torch, or where root would run what another user can change, nothing runs and every fact says so.
    """
    refused = refusal(host, target)
    if refused:
        yield from ((name, refused) for name in OWNS)
        return
    extra = extra_paths(host, target)
    argv = [target.executable, "-I", "-B", _PAYLOAD, json.dumps(extra)]
    clock = _Clock(timeout_s, on_stage)
    result = host.child(
        "torch",
        argv,
        timeout_s=timeout_s,
        env=host.environ,
        cwd=quiet_directory(host),
        on_line=clock,
        feed=turn,
    )
    added = f", with {' '.join(extra)} on its path" if extra else ""
    source = Source("child", one_line(f"{target.executable} -I{added}"))
    story = Story.of(result, clock.limit_s)
    yield from live_answers.tell(host, target, story, source)
    ran = result.status != "not-recorded"
    yield "plain_import_error", _plain_import(host, target) if ran else story.gap


def _plain_import(host: Host, target: Target) -> Fact[str]:
    """Import torch as a program would, with PYTHONPATH and all, where a file on it hides what torch needs.

    The live check is isolated and does not meet such a file. Elsewhere a second import would cost seconds for nothing.
    """
    source = Source("child", one_line(f"{target.executable} -c 'import torch'"))
    if not shadows.hiding_everywhere(host, target):
        detail = "nothing on PYTHONPATH hides what torch needs"
        return Unavailable(Reason.NOT_APPLICABLE, detail, source)
    if foreign := _foreign_to_root(host, tuple(shadows.on_path(host, target))):
        return foreign
    argv = [target.executable, "-B", "-c", "import torch"]
    where = quiet_directory(host)
    result = host.child("plain import", argv, timeout_s=IMPORT_S, env=host.environ, cwd=where)
    if result.status == "ok":
        return Unavailable(Reason.NOT_PRESENT, "the import worked", source)
    words = live_answers.ending(result, IMPORT_S)
    if result.status in ("exit", "crash"):
        return Known(one_line((result.stderr.strip().splitlines() or [words])[-1]), source)
    return Unavailable(live_answers.reason_of(result), words, source)


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


class _Owner(NamedTuple):
    path: str
    uid: int


def refusal(host: Host, target: Target) -> Unavailable | None:
    """Return why nothing of the target is run, or None: there is no torch, or root would run what others can change."""
    found = find_install(host, target)
    if found is None:
        return Unavailable(
            Reason.NOT_APPLICABLE, "no torch is installed", Source("file", target.prefix)
        )
    own = (target.prefix, host.resolve(target.executable), found.site, found.path)
    return _foreign_to_root(host, own)


def _foreign_to_root(host: Host, paths: tuple[str, ...]) -> Unavailable | None:
    """Return why root does not run what lies in *paths*; None for everybody else, and where all of it is root's."""
    if host.call("effective_uid", _uid) or host.environ.get(TRUST) == "1":
        return None
    foreign = _foreign(host, paths)
    if foreign is None:
        return None
    detail = (
        f"{foreign.path} belongs to user {foreign.uid}, and root does not run what another user can change: "
        f"run torch-doctor as that user, or set {TRUST}=1"
    )
    return Unavailable(Reason.DENIED, one_line(detail), Source("file", foreign.path))


def _foreign(host: Host, paths: tuple[str, ...]) -> _Owner | None:
    """Return the first of *paths* that somebody other than root owns."""
    for path in dict.fromkeys(paths):
        uid = host.call(f"owner {path}", partial(_owner, host.real_path(path)))
        if uid:
            return _Owner(path, int(uid))
    return None


def _uid() -> int | None:
    return os.geteuid() if hasattr(os, "geteuid") else 1


def _owner(path: str) -> int | None:
    try:
        return os.stat(path).st_uid
    except OSError:
        return None


def quiet_directory(host: Host) -> str | None:
    """Return a directory that root alone writes to: an empty entry in LD_LIBRARY_PATH means the working directory."""
    if os.name == "nt":
        return None
    return next((path for path in ("/var/empty", "/usr/empty") if host.is_dir(path)), "/")
