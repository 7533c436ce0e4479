"""The answer about an image as plain values for JSON: the documented form that image.schema.json describes."""

from __future__ import annotations

from torch_doctor import __version__
from torch_doctor.core.about import SCHEMA_VERSION
from torch_doctor.core.finding import Receipt
from torch_doctor.core.startup import Any
from torch_doctor.matrix.images.config import ImageConfig, TorchLayers
from torch_doctor.recommendation.images.ask import ImageAnswered
from torch_doctor.recommendation.images.inside import Inside
from torch_doctor.recommendation.images.judged import ImageVerdict


def document(answered: ImageAnswered) -> dict[str, Any]:
    """Return *answered* as JSON values."""
    found = answered.verdict
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "torch-doctor", "version": __version__},
        "matrix": {"version": answered.matrix_version, "digest": answered.matrix_digest},
        "image": {
            "reference": found.answer.reference,
            "exists": found.answer.exists,
            "why": found.answer.why,
            **_inside(found.inside),
            "registry": _registry(found.config) if found.config else None,
        },
        "host": _host(answered),
        "starts": found.starts,
        "runs": found.runs,
        "min_driver": found.minimum,
        "reasons": list(found.reasons),
        "notes": [*answered.notes, *found.notes],
        "nearest": [_near(one) for one in found.nearest],
        "because": [_receipt(one) for one in found.because],
        "exit_code": found.exit_code,
    }


def _inside(inside: Inside) -> dict[str, Any]:
    asked = inside.requirements
    return {
        "torch": inside.torch,
        "cuda": inside.cuda,
        "cudnn": inside.cudnn,
        "python": inside.python,
        "system": inside.system,
        "kind": inside.kind,
        "arches": list(inside.arches),
        "targets": None if inside.targets is None else [str(one) for one in inside.targets],
        "requirements": None if asked is None else list(asked),
    }


def _registry(config: ImageConfig) -> dict[str, Any]:
    return {
        "digest": config.digest,
        "arch": config.arch,
        "platforms": list(config.platforms),
        "created": config.created,
        "layers": config.layers,
        "size": config.size,
        "labels": dict(config.labels),
        "torch_in_layers": _layers(config.inside),
    }


def _layers(inside: TorchLayers | None) -> dict[str, Any] | None:
    if inside is None:
        return None
    return {
        "version": inside.version,
        "cuda": inside.cuda,
        "path": inside.path or None,
        "none": inside.none,
        "bytes_read": inside.read,
        "not_read": inside.why or None,
    }


def _host(answered: ImageAnswered) -> dict[str, Any]:
    host, machine = answered.host, answered.verdict.machine
    return {
        "name": host.name,
        "about": host.about.as_values(),
        "platform": machine.platform,
        "arch": machine.arch,
        "driver": str(machine.driver) if machine.driver else None,
        "gpus": None
        if machine.gpus is None
        else [
            {
                "name": gpu.name,
                "compute_capability": str(gpu.capability) if gpu.capability else None,
            }
            for gpu in machine.gpus
        ],
    }


def _near(one: ImageVerdict) -> dict[str, Any]:
    return {
        "reference": one.answer.reference,
        "torch": one.inside.torch,
        "cuda": one.inside.cuda,
        "runs": one.runs,
        "min_driver": one.minimum,
    }


def _receipt(one: Receipt) -> dict[str, str]:
    names = ("row", "source", "checked", "how", "confidence")
    return {name: getattr(one, name) for name in names}
