"""A secret in any field of any fact, in a report or in a file stays out of every format; what a cure needs stays in."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.api import lint, triage
from torch_doctor.cli.output.quotes import quotes
from torch_doctor.core import records
from torch_doctor.core.catalog import FACTS
from torch_doctor.core.codec import facts_to_json, field_types
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.redaction.facts import redact, text_cleaner
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.version import (
    ComputeCapability,
    CudaVersion,
    DriverRelease,
    SmTarget,
    TorchVersion,
)
from torch_doctor.diagnose import report_on
from torch_doctor.linter.document import document as lint_document
from torch_doctor.matrix.load import load_matrix
from torch_doctor.render import comment
from torch_doctor.render.formats import names

ALICE = Identity("n7.rack.corp.net", "alice", "/home/alice")
# What is planted, and what of it nobody may find again.
LOGINS = {
    "https://bob77:hunter2x@pkgs.corp.net/simple": ("bob77", "hunter2x"),
    "https://pkgs.corp.net/Ab3dE5fG7hJ9kL2m/simple/": ("Ab3dE5fG",),
    "https://conda.corp.net/t/tk-1234-abcd/main": ("tk-1234",),
    "https://pkgs.corp.net/a.whl?token=s3cr3t99x&x=1": ("s3cr3t99x",),
    "hf_QwErTyUiOpAsDfGh12345": ("hf_Qw",),
    "WANDB_API_KEY=0a1b2c3d4e5f6a7b8c9d": ("0a1b2c3d",),
    "dave9:pa55word@proxy.corp.net:3128": ("pa55word",),
    "Authorization: Bearer abcDEF123456ghiJKL789": ("abcDEF12",),
}
NAMES = {
    "/home/alice/venv/bin": ("alice",),
    "/scratch/alice_2/run": ("alice",),
    "user alice is in no group of that name": ("alice",),
    "/data/home/erinq/lib and then erinq again": ("erinq",),
    r"C:\Users\gwenv\torch": ("gwenv",),
    "frankw@n9:~/x$ nvidia-smi": ("frankw", "n9"),
    "carolx.b@corp.net": ("carolx",),
    "n7 refuses": ("n7",),
    "n7.rack.corp.net refuses": ("rack.corp",),
    "tcp://10.3.1.4:29500": ("10.3.1.4",),
    "connected to 192.168.7.21": ("192.168.7.21",),
    "fe80::a1b2:3cff:fe4d:5e6f": ("a1b2:3cff",),
    "2001:0db8:0001:0002:0003:0004:0005:0006": ("0db8",),
    "ether 3c:7c:3f:1a:2b:4c": ("3c:7c",),
    "GPU-7d3f8a21-1111-4c4c-8d8d-123456789abc": ("7d3f8a21",),
    "serial: 1320921001": ("1320921001",),
}
PLANTED = {**LOGINS, **NAMES}
SENTENCE = " ; ".join(PLANTED)
FOUND = tuple(word for words in PLANTED.values() for word in words)
# What only looks like a secret.
READABLE = (
    *("nvidia-cublas-cu12==12.4.5.8", "nvidia-curand-cu12 10.3.5.147", "cuDNN 9.1.0.70", "12.4.1.3"),
    *("driver 535.104.05", "libcurand=10.3.5.147=0", "TensorRT 10.0.1.6", "CUDA_ERROR_NO_DEVICE (100)"),
    *("Xid (PCI:0000:01:00): 79", "00000000:01:00.0", "c10::Error", "at::native::add", "12:30:45"),
    *("https://download.pytorch.org/whl/cu128", "https://download.pytorch.org/whl/nightly/cu130"),
    "https://download.pytorch.org/whl/cu128/torch-2.9.1%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl",
    "https://docs.nvidia.com/deploy/cuda-compatibility/index.html#forward-compatibility",
    *("nvcr.io/nvidia/pytorch:25.09-py3", "nvidia/cuda:12.4.1-base@sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f9"),
    *("NVIDIA H100 80GB HBM3", "NVIDIA GeForce RTX 4090", "torch-2.6.0+cu124", "sm_90a compute_90"),
    *("~/venv/bin/python", "/usr/local/cuda-12.4/lib64", "/opt/conda/envs/x/lib", "git@github.com:a/b.git"),
    *("http://127.0.0.1:8000/health", "5.15.167.4-microsoft-standard-WSL2", "max_tokens=4096"),
    *("pad_token=tokenizer.eos_token", "$PIP_TOKEN", "Windows 10.0.19045.3086", "Chrome/120.0.0.0"),
    *("torch @ git+https://github.com/pytorch/pytorch@v2.9.1", "user@1000.service", "gcc 13.2.0-23"),
)  # fmt: skip


def value(kind: str, text: str) -> Any:
    """A value of a type of the catalogue, with *text* in every string of it."""
    if kind.endswith(" | None"):
        return value(kind.removesuffix(" | None"), text)
    if kind.startswith("tuple["):
        return (value(kind.removeprefix("tuple[").removesuffix(", ...]"), text),)
    plain = {
        "str": text,
        "int": 1,
        "float": 1.0,
        "bool": True,
        "ComputeCapability": ComputeCapability(9, 0),
        "CudaVersion": CudaVersion(12, 8),
        "DriverRelease": DriverRelease.parse("535.104.05"),
        "SmTarget": SmTarget(ComputeCapability(9, 0), "", False),
        "TorchVersion": TorchVersion.parse("2.8.0+cu128"),
    }
    if kind in plain:
        return plain[kind]
    record = getattr(records, kind)
    return record(**{name: value(of, text) for name, of in field_types(record).items()})


def planted(names: list[str], text: str = SENTENCE) -> Facts:
    source = Source("file", text, 1)
    return Facts({name: Known(value(FACTS[name].type, text), source) for name in names})


def found_in(text: str) -> list[str]:
    """What was planted and can still be read, also where a format escapes signs."""
    return [word for word in FOUND if word in text]


def rendered(report: Any) -> dict[str, str]:
    made = {}
    for form in names():
        module = import_module(f"torch_doctor.render.formats.{form}")
        more = (
            {"width": 100, "colour": False, "verbose": True, "quiet": False}
            if form == "text"
            else {}
        )
        made[form] = str(module.render(report, **more))
    return {**made, "comment": comment.render(report, {})}


NAMES_OF_FACTS = sorted(FACTS)
PARTS = [NAMES_OF_FACTS[start::24] for start in range(24)]


@pytest.mark.parametrize("names", PARTS, ids=lambda names: names[0])
def test_no_format_shows_what_a_field_holds(names: list[str]) -> None:
    report = report_on(planted(names), load_matrix(), identity=ALICE)

    for form, text in rendered(report).items():
        assert not found_in(text), form


@pytest.mark.parametrize("names", PARTS, ids=lambda names: names[0])
def test_each_field_loses_what_was_planted_and_nothing_around_it(names: list[str]) -> None:
    text = f"before {SENTENCE} behind"
    for name, fact in redact(planted(names, text), ALICE).items():
        shown = json.dumps(facts_to_json(Facts({name: fact})))

        assert not found_in(shown), name
        if '"str"' in FACTS[name].type or FACTS[name].type == "str":
            assert fact.value.startswith("before "), name
            assert fact.value.endswith(" behind"), name


def test_a_gap_shows_nothing_either() -> None:
    gaps = {
        name: Unavailable(Reason.CRASHED, SENTENCE, Source("child", SENTENCE))
        for name in NAMES_OF_FACTS
    }
    report = report_on(Facts(gaps), load_matrix(), identity=ALICE)

    for form, text in rendered(report).items():
        assert not found_in(text), form


@pytest.mark.parametrize("names", PARTS[:6], ids=lambda names: names[0])
def test_who_asks_for_identifiers_is_shown_no_login(names: list[str]) -> None:
    text = " ; ".join(LOGINS)
    report = report_on(planted(names, text), load_matrix(), identify=True)
    logins = [word for words in LOGINS.values() for word in words]

    for form, shown in rendered(report).items():
        assert not [word for word in logins if word in shown], form


@pytest.mark.parametrize("secret", PLANTED)
def test_a_report_that_quotes_a_secret_is_answered_without_it(secret: str) -> None:
    paste = (
        "$ python train.py\n"
        f"/home/erinq/x.py:3: {secret}\n"
        f"RuntimeError: CUDA error: no kernel image is available for execution on the device ({secret})\n"
    )
    report = triage(paste, name="/home/alice/report.txt")
    quoted = quotes(report, paste.encode(), "/home/alice/report.txt", load_matrix(), identify=False)
    known = {word for word in PLANTED[secret] if word not in ("alice", "n7", "rack.corp")}
    texts = {**rendered(report), "comment": comment.render(report, quoted)}

    assert report.primary is not None
    for form, text in texts.items():
        assert not [word for word in known if word in text], form
        assert "home/alice" not in text, form


def test_the_quoted_lines_are_there(tmp_path: Path) -> None:
    paste = "RuntimeError: CUDA error: no kernel image is available for execution on the device\n"
    name = str(tmp_path / "home" / "alice" / "report.txt")
    report = triage(paste, name=name)

    quoted = quotes(report, paste.encode(), name, load_matrix(), identify=False)

    assert any("no kernel image" in line for lines in quoted.values() for line in lines.values())


@pytest.mark.parametrize("secret", LOGINS)
def test_lint_shows_no_login_of_a_file(secret: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        f"--index-url https://download.pytorch.org/whl/cu999 # {secret}\ntorch==2.0.1+cu121 # {secret}\n"
    )
    (tmp_path / "Dockerfile").write_text(
        f"FROM nvidia/cuda:12.1.0-base\nRUN pip install torch==99.1 --extra-index-url {secret}\n"
    )
    answer = lint(tmp_path, gpu="B200")
    shown = [json.dumps(lint_document(answer, 1))]
    shown += [
        import_module(f"torch_doctor.render.lint.{form}").render(answer, 1)
        for form in ("github", "sarif")
    ]
    shown.append(
        str(
            import_module("torch_doctor.render.lint.terminal").lines(
                answer, verbose=True, quiet=False
            )
        )
    )

    assert answer.flaws
    for text in shown:
        assert not [word for word in LOGINS[secret] if word in text]


@pytest.mark.parametrize("text", READABLE)
def test_what_a_cure_needs_stays_readable(text: str) -> None:
    clean = text_cleaner(ALICE)

    assert clean(text) == text
    assert clean(f"see {text}, please") == f"see {text}, please"


@pytest.mark.parametrize("version", ["10.3.5.147", "192.168.7.21", "12.4.1.3", "535.104.05"])
def test_a_version_in_its_field_is_no_address(version: str) -> None:
    package = records.Package("nvidia-curand-cu12", version)
    facts = redact(Facts({"packages": Known((package,), Source("file"))}), ALICE)

    assert facts.value("packages") == (package,)


_around = st.text(st.sampled_from("abc xyz 019 ,;()[]\n"), max_size=30)


@given(st.sampled_from(sorted(PLANTED)), _around, _around)
def test_a_secret_goes_wherever_it_stands(secret: str, before: str, after: str) -> None:
    clean = text_cleaner(ALICE._replace(users=("erinq", "frankw", "gwenv")))
    once = clean(f"{before}\n{secret}\n{after}")

    assert not [word for word in PLANTED[secret] if word in once]
    assert clean(once) == once
