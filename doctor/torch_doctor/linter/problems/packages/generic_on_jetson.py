"""torch for servers on a Jetson."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.finding import Severity
from torch_doctor.linter.project import LintProject
from torch_doctor.linter.record import Flaw
from torch_doctor.linter.requirement import serves_pypi, torch_index

PROBLEMS = {
    "jetson-generic-torch": "A build of torch for servers is installed on a Jetson, whose GPU it has no code for."
}
_IMAGES = r"nvcr\.io/nvidia/(?:l4t-|jetson)|dustynv/|.*-igpu$|nvcr\.io/nvidia/.*l4t"


def find(project: LintProject) -> Iterator[Flaw]:
    """Yield torch of the default index, or PyTorch's, in images for a Jetson before Thor."""
    for setup in project.setups:
        image = setup.environment.image
        if image is None or not re.match(_IMAGES, image.reference):
            continue
        for chosen in setup.chosen:
            place = chosen.place
            known = (place is None and serves_pypi(chosen.step.main_index)) or (
                place is not None and torch_index(place.url)
            )
            if chosen.requirement.url or not known or chosen.step.links:
                continue
            message = (
                "wheels of the index are for servers: on a Jetson they find no code for its GPU"
            )
            fix = "take the torch of NVIDIA's images, or its wheels for this JetPack"
            yield Flaw(
                "jetson-generic-torch", Severity.ERROR, chosen.requirement.spot, message, fix
            )
