"""What to say where the open modules of a release are too early for a GPU."""

from __future__ import annotations

from torch_doctor.core.rule import Draft, finding
from torch_doctor.core.version import DriverRelease
from torch_doctor.fixes.cures import Cures
from torch_doctor.matrix.signatures import Errors


def of_another_release(cures: Cures, release: DriverRelease | None, errors: Errors) -> Draft:
    """Say that this release's open modules do not serve the GPU yet."""
    early = (
        "the open kernel modules of this release do not serve this GPU: it takes the other flavour"
    )
    cure, because = (
        cures.driver(str(release or cures.usual_release)),
        errors.receipts("open_modules_early"),
    )
    return finding("driver", early, because=because, fixes=[cure])
