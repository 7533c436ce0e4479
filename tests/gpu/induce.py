"""Break a healthy GPU machine in many ways, one at a time, and see whether the one cause is named.

Run as root on a machine with an NVIDIA GPU and a working torch: ``python -m tests.gpu.induce [--save DIR] [NAME …]``.
Nothing of the machine is changed: every fault lives in a child's environment, in its own mount namespace or in a
scratch copy of the Python environment made of links. The facts of every faulty host can be saved for replay.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SITE = Path(sysconfig.get_path("purelib"))
STUBS = Path("/usr/local/cuda/lib64/stubs/libcuda.so")
TIMEOUT_S = 90


class Broken(NamedTuple):
    """How to start torch-doctor on the faulty host: *prefix* runs before it, *options* go to it."""

    options: tuple[str, ...] = ()
    environ: Mapping[str, str] = MappingProxyType({})
    prefix: tuple[str, ...] = ()
    cwd: str = "/"


class Fault(NamedTuple):
    """One way to break the host, the cause that must be named first (None: it must stay quiet) and the verdict.

    What leaves the kernels running is degraded at most: what was observed outranks what was predicted.
    """

    name: str
    cause: str | None
    make: Callable[[Path], Broken]
    verdict: str = "broken"


def main() -> int:
    """Induce the faults, print one line for each and return 1 where one was named wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    wrong = 0
    for fault in FAULTS:
        if arguments.names and fault.name not in arguments.names:
            continue
        with tempfile.TemporaryDirectory(prefix="induce-") as scratch:
            os.chmod(scratch, 0o755)  # another user must be able to look into it
            verdict, cause, said, facts = _diagnose(fault.make(Path(scratch)))
        right = cause == fault.cause and verdict == fault.verdict
        wrong += not right
        print(
            f"{'ok   ' if right else 'WRONG'} {fault.name:28} {verdict:10} {cause or '-':34} {said}",
            flush=True,
        )
        if arguments.save and facts:
            arguments.save.mkdir(parents=True, exist_ok=True)
            document = {"expect": fault.cause, "verdict": verdict, "facts": facts}
            (arguments.save / f"{fault.name}.json").write_text(json.dumps(document, indent=1))
    print(f"{len(FAULTS)} faults, {wrong} named wrongly")
    return 1 if wrong else 0


def _diagnose(broken: Broken) -> tuple[str, str | None, str, object]:
    command = [*broken.prefix, sys.executable, "-m", "torch_doctor", "--json", *broken.options]
    environ = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    extra = broken.environ.get("PYTHONPATH")
    environ |= broken.environ
    environ["PYTHONPATH"] = f"{REPOSITORY}:{extra}" if extra else str(REPOSITORY)
    run = subprocess.run(
        command,
        capture_output=True,
        env=environ,
        cwd=broken.cwd,
        timeout=TIMEOUT_S * 4,
        check=False,
    )
    try:
        report = json.loads(run.stdout)
    except ValueError:
        return "no JSON", None, run.stderr.decode(errors="replace")[-300:], None
    primary = report["primary"] or {}
    cause = primary.get("cause")
    said = (
        f"{primary.get('code', '')} {primary.get('message', '')}"[:150]
        or str(report.get("why"))[:150]
    )
    return report["verdict"], cause, said, report["facts"]


def _mask(value: str) -> Callable[[Path], Broken]:
    return lambda scratch: Broken(environ={"CUDA_VISIBLE_DEVICES": value})


def _healthy(scratch: Path) -> Broken:
    return Broken()


