"""What torch is, read from files: builds of every kind, damage, leftovers, copies, shadows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.binaries.torch_texts import (
    metadata_fields,
    newest_glibc,
    parse_version_py,
    recorded_sizes,
    search_arch_list,
    targets,
)
from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.probes.host.port import LiveHost, RecordedHost
from torch_doctor.probes.python.environments import resolve_target
from torch_doctor.probes.record import RecordingHost
from torch_doctor.probes.torch import static as torch_static

from tests.unit.binaries.fat_binaries import container, entry
from tests.unit.online.server import elf
from tests.unit.probes.env_trees import (
    OLD_ABI,
    SITE,
    elf_bytes,
    env,
    torch_files,
    tree,
    venv,
    write,
)

S = f"/env/{SITE}"


def read(root: Path, files: dict[str, Any], **environ: str) -> dict[str, Fact[Any]]:
    facts = dict(torch_static.probe(*env(root, files, **environ)))
    assert set(facts) == set(torch_static.OWNS)
    return facts


def values(facts: dict[str, Fact[Any]], *names: str) -> list[Any]:
    found = []
    for name in names:
        fact = facts[name]
        found.append(fact.value if isinstance(fact, Known) else fact.reason)
    return found


def test_a_cuda_build(tmp_path: Path) -> None:
    facts = read(tmp_path, torch_files(S))
    texts = [
        str(v)
        for v in values(
            facts, "torch_version", "torch_variant", "torch_cuda", "torch_git", "cxx11_abi"
        )
    ]
    assert texts == ["2.8.0+cu128", "cuda", "12.8", "a1" * 20, "True"]
    assert [str(t) for t in values(facts, "arch_list")[0]] == ["sm_80", "sm_90"]
    assert values(facts, "torch_libraries", "glibc_needed") == [
        ("libcudart.so.12", "libcudnn.so.9"),
        "2.28",
    ]
    assert values(facts, "torch_origin", "torch_installer") == ["pytorch", "pip"]
    assert values(facts, "torch_damage", "torch_leftovers") == [(), ()]
    assert values(facts, "torch_location", "torch_hip") == [f"{S}/torch", Reason.NOT_APPLICABLE]


def test_ptx_comes_from_either_text(tmp_path: Path) -> None:
    gencode = (
        "-gencode;arch=compute_90,code=[sm_90,compute_90];-gencode;arch=compute_120,code=sm_120"
    )
    facts = read(tmp_path, torch_files(S, arch="sm_90 sm_120", gencode=gencode))
    assert [str(t) for t in values(facts, "arch_list")[0]] == ["sm_90", "sm_120", "compute_90"]


def test_one_readable_text_is_enough(tmp_path: Path) -> None:
    files = torch_files(S)
    files[f"{S}/torch/lib/libtorch_python.so"] = b"\x7fELF broken"
    facts = read(tmp_path, files)
    assert [str(t) for t in values(facts, "arch_list")[0]] == ["sm_80", "sm_90"]
    assert values(facts, "torch_damage")[0][0].startswith("torch/lib/libtorch_python.so has 11 of")


def test_where_no_text_says_it_the_code_itself_does(tmp_path: Path) -> None:
    files = torch_files(S)
    files[f"{S}/torch/lib/libtorch_python.so"] = elf_bytes()
    code = container(entry("sm_80"), entry("sm_90"), entry("compute_90")) * 9
    odd = container(entry("sm_120"))  # one file in ten says nothing of the whole
    files[f"{S}/torch/lib/libtorch_cuda.so"] = elf(code + odd, section=".nv_fatbin")
    facts = read(tmp_path, files)
    found = [str(t) for t in values(facts, "arch_list")[0]]
    assert found == ["sm_80", "sm_90", "compute_90"]
    assert facts["arch_list"].source.where.endswith("libtorch_cuda.so")  # type: ignore[union-attr]


def test_a_build_that_says_nothing_at_all(tmp_path: Path) -> None:
    files = torch_files(S)
    for name in ("libtorch_python.so", "libtorch_cuda.so"):
        files[f"{S}/torch/lib/{name}"] = elf_bytes()
    assert values(read(tmp_path, files), "arch_list") == [Reason.UNPARSED]


def test_suffixed_targets_and_ptx_only_lists(tmp_path: Path) -> None:
    facts = read(tmp_path, torch_files(S, arch="compute_90", gencode="none"))
    assert [str(t) for t in values(facts, "arch_list")[0]] == ["compute_90"]
    assert [str(t) for t in targets(["sm_100f", "sm_90a", "sm_9", "x", "compute_120"])] == [
        "sm_90a",
        "sm_100f",
        "compute_120",
    ]


def test_a_cpu_build(tmp_path: Path) -> None:
    facts = read(tmp_path, torch_files(S, version="2.13.0+cpu", cuda=None))
    assert values(facts, "torch_variant", "torch_cuda", "arch_list", "torch_libraries") == [
        "cpu",
        *[Reason.NOT_APPLICABLE] * 3,
    ]


def test_a_rocm_build(tmp_path: Path) -> None:
    facts = read(tmp_path, torch_files(S, version="2.9.0+rocm6.4", cuda=None, hip="6.4.43482"))
    assert values(facts, "torch_variant", "torch_hip", "torch_cuda") == [
        "rocm",
        "6.4.43482",
        Reason.NOT_APPLICABLE,
    ]


def test_libraries_overrule_version_py(tmp_path: Path) -> None:
    files = torch_files(S)
    files[f"{S}/torch/version.py"] = "__version__ = '2.8.0'\ncuda = None\n"
    facts = read(tmp_path, files)
    assert values(facts, "torch_variant", "torch_cuda") == ["cuda", Reason.UNPARSED]


def test_a_lost_cuda_library_is_damage_and_no_other_build(tmp_path: Path) -> None:
    files = torch_files(S)
    del files[f"{S}/torch/lib/libtorch_cuda.so"]
    facts = read(tmp_path, files)
    assert values(facts, "torch_variant", "torch_damage") == [
        "cuda",
        ("torch/lib/libtorch_cuda.so is missing",),
    ]
    for name in [name for name in files if name.endswith("/RECORD")]:
        files[name] = ""
    cpu = read(tmp_path / "other", files)
    assert values(cpu, "torch_variant") == ["cpu"]


@pytest.mark.parametrize("gone", [(), ("libtorch_cuda.so",)])
def test_an_empty_version_py_makes_no_cpu_build(tmp_path: Path, gone: tuple[str, ...]) -> None:
    files = torch_files(S)
    files[f"{S}/torch/version.py"] = ""
    for name in gone:
        del files[f"{S}/torch/lib/{name}"]
    facts = read(tmp_path, files)
    assert values(facts, "torch_variant", "torch_cuda") == ["cuda", Reason.UNPARSED]


def test_old_builds_with_bundled_hashed_libraries(tmp_path: Path) -> None:
    names = ("libcudart-d0da41ae.so.11.0", "libcublas.so.11", "libnvToolsExt-847d78f2.so.1")
    files = torch_files(S, version="2.0.1+cu118", cuda="11.8", needed=names, abi=OLD_ABI)
    facts = read(tmp_path, files)
    assert values(facts, "torch_libraries", "cxx11_abi") == [names, False]


def test_windows_library_holds_the_same_text(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        f"{S}/torch/version.py": "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n",
        f"{S}/torch/lib/torch_cuda.dll": b"MZ",
        f"{S}/torch/lib/torch_cpu.dll": b"MZ",
        f"{S}/torch/lib/torch_python.dll": b"MZ" + b"\0" * 99 + b"sm_75 sm_90\0",
    }
    assert [str(t) for t in values(read(tmp_path, files), "arch_list")[0]] == ["sm_75", "sm_90"]
    files[f"{S}/torch/lib/torch_python.dll"] = b"MZ nothing"
    assert values(read(tmp_path / "b", files), "arch_list") == [Reason.UNPARSED]


def test_no_torch(tmp_path: Path) -> None:
    facts = read(tmp_path, {})
    absent = [name for name, fact in facts.items() if isinstance(fact, Unavailable)]
    assert set(absent) == set(torch_static.OWNS) - {
        "torch_leftovers",
        "torch_copies",
    }
    assert {facts[name].reason for name in absent} == {Reason.NOT_PRESENT}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "content", ["", "__version__ = 1", "def", "__version__ = '\x00'", "a" * 99999]
)
def test_an_unreadable_version_py_is_a_gap(tmp_path: Path, content: str) -> None:
    facts = read(tmp_path, {f"{S}/torch/version.py": content})
    assert values(facts, "torch_version") == [Reason.UNPARSED]


@pytest.mark.parametrize(
    ("files", "environ", "origin"),
    [
        ({}, {}, "pytorch"),
        ({"version": "2.9.0a0+50eac811a6.nv25.09"}, {}, "ngc"),
        ({"version": "2.5.0a0+872d972e41.nv24.08", "/etc/nv_tegra_release": "# R36"}, {}, "jetson"),
        ({}, {"NVIDIA_PYTORCH_VERSION": "25.09"}, "ngc"),
        ({"version": "2.9.0a0+gitabc1234"}, {}, "source"),
        (
            {"direct_url.json": '{"url": "file:///src/pytorch", "dir_info": {"editable": true}}'},
            {},
            "source",
        ),
        (
            {"direct_url.json": '{"url": "file:///tmp/torch.whl", "archive_info": {}}'},
            {},
            "pytorch",
        ),
        ({"version": "2.10.0.dev20251001+cu130"}, {}, "pytorch"),
        ({"version": "2.8.0.custom"}, {}, "unknown"),
        ({"conda": "https://conda.anaconda.org/conda-forge/linux-64"}, {}, "conda-forge"),
        ({"conda": "https://repo.anaconda.com/pkgs/main/linux-64"}, {}, "anaconda"),
        ({"conda": "https://conda.anaconda.org/pytorch/linux-64"}, {}, "pytorch"),
    ],
)
def test_origin(
    tmp_path: Path, files: dict[str, str], environ: dict[str, str], origin: str
) -> None:
    version = files.get("version", "2.8.0+cu128")
    written: dict[str, Any] = torch_files(S, version=version)
    if "direct_url.json" in files:
        written[f"{S}/torch-{version}.dist-info/direct_url.json"] = files["direct_url.json"]
    if "conda" in files:
        written["/env/conda-meta/pytorch-2.8.0-cuda126_mkl_py312_h0.json"] = (
            f'{{"channel": "{files["conda"]}"}}'
        )
    written |= {name: text for name, text in files.items() if name.startswith("/")}
    assert values(read(tmp_path, written, **environ), "torch_origin") == [origin]


def test_damage_is_what_is_missing_or_cut(tmp_path: Path) -> None:
    files = torch_files(S)
    whole = files[f"{S}/torch/lib/libtorch_cpu.so"]
    assert isinstance(whole, bytes)
    files[f"{S}/torch/lib/libtorch_cpu.so"] = whole[:-20]
    del files[f"{S}/torch/__init__.py"]
    (damage,) = values(read(tmp_path, files), "torch_damage")
    assert damage == (
        f"torch/lib/libtorch_cpu.so has {len(whole) - 20} of {len(whole)} bytes",
        "torch/__init__.py is missing",
    )


def test_a_module_of_the_right_size_that_is_full_of_zeros_is_damage(tmp_path: Path) -> None:
    files = torch_files(S)
    start = files[f"{S}/torch/__init__.py"]
    assert start
    files[f"{S}/torch/__init__.py"] = "\0" * len(start)
    assert values(read(tmp_path, files), "torch_damage") == [
        ("torch/__init__.py is full of zeros",)
    ]


def test_stripped_and_conda_patched_libraries_are_no_damage(tmp_path: Path) -> None:
    files = torch_files(S)
    files[f"{S}/torch/lib/libtorch_cpu.so"] = elf_bytes()  # smaller than recorded, and whole
    files["/env/conda-meta/pytorch-2.8.0-cuda_1.json"] = "{}"
    files[f"{S}/torch/__init__.py"] = "patched"
    assert values(read(tmp_path / "a", files), "torch_damage") == [()]
    files[f"{S}/torch/lib/libtorch_cpu.so"] = elf_bytes()[:-9]
    assert "libtorch_cpu.so has" in values(read(tmp_path / "b", files), "torch_damage")[0][0]


def test_a_build_without_record_is_checked_by_its_headers(tmp_path: Path) -> None:
    files = {name: text for name, text in torch_files(S).items() if ".dist-info" not in name}
    files[f"{S}/torch/lib/libtorch_cuda.so"] = elf_bytes()[:-7]
    assert values(read(tmp_path, files), "torch_damage", "torch_installer") == [
        ("torch/lib/libtorch_cuda.so is cut short or no library",),
        Reason.NOT_PRESENT,
    ]


def test_leftovers(tmp_path: Path) -> None:
    names = ("~orch", "~orch-2.1.0.dist-info", "-orch", "~-rch", "~umpy", "torch-2.8.0.dist-info")
    facts = read(tmp_path, {f"{S}/{name}/": "" for name in names})
    found = {path.rpartition("/")[2] for path in values(facts, "torch_leftovers")[0]}
    assert found == {"~orch", "~orch-2.1.0.dist-info", "-orch", "~-rch"}


def test_copies_in_search_order_and_the_first_is_taken(tmp_path: Path) -> None:
    user = f"/home/u/.local/{SITE}"
    files = {
        "/usr/bin/python3.12": "",
        f"/usr/{SITE}/": "",
        **torch_files(user, version="2.1.0+cu118", cuda="11.8"),
        **torch_files(f"/usr/{SITE}"),
    }
    host = tree(tmp_path, files, HOME="/home/u")
    facts = dict(torch_static.probe(host, resolve_target(host, "/usr/bin/python3.12")))
    copies = [
        (copy.path, copy.version, str(copy.cuda)) for copy in values(facts, "torch_copies")[0]
    ]
    assert copies == [
        (f"{user}/torch", "2.1.0+cu118", "11.8"),
        (f"/usr/{SITE}/torch", "2.8.0+cu128", "12.8"),
    ]
    assert str(values(facts, "torch_version")[0]) == "2.1.0+cu118"


def test_an_editable_build_is_found_through_its_pth(tmp_path: Path) -> None:
    files = {
        f"{S}/easy-install.pth": "/src/pytorch\n",
        **torch_files("/src/pytorch", version="2.9.0a0+git1234567"),
    }
    facts = read(tmp_path, files)
    assert values(facts, "torch_location", "torch_origin") == ["/src/pytorch/torch", "source"]


def test_version_py_is_parsed_and_never_run() -> None:
    text = "import os\nos.abort()\n__version__: str = '2.8.0'\ncuda = '12' + '.8'\nhip = None\n"
    assert parse_version_py(text) == {"__version__": "2.8.0", "hip": None}


def test_metadata_ends_where_the_description_begins() -> None:
    text = "Name: torch\r\nRequires-Dist: a\r\n\r\nRequires-Dist: b\r\n"
    assert list(metadata_fields(text, "Requires-Dist")) == ["a"]


def test_newest_glibc() -> None:
    assert newest_glibc(["GLIBC_2.9", "GLIBC_2.28", "GLIBC_2.3.4", "GLIBC_PRIVATE"]) == "2.28"
    assert newest_glibc([]) is None


@given(st.text(max_size=400))
def test_texts_never_raise(text: str) -> None:
    parse_version_py(text)
    recorded_sizes(text)
    list(metadata_fields(text, "Requires-Dist"))
    newest_glibc([text])
    targets(text.split())


@given(st.binary(max_size=400))
def test_bytes_never_raise(data: bytes) -> None:
    search_arch_list(data)
    parse_version_py(data.decode("latin-1"))


@pytest.mark.parametrize(
    "name", ["libtorch_python.so", "libtorch_cuda.so", "libc10.so", "libtorch_cpu.so"]
)
@pytest.mark.parametrize("length", [0, 10, 64, 200])
def test_truncated_libraries_never_raise(tmp_path: Path, name: str, length: int) -> None:
    files = torch_files(S)
    content = files[f"{S}/torch/lib/{name}"]
    assert isinstance(content, bytes)
    files[f"{S}/torch/lib/{name}"] = content[:length]
    facts = read(tmp_path, files)
    assert values(facts, "torch_damage")[0] == (
        f"torch/lib/{name} has {length} of {len(content)} bytes",
    )


def test_a_recording_answers_as_the_machine_did(tmp_path: Path) -> None:
    write(tmp_path / "root", {**venv(), **torch_files(S)})
    host = LiveHost(str(tmp_path / "root"), {})
    target = resolve_target(host, "/env")
    recording = RecordingHost(host)
    answered = dict(torch_static.probe(recording, target))
    recording.save(tmp_path / "saved")
    assert dict(torch_static.probe(RecordedHost(tmp_path / "saved"), target)) == answered
    assert not list(
        (tmp_path / "saved").rglob("*.so")
    )  # the answers are kept, the libraries are not


def test_venv_without_torch_beside_a_system_that_has_it(tmp_path: Path) -> None:
    files = {**venv(), **torch_files(f"/usr/{SITE}")}
    host = tree(tmp_path, files)
    facts = dict(torch_static.probe(host, resolve_target(host, "/env")))
    assert values(facts, "torch_version") == [Reason.NOT_PRESENT]
