"""torch-doctor recommend: which torch, image and driver for these GPUs, and why not the others."""

from __future__ import annotations

import argparse
import os

from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.parser import Parser, add_screen, count
from torch_doctor.cli.settings.taking import add_config, mirrors_in
from torch_doctor.core.startup import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.probes.host.port import Host
    from torch_doctor.recommendation.answer import Answer
    from torch_doctor.recommendation.question.asked import Asked
    from torch_doctor.recommendation.question.hosts import ServedHost

_EXAMPLES = """
torch-doctor recommend                                     for this host
torch-doctor recommend --gpu A100                          for a GPU that is not here
torch-doctor recommend --gpu V100 --driver 580             with the driver that is there
torch-doctor recommend --gpu V100 --gpu B200               one build for both
torch-doctor recommend --gpu "RTX 5090" --emit dockerfile  the best plan as a Dockerfile
torch-doctor recommend --gpu A100 --with vllm==0.30.0      the torch that a package asks for
torch-doctor recommend --host a.json --host b.json         one answer for two saved hosts
torch-doctor recommend --gpu A100 --lock torch.lock.json   the plan as a file, for check --against
"""
_EXIT_CODES = """exit codes:
  0  a plan exists
  1  no published build serves this; what would help is said
  2  the input is wrong, it depends on something that is not known, or torch-doctor failed"""
_TARGETS = (
    *("pip", "uv", "conda", "docker", "dockerfile"),
    *("compose", "kubernetes", "requirements", "pyproject", "poetry", "pixi", "all"),
)


_HOST = (
    ("--gpu", "NAME", "a GPU as people call it; repeat for a mixed host"),
    ("--compute-capability", "X.Y", "a GPU by its capability; beside --gpu: which of that name"),
    ("--driver", "R", "release or branch of the NVIDIA driver: 580.65.06, 535"),
    ("--platform", "NAME", "linux-x86_64, linux-aarch64, windows, wsl or jetson"),
    ("--python", "V", "Python version: 3.12"),
    ("--glibc", "V", "glibc version: 2.28"),
    ("--host", "FILE", "facts saved by torch-doctor collect; repeat for several hosts"),
)
_WISHES = (
    ("--torch", "SPEC", "torch: 2.8.0, 2.8.0+cu128 or '>=2.6,<2.9'"),
    ("--cuda", "SPEC", "CUDA that torch is built for: 12.6 or '>=12.8'"),
    ("--feature", "NAME", "what every GPU must be able to do: bf16, fp8, compile …"),
    ("--with", "PACKAGE", "a package that goes along: torchvision, vllm==0.30.0 …"),
    ("--purpose", "NAME", "prod for a runtime image (default), dev for a devel image"),
    ("--prefer", "NAME", "newest (default), stable or smallest-change"),
    ("--limit", "N", "how many plans to list (default 3)"),
)
_SPECIAL: dict[str, dict[str, Any]] = {
    "--with": {"dest": "with_"},
    "--purpose": {"default": "prod"},
    "--prefer": {"default": "newest"},
    "--limit": {"type": count, "default": 3},
}
_ALSO = {"--with": ("--want",)}
_ELSEWHERE = {
    **dict.fromkeys(("--os", "--system", "--machine"), "--platform"),
    **dict.fromkeys(("--sm", "--cc", "--arch"), "--compute-capability"),
    **dict.fromkeys(("--package", "--packages", "--companion"), "--with"),
    **dict.fromkeys(("--format", "--output", "--installer"), "--emit"),
}
_REPEATED = frozenset({"--gpu", "--compute-capability", "--host", "--feature", "--with"})


def parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    about = "Name the torch build, image and driver to install, and say why not the others."
    made = Parser(
        "recommend", about, _EXAMPLES, _EXIT_CODES, lambda option, _: _ELSEWHERE.get(option)
    )
    for title, options in (
        ("the host (what is not given is not limited)", _HOST),
        ("what is wanted", _WISHES),
    ):
        group = made.add_argument_group(title)
        for flag, metavar, words in options:
            more: dict[str, Any] = {"metavar": metavar, "help": words, **_SPECIAL.get(flag, {})}
            if flag in _REPEATED:
                more |= {"action": "append", "default": []}
            group.add_argument(flag, *_ALSO.get(flag, ()), **more)
    out = made.add_argument_group("output")
    targets = f"print the newest plan that can be had this way: {', '.join(_TARGETS)}"
    out.add_argument("--emit", choices=_TARGETS, metavar="TARGET", help=targets)
    locked = "write the plan with its rows into a file, for check --against; - is standard output"
    out.add_argument("--lock", metavar="FILE", help=locked)
    out.add_argument("--json", action="store_true", help="print the whole answer as JSON")
    out.add_argument("-v", "--verbose", action="store_true", help="show every reason")
    rows = "a folder of YAML whose rows are added, or replace those built in"
    out.add_argument("--matrix", metavar="DIR", help=rows)
    add_config(out)
    add_screen(made)
    return made