def _devices(scratch: Path, *hidden: str, closed: bool = False, user: bool = False) -> Broken:
    """A mount namespace whose /dev lacks some NVIDIA files, or in which nobody may open them.

    The right to make device files is dropped: the driver library would make them again for root.
    """
    script = scratch / "enter.sh"
    modes = "chmod 600 $D/nvidia*;" if closed else ""
    drop = "setpriv --bounding-set=-mknod "
    if user:
        drop = "setpriv --reuid 65534 --regid 65534 --clear-groups "
    script.write_text(
        f"""set -e
D={scratch}/dev; mkdir $D; mount -t tmpfs -o mode=755 none $D
for f in null zero full random urandom tty; do cp -a /dev/$f $D/; done
for f in /dev/nvidia*; do [ -c $f ] && cp -a $f $D/; done
rm -f {" ".join(f"$D/{name}" for name in hidden)}
{modes}
mkdir $D/shm; mount -t tmpfs -o mode=1777 none $D/shm; ln -s /proc/self/fd $D/fd
mount --bind $D /dev
exec {drop}"$@"
"""
    )
    return Broken(prefix=("unshare", "-m", "bash", str(script)))


def _without(*hidden: str) -> Callable[[Path], Broken]:
    return lambda scratch: _devices(scratch, *hidden)


def _other_user(scratch: Path) -> Broken:
    return _devices(scratch, closed=True, user=True)._replace(
        environ={"HOME": "/nonexistent", "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"}
    )


def _small_shm(scratch: Path) -> Broken:
    """A full /dev/shm: torch itself runs all the same."""
    script = scratch / "enter.sh"
    script.write_text(
        "set -e\nmount -t tmpfs -o size=1m none /dev/shm\n"
        'dd if=/dev/zero of=/dev/shm/full bs=1k count=2000 2>/dev/null || true\nexec "$@"\n'
    )
    return Broken(prefix=("unshare", "-m", "bash", str(script)))


def _no_libcuda(scratch: Path) -> Broken:
    """A mount namespace in which every directory with libcuda shows all other files, but not that one."""
    found = {os.path.realpath(path) for path in _paths()}
    places = {str(Path(path).parent) for path in found}
    lines = ["set -e"]
    for number, place in enumerate(sorted(places)):
        copy = scratch / f"lib{number}"
        lines += [
            f"cp -a {place} {copy}",
            f"rm -f {copy}/libcuda.so*",
            f"mount --bind {copy} {place}",
        ]
    script = scratch / "enter.sh"
    script.write_text("\n".join([*lines, 'exec "$@"\n']))
    return Broken(prefix=("unshare", "-m", "bash", str(script)))


def _paths() -> list[str]:
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = [line.split(" => ")[1] for line in listed.splitlines() if "libcuda.so.1 " in line]
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        if folder and Path(folder, "libcuda.so.1").exists():
            paths.append(f"{folder}/libcuda.so.1")
    return paths


def _stub(scratch: Path) -> Broken:
    """The toolkit's stub libcuda first on the loader's path."""
    shutil.copy(STUBS, scratch / "libcuda.so.1")
    return Broken(environ=_first_on_path(scratch))


def _fake(kind: str, **keys: object) -> Callable[[Path], Broken]:
    """A fake NVML or libcuda first on the loader's path, as an older copy would be."""

    def make(scratch: Path) -> Broken:
        source, name, variable = {
            "nvml": ("fake_nvml.c", "libnvidia-ml.so.1", "FAKE_NVML"),
            "cuda": ("fake_cuda.c", "libcuda.so.1", "FAKE_CUDA"),
        }[kind]
        library = scratch / name
        command = ["gcc", "-shared", "-fPIC", "-O1", f"-Wl,-soname,{name}", "-o", str(library)]
        subprocess.run([*command, str(REPOSITORY / "tests/faults" / source)], check=True)
        settings = scratch / "settings"
        settings.write_text(
            "".join(f"{key.replace('__', '.')}={value}\n" for key, value in keys.items())
        )
        return Broken(environ=_first_on_path(scratch) | {variable: str(settings)})

    return make


