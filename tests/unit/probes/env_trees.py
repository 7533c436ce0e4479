"""Writers of small ELF files and of Python environments, for tests of probes that read files."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from torch_doctor.probes.host.port import LiveHost
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.python.target import Target

SITE = "lib/python3.12/site-packages"
NEW_ABI = "_ZN3c105ErrorC1ENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
OLD_ABI = "_ZN3c105ErrorC1ENS_14SourceLocationESs"


def elf_bytes(
    *,
    rodata: bytes = b"",
    needed: Sequence[str] = (),
    rpath: str = "",
    runpath: str = "",
    glibc: Sequence[str] = (),
    symbols: Sequence[str] = (),
) -> bytes:
    """Write a 64-bit ELF library with .rodata, .dynamic, .dynstr and .gnu.version_r; addresses are offsets."""
    strings = bytearray(b"\0")

    def name(text: str) -> int:
        strings.extend(text.encode() + b"\0")
        return len(strings) - len(text.encode()) - 1

    entries = [(1, name(text)) for text in needed]
    entries += [(15, name(rpath))] if rpath else []
    entries += [(29, name(runpath))] if runpath else []
    libc, versions = name("libc.so.6"), [name(version) for version in glibc]
    for symbol in symbols:
        name(symbol)
    verneed = struct.pack("<HHIII", 1, len(versions), libc, 16, 0) if versions else b""
    for index, version in enumerate(versions):
        verneed += struct.pack("<IHHII", 0, 0, 2, version, 16 if index + 1 < len(versions) else 0)
    blobs = {".rodata": rodata, ".dynstr": bytes(strings), ".gnu.version_r": verneed}
    places, body, at = {}, b"", 64 + 2 * 56
    for section, blob in blobs.items():
        places[section] = at
        body += blob
        at += len(blob)
    entries.append((5, places[".dynstr"]))
    entries += [(0x6FFFFFFE, places[".gnu.version_r"]), (0x6FFFFFFF, 1)] if versions else []
    dynamic = b"".join(struct.pack("<qQ", *entry) for entry in [*entries, (0, 0)])
    places[".dynamic"], blobs[".dynamic"] = at, dynamic
    body, at = body + dynamic, at + len(dynamic)
    names, headers = b"\0", struct.pack("<IIQQQQIIQQ", *[0] * 10)
    blobs[".shstrtab"], places[".shstrtab"] = (
        b"x" * (1 + sum(len(s) + 1 for s in [*blobs, ".shstrtab"])),
        at,
    )
    for section, blob in blobs.items():
        headers += struct.pack(
            "<IIQQQQIIQQ", len(names), 1, 0, 0, places[section], len(blob), 0, 0, 1, 0
        )
        names += section.encode() + b"\0"
    body, at = body + names, at + len(names)
    total = at + len(headers)
    load = struct.pack("<IIQQQQQQ", 1, 4, 0, 0, 0, total, total, 4096)
    segment = struct.pack(
        "<IIQQQQQQ", 2, 4, *[places[".dynamic"]] * 3, len(dynamic), len(dynamic), 8
    )
    count = len(blobs) + 1
    ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    head = struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at, 0, 64, 56, 2, 64, count, count - 1)
    return ident + head + load + segment + body + headers


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below *root*; a name that ends in / becomes a directory."""
    for name, content in files.items():
        path = root / name.lstrip("/")
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def venv(
    prefix: str = "/env", version: str = "3.12.3", home: str = "/usr/bin", system: bool = False
) -> dict[str, str]:
    """Return the files of a virtual environment."""
    config = f"home = {home}\ninclude-system-site-packages = {str(system).lower()}\nversion = {version}\n"
    minor = ".".join(version.split(".")[:2])
    return {
        f"{prefix}/pyvenv.cfg": config,
        f"{prefix}/bin/python": "",
        f"{prefix}/lib/python{minor}/site-packages/": "",
    }


