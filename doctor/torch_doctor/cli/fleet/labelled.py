"""``fleet judge --from kubectl`` or ``sinfo``: which builds and images run on which nodes, from labels alone."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from torch_doctor.cli.input.assume import assuming, read_assumption
from torch_doctor.cli.input.errors import InputError
from torch_doctor.cli.input.given import Given
from torch_doctor.cli.input.json_file import Form, JsonFileError, read_json, wrong
from torch_doctor.cli.options import options_of, overlay_of
from torch_doctor.cli.output.streams import notice
from torch_doctor.core.about import About
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, one_line, plural
from torch_doctor.fleet.answer import FleetAnswer, Unreadable
from torch_doctor.fleet.answering import fleet_answer
from torch_doctor.fleet.census import Census
from torch_doctor.fleet.hostlist import folded
from torch_doctor.fleet.labels import LabelledNode, of_kubernetes, of_slurm
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.source.regular import regular

if TYPE_CHECKING:
    from torch_doctor.matrix.store import Matrix

SOURCES = ("kubectl", "sinfo")
_KUBECTL = "write it with kubectl get nodes -o json"
_SINFO = "write it with sinfo -h -N -o '%N|%T|%G|%E'"
_NODES = Form(
    "list of nodes",
    _KUBECTL,
    "name a file that kubectl get nodes -o json made",
    "- reads standard input",
)


def answers(arguments: argparse.Namespace, expected: list[str] | None) -> list[FleetAnswer]:
    """Return the answer for each build and image that was named: the nodes as they would be with it."""
    matrix = load_matrix(overlay_of(arguments.matrix))
    candidates = [(f"torch {build}", f"torch={build}") for build in arguments.build]
    candidates += [(f"image {name}", _of_image(name, matrix)) for name in arguments.image]
    if not candidates:
        message = "labels do not say which torch is meant to run"
        raise InputError(message, "name it: --build 2.9.1+cu128, or --image REFERENCE")
    faults: list[Unreadable] = []
    nodes = list(_nodes(arguments, faults))
    if not nodes and not faults:
        raise InputError(
            "there is no node in what was named", "see torch-doctor fleet judge --help", "input"
        )
    _remark(nodes, arguments)
    if expected is not None:  # what is not judged said something all the same
        bare = {one.node for one in nodes if one.facts is None}
        expected = [node for node in expected if node not in bare]
    made = []
    for name, assumed in candidates:
        census = Census(matrix, options_of(arguments), identify=arguments.identify)
        _count(census, nodes, assumed, arguments)
        made.append(fleet_answer(census, faults, None, expected)._replace(candidate=name))
    return made


def _count(
    census: Census, nodes: list[LabelledNode], assumed: str, arguments: argparse.Namespace
) -> None:
    """Count each node with the build laid over what is told of it; nodes of which the same is told once."""
    numbers: dict[object, int] = {}
    builds = read_assumption([assumed])
    driver = (
        read_assumption([assumed, f"driver={arguments.driver}"]) if arguments.driver else builds
    )
    for one in nodes:
        if one.facts is None:
            continue
        key = (one.uncounted, *one.facts.items())
        if key not in numbers:
            assumption = builds if "driver_release" in one.facts else driver
            given = assuming(assumption, Given(one.facts, About()), overlay_of(arguments.matrix))
            numbers[key] = census.number_of(given.facts, uncounted=one.uncounted)
        census.nodes[one.node] = numbers[key]


def _nodes(arguments: argparse.Namespace, faults: list[Unreadable]) -> Iterator[LabelledNode]:
    reader = _of_kubectl if arguments.engine == "kubectl" else _of_sinfo
    for name in arguments.sources:
        try:
            yield from reader(name, faults)
        except JsonFileError as fault:
            faults.append(Unreadable(fault.message, fault.cure))


def _of_kubectl(name: str, faults: list[Unreadable]) -> Iterator[LabelledNode]:
    file = read_json(name, _NODES)
    document = file.document
    items = document.get("items", [document]) if isinstance(document, dict) else document
    if not isinstance(items, list):
        raise wrong(file.shown, "holds no list of nodes", _KUBECTL)
    for number, item in enumerate(items, 1):
        try:
            if not isinstance(item, dict):
                msg = "it is no object"
                raise ValueError(msg)  # noqa: TRY004  one kind of fault
            yield of_kubernetes(item)
        except ValueError as error:
            faults.append(Unreadable(f"{file.shown}: node {number}: {error}", _KUBECTL))


def _of_sinfo(name: str, faults: list[Unreadable]) -> Iterator[LabelledNode]:
    shown = "standard input" if name == "-" else one_line(name, 300)
    try:
        if name == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(name, "rb", opener=regular) as file:
                data = file.read()
    except OSError as error:
        raise wrong(shown, f"cannot be read: {error.strerror or error}", _SINFO) from error
    seen = set()
    for number, row in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if not row.strip() or row in seen:
            continue  # a node has a line for each partition that it is in
        seen.add(row)
        try:
            yield of_slurm(row)
        except ValueError as error:
            faults.append(Unreadable(f"{shown}:{number}: {error}", _SINFO))


def _remark(nodes: list[LabelledNode], arguments: argparse.Namespace) -> None:
    """Say of which nodes nothing can be said, and which take no jobs."""
    if arguments.quiet:
        return
    bare = [one.node for one in nodes if one.facts is None]
    if bare:
        what = "labels of a GPU" if arguments.engine == "kubectl" else "GPU in Gres"
        notice(f"{plural(len(bare), 'node')} without {what}, not judged: {folded(bare)}")
    uncounted = [one.node for one in nodes if one.uncounted]
    if uncounted:
        what = f"{plural(len(uncounted), 'node')} whose labels do not count GPUs"
        notice(f"{what}, judged by the GPU that they name: {folded(uncounted)}")
    for words in sorted({one.aside for one in nodes if one.aside}):
        notice(f"{words}: {folded(one.node for one in nodes if one.aside == words)}")


def _of_image(name: str, matrix: Matrix) -> str:
    """Return what the torch of an image assumes; raise InputError on an image whose torch is not on record."""
    from torch_doctor.matrix.images.tags import image_named

    answer = image_named(matrix, name)
    row = answer.row
    if answer.exists == "no" or row is None or row.torch is None:
        near = [image.reference for image in answer.nearest if image.torch]
        cure = f"on record are {listing(near[:4])}" if near else "name its torch with --build"
        raise InputError(f"--image {name}: {answer.why or 'its torch is not on record'}", cure)
    tag = "cu" + row.cuda.replace(".", "") if row.cuda else "cpu"
    release = row.torch if "+" in row.torch else f"{row.torch}+{tag}"
    return f"torch={release}"


def document(made: list[FleetAnswer]) -> str:
    """Return the answers as one JSON document."""
    from torch_doctor.fleet.document import document as one
    from torch_doctor.render.laid_out import dump
    from torch_doctor.render.text.pages import tool_head

    documents = [{"candidate": answer.candidate, **one(answer)} for answer in made]
    return dump({**tool_head(), "candidates": documents, "exit_code": exit_code(made)})


def exit_code(made: list[FleetAnswer]) -> int:
    """1 before 2 before 0: does every candidate run on every node?"""
    codes = {answer.exit_code for answer in made}
    return 1 if 1 in codes else max(codes)