def _empty_library(soname: str, variable: str = "LD_LIBRARY_PATH") -> Callable[[Path], Broken]:
    """A library of the right name without any symbol, put before the right one."""

    def make(scratch: Path) -> Broken:
        library = scratch / soname
        source = scratch / "empty.c"
        source.write_text("int torch_doctor_empty(void) { return 0; }\n")
        command = [
            "gcc",
            "-shared",
            "-fPIC",
            f"-Wl,-soname,{soname}",
            "-o",
            str(library),
            str(source),
        ]
        subprocess.run(command, check=True)
        if variable == "LD_PRELOAD":
            return Broken(environ={"LD_PRELOAD": str(library)})
        return Broken(environ=_first_on_path(scratch))

    return make


def _first_on_path(folder: Path) -> dict[str, str]:
    rest = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": f"{folder}:{rest}".rstrip(":")}


def _environment(scratch: Path) -> tuple[Path, Path]:
    """A copy of this Python environment made of links; return its interpreter and its site directory."""
    prefix = scratch / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    site = prefix / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    shutil.rmtree(site)
    subprocess.run(["cp", "-rs", str(SITE), str(site)], check=True)
    return prefix / "bin" / "python", site


def _own(path: Path) -> Path:
    """Replace a link by a copy of its file, so that it can be changed."""
    real = os.path.realpath(path)
    path.unlink()
    shutil.copy(real, path)
    return path


def _changed(change: Callable[[Path], None], *options: str) -> Callable[[Path], Broken]:
    """The target is a copy of this environment to which *change* is done."""

    def make(scratch: Path) -> Broken:
        python, site = _environment(scratch)
        change(site)
        return Broken(options=("--python", str(python), *options))

    return make


def _cut_library(site: Path) -> None:
    library = _own(site / "torch/lib/libtorch_cuda.so")
    os.truncate(library, library.stat().st_size // 2)


def _missing_library(site: Path) -> None:
    shutil.rmtree(site / "nvidia/cusparselt")


def _import_does(statement: str) -> Callable[[Path], None]:
    def change(site: Path) -> None:
        start = _own(site / "torch/__init__.py")
        start.write_text(f"{statement}\n{start.read_text()}")

    return change


def _cpu_only(site: Path) -> None:
    version = _own(site / "torch/version.py")
    text = version.read_text().replace("+cu130", "+cpu").replace("'13.0'", "None")
    version.write_text(text)
    for library in ("libtorch_cuda.so", "libc10_cuda.so", "libtorch_cuda_linalg.so"):
        (site / "torch/lib" / library).unlink(missing_ok=True)


def _without_this_gpu(site: Path) -> None:
    """The compiled targets of the libraries without sm_90: only the static answer can see it."""
    for name, old, new in (
        ("libtorch_python.so", b"sm_86 sm_90 sm_100", b"sm_86 sm_86 sm_100"),
        ("libtorch_cuda.so", b"arch=compute_90,code=sm_90", b"arch=compute_86,code=sm_86"),
    ):
        library = _own(site / "torch/lib" / name)
        library.write_bytes(library.read_bytes().replace(old, new))


def _version_of(package: str, version: str) -> Callable[[Path], None]:
    """Rename the metadata of an installed package to another version, as a wrong install leaves it."""

    def change(site: Path) -> None:
        stem = package.replace("-", "_")
        (old,) = site.glob(f"{stem}-*.dist-info")
        new = site / f"{stem}-{version}.dist-info"
        old.rename(new)
        metadata = _own(new / "METADATA")
        lines = [
            f"Version: {version}" if line.startswith("Version:") else line
            for line in metadata.read_text().splitlines()
        ]
        metadata.write_text("\n".join(lines))
        for name in ("version.py",):
            if (site / stem / name).exists():
                _own(site / stem / name).write_text(f"__version__ = '{version}'\n")

    return change


def _leftovers(site: Path) -> None:
    (site / "~orch").mkdir()
    _cut_library(site)


def _shadow(scratch: Path) -> Broken:
    (scratch / "torch.py").write_text("raise RuntimeError('the wrong torch')\n")
    return Broken(cwd=str(scratch))


def _full_gpu(scratch: Path) -> Broken:
    """Another process holds nearly all memory of the GPU while the check runs."""
    hold = scratch / "hold.py"
    hold.write_text(
        "import subprocess, sys, torch\n"
        "free, total = torch.cuda.mem_get_info()\n"
        "held = []\n"
        "step = 1 << 28\n"
        "while True:\n"
        "    try:\n"
        "        held.append(torch.empty(step, dtype=torch.uint8, device='cuda'))\n"
        "    except torch.cuda.OutOfMemoryError:\n"
        "        if step <= 1 << 20: break\n"
        "        step >>= 2\n"
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)\n"
    )
    return Broken(prefix=(sys.executable, str(hold)))


