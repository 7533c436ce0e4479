"""How a Python installation lies on disk: its prefix, version and site directories, read without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.probes.host.port import Host

_LIB_NAME = regex(r"python(\d)\.(\d{1,2})(t?)")
_DLL_NAME = regex(r"python(\d)(\d{1,2})(t?)\.dll", re.IGNORECASE)
_VERSION = regex(r"(\d+)\.(\d+)(?:\.(\d+)[\w.+-]*)?")
_PTH_FILES, _PTH_LINES = 200, 1000


class Layout(NamedTuple):
    """A Python installation. *version* is ``3.12.3``, or ``3.12`` where the rest is not written anywhere."""

    prefix: str
    base_prefix: str
    version: str
    threaded: bool
    windows: bool
    kind: str
    site_dirs: tuple[str, ...]
    stdlib: str
    user_site_allowed: bool

    @property
    def minor(self) -> str:
        """The version without its third number, ``3.12``."""
        return ".".join(self.version.split(".")[:2])

    @property
    def tag(self) -> str:
        """The wheel tag, ``cp312`` or ``cp313t``."""
        return f"cp{self.minor.replace('.', '')}{'t' if self.threaded else ''}"


class _Base(NamedTuple):
    prefix: str
    library: str  # lib/python3.12 or Lib
    version: str
    threaded: bool
    windows: bool


def read_layout(host: Host, executable: str) -> Layout | None:
    """Return the layout of the installation that *executable* starts, or None where there is none around it."""
    folder = parent(executable)
    for prefix in (folder, parent(folder)):
        config = read_config(host, f"{prefix}/pyvenv.cfg")
        if config:
            return _venv(host, prefix, config, executable)
    base = _base(host, host.resolve(executable) if host.exists(executable) else executable)
    return _plain(host, base) if base else None


def read_config(host: Host, path: str) -> dict[str, str]:
    """Return the keys of a pyvenv.cfg in lower case; empty where there is none."""
    try:
        text = host.read_text(path, 65536)
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines())
    return {key.strip().lower(): value.strip() for key, sep, value in pairs if sep}


def with_pth(host: Host, directory: str) -> Iterator[str]:
    """Yield a site directory and the directories that its .pth files add. Executable lines are ignored."""
    yield directory
    try:
        names = [name for name in host.listdir(directory) if name.endswith(".pth")]
    except OSError:
        return
    for name in names[:_PTH_FILES]:
        try:
            lines = host.read_text(f"{directory}/{name}").splitlines()
        except OSError:
            continue
        for line in lines[:_PTH_LINES]:
            path = line.strip()
            if not path or path.startswith(("#", "import ", "import\t")) or "\0" in path:
                continue
            path = join(directory, path)
            if host.is_dir(path):
                yield path


def user_site(host: Host, layout: Layout) -> str | None:
    """Return the user's site directory if this installation would use it and it is there."""
    if not layout.user_site_allowed or host.environ.get("PYTHONNOUSERSITE"):
        return None
    suffix = "t" if layout.threaded else ""
    home = host.environ.get("HOME", "").rstrip("/")
    base = host.environ.get("PYTHONUSERBASE") or (f"{home}/.local" if home else "")
    path = f"{base}/lib/python{layout.minor}{suffix}/site-packages"
    if layout.windows:
        appdata = host.environ.get("APPDATA", "").replace("\\", "/")
        base = host.environ.get("PYTHONUSERBASE") or (f"{appdata}/Python" if appdata else "")
        path = f"{base}/Python{layout.minor.replace('.', '')}{suffix}/site-packages"
    return path if base and host.is_dir(path) else None


def join(directory: str, path: str) -> str:
    """Join and fold ``.`` and ``..`` textually; both separators are understood."""
    path = path.replace("\\", "/") if "\\" in directory or re.match(r"[A-Za-z]:", path) else path
    absolute = path.startswith("/") or re.match(r"[A-Za-z]:[\\/]", path)
    parts: list[str] = []
    for part in (path if absolute else f"{directory}/{path}").split("/"):
        if part == ".." and parts and parts[-1]:
            parts.pop()
        elif part not in (".", "..") and (part or not parts):
            parts.append(part)
    return "/".join(parts) or "/"


def parent(path: str) -> str:
    """Return the directory that *path* lies in."""
    return path.replace("\\", "/").rpartition("/")[0] or "/"


def _venv(host: Host, prefix: str, config: dict[str, str], executable: str) -> Layout | None:
    home = config.get("home", "").replace("\\", "/")
    real = host.resolve(executable) if host.exists(executable) else f"{home}/python3"
    base = _base(host, f"{home}/{real.rpartition('/')[2]}") if home else None
    own = _find_library(host, prefix, _version_in(config))
    if own is None:
        return None
    version = _version_in(config)
    if not version.startswith(own.version):
        version = own.version
    system = config.get("include-system-site-packages", "").lower() == "true"
    sites = list(_site_dirs(own, venv=True))
    if system and base:
        sites += _site_dirs(base, venv=False)
    return Layout(
        prefix=prefix,
        base_prefix=base.prefix if base else parent(home or prefix),
        version=version or (base.version if base else ""),
        threaded=own.threaded,
        windows=own.windows,
        kind="venv",
        site_dirs=_distinct(host, sites),
        stdlib=f"{base.prefix}/{base.library}" if base else f"{prefix}/{own.library}",
        user_site_allowed=system,
    )


