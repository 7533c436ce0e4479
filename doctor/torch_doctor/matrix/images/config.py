"""The configuration of an image, as a registry tells it: variables, labels, platforms."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch_doctor.core.tuples import NamedTuple


class TorchLayers(NamedTuple):
    """What the layers of an image say of torch: its *version* and *cuda*, and the *path* of the file that says so.

    *read* are the bytes that were asked for. *none*: every layer was read, and no torch is there. *why* says what was
    not read.
    """

    version: str | None = None
    cuda: str | None = None
    path: str = ""
    read: int = 0
    why: str = ""
    none: bool = False

    @property
    def python(self) -> str | None:
        """The Python that the torch is installed for."""
        match = re.search(r"(?:^|/)python(3\.\d{1,2})t?/", self.path)
        return match[1] if match else None


class ImageConfig(NamedTuple):
    """What a registry says of a tag. *digest* is that of the manifest; *platforms* are those that it is made for.

    *arch* is the processor of the image that was read, as containers call it (amd64); *layers* and *size* are how many
    layers it has, and their compressed bytes. *inside* is what the layers say of torch, None where they were not read.
    """

    reference: str
    digest: str
    arch: str
    environ: Mapping[str, str]
    labels: Mapping[str, str]
    platforms: tuple[str, ...] = ()
    created: str = ""
    layers: int = 0
    size: int = 0
    inside: TorchLayers | None = None

    def value(self, *names: str) -> str | None:
        """Return the first of these variables that is set."""
        return next((self.environ[name] for name in names if self.environ.get(name)), None)

    @property
    def cuda(self) -> str | None:
        """The CUDA that the image says it holds."""
        match = re.match(r"\d+\.\d+(?:\.\d+)?", self.value("CUDA_VERSION") or "")
        return match[0] if match else None

    @property
    def torch(self) -> str | None:
        """The torch that the image says it holds: NVIDIA's own images give the commit behind it."""
        found = self.value("PYTORCH_BUILD_VERSION", "PYTORCH_VERSION")
        return found if found and re.fullmatch(r"\d+\.\d+\S*", found) else None

    @property
    def cudnn(self) -> str | None:
        """The cuDNN that the image says it holds."""
        return self.value("CUDNN_VERSION", "NV_CUDNN_VERSION")

    @property
    def is_of_nvidia(self) -> bool:
        """Whether it is one of NVIDIA's images of PyTorch, or made from one."""
        return bool(self.environ.get("NVIDIA_PYTORCH_VERSION"))


class RegistryAbsence(NamedTuple):
    """What a registry says that it has not; *tags* are those that it has instead, where it tells them."""

    why: str
    tags: tuple[str, ...] = ()
