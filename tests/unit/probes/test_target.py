"""How an environment lies on disk, on trees of every layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Known
from torch_doctor.probes.python import target as probe_target
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.python.installation import join
from torch_doctor.probes.python.target import TargetError

from tests.unit.probes.env_trees import SITE, torch_files, tree, venv

VERSION = {"torch/version.py": "__version__ = '2.8.0'\n"}


def at(site: str) -> dict[str, str]:
    return {f"{site}/{name}": text for name, text in VERSION.items()}


DEBIAN = {
    "/usr/bin/python3.11": "",
    "/usr/lib/python3.11/os.py": "",
    "/usr/lib/python3.11/EXTERNALLY-MANAGED": "[externally-managed]\n",
    "/usr/local/lib/python3.11/dist-packages/": "",
    "/usr/lib/python3/dist-packages/": "",
}
FEDORA = {
    "/usr/bin/python3.13": "",
    "/usr/lib64/python3.13/os.py": "",
    "/usr/lib64/python3.13/site-packages/": "",
    "/usr/lib/python3.13/site-packages/": "",
    "/usr/local/lib64/python3.13/site-packages/": "",
}
CONDA = {
    "/opt/conda/bin/python3.12": "",
    "/opt/conda/lib/python3.12/os.py": "",
    f"/opt/conda/{SITE}/": "",
    "/opt/conda/conda-meta/python-3.12.7-hc5c86c4_0_cpython.json": "{}",
}
PYENV = {
    "/home/u/.pyenv/shims/python": "#!/usr/bin/env bash\n",
    "/home/u/.pyenv/version": "3.11\n",
    "/home/u/.pyenv/versions/3.11.7/bin/python": "",
    "/home/u/.pyenv/versions/3.11.10/bin/python": "",
    "/home/u/.pyenv/versions/3.11.10/lib/python3.11/site-packages/": "",
    "/home/u/.pyenv/versions/3.11.10/include/python3.11/patchlevel.h": '#define PY_VERSION "3.11.10"\n',
}
THREADED = {"/opt/py/bin/python3.13t": "", "/opt/py/lib/python3.13t/site-packages/": ""}
WINDOWS = {
    "/C/py/python.exe": "",
    "/C/py/python312.dll": "",
    "/C/py/Lib/site-packages/": "",
}
WINDOWS_VENV = {
    **WINDOWS,
    "/C/env/pyvenv.cfg": "home = /C/py\nversion = 3.12.4\n",
    "/C/env/Scripts/python.exe": "",
    "/C/env/Lib/site-packages/": "",
}


@pytest.mark.parametrize(
    ("files", "python", "kind", "version", "tag", "sites"),
    [
        (venv(), "/env", "venv", "3.12.3", "cp312", (f"/env/{SITE}",)),
        (venv(), "/env/bin/python", "venv", "3.12.3", "cp312", (f"/env/{SITE}",)),
        (venv(), "../env/bin/python", "venv", "3.12.3", "cp312", (f"/env/{SITE}",)),
        (
            {
                **venv(version="3.11.2", home="/usr/bin", system=True),
                **DEBIAN,
                "/usr/bin/python": "",
            },
            "/env",
            "venv",
            "3.11.2",
            "cp311",
            (
                "/env/lib/python3.11/site-packages",
                "/usr/local/lib/python3.11/dist-packages",
                "/usr/lib/python3/dist-packages",
            ),
        ),
        (
            DEBIAN,
            "/usr/bin/python3.11",
            "system",
            "3.11",
            "cp311",
            ("/usr/local/lib/python3.11/dist-packages", "/usr/lib/python3/dist-packages"),
        ),
        (
            FEDORA,
            "/usr/bin/python3.13",
            "system",
            "3.13",
            "cp313",
            (
                "/usr/local/lib64/python3.13/site-packages",
                "/usr/lib64/python3.13/site-packages",
                "/usr/lib/python3.13/site-packages",
            ),
        ),
        (CONDA, "/opt/conda/bin/python3.12", "conda", "3.12.7", "cp312", (f"/opt/conda/{SITE}",)),
        (
            PYENV,
            "/home/u/.pyenv/shims/python",
            "pyenv",
            "3.11.10",
            "cp311",
            ("/home/u/.pyenv/versions/3.11.10/lib/python3.11/site-packages",),
        ),
        (
            THREADED,
            "/opt/py/bin/python3.13t",
            "system",
            "3.13",
            "cp313t",
            ("/opt/py/lib/python3.13t/site-packages",),
        ),
        (WINDOWS, "/C/py/python.exe", "system", "3.12", "cp312", ("/C/py/Lib/site-packages",)),
        (WINDOWS_VENV, "/C/env", "venv", "3.12.4", "cp312", ("/C/env/Lib/site-packages",)),
    ],
)
def test_layouts(
    tmp_path: Path,
    files: dict[str, str],
    python: str,
    kind: str,
    version: str,
    tag: str,
    sites: tuple[str, ...],
) -> None:
    found = resolve_target(tree(tmp_path, files), python)
    assert (found.kind, found.version, found.tag, found.site_dirs) == (kind, version, tag, sites)
    assert found.found_via == "--python"


def test_a_link_named_lib64_is_one_site(tmp_path: Path) -> None:
    host = tree(tmp_path, venv())
    (tmp_path / "env/lib64").symlink_to("lib")
    assert resolve_target(host, "/env").site_dirs == (f"/env/{SITE}",)


def test_hostile_names_are_shown_harmless(tmp_path: Path) -> None:
    with pytest.raises(TargetError) as caught:
        resolve_target(tree(tmp_path, {}), "/x\x1b[31m\ny")
    assert "\x1b" not in str(caught.value) and "\n" not in str(caught.value)


def test_search_path_follows_pythonpath_user_site_and_pth(tmp_path: Path) -> None:
    user = f"/home/u/.local/{SITE}"
    files = {
        "/usr/bin/python3.12": "",
        "/usr/lib/python3.12/os.py": "",
        "/usr/lib/python3/dist-packages/zz.pth": "# note\n\nimport os; os.abort()\n/src/pytorch\n../rel\n/gone\n",
        "/src/pytorch/": "",
        "/usr/lib/python3/rel/": "",
        f"{user}/": "",
    }
    host = tree(tmp_path, files, HOME="/home/u", PYTHONPATH="/extra:here")
    found = resolve_target(host, "/usr/bin/python3.12")
    assert found.search_path == (
        "/extra",
        "/work/here",
        user,
        "/usr/lib/python3/dist-packages",
        "/src/pytorch",
        "/usr/lib/python3/rel",
    )
    assert found.user_site == user
    host.environ = {**host.environ, "PYTHONNOUSERSITE": "1"}
    assert resolve_target(host, "/usr/bin/python3.12").user_site is None


def test_a_venv_ignores_the_user_site(tmp_path: Path) -> None:
    host = tree(tmp_path, {**venv(), f"/home/u/.local/{SITE}/": ""}, HOME="/home/u")
    assert resolve_target(host, "/env").user_site is None


def test_facts_and_the_marker_of_managed_environments(tmp_path: Path) -> None:
    host = tree(tmp_path, {**DEBIAN, **venv(version="3.11.2"), "/usr/bin/python": ""})
    system = dict(probe_target.probe(host, resolve_target(host, "/usr/bin/python3.11")))
    assert set(system) == set(probe_target.OWNS)
    assert (
        isinstance(system["externally_managed"], Known)
        and system["externally_managed"].value is True
    )
    inside = dict(probe_target.probe(host, resolve_target(host, "/env")))
    assert (
        isinstance(inside["externally_managed"], Known)
        and inside["externally_managed"].value is False
    )
    assert (
        isinstance(inside["python_environment"], Known)
        and inside["python_environment"].value == "venv"
    )


def test_nothing_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr("os.system", refuse)
    host = tree(
        tmp_path,
        {**venv(), **torch_files(f"/env/{SITE}"), f"/env/{SITE}/a.pth": "import os; os.abort()\n"},
    )
    assert resolve_target(host, "/env").kind == "venv"


@given(st.text(max_size=60), st.text(max_size=60))
def test_join_never_raises(directory: str, path: str) -> None:
    assert isinstance(join(directory, path), str)
