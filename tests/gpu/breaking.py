"""Ways to break a healthy GPU machine for one program: nothing of the machine itself is changed.

Every fault lives in a child's environment, in its limits, in its own mount namespace or in a scratch copy of the Python
environment that is made of links.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SITE = Path(sysconfig.get_path("purelib"))
STUBS = Path("/usr/local/cuda/lib64/stubs/libcuda.so")
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"


class Start(NamedTuple):
    """How torch-doctor is started on the faulty host.

    *options* go to it, *prefix* runs before it, *environ* is added to the environment, what is *unset* is taken out of
    it, *flags* go to its interpreter.
    """

    options: tuple[str, ...] = ()
    environ: Mapping[str, str] = MappingProxyType({})
    prefix: tuple[str, ...] = ()
    cwd: str = "/"
    unset: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


Make = Callable[[Path], Start]


# --- settings and limits


def as_it_is(scratch: Path) -> Start:
    return Start()


def with_env(**environ: str) -> Make:
    return lambda scratch: Start(environ=environ)


def without_env(*names: str) -> Make:
    return lambda scratch: Start(unset=names)


def with_options(*options: str, **environ: str) -> Make:
    return lambda scratch: Start(options=options, environ=environ)


def with_limit(*limits: str) -> Make:
    """Limits of the shell, as ``ulimit`` takes them: ``-v 4000000``."""
    script = "".join(f"ulimit {limit} || exit 97; " for limit in limits) + 'exec "$@"'
    return lambda scratch: Start(prefix=("bash", "-c", script, "limits"))


def masked_by_uuid(scratch: Path) -> Start:
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    uuid = listed.partition("UUID: ")[2].partition(")")[0]
    return Start(environ={"CUDA_VISIBLE_DEVICES": uuid})


def more_gpus_than_there(scratch: Path) -> Start:
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    return Start(options=("--expect-gpus", str(len(listed.splitlines()) + 1)))


# --- namespaces


def in_namespace(scratch: Path, *lines: str, last: str = "") -> Start:
    """Run *lines* of a shell in a mount namespace of its own, then the check (*last* stands before it)."""
    script = scratch / "enter.sh"
    script.write_text("\n".join(["set -e", *lines, f'exec {last}"$@"\n']))
    return Start(prefix=("unshare", "-m", "bash", str(script)))


def without_devices(*hidden: str, closed: bool = False, user: bool = False) -> Make:
    """A /dev that lacks some NVIDIA files, or in which nobody may open them.

    The right to make device files is dropped: the driver library would make them again for root.
    """
    drop = "setpriv --bounding-set=-mknod "
    if user:
        drop = "setpriv --reuid 65534 --regid 65534 --clear-groups "

    def make(scratch: Path) -> Start:
        dev = scratch / "dev"
        lines = (
            f"D={dev}; mkdir $D; mount -t tmpfs -o mode=755 none $D",
            "for f in null zero full random urandom tty; do cp -a /dev/$f $D/; done",
            "for f in /dev/nvidia*; do if [ -c $f ]; then cp -a $f $D/; fi; done",
            f"rm -f {' '.join(f'$D/{name}' for name in hidden)}",
            "chmod 600 $D/nvidia*" if closed else "true",
            "mkdir $D/shm; mount -t tmpfs -o mode=1777 none $D/shm; ln -s /proc/self/fd $D/fd",
            "mount --bind $D /dev",
        )
        return in_namespace(scratch, *lines, last=drop)

    return make


def another_user(scratch: Path) -> Start:
    start = without_devices(closed=True, user=True)(scratch)
    return start._replace(environ={"HOME": "/nonexistent", "TORCH_DOCTOR_TRUST_ENVIRONMENT": "1"})


def full_shared_memory(scratch: Path) -> Start:
    """A full /dev/shm: torch itself runs all the same."""
    return in_namespace(
        scratch,
        "mount -t tmpfs -o size=1m none /dev/shm",
        "dd if=/dev/zero of=/dev/shm/full bs=1k count=2000 2>/dev/null || true",
    )


def read_only(scratch: Path) -> Start:
    """Nothing can be written where programs keep things."""
    folders = "/root /home /var/tmp"
    remount = "mount --bind $d $d; mount -o remount,ro,bind $d"
    return in_namespace(
        scratch, f"for d in {folders}; do if [ -d $d ]; then {remount}; fi; done"
    )._replace(environ={"TMPDIR": "/var/tmp"})


def without_libcuda(scratch: Path) -> Start:
    """Every directory with libcuda shows all other files, but not that one."""
    found = {os.path.realpath(path) for path in libcuda_paths()}
    lines: list[str] = []
    for number, place in enumerate(sorted({str(Path(path).parent) for path in found})):
        copy = scratch / f"lib{number}"
        lines += [
            f"cp -a {place} {copy}",
            f"rm -f {copy}/libcuda.so*",
            f"mount --bind {copy} {place}",
        ]
    return in_namespace(scratch, *lines)


def libcuda_paths() -> list[str]:
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    paths = [line.split(" => ")[1] for line in listed.splitlines() if "libcuda.so.1 " in line]
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        if folder and Path(folder, "libcuda.so.1").exists():
            paths.append(f"{folder}/libcuda.so.1")
    return paths


def directory_gone(scratch: Path) -> Start:
    script = 'd=$(mktemp -d); cd "$d"; rmdir "$d"; exec "$@"'
    return Start(prefix=("bash", "-c", script, "gone"))


def closed_input(scratch: Path) -> Start:
    return Start(prefix=("bash", "-c", 'exec "$@" <&-', "closed"))


# --- libraries on the loader's path


def first_on_path(folder: Path) -> dict[str, str]:
    rest = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": f"{folder}:{rest}".rstrip(":")}


def stray_file(name: str, content: bytes = b"this is no library\n") -> Make:
    """A file of a library's name that is none, first on the loader's path."""

    def make(scratch: Path) -> Start:
        (scratch / name).write_bytes(content)
        return Start(environ=first_on_path(scratch))

    return make


def stray_folder(name: str) -> Make:
    """A folder of a library's name, first on the loader's path."""

    def make(scratch: Path) -> Start:
        (scratch / name).mkdir()
        return Start(environ=first_on_path(scratch))

    return make


def stray_link(name: str) -> Make:
    """A link of a library's name that leads nowhere: the loader does not see it."""

    def make(scratch: Path) -> Start:
        (scratch / name).symlink_to(scratch / "nowhere")
        return Start(environ=first_on_path(scratch))

    return make


