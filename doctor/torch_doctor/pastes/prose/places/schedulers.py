"""Which scheduler started the program, and whether the job or task asked it for GPUs: Slurm and Ray."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_SLURM = regex(r"\b(?:slurm\w*|sbatch|srun|salloc)\b", re.IGNORECASE)
_RAY = regex(
    r"@ray\.remote\b|^[^(\n]{0,60}\(\w{3,40} pid=\d+(?:, ip=[\d.]+)?\) |\bray_distributed_executor\b|\b(?:ray (?:actor|worker|task|cluster|serve|train|tune)s?|ray\.(?:init|get|remote)\(|RayWorker\w*|RayTaskError)",
    re.IGNORECASE,
)
# At the start of a line, or behind what announces a command that did not work: "Slurm job: srun python", "I ran `srun …`".
_ANNOUNCED = r"(?:(?!\b(?:works?|worked|fine|if|instead|should|try)\b)[^\n]){1,80}?(?:[:$]|\b(?:I|we) (?:ran|run|launch(?:ed)?|start(?:ed)?|submit(?:ted)?)\b(?: (?:it|this|that))?(?: (?:with|by|as|via))?)[ `\"']{1,4}"
_COMMAND = regex(
    rf"^(?:\W{{0,6}}|{_ANNOUNCED})"
    r"(?:#SBATCH\b|(?:srun|salloc|sbatch)\s(?!(?:scripts?|jobs?|files?|commands?) (?:\w+ ){0,2}(?:with|that|is|has|for|anything))(?=.{0,200}(?:\s-{1,2}\w|\.\w{2,6}\b|python|bash)))(.{0,400})"
)
_ASKS = regex(
    r"--gres[= ]\S*gpu|--gpus\b|--gpus-per-|\s-G\s?\d|gres/gpu|--tres\S*gpu", re.IGNORECASE
)
_WITHOUT = regex(
    r"\b(?:without|no|forgot|missing|omitted|didn't (?:pass|use|set)|did not (?:pass|use|set)|not (?:use|pass|set|ask))\b[^.;\n]{0,24}--(?:gres|gpus)\b"
    r"|(?:没有?|未|忘记?)(?:加|写|用|指定)?了?\s?--(?:gres|gpus)|--(?:gres|gpus)\S{0,8}\s?(?:なし|を(?:付|つ)けず|を指定せず)",
    re.IGNORECASE,
)
# "if I do srun --gres=gpu:1 it's True": what did not work asked for none.
_WITH_IT = regex(
    r"\b(?:if|when|with|but|once|only)\b[^.;\n]{0,40}--(?:gres|gpus)\S*[^.;\n]{0,60}\b(?:works?|True|fine|ok|sees|found|helps)\b",
    re.IGNORECASE,
)
# What a task or actor of Ray is given stands in the decorator or in .options(), not in ray.init(), which says what the
# node has; without num_gpus it is given none.
_REMOTE = regex(r"@ray\.remote\b(?:\(([^)\n]{0,200})\)?)?|\.options\(([^)\n]{0,200})\)")
# A number that is given, by a keyword or in a dictionary; a sentence about num_gpus asks for nothing.
_GIVEN = regex(r"num_gpus['\"]?\s?[=:]\s?['\"]?(?!0(?:\.0*)?(?![\d.])|None\b)[\w.(]")
# What a task answered that asks torch: "ray.get(f.remote())  # False", or False on the line behind the call.
_ANSWER = regex(
    r"\bray\.get\([^\n]{0,80}\.remote\([^\n]{0,40}\)\W{0,8}(?:->|=>|#|is|gives|returns|prints|→)?\W{0,4}(False\b)?",
    2,
)
_FALSE = regex(r"^\W{0,8}False\W{0,4}$")
# A worker of Ray's that finds no GPU, while the process that started it has some.
_WORKER = regex(
    r"\(\w*(?:Worker|Actor|Trainer|Engine)\w* pid=\d+[^)\n]{0,40}\)[^\n]{0,80}No CUDA GPUs are available"
)
_HEAD = regex(
    r"\b(?:driver process|head(?: node)?|main process|driver script|outside (?:of )?ray|without ray)\b[^\n]{0,60}\b(?:True|sees?|finds?|has|works?|lists?)\b|\bTrue (?:on|in) the (?:head|driver|main)\b",
    re.IGNORECASE,
)
_USED = regex(
    r"\buse_gpu['\"]?\s?[=:]\s?True|\bnum_gpus['\"]?\s?[=:]\s?['\"]?[1-9.]", re.IGNORECASE
)
_ALL = regex(r"\bray\.init\([^\n]{0,300}")
_INSTEAD = regex(
    r"num_gpus\b[^\n]{0,24}\b(?:instead of|rather than)\W{0,3}num_cpus|num_cpus\b[^\n]{0,24}\b(?:not|without|but no) num_gpus",
    re.IGNORECASE,
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the scheduler and what was asked of it."""
    for needs in ("slurm", "sbatch", "srun", "salloc"):
        for _, line in paste.find(_SLURM, needs, 20):
            yield Claim("scheduler", "slurm", line, Seen.WORDS)
    for needs in ("ray.", "rayworker", "raytask", "ray ", " pid=", "ray_dist"):
        for _, line in paste.find(_RAY, needs, 20):
            yield Claim("scheduler", "ray", line, Seen.WORDS)
    yield from _job(paste)
    yield from _task(paste)
    yield from _worker(paste)


