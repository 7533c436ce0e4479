"""Files that would be imported in place of torch, or of what torch imports, found by their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch_doctor.core.fact import Known
from torch_doctor.probes.torch import shadows

from tests.unit.probes.env_trees import SITE, env, torch_files

S = f"/env/{SITE}"


def read(root: Path, files: dict[str, Any], **environ: str) -> dict[str, Any]:
    facts = dict(shadows.probe(*env(root, {**torch_files(S), **files}, **environ)))
    assert set(facts) == set(shadows.OWNS)
    return {name: fact.value for name, fact in facts.items() if isinstance(fact, Known)}


@pytest.mark.parametrize(
    ("files", "environ", "found"),
    [
        ({"/work/torch.py": ""}, {}, ("/work/torch.py",)),
        ({"/work/torch.py": ""}, {"PYTHONSAFEPATH": "1"}, ()),
        ({"/work/torch/__init__.py": ""}, {}, ("/work/torch/",)),
        ({"/work/torch/notes.txt": ""}, {}, ()),
        ({"/lib1/torch.py": ""}, {"PYTHONPATH": "/lib1"}, ("/lib1/torch.py",)),
        ({f"{S}/torch.py": ""}, {}, ()),
    ],
)
def test_in_place_of_torch(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], found: tuple[str, ...]
) -> None:
    assert read(tmp_path, files, **environ)["torch_shadows"] == found


@pytest.mark.parametrize(
    ("files", "environ", "found"),
    [
        ({"/work/random.py": ""}, {}, ("/work/random.py",)),
        ({"/work/types.py": "", "/work/train.py": ""}, {}, ("/work/types.py",)),
        ({"/work/numpy.py": ""}, {}, ("/work/numpy.py",)),
        ({"/work/typing_extensions.py": ""}, {}, ("/work/typing_extensions.py",)),
        ({"/work/platform/__init__.py": ""}, {}, ("/work/platform/",)),
        # a folder without __init__.py gives way to the module; torch does not need these; built in
        ({"/work/types/index.d.ts": ""}, {}, ()),
        ({"/work/csv.py": "", "/work/utils.py": ""}, {}, ()),
        ({"/work/math.py": "", "/work/sys.py": "", "/work/os.py": ""}, {}, ()),
        # a package's own modules: nobody starts a program in there
        ({"/work/random.py": "", "/work/__init__.py": ""}, {}, ()),
        ({"/work/random.py": ""}, {"PYTHONSAFEPATH": "1"}, ()),
        ({"/src/queue.py": ""}, {"PYTHONPATH": "/src"}, ("/src/queue.py",)),
        ({"/src/queue.py": ""}, {"PYTHONPATH": "../src"}, ("/src/queue.py",)),
        ({f"{S}/typing_extensions.py": ""}, {"PYTHONPATH": S}, ()),
    ],
)
def test_in_place_of_what_torch_imports(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], found: tuple[str, ...]
) -> None:
    assert read(tmp_path, files, **environ)["dependency_shadows"] == found
