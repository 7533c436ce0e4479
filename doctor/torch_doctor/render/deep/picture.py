"""How the GPUs of a host are joined, as a picture: SVG without any other file, readable in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from torch_doctor.core.records import GpuLink
from torch_doctor.render.deep.words import by_nvlink, rate, way

_SIZE, _RADIUS, _NODE = 360, 128, 24


def picture(links: Sequence[GpuLink]) -> str:
    """Return an SVG of GPUs on a circle: NVLink is a full line, the thicker the more links, PCIe a dashed one."""
    gpus = sorted({gpu for link in links for gpu in (link.a, link.b)})
    places = {gpu: _place(position, len(gpus)) for position, gpu in enumerate(gpus)}
    title = "; ".join(f"GPU {one.a} and {one.b}: {way(one)}" for one in links)
    head = f'<svg class="joined" viewBox="0 0 {_SIZE} {_SIZE}" role="img" aria-label="{escape(title)}">'
    drawn = [*_lines(links, places), *_rates(links, places), *_nodes(places)]
    return "\n".join([head, *drawn, "</svg>"])


def legend(links: Sequence[GpuLink]) -> str:
    """Return the ways that were drawn, each once, as one sentence."""
    full = list(dict.fromkeys(way(one) for one in links if by_nvlink(one)))
    dashed = list(dict.fromkeys(way(one) for one in links if not by_nvlink(one)))
    words = [f"Full lines: {', '.join(full)}."] if full else []
    words += [f"Dashed lines: {', '.join(dashed)}."] if dashed else []
    return " ".join(words)


_Places = dict[int, "tuple[float, float]"]


def _place(position: int, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * position / count - math.pi / 2
    middle = _SIZE / 2
    return middle + _RADIUS * math.cos(angle), middle + _RADIUS * math.sin(angle)


def _lines(links: Sequence[GpuLink], places: _Places) -> Iterator[str]:
    for link in links:
        (x1, y1), (x2, y2) = places[link.a], places[link.b]
        count = int("".join(c for c in link.way if c.isdigit()) or 0) if by_nvlink(link) else 0
        width = 1.5 + min(count, 18) / 4
        kind = "nvlink" if by_nvlink(link) else "pcie"
        yield (
            f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke-width="{width:.1f}"><title>{escape(_in_words(link))}</title></line>'
        )


def _in_words(link: GpuLink) -> str:
    measured = f", {rate(link.rate, 'GB/s')}" if link.rate else ""
    return f"GPU {link.a} and {link.b}: {way(link)}{measured}"


def _rates(links: Sequence[GpuLink], places: _Places) -> Iterator[str]:
    for link in links:
        if link.rate:
            (x1, y1), (x2, y2) = places[link.a], places[link.b]
            # a third of the way, so that lines that cross in the middle keep their figures apart
            x, y = x1 + (x2 - x1) * 0.36, y1 + (y2 - y1) * 0.36
            yield f'<text class="rate" x="{x:.1f}" y="{y:.1f}">{rate(link.rate, None)}</text>'


def _nodes(places: _Places) -> Iterator[str]:
    for gpu, (x, y) in places.items():
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_NODE}"/>'
        yield f'<text x="{x:.1f}" y="{y:.1f}">{gpu}</text>'
