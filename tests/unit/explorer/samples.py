"""Random questions to the page, and what ``matrix query`` answers them."""

from __future__ import annotations

import random
from typing import Any

from torch_doctor.matrix.load import load_matrix
from torch_doctor.recommendation.question.asked import PLATFORMS, Asked, QuestionError
from torch_doctor.recommendation.would_run import would_run


def questions(doc: dict[str, Any], count: int, seed: int = 7) -> list[dict[str, str]]:
    """Return questions as the page takes them: any build, GPU, platform; often a driver and a Python."""
    draw = random.Random(seed)
    wheels = {one["name"]: one["wheels"] for one in doc["platforms"]}
    found = []
    while len(found) < count:
        gpu, platform = draw.choice(doc["gpus"]), draw.choice(PLATFORMS)
        stands = doc["standings"][gpu[5]][PLATFORMS.index(platform)]
        if stands not in wheels and draw.random() < 0.95:
            continue  # most names stand on no Jetson: a few of these are enough
        build = draw.choice(doc["builds"][wheels.get(stands, wheels[platform])])
        found.append(
            {
                "gpu": gpu[0],
                "capability": gpu[1] or "",
                "platform": platform,
                "driver": _driver(draw, doc),
                "python": draw.choice(["", *doc["pythons"]["tags"]]),
                "torch": build[0],
                "variant": build[1],
            }
        )
    return found


def queried(question: dict[str, str]) -> dict[str, Any]:
    """Return what ``matrix query`` says: runs, reasons, the oldest driver; or why nothing was asked."""
    asked = Asked(
        torch=f"{question['torch']}+{question['variant']}",
        gpu=(question["gpu"],),
        compute_capability=tuple(filter(None, (question["capability"],))),
        driver=question["driver"] or None,
        platform=question["platform"],
        python=question["python"] or None,
        with_=tuple(filter(None, (question.get("with", ""),))),
    )
    try:
        answer = would_run(asked, "linux-x86_64", load_matrix())
    except QuestionError as error:
        return {"why": str(error).removeprefix("--platform: ")}
    (build,) = answer.builds
    least = build.min_driver if build.runs == "yes" else None
    return {"runs": build.runs, "reasons": list(build.reasons), "least": least}


def _driver(draw: random.Random, doc: dict[str, Any]) -> str:
    branch = draw.choice(doc["drivers"])[0]
    floors = [pair[0] for one in doc["floors"] for pair in one[1]]
    near = f"{branch + draw.randrange(-3, 8)}.{draw.randrange(200):02}"
    return draw.choice(["", str(branch), near, f"{near}.{draw.randrange(20):02}", *floors])
