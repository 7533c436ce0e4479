"""One page for each GPU: what it is, which drivers know it, and the newest torch under each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch_doctor.core.version import ComputeCapability
from torch_doctor.matrix.gpus.words import short_name
from torch_doctor.matrix.query import release_key
from torch_doctor.matrix.topics import chips

from docs.pages.lookup.layout import asked, code, escaped, lines_of, slug, sources, table
from docs.pages.lookup.newest import newest, platform_of

if TYPE_CHECKING:
    from torch_doctor.core.finding import Topic
    from torch_doctor.matrix.gpus.rows import GpuProduct
    from torch_doctor.matrix.store import Matrix

SHOWN = (470, 525, 535, 550, 570, 580)  # branches that people run; the newest goes with them


def path_of(gpu: GpuProduct) -> str:
    """Return the path of a GPU's page under docs/."""
    return f"gpus/{slug(gpu.name.removeprefix('NVIDIA '))}.md"


def pages(matrix: Matrix) -> Iterator[tuple[str, str]]:
    """Yield the list of GPUs, a page for each, and one for each compute capability."""
    found = {path_of(gpu): gpu for gpu in matrix.gpus}
    yield "gpus/index.md", "\n".join(_index(found, matrix))
    for path, gpu in found.items():
        yield path, "\n".join(_page(gpu, matrix))
    for row in matrix.architectures:
        wanted = ComputeCapability.parse(row.capability)
        for topic in chips.target(wanted.sm, matrix):
            yield f"gpus/{slug(wanted.sm)}.md", "\n".join(_capability(topic, row.capability, found))


def _index(found: dict[str, GpuProduct], matrix: Matrix) -> Iterator[str]:
    yield "# GPUs"
    yield ""
    yield f"{len(found)} GPUs by compute capability: which drivers know each, and the newest torch that runs on it."
    sms = [ComputeCapability.parse(row.capability).sm for row in matrix.architectures]
    yield f"By code: {', '.join(f'[{escaped(sm)}]({slug(sm)}.md)' for sm in sms)}."
    names = {row.capability: row.name for row in matrix.architectures}
    groups: dict[tuple[str, ...], list[tuple[str, GpuProduct]]] = {}
    for path, gpu in found.items():
        groups.setdefault(gpu.capabilities, []).append((path, gpu))
    for key in sorted(groups, key=lambda one: [release_key(each) for each in one], reverse=True):
        label = f"{' or '.join(key)}, {names.get(key[0], groups[key][0][1].architecture)}"
        links = [
            f"[{escaped(short_name(gpu))}]({path.partition('/')[2]})" for path, gpu in groups[key]
        ]
        yield from ("", f"## Compute capability {label}", "", ", ".join(links))


def _page(gpu: GpuProduct, matrix: Matrix) -> Iterator[str]:
    topic = next(chips.gpu(gpu.name, matrix))
    yield from (f"# {escaped(topic.title)}", "")
    yield asked(short_name(gpu), "GPUs")
    yield from lines_of(topic)
    aliases = [row.alias for row in matrix.gpu_aliases if gpu.name in row.names]
    if aliases:
        yield f"Also called {', '.join(escaped(one) for one in aliases)}."
    if gpu.pci_ids:
        yield f"PCI: {', '.join(code(f'10de:{one.casefold()}') for one in gpu.pci_ids)}."
    because = list(topic.because)
    platform = platform_of(gpu)
    if platform:
        yield from ("", f"## The newest torch ({escaped(platform)})", "")
        rows = []
        for branch in (None, *_branches(matrix)):
            one = newest(gpu, branch)
            driver = f"R{branch}" if branch else f"from {one.least} on" if one.least else "any"
            cells = (code(one.build), code(one.command) if one.command else "")
            rows.append((driver, *(cells if one.build else ("none", escaped(one.why)))))
            because += one.because
        yield from table(("driver", "torch", "how, or why not"), rows)
        yield "The newest of each branch is meant; `torch-doctor recommend` takes your driver, Python and packages."
    yield from sources(because)


def _capability(topic: Topic, capability: str, found: dict[str, GpuProduct]) -> Iterator[str]:
    yield from (f"# {escaped(topic.title)}", "")
    wanted = ComputeCapability.parse(capability)
    yield f"{asked(wanted.sm, 'GPUs')}. As PTX it is {code(f'compute_{wanted.sm[3:]}')}."
    yield from lines_of(topic, ("GPUs",))
    links = [
        f"[{escaped(short_name(gpu))}]({path.partition('/')[2]})"
        for path, gpu in found.items()
        if capability in gpu.capabilities
    ]
    if links:
        yield from ("", "## GPUs", "", ", ".join(links))
    yield from sources(topic.because)


def _branches(matrix: Matrix) -> tuple[int, ...]:
    return (*SHOWN, max(row.branch for row in matrix.drivers))
