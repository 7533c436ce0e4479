"""README.md of a Space of Hugging Face: its header says which Python runs what requirements.txt asks for."""

from __future__ import annotations

import re

from torch_doctor.linter.readers.of_yaml.tree import parsed
from torch_doctor.linter.record import Environment, Include, InstallStep, Written
from torch_doctor.linter.text import SourceText, Spot, source


def read(readme: SourceText) -> Written:
    """Return the environment of a Space; nothing of a README without the header of one."""
    if readme.line(1).strip() != "---":
        return Written()
    end = next((n for n, line in enumerate(readme.lines[1:200], 2) if line.strip() == "---"), 0)
    header = source(readme.path, "\n".join(("", *readme.lines[1 : end - 1])))
    found = parsed(header) if end else None
    for document in found.documents if found is not None else ():
        if document.get("sdk").text not in ("gradio", "streamlit"):
            continue
        python = document.get("python_version")
        exact = python.text if re.fullmatch(r"3\.\d{1,2}(?:\.\d+)?", python.text) else ""
        first = Spot(readme.path, 1)
        step = InstallStep(
            "pip", first, includes=(Include("requirements", "requirements.txt", first),)
        )
        return Written(
            (
                Environment(
                    "space",
                    first,
                    python=exact,
                    python_spot=python.spot if exact else None,
                    steps=(step,),
                ),
            )
        )
    return Written()
