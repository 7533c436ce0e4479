"""torch-doctor recommend: which torch, image and driver for these GPUs, and why not the others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from doctor.cli.errors import InputError
from doctor.cli.parser import Parser, count

if TYPE_CHECKING:
    from doctor.probes.host import Host
    from doctor.recommend.answer import Answer
    from doctor.recommend.question import Asked

_EXAMPLES = """
torch-doctor recommend                                     for this host
torch-doctor recommend --gpu A100                          for a GPU that is not here
torch-doctor recommend --gpu V100 --driver 580             with the driver that is there
torch-doctor recommend --gpu V100 --gpu B200               one build for both
torch-doctor recommend --gpu "RTX 5090" --emit dockerfile  the best plan as a Dockerfile
torch-doctor recommend --gpu A100 --with vllm==0.30.0      the torch that a package asks for
torch-doctor recommend --host a.json --host b.json         one answer for two saved hosts
"""
_EXIT_CODES = """exit codes:
  0  a plan exists
  1  no published build serves this; what would help is said
  2  the input is wrong, it depends on something that is not known, or torch-doctor failed"""
_TARGETS = (
    *("pip", "uv", "conda", "docker", "dockerfile"),
    *("compose", "kubernetes", "requirements", "pyproject", "all"),
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Name the torch build, image and driver to install, and say why not the others."
    made = Parser("recommend", about, _EXAMPLES, _EXIT_CODES)
    _add_host(made.add_argument_group("the host (what is not given is not limited)"))
    _add_wishes(made.add_argument_group("what is wanted"))
    out = made.add_argument_group("output")
    out.add_argument("--emit", choices=_TARGETS, metavar="TARGET", help=f"print the best plan alone: {', '.join(_TARGETS)}")
    out.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    out.add_argument("-v", "--verbose", action="store_true", help="show every reason, those against older builds too")
    out.add_argument("--matrix", metavar="DIR", type=Path, help="a folder of YAML whose rows are added, or replace those built in")
    return made


def _add_host(group: Any) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument("--gpu", metavar="NAME", **many, help="a GPU as people call it; repeat for a mixed host")
    group.add_argument("--compute-capability", metavar="X.Y", **many, help="a GPU by its capability, or beside --gpu which one of that name")
    group.add_argument("--driver", metavar="R", help="release or branch of the NVIDIA driver: 580.65.06, 535")
    group.add_argument("--platform", metavar="NAME", help="linux-x86_64, linux-aarch64, windows, wsl or jetson")
    group.add_argument("--python", metavar="V", help="Python version: 3.12")
    group.add_argument("--glibc", metavar="V", help="glibc version: 2.28")
    group.add_argument("--host", metavar="FILE", type=Path, **many, help="facts saved by torch-doctor collect; repeat for one answer that serves all")


def _add_wishes(group: Any) -> None:
    many: dict[str, Any] = {"action": "append", "default": []}
    group.add_argument("--torch", metavar="SPEC", help="torch: 2.8.0, 2.8.0+cu128 or '>=2.6,<2.9'")
    group.add_argument("--cuda", metavar="SPEC", help="CUDA that torch is built for: 12.6 or '>=12.8'")
    group.add_argument("--feature", metavar="NAME", **many, help="what every GPU must be able to do: bf16, fp8, compile, flash-attn-2 …")
    group.add_argument("--with", metavar="PACKAGE", dest="with_", **many, help="a package that goes along: torchvision, vllm==0.30.0 …")
    group.add_argument("--purpose", metavar="NAME", default="prod", help="prod for a runtime image (default), dev for a devel image")
    group.add_argument("--prefer", metavar="NAME", default="newest", help="newest (default), stable or smallest-change")
    group.add_argument("--limit", metavar="N", type=count, default=3, help="how many plans to list (default 3)")


def run(options: argparse.Namespace, host: Host | None = None) -> int:
    """Answer, print, and return the exit code."""
    from doctor.consult import consult
    from doctor.recommend.hosts import Host as Served
    from doctor.recommend.question import QuestionError

    served = [Served(path.name, _facts(path)) for path in options.host]
    try:
        answer = consult(_asked(options), served, overlay=options.matrix, machine=host)
    except QuestionError as error:
        raise InputError(str(error)) from error
    if options.json:
        _say_json(answer)
    elif options.emit:
        return _say_plan(answer, options.emit)
    else:
        _say(answer, verbose=options.verbose)
    return answer.exit_code


def _asked(options: argparse.Namespace) -> Asked:
    from doctor.recommend.question import Asked

    values = {name: getattr(options, name) for name in Asked._fields}
    return Asked(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _facts(path: Path) -> Any:
    """Return the facts that collect saved, or a bare object of facts."""
    import json

    from doctor.core.codec import facts_from_json

    try:
        raw = json.loads(path.read_bytes())
        inner = raw.get("facts", raw) if isinstance(raw, dict) else None
        if isinstance(inner, dict):
            return facts_from_json(inner)
        why = "it holds no JSON object"
    except OSError as error:
        why = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        why = str(error)
    raise InputError(f"--host {path}: {why}", "give a file that torch-doctor collect wrote", "input")


def _say_json(answer: Answer) -> None:
    import json

    from doctor.cli.output import emit
    from doctor.recommend.document import document

    emit(json.dumps(document(answer), indent=2) + "\n")


def _say_plan(answer: Answer, target: str) -> int:
    from doctor.cli.output import emit, notice

    plan = answer.plans[0] if answer.plans else None
    if plan is None:
        notice("no build serves this; without --emit the reasons are listed")
        return answer.exit_code
    if target == "all":
        emit("\n".join(f"# {name}\n{words.rstrip()}\n" for name, words in plan.commands.items()))
    elif target in plan.commands:
        emit(plan.commands[target].rstrip() + "\n")
    else:
        notice(f"{plan.label} cannot be had by {target}: no such build, image or channel is on record")
        return 1
    return answer.exit_code


def _say(answer: Answer, *, verbose: bool) -> None:
    import os

    from doctor.cli.output import emit, wants_colour, width
    from doctor.recommend.grouping import groups
    from doctor.render.plans import lines
    from doctor.render.terminal import to_text

    older = verbose or not answer.plans
    rejected = groups(answer, answer.rejected, older=older)
    undecided = groups(answer, answer.undecided, older=older)
    laid_out = lines(answer, rejected, undecided, verbose=verbose)
    emit(to_text(laid_out, width=width(os.environ), colour=wants_colour(os.environ)))
