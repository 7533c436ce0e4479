"""Kubernetes: the containers of any object, their images, how they ask for GPUs. Templates as far as they go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.linter.readers.of_yaml.tree import Tree, parsed
from torch_doctor.linter.record import (
    SHARED_MEMORY,
    UNKNOWN,
    Edit,
    EnvStep,
    GpuRequest,
    ImageUse,
    Unsure,
    Workload,
    Written,
)
from torch_doctor.linter.text import SourceText

GPU = r"^nvidia\.com/(?:gpu(?!s$)|mig-)"
_LISTS = ("containers", "initContainers")


def read(source: SourceText) -> Written:
    """Return the containers of the objects in a file."""
    found = parsed(source)
    if found.flaw is not None:
        return Written(flaws=(found.flaw,))
    if found.template and not found.documents:
        first = Tree(source.path, None).spot
        return Written(unsure=(Unsure(first, "a template that is no YAML without its values"),))
    workloads = []
    for document in found.documents:
        kind = document.get("kind").text or "object"
        if document.kind != "mapping" or kind in ("CustomResourceDefinition", "ConfigMap"):
            continue
        for pod in document.every():
            for name in _LISTS:
                if pod.kind == "mapping" and pod.get(name).kind == "sequence":
                    workloads += list(_containers(pod, name, kind, template=found.template))
    images = tuple(one.image for one in workloads if one.image)
    return Written(workloads=tuple(workloads), images=images)


def _containers(pod: Tree, key: str, kind: str, *, template: bool) -> Iterator[Workload]:
    shared = ""
    for volume in pod.get("volumes").items():
        if volume.get("emptyDir", "medium").text == "Memory":
            shared = "memory"
        if volume.get("hostPath", "path").text == SHARED_MEMORY:
            shared = "host"
    if pod.get("hostIPC").text == "true":
        shared = "host"
    for one in pod.get(key).items():
        if one.kind != "mapping":
            continue
        written = one.get("image")
        reference = _filled(written.text)
        mounted = any(
            m.get("mountPath").text == SHARED_MEMORY for m in one.get("volumeMounts").items()
        )
        words = [part.text for name in ("command", "args") for part in one.get(name).items()]
        yield Workload(
            "kubernetes", one.get("name").text or kind, one.spot,
            ImageUse(reference, written.text, written.spot) if written.text else None,
            _request(one), tuple(_env(one)), " ".join(words),
            shared if mounted or shared == "host" else "",
            unsure=template or bool(one.get("resources", "claims")) or key == "initContainers"
            or bool(one.get("envFrom")),
        )  # fmt: skip


def _filled(text: str) -> str:
    """What envsubst, kustomize or a person puts in is not known."""
    if re.search(r"\$\{?\w+|<[^>]+>|PLACEHOLDER|REPLACE|CHANGE_?ME", text, re.IGNORECASE):
        return UNKNOWN
    return text


def _env(container: Tree) -> Iterator[EnvStep]:
    for one in container.get("env").items():
        value = one.get("value")
        yield EnvStep(one.get("name").text, _filled(value.text) if value else UNKNOWN, one.spot)


def _request(container: Tree) -> GpuRequest | None:
    resources = container.get("resources")
    found = {
        side: [
            (key, value)
            for key, value in resources.get(side).pairs()
            if re.match(GPU, key.text) and not value.holds_nothing  # null takes it out of a base
        ]
        for side in ("requests", "limits")
    }
    limits = {key.text: value for key, value in found["limits"]}
    for key, value in (*found["requests"], *found["limits"]):
        text = _filled(value.text)
        if UNKNOWN not in text and text and not re.fullmatch(r"\d+", text):
            words = f"GPUs are counted whole, not {text!r}: the object is refused"
            return GpuRequest(value.spot, invalid=words, problem="gpu-request-invalid")
        if key.text not in limits:
            words = f"{key.text} stands under requests alone: it must be under limits, or the object is refused"
            return GpuRequest(key.spot, invalid=words, problem="gpu-request-invalid")
        if UNKNOWN not in text + _filled(limits[key.text].text) and text != limits[key.text].text:
            words = f"{key.text} is {text} under requests and {limits[key.text].text} under limits: they must be equal"
            return GpuRequest(key.spot, invalid=words, problem="gpu-request-invalid")
    for key, value in found["limits"]:
        return GpuRequest(key.spot, value.text)
    for side in ("requests", "limits"):
        for key, value in resources.get(side).pairs():
            if key.text.lower() in (
                "gpu",
                "nvidia/gpu",
                "nvidia.com/gpus",
                "alpha.kubernetes.io/nvidia-gpu",
            ):
                words = f"there is no resource {key.text}: GPUs are asked for as nvidia.com/gpu"
                mends = ((Edit(key.spot, key.text, "nvidia.com/gpu"),),)
                return GpuRequest(key.spot, value.text, words, "gpu-request-invalid", mends)
    return None