def _job(paste: Paste) -> Iterator[Claim]:
    """Yield what the options of a Slurm job ask for: one that names GPUs anywhere asks for them."""
    found = {
        index: match[1]
        for needs in ("#sbatch", "srun", "salloc", "sbatch")
        for index, text in paste.with_(needs, 60)
        if (match := _COMMAND.match(text)) and not (_WITHOUT.search(text) or _WITH_IT.search(text))
    }
    asking = [index for index, options in found.items() if _ASKS.search(f" {options}")]
    for index in asking or sorted(found)[:1]:
        line = paste.number(index)
        yield Claim("job_gpus_requested", bool(asking), line, Seen.COMMAND, implied=not asking)
    for needs in ("--gres", "--gpus"):
        for _, line in paste.find(_WITHOUT, needs, 5):
            yield Claim("job_gpus_requested", False, line, Seen.COMMAND)
        for _, line in () if asking else paste.find(_WITH_IT, needs, 5):
            yield Claim("job_gpus_requested", False, line, Seen.WORDS, implied=True)


def _task(paste: Paste) -> Iterator[Claim]:
    if not paste.has("ray.remote") or not paste.has("cuda"):
        return
    asked = [text for _, text in paste.with_("num_gpus", 20) if _GIVEN.search(_ALL.sub("", text))]
    if asked and not all(map(_INSTEAD.search, asked)):
        return
    for _, line in paste.find(_REMOTE, "ray.remote", 5):
        yield Claim("job_gpus_requested", False, line, Seen.COMMAND, implied=True)
    for index, text in paste.with_("ray.get", 5) if paste.has("is_available") else ():
        answer = _ANSWER.search(text)
        below = paste.lines[index + 1 : index + 2]
        if answer and (answer[1] or any(map(_FALSE.match, below))):
            yield Claim("cuda_available", False, paste.number(index), Seen.OBSERVED, implied=True)


def _worker(paste: Paste) -> Iterator[Claim]:
    """Yield that a worker was given no GPU by Ray, which hides them from those that ask for none."""
    workers = [line for _, line in paste.find(_WORKER, " pid=", 40)]
    asked = any(_USED.search(text) for _, text in paste.with_("gpu", 40))
    elsewhere = any(_HEAD.search(text) for _, text in paste.with_("gpu", 40))
    elsewhere = elsewhere or any(_HEAD.search(text) for _, text in paste.with_("cuda", 40))
    if workers and elsewhere and not asked:
        yield Claim("job_gpus_requested", False, workers[0], Seen.WORDS, implied=True)
