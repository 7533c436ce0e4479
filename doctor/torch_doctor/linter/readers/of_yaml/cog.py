"""cog.yaml of Replicate: the Python, the CUDA and the packages of an image that cog builds."""

from __future__ import annotations

from torch_doctor.linter.readers.of_yaml.tree import parsed
from torch_doctor.linter.record import AnyStep, Environment, Include, InstallStep, Spot, Written
from torch_doctor.linter.requirement import requirement
from torch_doctor.linter.shell.steps import steps
from torch_doctor.linter.text import SourceText, fragment


def read(source: SourceText) -> Written:
    """Return the environment that is built."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    for document in found.documents:
        build = document.get("build")
        listed = build.get("python_packages")
        wanted = [requirement(one.text, one.spot) for one in listed.items()]
        named = build.get("python_requirements")
        includes = (Include("requirements", named.text, named.spot),) if named.text else ()
        first = Spot(source.path, 1)
        step = InstallStep(
            "pip", first, tuple(one for one in wanted if one is not None), includes=includes
        )
        made: list[AnyStep] = [step]
        for one in build.get("run").items():
            if one.kind == "scalar":
                row = (one.spot.line, one.spot.column, one.text.replace("\n", " "))
                made += steps(fragment(source.path, [row]), {}, {})
        return Written(
            (Environment("cog", first, python=build.get("python_version").text, steps=tuple(made)),)
        )
    return Written()
