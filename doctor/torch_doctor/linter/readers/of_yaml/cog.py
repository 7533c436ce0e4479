"""cog.yaml of Replicate: the Python, the CUDA and the packages of an image that cog builds."""

from __future__ import annotations

from torch_doctor.linter.readers.of_yaml.tree import parsed
from torch_doctor.linter.readers.requirements import listed
from torch_doctor.linter.record import AnyStep, Environment, Include, Written
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, Spot, fragment


def read(source: SourceText) -> Written:
    """Return the environment that is built."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    for document in found.documents:
        build = document.get("build")
        first = Spot(source.path, 1)
        # cog writes them into a list for pip, line by line
        packages = build.get("python_packages").items()
        rows = ((one.spot, one.text.strip()) for one in packages if one.text.strip())
        step, flaws = listed(rows, first)
        named = build.get("python_requirements")
        includes = (Include("requirements", named.text, named.spot),) if named.text else ()
        on_gpus = ("on-gpus",) if build.get("gpu").text == "true" else ()
        made: list[AnyStep] = [
            step._replace(includes=(*step.includes, *includes), flags=step.flags.union(on_gpus))
        ]
        for one in build.get("run").items():
            if one.kind == "scalar":
                row = (one.spot.line, one.spot.column, one.text.replace("\n", " "))
                made += steps(fragment(source.path, [row]), {}, {})
        python = build.get("python_version").text
        return Written((Environment("cog", first, python=python, steps=tuple(made)),), flaws=flaws)
    return Written()
