"""GitLab CI: jobs with their images and scripts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from torch_doctor.core.tuples import NamedTuple
from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed, script
from torch_doctor.linter.record import UNKNOWN, AnyStep, Environment, ImageUse, Written
from torch_doctor.linter.shell.expand import expand
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText

_NO_JOBS = frozenset(
    "image services stages types before_script after_script variables cache include default workflow pages".split()
)
_MOST_SETS = 24


def read(source: SourceText) -> Written:
    """Return the jobs of a pipeline, for each set of values of a matrix; what a job extends is not followed."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    environments = [
        _job(name, job, shared, values, source)
        for document in found.documents
        for shared in [_shared(document)]
        for name, job in document.pairs()
        if job.kind == "mapping" and name.text not in _NO_JOBS
        for values in islice(_sets(job), _MOST_SETS)
    ]
    images = tuple(dict.fromkeys(one.image for one in environments if one.image))
    return Written(tuple(environments), images=images)


class _Shared(NamedTuple):
    """What holds for every job that says nothing else."""

    variables: Tree
    before: Tree
    image: Tree


def _shared(document: Tree) -> _Shared:
    defaults = document.get("default")
    return _Shared(
        document.get("variables"),
        document.get("before_script") or defaults.get("before_script"),
        document.get("image") or defaults.get("image"),
    )


def _sets(job: Tree) -> Iterator[dict[str, str]]:
    """Yield the variables of each run of a job that runs once for each set of values of a matrix."""
    entries = [one for one in job.get("parallel", "matrix").items() if one.kind == "mapping"]
    for entry in entries:
        lists = [
            [(key.text, one.text or UNKNOWN) for one in value.items()]
            for key, value in entry.pairs()
        ]
        yield from (dict(chosen) for chosen in product(*lists))
    if not entries:
        yield {}


def _job(
    name: Tree, job: Tree, shared: _Shared, values: dict[str, str], source: SourceText
) -> Environment:
    variables: dict[str, str] = {}
    for tree in (shared.variables, job.get("variables")):
        for key, value in tree.pairs():
            variables[key.text] = expand(
                value.text or value.get("value").text or UNKNOWN, variables
            )
    variables.update(values)
    made: list[AnyStep] = []
    for listed in (job.get("before_script") or shared.before, job.get("script")):
        for line in listed.every():
            if line.kind == "scalar" and not line.holds_nothing:
                made += steps(script(line, source), variables, variables)
    written = job.get("image") or shared.image
    written = written if written.kind == "scalar" else written.get("name")
    image = None
    if written.text and not job.get("extends"):
        image = ImageUse(expand(written.text, variables), written.text, written.spot, "job")
    return Environment("gitlab", name.spot, image, steps=tuple(made), name=name.text)