SHADOWED, INSTALL = "cuda-libs-shadowed", "torch-install-broken"
NO_GPU = "container-without-gpu-runtime"
FAULTS = (
    Fault("healthy", None, _healthy, "healthy"),
    Fault("mask-empty", "cuda-visible-devices", _mask("")),
    Fault("mask-wrong-index", "cuda-visible-devices", _mask("7")),
    Fault("mask-bad-uuid", "cuda-visible-devices", _mask("GPU-deadbeef-0000-0000-0000-00000000")),
    Fault("device-files-closed", "no-driver-or-module", _other_user),
    Fault("no-nvidia-uvm", NO_GPU, _without("nvidia-uvm")),
    Fault("no-nvidia0", NO_GPU, _without("nvidia0")),
    Fault("no-device-files", NO_GPU, _without("nvidia0", "nvidiactl", "nvidia-uvm")),
    Fault("no-libcuda", NO_GPU, _no_libcuda),
    Fault("stub-libcuda", SHADOWED, _stub),
    Fault("older-libcuda", SHADOWED, _fake("cuda", cuda=12020, cuInit__fault=803)),
    Fault(
        "nvml-of-another-release",
        "driver-library-version-mismatch",
        _fake("nvml", driver="570.86.15", nvmlInit__fault=18),
        "degraded",
    ),
    Fault("cudnn-shadowed", SHADOWED, _empty_library("libcudnn.so.9", "LD_PRELOAD")),
    Fault("cudart-shadowed", SHADOWED, _empty_library("libcudart.so.13", "LD_PRELOAD")),
    Fault("nvjitlink-shadowed", SHADOWED, _empty_library("libnvJitLink.so.13", "LD_PRELOAD")),
    Fault("nccl-shadowed", SHADOWED, _empty_library("libnccl.so.2", "LD_PRELOAD")),
    Fault("libtorch-cut", INSTALL, _changed(_cut_library)),
    Fault("library-missing", "cuda-libs-missing", _changed(_missing_library)),
    Fault("torch-py-in-directory", INSTALL, _shadow, "degraded"),
    Fault(
        "build-without-this-gpu", "gpu-arch-not-in-wheel", _changed(_without_this_gpu, "--static")
    ),
    Fault("cpu-only-torch", "cpu-only-torch-build", _changed(_cpu_only, "--static")),
    Fault(
        "import-hangs",
        INSTALL,
        _changed(_import_does("import time; time.sleep(600)"), "--timeout", "15"),
    ),
    Fault("import-aborts", INSTALL, _changed(_import_does("import os; os.abort()"))),
    Fault(
        "import-segfaults", INSTALL, _changed(_import_does("import ctypes; ctypes.string_at(0)"))
    ),
    Fault("import-prints-noise", None, _changed(_import_does("print('{}' * 50)")), "healthy"),
    Fault(
        "torchvision-of-another-torch",
        "torchvision-mismatch",
        _changed(_version_of("torchvision", "0.20.1")),
        "degraded",
    ),
    Fault("interrupted-install", INSTALL, _changed(_leftovers)),
    Fault("gpu-full", "gpu-busy", _full_gpu),
    Fault("shm-full", None, _small_shm, "healthy"),
)

if __name__ == "__main__":
    sys.exit(main())
