"""nvidia-smi -q, -q -x, -L and --query-gpu: the long forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.records import Gpu, MigDevice
from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import gpus as gpu_claims
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.claims.hints import GpuCapability
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.paste import Paste

_LIST = regex(r"\bGPU (\d{1,3}): (.{2,100}?) ?\(UUID: (GPU-[\w.…-]{0,60}|[^)]{0,40})\)")
_MIG = regex(r"\bMIG (\d\S{2,20})\s{1,10}Device\s{1,5}(\d{1,2}): ?\(UUID: (MIG-[\w/-]{8,90})\)")
_XML = regex(
    r"<(driver_version|cuda_version|product_name|uuid|attached_gpus|current_mig|gpu id=\"[^\"]{1,30}\")>([^<]{0,100})"
)
_CSV_GPU = regex(r"^\s{0,8}(?:(\d{1,3}), ?)?([A-Z][^,]{2,60}), ?(.{0,200})$")

_ASKED = regex(r"--query-gpu[= ]\W?(driver_version|compute_cap|name|gpu_name)\W?(?:\s|$)")
_SECTION = {"product name", "gpu uuid", "total", "current", "compute mode"}
_VERSIONS = {
    "cuda version",
    "cuda umd version",
    "driver version",
    "kmd version",
    "nvidia-smi version",
}
_COLUMNS = {"driver_version", "uuid", "memory.total", "index", "compute_cap", "pci.bus_id"}


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of all long forms."""
    yield from _listed(paste)
    yield from _queried(paste)
    yield from _versions(paste)
    yield from _xml(paste)
    yield from _csv(paste)
    yield from _asked(paste)


def _listed(paste: Paste) -> Iterator[Claim]:
    current: Gpu | None = None
    line = 0
    for index, text in paste.with_("uuid: ", 400):
        match = _LIST.search(text)
        mig = _MIG.search(text)
        if match:
            if current:
                yield Claim("gpus", current, line, Seen.TOOL)
            uuid = match[3] if match[3].startswith("GPU-") else None
            current, line = (
                gpu_claims.gpu(int(match[1]), match[2])._replace(uuid=uuid),
                paste.number(index),
            )
        elif mig and current:
            devices = (*(current.mig_devices or ()), MigDevice(mig[1], mig[3]))
            current = current._replace(mig_mode=True, mig_devices=devices)
    if current:
        yield Claim("gpus", current, line, Seen.TOOL)


def _queried(paste: Paste) -> Iterator[Claim]:
    """Read ``nvidia-smi -q``: sections that start with a bus address."""
    if not paste.has("product name"):
        return
    gpus: list[tuple[Gpu, int]] = []
    for key, value, index in paste.pairs.of(_SECTION):
        line = paste.number(index)
        if key == "product name" and paste.gpu_names.is_nvidia(value):
            gpus.append((gpu_claims.gpu(len(gpus), value), line))
        elif not gpus or not value:
            continue
        elif key == "gpu uuid" and gpus[-1][0].uuid is None:
            gpus[-1] = (gpus[-1][0]._replace(uuid=value.split()[0]), line)
        elif key == "total" and value.endswith("MiB") and gpus[-1][0].memory_mib is None:
            gpus[-1] = (gpus[-1][0]._replace(memory_mib=_int(value)), line)
        elif (
            key == "current"
            and gpus[-1][0].mig_mode is None
            and "mig mode" in paste.lines[max(0, index - 1)].lower()
        ):
            gpus[-1] = (gpus[-1][0]._replace(mig_mode=value == "Enabled"), line)
        elif key == "compute mode":
            gpus[-1] = (gpus[-1][0]._replace(compute_mode=values.compute_mode(value)), line)
    for gpu, line in gpus[:64]:
        yield Claim("gpus", gpu, line, Seen.TOOL)


def _versions(paste: Paste) -> Iterator[Claim]:
    """Read the version lines of ``-q`` and ``--version``; elsewhere a bare CUDA line could be anyone's."""
    if not paste.has("nvsmi log", "nvidia-smi version", "product name", "cuda umd version"):
        yield from _neighbours(paste)
        return
    for key, value, index in paste.pairs.of(_VERSIONS):
        line = paste.number(index)
        if key in ("cuda version", "cuda umd version") and values.cuda(value):
            yield Claim("driver_cuda", values.cuda(value), line, Seen.TOOL)
        elif key in ("driver version", "kmd version") and values.driver(value):
            yield Claim("driver_release", values.driver(value), line, Seen.TOOL)
        elif key == "nvidia-smi version" and values.driver(value):
            yield Claim("nvidia_smi_release", values.driver(value), line, Seen.TOOL)


