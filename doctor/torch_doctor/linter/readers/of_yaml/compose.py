"""Compose files: services, their images and builds, and how they ask for GPUs."""

from __future__ import annotations

import re

from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed
from torch_doctor.linter.record import (
    SHARED_MEMORY,
    UNKNOWN,
    Edit,
    EnvStep,
    GpuRequest,
    ImageUse,
    Workload,
    Written,
)
from torch_doctor.linter.shell.expand import expand
from torch_doctor.linter.text import SourceText


def read(source: SourceText) -> Written:
    """Return the services of a Compose file."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    workloads = [
        _service(name, service)
        for document in found.documents
        for name, service in document.get("services").pairs()
        if service.kind == "mapping"
    ]
    images = tuple(one.image for one in workloads if one.image and not one.builds)
    return Written(workloads=tuple(workloads), images=images)


def _service(name: Tree, service: Tree) -> Workload:
    written = service.get("image")
    reference = expand(written.text.replace("$$", UNKNOWN), {})
    image = ImageUse(reference, written.text, written.spot) if written.text else None
    build = service.get("build")
    shared = service.get("shm_size").text
    if service.get("ipc").text in ("host", "shareable"):
        shared = "host"
    if any(SHARED_MEMORY in one.text for one in service.get("volumes").items()):
        shared = shared or "mounted"
    return Workload(
        "compose", name.text, name.spot, image, _request(service), tuple(_env(service)),
        _words(service.get("command")) + " " + _words(service.get("entrypoint")), shared,
        (build.text or build.get("context").text or ".") if build else "",
        build.get("dockerfile").text or "Dockerfile", tuple(_arguments(build.get("args"))),
        service.get("runtime").text, bool(service.get("extends")) or service.node.tag.startswith("!"),
        expand(build.get("target").text, {}) if build else "",
    )  # fmt: skip


def _arguments(listed: Tree) -> list[tuple[str, str]]:
    if listed.kind == "mapping":
        return [(k.text, expand(v.text, {})) for k, v in listed.pairs()]
    return [
        (n, expand(v, {}))
        for n, sign, v in (one.text.partition("=") for one in listed.items())
        if sign
    ]


def _words(tree: Tree) -> str:
    return " ".join(one.text for one in tree.items())


def _env(service: Tree) -> list[EnvStep]:
    listed = service.get("environment")
    if listed.kind == "mapping":
        return [EnvStep(k.text, expand(v.text, {}), k.spot) for k, v in listed.pairs()]
    pairs = [(one.text.partition("="), one.spot) for one in listed.items()]
    return [EnvStep(n, expand(v, {}) if sign else UNKNOWN, spot) for (n, sign, v), spot in pairs]


def _request(service: Tree) -> GpuRequest | None:
    gpus = service.get("gpus")
    if gpus:
        return GpuRequest(gpus.spot, gpus.text or "all")
    if "nvidia" in service.get("runtime").text:
        return GpuRequest(service.get("runtime").spot, "all")
    for device in service.get("devices").items():
        if re.search(r"nvidia\.com/gpu|/dev/nvidia", device.text):
            return GpuRequest(device.spot, "all")
    devices = service.get("deploy", "resources", "reservations", "devices")
    for device in devices.items():
        return _device(device)
    limits = service.get("deploy", "resources", "limits", "devices")
    if limits:
        key = service.get("deploy", "resources", "limits").key("devices")
        words = "devices stand under limits: Compose reserves GPUs under reservations alone"
        return GpuRequest(key.spot, invalid=words, problem="gpu-request-invalid")
    return None


def _device(device: Tree) -> GpuRequest:
    spot = device.spot
    if device.kind != "mapping":
        words = "a device is a mapping with driver, count and capabilities"
        return GpuRequest(spot, invalid=words, problem="gpu-request-invalid")
    capabilities = device.get("capabilities")
    count, ids = device.get("count"), device.get("device_ids")
    driver = device.get("driver").text
    if not capabilities or capabilities.holds_nothing:
        words = "a device needs capabilities, and has none: Compose refuses the file"
        mends = ((Edit(spot, "", "capabilities: [gpu]"),),) if not capabilities else ()
        return GpuRequest(spot, invalid=words, problem="capabilities-missing", mends=mends)
    named = [one.text for one in capabilities.items()]
    if capabilities.kind == "scalar":
        words = "capabilities is a list of words, [gpu]: Compose refuses a text"
        listed = capabilities.text
        mends = (
            ((Edit(capabilities.spot, listed, f"[{listed}]"),),)
            if re.fullmatch(r"\w+", listed)
            else ()
        )
        spot = capabilities.spot
        return GpuRequest(spot, invalid=words, problem="gpu-request-invalid", mends=mends)
    if count and ids:
        words = "count and device_ids exclude each other: Compose refuses both"
        return GpuRequest(count.spot, invalid=words, problem="gpu-request-invalid")
    if count and not re.fullmatch(r"\d+|all|.*[$\x00].*", count.text):
        words = f"count is a whole number or all, not {count.text!r}"
        return GpuRequest(count.spot, invalid=words, problem="gpu-request-invalid")
    if driver in ("", "nvidia", "cdi") or UNKNOWN in driver:
        gpu = {"gpu", "nvidia", "compute", "utility"} & set(named) or driver == "cdi"
        words = "" if gpu else "no capability is gpu: the service gets no GPU"
        return GpuRequest(spot, count.text or "all", words, "" if gpu else "capabilities-missing")
    return GpuRequest(spot, count.text or "all")