def _plain(host: Host, base: _Base) -> Layout:
    if host.is_dir(f"{base.prefix}/conda-meta"):
        kind = "conda"
    elif "/versions/" in base.prefix and "pyenv" in base.prefix:
        kind = "pyenv"
    else:
        kind = "system"
    return Layout(
        prefix=base.prefix,
        base_prefix=base.prefix,
        version=base.version,
        threaded=base.threaded,
        windows=base.windows,
        kind=kind,
        site_dirs=_distinct(host, list(_site_dirs(base, venv=False))),
        stdlib=f"{base.prefix}/{base.library}",
        user_site_allowed=True,
    )


def _base(host: Host, executable: str) -> _Base | None:
    """Search upwards from the real interpreter for its library, as Python does when it starts."""
    name = executable.rpartition("/")[2]
    match = re.fullmatch(r"python(\d\.\d{1,2})t?", name)
    folder = parent(executable)
    for _ in range(2):
        found = _find_library(host, folder, match[1] if match else "")
        if found:
            return found
        folder = parent(folder)
    return None


def _find_library(host: Host, prefix: str, wanted: str) -> _Base | None:
    """Return the library of *prefix*; *wanted* (3.12 or 3.12.3) decides between several."""
    if host.is_dir(f"{prefix}/Lib/site-packages"):
        return _windows_base(host, prefix, wanted)
    found = []
    for lib in ("lib", "lib64"):
        try:
            names = host.listdir(f"{prefix}/{lib}")
        except OSError:
            continue
        found += [(lib, match) for name in names if (match := _LIB_NAME.fullmatch(name))]
    short = ".".join(wanted.split(".")[:2])
    usable = [(lib, m) for lib, m in found if _is_library(host, f"{prefix}/{lib}/{m[0]}")]
    fitting = [(lib, m) for lib, m in usable if f"{m[1]}.{m[2]}" == short] or usable
    if not fitting:
        return None
    lib, match = max(
        fitting,
        key=lambda item: (
            (int(item[1][1]), int(item[1][2]), not item[1][3]),
            host.exists(f"{prefix}/{item[0]}/{item[1][0]}/os.py"),
        ),
    )
    version = _full_version(host, prefix, match)
    return _Base(prefix, f"{lib}/{match[0]}", version, bool(match[3]), False)


def _is_library(host: Host, path: str) -> bool:
    return any(
        host.exists(f"{path}/{name}") for name in ("os.py", "site-packages", "dist-packages")
    )


def _windows_base(host: Host, prefix: str, wanted: str) -> _Base:
    dlls = [m for name in host.listdir(prefix) if (m := _DLL_NAME.fullmatch(name))]
    version = wanted or next((f"{m[1]}.{m[2]}" for m in dlls if m[2]), "")
    version = version or _conda_version(host, prefix)
    return _Base(prefix, "Lib", version, any(m[3] for m in dlls), True)


def _full_version(host: Host, prefix: str, match: re.Match[str]) -> str:
    """Find the third number of the version in a header or a conda record; else give two."""
    short = f"{match[1]}.{match[2]}"
    if (conda := _conda_version(host, prefix)).startswith(f"{short}."):
        return conda
    try:
        header = host.read_text(f"{prefix}/include/{match[0]}/patchlevel.h", 8192)
    except OSError:
        return short
    found = re.search(r'#define\s+PY_VERSION\s+"([\w.+]+)"', header)
    return found[1].rstrip("+") if found and found[1].startswith(f"{short}.") else short


def _conda_version(host: Host, prefix: str) -> str:
    try:
        names = host.listdir(f"{prefix}/conda-meta")
    except OSError:
        return ""
    found = (re.fullmatch(r"python-(\d+\.\d+\.\d+\w*)-.*\.json", name) for name in names)
    return next((match[1] for match in found if match), "")


def _version_in(config: dict[str, str]) -> str:
    """Return the version of a pyvenv.cfg: ``version`` (venv) or ``version_info`` (virtualenv, uv)."""
    for key in ("version", "version_info"):
        match = _VERSION.match(config.get(key, ""))
        if match:
            text = config[key].partition(".final")[0]
            return text if _VERSION.fullmatch(text) else match[0]
    return ""


def _site_dirs(base: _Base, *, venv: bool) -> Iterator[str]:
    """Yield the site directories that site.py would use, Debian's and Fedora's patches included."""
    prefix, name = base.prefix, base.library.rpartition("/")[2]
    if base.windows:
        yield f"{prefix}/Lib/site-packages"
        return
    prefixes = ["/usr/local", prefix] if prefix == "/usr" and not venv else [prefix]
    for place in prefixes:
        for lib in ("lib64", "lib"):
            yield f"{place}/{lib}/{name}/site-packages"
        if not venv:
            yield f"{place}/lib/{name}/dist-packages"
            yield f"{place}/local/lib/{name}/dist-packages"
            yield f"{place}/lib/python{name[6]}/dist-packages"


def _distinct(host: Host, paths: list[str]) -> tuple[str, ...]:
    """Keep the directories that exist, each once; a link such as lib64 is what it points to."""
    real: dict[str, str] = {}
    for path in paths:
        if host.is_dir(path) and (resolved := host.resolve(path)) not in real:
            real[resolved] = path
        elif path in real:
            real[path] = path
    return tuple(real.values())