def torch_files(
    site: str,
    *,
    version: str = "2.8.0+cu128",
    cuda: str | None = "12.8",
    hip: str | None = None,
    arch: str = "sm_80 sm_90",
    gencode: str = "-gencode;arch=compute_80,code=sm_80;-gencode;arch=compute_90,code=sm_90",
    needed: Sequence[str] = ("libcudart.so.12", "libcudnn.so.9"),
    rpath: str = "$ORIGIN/../../nvidia/cudnn/lib:$ORIGIN/../../nvidia/cuda_runtime/lib:$ORIGIN",
    abi: str = NEW_ABI,
) -> dict[str, str | bytes]:
    """Return the files of an installed torch whose RECORD is right."""
    lib = f"{site}/torch/lib"
    files: dict[str, str | bytes] = {
        f"{site}/torch/__init__.py": "raise RuntimeError('executed')\n",
        f"{site}/torch/version.py": (
            f"from typing import Optional\n__version__ = {version!r}\ndebug = False\n"
            f"cuda: Optional[str] = {cuda!r}\ngit_version = '{'a1' * 20}'\nhip: Optional[str] = {hip!r}\n"
        ),
        f"{lib}/libc10.so": elf_bytes(symbols=[abi], glibc=["GLIBC_2.17"]),
        f"{lib}/libtorch_cpu.so": elf_bytes(glibc=["GLIBC_2.3.4", "GLIBC_2.28", "GLIBCXX_3.4.30"]),
        f"{lib}/libtorch_global_deps.so": elf_bytes(needed=[*needed[:1], "libc.so.6"], rpath=rpath),
    }
    if cuda:
        files |= {
            f"{lib}/libtorch_cuda.so": elf_bytes(
                rodata=b"\0text " + gencode.encode() + b"\0more",
                needed=[*needed, "libc10.so"],
                rpath=rpath,
            ),
            f"{lib}/libtorch_python.so": elf_bytes(
                rodata=b"sm_no" + arch.encode() + b"\0sm_",
                needed=["libtorch_cuda.so", "libc10.so"],
                rpath=rpath,
            ),
        }
    if hip:
        files[f"{lib}/libtorch_hip.so"] = elf_bytes()
    info = f"{site}/torch-{version}.dist-info"
    sizes = {name.removeprefix(f"{site}/"): len(content) for name, content in files.items()}
    record = "".join(f"{name},sha256=x,{size}\n" for name, size in sizes.items())
    files[f"{info}/RECORD"] = (
        f"../../../bin/torchrun,sha256=y,200\n{record}torch-x.dist-info/RECORD,,\n"
    )
    files[f"{info}/INSTALLER"] = "pip\n"
    return files


def wheel(
    site: str, name: str, version: str, *libraries: str, content: bytes = b""
) -> dict[str, str | bytes]:
    """Return the files of an NVIDIA wheel; *libraries* are paths below the site directory."""
    info = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
    data = content or elf_bytes()
    record = "".join(f"{library},sha256=x,{len(data)}\n" for library in libraries)
    files: dict[str, str | bytes] = {f"{site}/{library}": data for library in libraries}
    return {**files, f"{info}/RECORD": record, f"{info}/INSTALLER": "pip\n"}


class Tree(LiveHost):
    """A machine made of files; nothing of it can be run, and it answers as a Linux machine with user 1000."""

    answers: Mapping[str, object] = {
        "cwd": "/work",
        "kernel_release": "6.8.0-45-generic",
        "libc": "glibc 2.39",
        "machine": "x86_64",
        "sys_platform": "linux",
        "effective_uid": 1000,
        "nvml_on_path": False,
    }

    def call(self, name: str, function: object) -> object:
        return self.answers.get(name)


def tree(root: Path, files: Mapping[str, str | bytes], **environ: str) -> Tree:
    """Write *files* below *root* and return the machine."""
    write(root, {"/work/": "", **files})
    return Tree(str(root), environ)


def env(root: Path, files: Mapping[str, str | bytes], **environ: str) -> tuple[Tree, Target]:
    """Return a machine with a venv at /env that holds *files*, and that venv as the target."""
    host = tree(root, {**venv(), **files}, **environ)
    return host, resolve_target(host, "/env")
