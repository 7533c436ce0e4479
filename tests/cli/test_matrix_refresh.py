"""torch-doctor matrix refresh --diff: what is new, as a diff that applies and a matrix that is sound afterwards.

Stand-in servers answer; the real index and NVIDIA's real list are not asked.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from torch_doctor.matrix.load import load_matrix
from torch_doctor.matrix.source.compile import compile_matrix
from torch_doctor.matrix.store import Matrix
from torch_doctor.online import driver_releases, whole
from torch_doctor.online.web import Limits

from tests.cli.conftest import Run
from tests.lying import Liar, certificate_in, lying
from tests.lying import plain as answer
from tests.unit.online.server import Site, serving, wheel

ROWS = Path(__file__).parents[2] / "matrix"
LISTED: dict[str, Any] = {
    "470": {"type": "lts branch", "driver_info": [{"release_version": "470.256.02"}]},
    "580": {
        "type": "lts branch",
        "driver_info": [
            {"release_version": "580.65.06", "release_date": "2025-08-04"},
            {"release_version": "580.999.09", "release_date": "2026-11-20", "runfile_url": {}},
            {"release_version": "580.999.01", "release_date": "soon"},
        ],
    },
    "615": {"type": "new feature branch", "driver_info": [{"release_version": "615.99.01"}]},
    "790": {
        "type": "production branch",
        "driver_info": [
            {"release_version": "790.20.01", "release_date": "2026-11-20"},
            {"release_version": "790.10.02", "release_date": "2026-10-01"},
            {"release_version": "790.30.01\n- evil: true"},
            3,
        ],
    },
    "12": {"driver_info": []},
    "600": {"driver_info": "none"},
    "about": 3,
}
pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None or shutil.which("git") is None or not ROWS.is_dir(),
    reason="needs openssl, git and the rows in YAML",
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def nvidia(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Liar]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(whole, "LIMITS", Limits(silence_s=2.0, total_s=4.0, page_bytes=1 << 20))
    with lying(json.dumps(LISTED).encode(), certificate) as served:
        monkeypatch.setattr(driver_releases, "RELEASES", f"{served.url}/sound")
        yield served


@pytest.fixture
def index() -> Iterator[Site]:
    """An index with a torch and a companion that nobody has heard of."""
    torch, near = "torch-9.1.0-cp311-cp311-manylinux_2_28_x86_64.whl", "near_torch-9.1.0-py3-none-any.whl"  # fmt: skip
    with serving(Site()) as site:
        site.page(torch)
        site.files[f"/files/{torch}"] = wheel(cuda="12.8")
        site.files[f"/{near}"] = wheel(**{"torch-9.1.0.dist-info/METADATA": b"Requires-Dist: torch==2.14.0\n"})  # fmt: skip
        site.files["/simple/near-torch/"] = f'<a href="/{near}">x</a>'.encode()
        site.types["/simple/near-torch/"] = "text/html"
        yield site


@pytest.fixture
def whole_rows(tmp_path: Path) -> Path:
    shutil.copytree(ROWS, tmp_path / "matrix")
    return tmp_path / "matrix"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Of the matrix, the one file that is changed: the whole takes seconds to read."""
    (tmp_path / "matrix").mkdir()
    shutil.copy(ROWS / "drivers.yaml", tmp_path / "matrix")
    return tmp_path / "matrix"


def refresh(run: Run, rows: Path, index: Site, *words: str) -> Any:
    named = ("--index-url", f"{index.url}/simple", "--companions", "near-torch", "-q")
    return run("matrix", "refresh", "--diff", rows, *named, *words)


def apply(diff: str, rows: Path) -> None:
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=rows.parent, check=True)


