"""The answer about an image as lines: whether it exists, what is inside, whether it runs, and what else would."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.text import listing, one_line
from torch_doctor.render.text.line import Line, Segment, labelled, text

if TYPE_CHECKING:
    from torch_doctor.recommendation.images.ask import ImageAnswered
    from torch_doctor.recommendation.images.inside import Inside
    from torch_doctor.recommendation.images.judged import ImageVerdict

_HANG = 11
_STYLES = {"yes": "ok", "no": "error", "unknown": "unknown"}
_RUNS = {"yes": "it runs", "no": "it does not run", "unknown": "whether it runs is not known"}


def lines(answered: ImageAnswered, *, verbose: bool = False) -> Iterator[Line]:
    """Return the answer as lines."""
    found = answered.verdict
    exists = found.answer.exists
    yield text(Segment(one_line(found.answer.reference), "bold"))
    yield _field("exists", Segment(exists, _STYLES[exists]), f": {found.answer.why}")
    if exists != "no":
        yield from _inside(found)
    yield from _registry(found, verbose=verbose)
    yield Line()
    yield from _verdict(answered)
    yield from _nearest(found)
    if verbose:
        yield from _rows(found)


def _field(name: str, *parts: str | Segment) -> Line:
    return labelled((Segment(name, "dim"),), *parts, indent=2, hang=_HANG)


def _inside(found: ImageVerdict) -> Iterator[Line]:
    inside = found.inside
    held = _held(inside)
    if held:
        yield _field("inside", ", ".join(held))
    if inside.targets:
        yield _field("code", f"for {' '.join(str(one) for one in inside.targets)}")
    asked = inside.requirements
    if asked:
        more = " …" if inside.partial or any(" " in one.strip() for one in asked) else ""
        yield _field(
            "asks", f"{' and '.join(one.split()[0] for one in asked)}{more} (NVIDIA_REQUIRE_CUDA)"
        )
    elif asked is not None:
        yield _field("asks", "nothing of the driver before it starts")


def _held(inside: Inside) -> list[str]:
    named = (
        ("torch", inside.torch),
        ("CUDA", inside.cuda),
        ("cuDNN", inside.cudnn),
        ("Python", inside.python),
    )
    held = [f"{name} {one_line(value, 60)}" for name, value in named if value]
    held += [one_line(inside.system, 60)] if inside.system else []
    return [*held, f"for {listing(list(inside.arches))}"] if inside.arches else held


def _registry(found: ImageVerdict, *, verbose: bool) -> Iterator[Line]:
    config = found.config
    if config is None:
        return
    size = f", {config.size / (1 << 30):.1f} GiB in {config.layers} layers" if config.size else ""
    built = f", built {one_line(config.created[:10], 20)}" if config.created else ""
    yield _field("registry", f"for {one_line(config.arch, 40)}{built}{size}")
    if config.inside is not None:
        yield _field("layers", _layers(found))
    for name, value in sorted(config.labels.items()) if verbose else ():
        yield text(f"{one_line(name, 100)}: {one_line(value, 200)}", indent=_HANG, hang=_HANG + 2)


def _layers(found: ImageVerdict) -> str:
    assert found.config is not None
    inside = found.config.inside
    assert inside is not None
    read = f"{inside.read / (1 << 20):.1f} MiB read"
    if inside.version:
        cuda = f" for CUDA {one_line(inside.cuda, 20)}" if inside.cuda else ""
        torch = f"torch {one_line(inside.version, 60)}{cuda}, by {one_line(inside.path, 200)}"
    else:
        torch = "no torch is in them" if inside.none else "whether torch is in them is not known"
    more = f"; {one_line(inside.why, 200)}" if inside.why else ""
    return f"{torch} ({read}{more})"


def _verdict(answered: ImageAnswered) -> Iterator[Line]:
    found = answered.verdict
    machine = found.machine
    gpus = listing([gpu.name.removeprefix("NVIDIA ") for gpu in machine.gpus or ()])
    driver = f"driver {machine.driver}" if machine.driver else "any driver"
    where = ", ".join(filter(None, (gpus, driver, f"{machine.platform} {machine.arch}")))
    own = "" if answered.host.described else f"{answered.host.name}: "
    yield text(one_line(f"{own}{where}", 2000))
    yield text(Segment(_RUNS[found.runs], _STYLES[found.runs]), indent=2)
    for words in found.reasons:
        yield labelled((Segment("-"),), one_line(words, 1000), indent=4, hang=6)
    if found.minimum and found.runs != "no":
        yield text(f"the oldest driver that serves it there is {found.minimum}", indent=2)
    for words in (*answered.notes, *found.notes):
        yield labelled((Segment("note", "note"),), one_line(words, 1000), indent=2, hang=7)


def _nearest(found: ImageVerdict) -> Iterator[Line]:
    if not found.nearest:
        return
    known = found.machine.gpus and found.nearest[0].runs == "yes"
    yield text("The nearest that exist and run there" if known else "The nearest that exist")
    for one in found.nearest:
        held = ", ".join(_held(one.inside)[:2])
        yield text(one.answer.reference, f" ({held})" if held else "", indent=2, hang=4)


def _rows(found: ImageVerdict) -> Iterator[Line]:
    if found.because:
        yield text(Segment("rows", "dim"))
    for one in found.because:
        yield text(
            one_line(f"{one.row}: {one.source}, {one.checked}, {one.how}", 1000), indent=2, hang=4
        )
