"""pylock.toml: the wheels that a lock holds of torch and its family, by system."""

from __future__ import annotations

from torch_doctor.linter.readers.of_toml.lines import Lines, parsed, texts
from torch_doctor.linter.readers.of_toml.uv_lock import system_of
from torch_doctor.linter.record import Environment, RunStep, Written
from torch_doctor.linter.requirement import wheel_named
from torch_doctor.linter.text import SourceText, Spot

_FAMILY = frozenset({"torch", "torchvision", "torchaudio"})


def read(source: SourceText) -> Written:
    """Return the locked releases as steps ``locked NAME VERSION SYSTEM…``."""
    document, flaw = parsed(source)
    if flaw is not None:
        return Written(flaws=(flaw,))
    lines, made = Lines(source), list[RunStep]()
    packages = document.get("packages")
    for one in packages if isinstance(packages, list) else ():
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or name not in _FAMILY:
            continue
        wheels = one.get("wheels")
        files = (
            [str(w.get("name") or w.get("url") or "") for w in wheels if isinstance(w, dict)]
            if isinstance(wheels, list)
            else []
        )
        tags = [wheel.platform for file in files if (wheel := wheel_named(file)) is not None]
        systems = sorted({system_of(tag) for tag in tags})
        spot = lines.text(name, "packages")
        if texts(document.get("environments")):
            spot = lines.key("environments", "")
        made.append(RunStep(("locked", name, str(one.get("version", "")), *systems), spot))
    return (
        Written((Environment("pylock", Spot(source.path, 1), steps=tuple(made)),))
        if made
        else Written()
    )