def test_all_that_is_new_is_one_diff_which_applies_and_is_sound_once_filled_in(
    run: Run, nvidia: Liar, index: Site, whole_rows: Path
) -> None:
    rows = whole_rows
    ran = refresh(run, rows, index, "--online")
    apply(ran.out, rows)

    assert (ran.code, ran.err.count("\n")) == (1, 2)
    drivers = (rows / "drivers.yaml").read_text()
    assert "    # cuda is to be filled in" in drivers and "evil" not in ran.out
    (rows / "drivers.yaml").write_text(
        drivers.replace("    # cuda is to", '    cuda: "13.9"\n    # x')
    )
    compiled = compile_matrix(rows)
    matrix = Matrix(compiled["index"], compiled["tables"].__getitem__)
    branches = {row.branch: row for row in matrix.drivers}
    new = branches[790]
    assert (new.kind, new.first, new.last_linux, new.released) == ("PB", "790.10.02", "790.20.01", "2026-10-01")  # fmt: skip
    assert new.origin.source == driver_releases.RELEASES
    assert branches[580].last_linux == "580.999.09"
    assert branches[580].origin.source.endswith(f" ; {driver_releases.RELEASES}")
    assert (branches[615].last_linux, branches[615].kind) == ("615.99.01", "NFB")
    builds = {(row.torch, row.platform) for row in matrix.torch_builds}
    assert ("9.1.0", "linux-x86_64") in builds
    assert (rows / "torch" / "9.1.yaml").read_text().startswith("# yaml-language-server: $schema=../schema/torch.schema.json\n")  # fmt: skip
    (near,) = [row for row in matrix.companion_builds if row.package == "near-torch"]
    assert near.torch == "==2.14.0"
    today = load_matrix().version
    assert new.origin.checked >= today and near.origin.checked >= today


def test_what_stands_in_the_files_stays_and_nothing_is_written(
    run: Run, nvidia: Liar, index: Site, rows: Path
) -> None:
    before = {path: path.read_bytes() for path in rows.rglob("*.yaml")}
    ran = refresh(run, rows, index, "--online")

    assert {path: path.read_bytes() for path in rows.rglob("*.yaml")} == before
    taken = [line for line in ran.out.splitlines() if line[:1] == "-" and line[:3] != "---"]
    assert len(taken) <= 6  # fields of two rows were changed; all else is added


def test_without_online_nvidia_is_not_asked(
    run: Run, nvidia: Liar, index: Site, rows: Path
) -> None:
    ran = refresh(run, rows, index)

    assert ran.code == 1 and "drivers.yaml" not in ran.out and not nvidia.asked


def test_a_second_run_on_what_was_applied_finds_nothing_new(
    run: Run, nvidia: Liar, index: Site, rows: Path, tmp_path: Path
) -> None:
    apply(refresh(run, rows, index, "--online").out, rows)
    text = (rows / "drivers.yaml").read_text()
    (rows / "drivers.yaml").write_text(
        text.replace("    # cuda is to", '    cuda: "13.9"\n    # x')
    )
    over = tmp_path / "over"
    over.mkdir()
    for name in ("drivers.yaml", "torch/9.1.yaml", "companion_builds/near-torch.yaml"):
        (over / name.replace("/", "-")).write_text((rows / name).read_text())
    ran = refresh(run, rows, index, "--online", "--matrix", str(over))

    assert ran.out == "", ran.out


@pytest.mark.parametrize("path", ["/html", "/cut", "/another-document", "/deep", "/in-the-open", "/not-found", "/silent", "/announces-too-much"])  # fmt: skip
def test_a_list_that_cannot_be_read_is_named_and_the_rest_is_proposed(
    run: Run, nvidia: Liar, index: Site, rows: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(driver_releases, "RELEASES", nvidia.url + path)
    ran = refresh(run, rows, index, "--online")

    assert ran.code == 2 and "torch/9.1.yaml" in ran.out and "drivers.yaml" not in ran.out
    assert f"{nvidia.url}{path}" in ran.err.splitlines()[-1]


def test_an_index_that_is_gone_is_named_and_drivers_are_proposed(
    run: Run, nvidia: Liar, rows: Path
) -> None:
    words = ("--index-url", "http://127.0.0.1:9/simple", "--companions", "near-torch", "-q")
    ran = run("matrix", "refresh", "--diff", rows, "--online", *words)

    assert ran.code == 2 and "drivers.yaml" in ran.out and "torch: " in ran.err


def test_what_excludes_each_other_is_refused(run: Run, tmp_path: Path) -> None:
    for words in (
        ("--dry-run", "--online"),
        ("--diff", str(tmp_path / "absent")),
        ("--diff", str(tmp_path), "--json"),
    ):
        ran = run("matrix", "refresh", *words)
        assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_an_odd_list_is_not_taken_for_an_empty_one(
    nvidia: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia.answers["/sound"] = answer(b'{"580": {"driver_info": []}}')

    with pytest.raises(Exception, match="lists no driver"):
        driver_releases.listed_branches()


def test_a_list_that_comes_in_the_open_is_called_no_matrix() -> None:
    with pytest.raises(Exception, match="over https alone") as caught:
        driver_releases.listed_branches("http://127.0.0.1/releases.json")

    assert "matrix" not in str(caught.value)
