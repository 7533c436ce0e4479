"""What an engine already says of its nodes: GPU feature discovery's labels in Kubernetes, and sinfo of Slurm.

What they do not say stays unknown. Neither tells what is installed on a node.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.records import ApiStatus, Gpu, LibraryFile
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.core.version import ComputeCapability, CudaVersion, DriverRelease

_LABELS = Source("report", "labels of the node")
_SINFO = Source("report", "sinfo")
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
_IN_SERVICE = ("idle", "mixed", "allocated", "completing", "planned", "reserved")
_MOST_GPUS = 64


class LabelledNode(NamedTuple):
    """What an engine tells of one node. *facts* are None where it tells of no GPU; *aside* is why it takes no jobs.

    *uncounted*: it has at least the GPU that the facts hold, and how many are not told.
    """

    node: str
    facts: Facts | None
    aside: str = ""
    uncounted: bool = False


def of_kubernetes(node: Mapping[str, Any]) -> LabelledNode:
    """Read one node of ``kubectl get nodes -o json``; raise ValueError where it is none or a label is no number."""
    metadata, status = _mapping(node, "metadata"), _mapping(node, "status")
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        msg = "a node has no metadata.name"
        raise ValueError(msg)
    labels = {key: str(value) for key, value in _mapping(metadata, "labels").items()}
    own = {
        key.partition("/")[2]: value
        for key, value in labels.items()
        if key.startswith("nvidia.com/")
    }
    spec = _mapping(node, "spec")
    aside = "cordoned" if spec.get("unschedulable") is True else ""
    if "gpu.product" not in own and "gpu.compute.major" not in own:
        return LabelledNode(one_line(name, 200), None, aside)
    found: dict[str, Any] = {"gpus": tuple(_gpus(own)), **_driver(own)}
    info = _mapping(status, "nodeInfo")
    found["host_arch"] = _ARCHITECTURES.get(str(info.get("architecture")))
    for fact, key in (("os_family", "operatingSystem"), ("kernel_release", "kernelVersion")):
        value = info.get(key)
        found[fact] = one_line(value, 200) if isinstance(value, str) else None
    uncounted = "gpu.count" not in own or "-MIG-" in own.get("gpu.product", "")
    return LabelledNode(one_line(name, 200), _known(found, _LABELS), aside, uncounted)


def of_slurm(line: str) -> LabelledNode:
    """Read one line of ``sinfo -h -N -o '%N|%T|%G|%E'``; raise ValueError where it is none."""
    parts = line.rstrip("\n").split("|", 3)
    if len(parts) != 4 or not parts[0].strip():
        msg = "it is no line of sinfo -h -N -o '%N|%T|%G|%E'"
        raise ValueError(msg)
    name, state, gres, reason = (part.strip() for part in parts)
    # A star is Slurm's sign for a node that does not respond at present, whatever it did before.
    serving = state.lower().rstrip("*~#!%$@^-+") in _IN_SERVICE and not state.endswith("*")
    aside = (
        ""
        if serving
        else one_line(f"{state}: {reason}" if reason not in ("", "none") else state, 200)
    )
    gpus = tuple(_of_gres(gres))
    facts = _known({"gpus": gpus, "os_family": "linux"}, _SINFO) if gpus else None
    uncounted = any(gpu.mig_mode for gpu in gpus)
    return LabelledNode(one_line(name, 200), facts, aside, uncounted)


def _gpus(labels: Mapping[str, str]) -> Iterator[Gpu]:
    """Yield the GPUs. Under the strategy single the labels count MIG devices: that there is one GPU is all they say.

    Under mixed they count GPUs, and instances of each profile beside them: which GPU of several has them is not told.
    """
    product = labels.get("gpu.product", "").removesuffix("-SHARED")
    name, mig, _ = product.partition("-MIG-")
    number = None if "gpu.count" not in labels else _number(labels["gpu.count"], "gpu.count")
    count = 1 if mig or number is None else number
    capability = None
    if "gpu.compute.major" in labels:
        major, minor = labels["gpu.compute.major"], labels.get("gpu.compute.minor", "0")
        capability = ComputeCapability.parse(f"{major}.{minor}")
    parted = number == 1 and any(re.fullmatch(r"mig-.+\.count", key) for key in labels)
    memory = (
        None if mig or "gpu.memory" not in labels else _number(labels["gpu.memory"], "gpu.memory")
    )
    for index in range(min(count, _MOST_GPUS)):
        yield Gpu(
            index=index,
            name=one_line(name.replace("-", " "), 100) or None,
            compute_capability=capability,
            memory_mib=memory,
            mig_mode=True if mig or parted else None,
        )


def _driver(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return the driver: what wrote the labels asked it. Containers get its own libcuda from the host."""
    parts = [labels.get(f"cuda.driver.{part}", "") for part in ("major", "minor", "rev")]
    text = labels.get("cuda.driver-version.full") or ".".join(filter(None, parts))
    found: dict[str, Any] = {}
    if re.match(r"\d+\.\d", text):
        found["driver_release"] = DriverRelease.parse(text)
        found["libcuda"] = LibraryFile("libcuda.so.1", "driver", text)
        found["nvml_status"] = ApiStatus(0, "NVML_SUCCESS")
    cuda = [labels.get(f"cuda.runtime.{part}", "") for part in ("major", "minor")]
    served = labels.get("cuda.runtime-version.full") or ".".join(filter(None, cuda))
    if re.fullmatch(r"\d+\.\d+(?:\.\d+)?", served):
        found["driver_cuda"] = CudaVersion.parse(".".join(served.split(".")[:2]))
    return found


def _of_gres(text: str) -> Iterator[Gpu]:
    """Yield the GPUs of ``gpu:a100:4(S:0-1),gpu:1g.5gb:7``; a type that is a MIG profile names no model."""
    index = 0
    for part in re.findall(r"(?:^|,)gpu(?::([^:,(]+))?:(\d+)(?![\w.])", text):
        model, mig, _ = re.sub(r"_?(?=\d+g\.\d+gb)", "\0", part[0], count=1).partition("\0")
        for _ in range(min(1 if mig else int(part[1]), _MOST_GPUS)):
            yield Gpu(
                index=index, name=model.replace("_", " ") or None, mig_mode=True if mig else None
            )
            index += 1


def _known(values: Mapping[str, Any], source: Source) -> Facts:
    return Facts(
        {name: Known(value, source) for name, value in values.items() if value is not None}
    )


def _mapping(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, Mapping) else {}


def _number(text: str, label: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        msg = f"the label nvidia.com/{label} is no number: {text[:40]!r}"
        raise ValueError(msg)
    return int(text)
