"""Docker Compose: a service with every GPU of the host."""

from __future__ import annotations

from torch_doctor.recommendation.emit.docker import lacking
from torch_doctor.recommendation.plans.plan import Plan

_SERVICE = """\
services:
  torch:
    image: {image}
    ipc: host
    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: all
              capabilities: [gpu]
"""
_JETSON = """\
services:
  torch:
    image: {image}
    ipc: host
    runtime: nvidia
"""


def emit(plan: Plan) -> str | None:
    """Return the compose file, or None where no image of this build is on record."""
    if plan.image is None:
        return None
    form = _JETSON if plan.platform == "jetson" else _SERVICE
    return lacking(plan) + form.format(image=plan.image)