def preloaded_file(name: str, content: bytes) -> Make:
    """LD_PRELOAD names a file that is no library: the loader says so and goes on."""

    def make(scratch: Path) -> Start:
        (scratch / name).write_bytes(content)
        return Start(environ={"LD_PRELOAD": str(scratch / name)})

    return make


def stub_libcuda(scratch: Path) -> Start:
    """The toolkit's stub libcuda first on the loader's path."""
    shutil.copy(STUBS, scratch / "libcuda.so.1")
    return Start(environ=first_on_path(scratch))


def fake(kind: str, **keys: object) -> Make:
    """A fake NVML or libcuda first on the loader's path, as an older copy would be."""

    def make(scratch: Path) -> Start:
        source, name, variable = {
            "nvml": ("fake_nvml.c", "libnvidia-ml.so.1", "FAKE_NVML"),
            "cuda": ("fake_cuda.c", "libcuda.so.1", "FAKE_CUDA"),
        }[kind]
        command = ["gcc", "-shared", "-fPIC", "-O1", f"-Wl,-soname,{name}"]
        command += ["-o", str(scratch / name), str(REPOSITORY / "tests/faults" / source)]
        subprocess.run(command, check=True)
        settings = scratch / "settings"
        text = "".join(f"{key.replace('__', '.')}={value}\n" for key, value in keys.items())
        settings.write_text(text)
        return Start(environ=first_on_path(scratch) | {variable: str(settings)})

    return make


