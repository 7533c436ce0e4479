"""The generated schemas are current, the files fit them, and the compiled tables stay small."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.paths import DATA
from torch_doctor.matrix.source.schema import schemas, text_of

# Beside the tests: a wheel carries the matrix compiled.
SOURCES = Path(__file__).parents[3] / "matrix"


@pytest.mark.parametrize("name", schemas())
def test_the_committed_schema_is_current(name: str) -> None:
    committed = (SOURCES / "schema" / name).read_text(encoding="utf-8")

    assert committed == text_of(schemas()[name]), "run docs/generate.py"


def test_no_schema_is_left_over() -> None:
    assert {path.name for path in (SOURCES / "schema").iterdir()} == set(schemas())


class PlainLoader(yaml.SafeLoader):
    """Leaves dates as text, as editors see them."""


PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize(
    "path", sorted(SOURCES.rglob("*.yaml")), ids=lambda path: str(path.relative_to(SOURCES))
)
def test_each_file_fits_its_schema(path: Any) -> None:
    text = path.read_text(encoding="utf-8")
    place = path.relative_to(SOURCES).parts[0].removesuffix(".yaml")
    up = "../" if path.parent != SOURCES else ""
    assert text.startswith(f"# yaml-language-server: $schema={up}schema/{place}.schema.json\n")
    tree = yaml.load(text, PlainLoader)
    if path.name == "nvidia_cuda.yaml":
        tree["images"] = tree["images"][::40]  # the rows are all of one form

    jsonschema.Draft202012Validator(schemas()[f"{place}.schema.json"]).validate(tree)


def test_load_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = (
        "cuda_majors",
        "toolkits",
        "drivers",
        "architectures",
        "gpus",
        "gpu_aliases",
        "torch_builds",
    )
    begun = time.perf_counter()
    fresh = load_matrix()
    count = sum(len(fresh.table(name)) for name in wanted)
    spent = (time.perf_counter() - begun) * 1e3
    with capsys.disabled():
        print(f" [{count} rows in {spent:.1f} ms]", end="")

    assert count > 1000
    sizes = {path.name: path.stat().st_size for path in Path(DATA).glob("*.json")}
    sizes.pop("companion_builds.json", None)  # read only where a companion is asked about
    assert {name: size for name, size in sizes.items() if size > 300_000} == {}
