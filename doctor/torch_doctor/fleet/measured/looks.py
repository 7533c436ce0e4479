"""What of one node's report is kept to be laid beside that of others."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.fact import Known
from torch_doctor.core.records import Gpu
from torch_doctor.core.report import Report
from torch_doctor.fleet.measured.answer import DeepLook
from torch_doctor.rules.deep._reading import names_of


def look_of(report: Report) -> DeepLook:
    """Return what the deep check found on a host, or why it found nothing."""
    results = report.facts["deep_results"]
    if not isinstance(results, Known):
        return DeepLook(why=str(results))
    names = names_of(report.facts.value("kernel_results", ()))
    version = report.facts.value("torch_version")
    return DeepLook(
        tuple(one for one in report.measured if one.value is not None or one.verdict != "ok"),
        tuple(sorted(names.items())),
        None if version is None else str(version),
        tuple(_ecc(report.facts.value("gpus", ()))),
    )


def _ecc(gpus: tuple[Gpu, ...]) -> Iterator[tuple[str, bool]]:
    """Yield the ECC mode of each name, where it is known of all GPUs of that name and the same: numbers may differ."""
    for name in dict.fromkeys(gpu.name for gpu in gpus if gpu.name):
        modes = {gpu.ecc_mode for gpu in gpus if gpu.name == name}
        mode = modes.pop()
        if mode is not None and not modes:
            yield name, mode