def empty_library(soname: str, variable: str = "LD_LIBRARY_PATH", body: str = "") -> Make:
    """A library of the right name without the right symbols, put before the right one."""

    def make(scratch: Path) -> Start:
        source = scratch / "empty.c"
        source.write_text(body or "int torch_doctor_empty(void) { return 0; }\n")
        command = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{soname}"]
        subprocess.run([*command, "-o", str(scratch / soname), str(source)], check=True)
        if variable == "LD_PRELOAD":
            return Start(environ={"LD_PRELOAD": str(scratch / soname)})
        return Start(environ=first_on_path(scratch))

    return make


def first_folder(folder: str) -> Make:
    return lambda scratch: Start(environ=first_on_path(Path(folder)))


# --- the Python environment


def changed(
    change: Callable[[Path], object], *options: str, real: tuple[str, ...] = ("torch",)
) -> Make:
    """The target is a copy of this environment to which *change* is done; *real* packages are copied file by file.

    The files are links: the loader and Python take them by the path that leads to them.
    """

    def make(scratch: Path) -> Start:
        prefix = scratch / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
        site = prefix / "lib" / f"python{VERSION}" / "site-packages"
        shutil.rmtree(site)
        site.mkdir()
        for entry in SITE.iterdir():
            # torch finds NVIDIA's libraries beside itself: both are there, or neither
            if entry.name in (*real, "torch", "nvidia"):
                subprocess.run(["cp", "-rs", str(entry), str(site / entry.name)], check=True)
            else:
                (site / entry.name).symlink_to(entry)
        change(site)
        return Start(options=("--python", str(prefix / "bin" / "python"), *options))

    return make


def own(path: Path) -> Path:
    """Replace a link by a copy of its file, so that it can be changed."""
    real = os.path.realpath(path)
    path.unlink()
    shutil.copy(real, path)
    return path


def own_record(site: Path, package: str) -> Path:
    """Replace the linked metadata of a package by a copy of its own."""
    (record,) = site.glob(f"{package}-*.dist-info")
    real = os.path.realpath(record)
    record.unlink()
    shutil.copytree(real, record)
    return record


def find(site: Path, pattern: str) -> Path:
    return next(iter(sorted(site.glob(pattern))))


def gone(pattern: str) -> Callable[[Path], None]:
    def change(site: Path) -> None:
        path = find(site, pattern)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    return change