def run(options: argparse.Namespace, host: Host | None = None) -> int:
    """Answer, print, and return the exit code."""
    from torch_doctor.consult import consult
    from torch_doctor.recommendation.question.asked import QuestionError

    if options.json and options.emit:
        raise InputError(
            "--json and --emit: one form at a time", "the JSON has every command of each plan"
        )
    if options.lock == "-" and (options.json or options.emit):
        raise InputError("--lock - is the whole output", "name a file for the lock")
    served = [saved(path) for path in options.host]
    try:
        overlay = _overlay(options.matrix) if options.matrix else None
        answer = consult(
            _asked(options), served, overlay=overlay, machine=host, mirrors=mirrors_in(options)
        )
    except QuestionError as error:
        raise InputError(str(error)) from error
    if options.lock:
        _lock(answer, options.lock, overlay)
    if options.lock == "-":
        return answer.exit_code
    if options.json:
        _say_json(answer)
    elif options.emit:
        return _say_plan(answer, options.emit)
    else:
        _say(answer, verbose=options.verbose)
    return answer.exit_code


def _lock(answer: Answer, path: str, overlay: Path | None) -> None:
    """Write the plan into a file, where there is one."""
    from json import dumps
    from pathlib import Path

    from torch_doctor.api import lock
    from torch_doctor.cli.output.streams import emit, notice, write_file

    plan = answer.chosen
    if plan is None:
        notice("there is no plan, so no lock is written")
        return
    text = dumps(lock(answer, overlay=overlay), indent=2) + "\n"
    if path == "-":
        emit(text)
        return
    write_file(Path(path), text, "--lock")
    notice(
        f"{plan.label} is locked in {path}; torch-doctor check --against {path} says what drifts"
    )


def saved(path: str) -> ServedHost:
    """Return a host from a file of saved facts."""
    from torch_doctor.cli.input.facts_file import read_facts
    from torch_doctor.recommendation.question.hosts import ServedHost

    given = read_facts(path, "--host")
    return ServedHost(_name(path), given.facts, given.about)


def _name(path: str) -> str:
    """Return what the answer calls a host: its file without folders."""
    from torch_doctor.core.text import one_line

    return "standard input" if path == "-" else one_line(os.path.basename(path), 100)


def _overlay(folder: str) -> Path | None:
    from torch_doctor.cli.options import overlay_of

    return overlay_of(folder)


def _asked(options: argparse.Namespace) -> Asked:
    from torch_doctor.recommendation.question.asked import Asked

    values = [getattr(options, name) for name in Asked._fields]
    asked = Asked._make(tuple(value) if isinstance(value, list) else value for value in values)
    return asked._replace(emit=None) if asked.emit == "all" else asked


def _say_json(answer: Answer) -> None:
    from torch_doctor.cli.output.streams import emit
    from torch_doctor.recommendation.document import document

    emit(_laid_out(document(answer)))


def _laid_out(values: dict[str, Any]) -> str:
    """Return JSON with a line for each value and each item of a list: the encoder that indents is many times slower."""
    from json import dumps

    lines = []
    for name, value in values.items():
        if isinstance(value, list) and value:
            items = ",\n".join(f"    {dumps(item)}" for item in value)
            lines.append(f"  {dumps(name)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {dumps(name)}: {dumps(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _say_plan(answer: Answer, target: str) -> int:
    """Print the newest plan that *target* can express, and say on standard error where that is not the best one."""
    from torch_doctor.cli.output.streams import emit, notice
    from torch_doctor.core.text import listing

    best = answer.plans[0] if answer.plans else None
    if best is None:
        notice("no build serves this; without --emit the reasons are listed")
        return answer.exit_code
    if target == "all":
        emit("\n".join(f"# {name}\n{words.rstrip()}\n" for name, words in best.commands.items()))
        return answer.exit_code
    plan = answer.emitted
    if plan is None:
        beside = listing([package.name for package in best.companions])
        notice(
            f"{best.label} is not on record for {target}, nor is any other build that runs: "
            f"no such build, image or channel{f' with {beside}' if beside else ''}"
            f"{'; --emit pip has it' if 'pip' in best.commands else ''}"
        )
        return 1
    if plan.build != best.build:
        notice(
            f"{best.label} is not on record for {target}: the newest that is on record is {plan.label}"
        )
    emit(plan.commands[target].rstrip() + "\n")
    return answer.exit_code


def _say(answer: Answer, *, verbose: bool) -> None:
    import os

    from torch_doctor.answers import as_text
    from torch_doctor.cli.output.streams import emit, wants_colour, width

    columns, colour = width(os.environ), wants_colour(os.environ)
    emit(as_text(answer, width=columns, colour=colour, verbose=verbose))