def _neighbours(paste: Paste) -> Iterator[Claim]:
    """Read a CUDA line right beside a driver's: the banner of nvidia-smi, which somebody copied field by field."""
    drivers = {
        at
        for _, value, at in paste.pairs.of({"driver version", "driver_version"})
        if values.driver(value)
    }
    for _, value, at in paste.pairs.of({"cuda version", "cuda_version"}) if drivers else ():
        cuda = values.cuda(value[:12])
        if cuda and drivers & {at - 1, at, at + 1}:
            yield Claim("driver_cuda", cuda, paste.number(at), Seen.WORDS)


def _asked(paste: Paste) -> Iterator[Claim]:
    """Read the one column that was asked for, on the line below the command."""
    for match, line in paste.find(_ASKED, "--query-gpu", 10):
        answer = "".join(paste.lines[paste.index(line) + 1 : paste.index(line) + 2]).strip()
        if match[1] == "driver_version" and re.fullmatch(r"\d{3}(?:\.\d{1,4}){1,2}", answer):
            yield Claim("driver_release", values.driver(answer), line + 1, Seen.TOOL)
        elif match[1] == "compute_cap" and re.fullmatch(r"\d{1,2}\.\d", answer):
            found = GpuCapability(None, values.capability(answer))
            yield Claim("gpu_capability", found, line + 1, Seen.TOOL)
        elif "name" in match[1] and paste.gpu_names.is_nvidia(answer):
            yield Claim("gpus", gpu_claims.gpu(0, answer), line + 1, Seen.TOOL)


def _xml(paste: Paste) -> Iterator[Claim]:
    if not paste.has("<nvidia_smi_log", "<driver_version>"):
        return
    count = -1
    for match, line in paste.find(_XML, "<", 3000):
        tag, value = match[1], match[2].strip()
        if tag == "driver_version" and values.driver(value):
            yield Claim("driver_release", values.driver(value), line, Seen.TOOL)
        elif tag == "cuda_version" and values.cuda(value):
            yield Claim("driver_cuda", values.cuda(value), line, Seen.TOOL)
        elif tag == "product_name":
            count += 1
            yield Claim("gpus", gpu_claims.gpu(count, value), line, Seen.TOOL)


def _csv(paste: Paste) -> Iterator[Claim]:
    """Read ``name, driver_version, memory.total`` rows; the header says which column is which."""
    for at, header in paste.with_("name", 400):
        if ", " not in header or len(header) > 400:
            continue
        columns = [re.sub(r"\s*\[.*?\]", "", c).strip().lower() for c in header.split(",")]
        if not {"name", "gpu_name"} & set(columns) or not _COLUMNS & set(columns):
            continue
        for number, index in enumerate(range(at + 1, min(at + 65, len(paste.lines)))):
            cells = [cell.strip() for cell in paste.lines[index].split(",")]
            if len(cells) != len(columns):
                break
            yield from _csv_row(dict(zip(columns, cells, strict=True)), number, paste.number(index))
        return
    yield from _headless(paste)


def _csv_row(row: dict[str, str], number: int, line: int) -> Iterator[Claim]:
    index = (
        int(row["index"]) if row.get("index", "").isdigit() and len(row["index"]) < 4 else number
    )
    gpu = gpu_claims.gpu(index, row.get("name") or row.get("gpu_name") or "")
    cap = row.get("compute_cap", "")
    yield Claim(
        "gpus",
        gpu._replace(
            uuid=row.get("uuid") or row.get("gpu_uuid"),
            memory_mib=_int(row.get("memory.total", "")),
            compute_capability=values.capability(cap)
            if re.fullmatch(r"\d{1,2}\.\d", cap)
            else None,
        ),
        line,
        Seen.TOOL,
    )
    driver = values.driver(row.get("driver_version", ""))
    if driver:
        yield Claim("driver_release", driver, line, Seen.TOOL)


def _headless(paste: Paste) -> Iterator[Claim]:
    """Read rows of ``--format=csv,noheader``: a name, and in other cells a driver, a memory size or a capability."""
    count = 0
    for index, text in paste.with_(", ", 2000):
        match = _CSV_GPU.match(text)
        if not match or count > 64:
            continue
        cells = [cell.strip() for cell in match[3].split(",")]
        memory = next((c for c in cells if re.fullmatch(r"\d{3,7} MiB", c)), "")
        cap = next((c for c in cells if re.fullmatch(r"\d{1,2}\.\d", c)), "")
        driver = next((c for c in cells if re.fullmatch(r"\d{3}\.\d{2,4}(\.\d{1,3})?", c)), "")
        if not (memory or cap or driver) or not paste.gpu_names.is_nvidia(match[2]):
            continue
        gpu = gpu_claims.gpu(int(match[1]) if match[1] else count, match[2])
        capability = values.capability(cap) if cap else None
        yield Claim(
            "gpus",
            gpu._replace(memory_mib=_int(memory), compute_capability=capability),
            paste.number(index),
            Seen.TOOL,
        )
        if driver:
            yield Claim("driver_release", values.driver(driver), paste.number(index), Seen.TOOL)
        count += 1


def _int(text: str) -> int | None:
    match = re.match(r"\d{1,9}", text)
    return int(match[0]) if match else None