def cut(pattern: str, size: int | None = None) -> Callable[[Path], None]:
    """Leave *size* bytes of a file, by default half of them."""

    def change(site: Path) -> None:
        path = own(find(site, pattern))
        os.truncate(path, path.stat().st_size // 2 if size is None else size)

    return change


def zeroed(pattern: str) -> Callable[[Path], None]:
    """Zeros in place of the file, as a disk leaves it that lost its power."""

    def change(site: Path) -> None:
        path = find(site, pattern)
        size = path.stat().st_size
        path.unlink()
        with path.open("wb") as file:
            file.truncate(size)

    return change


def import_does(statement: str) -> Callable[[Path], None]:
    def change(site: Path) -> None:
        start = own(site / "torch/__init__.py")
        start.write_text(f"{statement}\n{start.read_text()}")

    return change


def cpu_only(site: Path) -> None:
    version = own(site / "torch/version.py")
    version.write_text(version.read_text().replace("+cu130", "+cpu").replace("'13.0'", "None"))
    for library in ("libtorch_cuda.so", "libc10_cuda.so", "libtorch_cuda_linalg.so"):
        (site / "torch/lib" / library).unlink(missing_ok=True)


def without_this_gpu(site: Path) -> None:
    """The compiled targets of the libraries without sm_90: only the static answer can see it."""
    for name, old, new in (
        ("libtorch_python.so", b"sm_86 sm_90 sm_100", b"sm_86 sm_86 sm_100"),
        ("libtorch_cuda.so", b"arch=compute_90,code=sm_90", b"arch=compute_86,code=sm_86"),
    ):
        library = own(site / "torch/lib" / name)
        library.write_bytes(library.read_bytes().replace(old, new))


def version_of(package: str, version: str) -> Callable[[Path], None]:
    """Rename the metadata of an installed package to another version, as a wrong install leaves it."""

    def change(site: Path) -> None:
        record = own_record(site, package)
        new = site / f"{package}-{version}.dist-info"
        record.rename(new)
        lines = [
            f"Version: {version}" if line.startswith("Version:") else line
            for line in (new / "METADATA").read_text().splitlines()
        ]
        (new / "METADATA").write_text("\n".join(lines))
        if (site / package / "version.py").exists():
            own(site / package / "version.py").write_text(f"__version__ = '{version}'\n")

    return change


def leftovers(site: Path) -> None:
    (site / "~orch").mkdir()
    cut("torch/lib/libtorch_cuda.so")(site)


def record_gone(site: Path) -> None:
    (own_record(site, "torch") / "RECORD").unlink()


def pth(*lines: str) -> Callable[[Path], None]:
    def change(site: Path) -> None:
        (site / "zz-local.pth").write_text("".join(f"{line}\n" for line in lines))

    return change


# --- what a program imports


def on_pythonpath(**files: str) -> Make:
    """Files in a folder of PYTHONPATH; two underscores are a dot, three a slash."""

    def make(scratch: Path) -> Start:
        folder = scratch / "path"
        for name, text in files.items():
            place = folder / name.replace("___", "/").replace("__", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return Start(environ={"PYTHONPATH": str(folder)})

    return make


def torch_package(text: str) -> Make:
    """A folder of PYTHONPATH with a torch of its own."""

    def make(scratch: Path) -> Start:
        package = scratch / "path" / "torch"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(text)
        return Start(environ={"PYTHONPATH": str(package.parent)})

    return make


def other_nvml_package(scratch: Path) -> Start:
    """An older nvidia-ml-py on PYTHONPATH: torch asks NVML by itself, and does without."""
    folder = scratch / "path"
    record = folder / "nvidia_ml_py-11.0.0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: nvidia-ml-py\nVersion: 11.0.0\n")
    (folder / "pynvml.py").write_text("__version__ = '11.0.0'\n")
    return Start(environ={"PYTHONPATH": str(folder)})


def in_directory_with(name: str, text: str, **environ: str) -> Make:
    """The program is started in a directory that holds a file."""

    def make(scratch: Path) -> Start:
        (scratch / name).write_text(text)
        return Start(cwd=str(scratch), environ=environ)

    return make


def in_user_site(name: str, text: str) -> Make:
    """A file in the user's site directory, which an environment of its own leaves out."""

    def make(scratch: Path) -> Start:
        site = scratch / "home" / ".local" / "lib" / f"python{VERSION}" / "site-packages"
        site.mkdir(parents=True)
        (site / name).write_text(text)
        return Start(environ={"HOME": str(scratch / "home")})

    return make


# --- neighbours on the GPU

HOLD = """
import subprocess, sys, torch
left = int(sys.argv[1]) << 20
held, step = [torch.empty(1 << 20, dtype=torch.uint8, device="cuda")], 1 << 28
while left < 1 << 40:
    free, _ = torch.cuda.mem_get_info()
    if free - step < left:
        step >>= 2
        if step < 1 << 20: break
        continue
    try: held.append(torch.empty(step, dtype=torch.uint8, device="cuda"))
    except torch.cuda.OutOfMemoryError:
        if step <= 1 << 20: break
        step >>= 2
sys.exit(subprocess.run(sys.argv[2:]).returncode)
"""
ALL = 1 << 21


def neighbour_leaves(mib: int) -> Make:
    """Another program holds the first GPU but for *mib* while the check runs; with ALL it has a context alone."""

    def make(scratch: Path) -> Start:
        script = scratch / "hold.py"
        script.write_text(HOLD)
        return Start(prefix=(sys.executable, str(script), str(mib)))

    return make
