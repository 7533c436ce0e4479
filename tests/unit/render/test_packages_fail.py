"""What is said of torch where a package beside it fails: torch is not said to fail with it."""

from __future__ import annotations

import pytest
from torch_doctor.core.about import About, AboutKind
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.core.finding import BESIDE_TORCH, CAUSES, Finding, Severity
from torch_doctor.core.judgement import Judgement, Status
from torch_doctor.core.records import KernelResult
from torch_doctor.core.report import Report, Verdict
from torch_doctor.render.comment import render as comment
from torch_doctor.render.view import answer

SOURCE = Source("file")
KERNELS = Finding(
    "TD319", "x", "extension-arch-missing", Severity.ERROR, "extensions", "no kernels"
)
DRIVER = Finding("TD101", "y", "driver-too-old-for-cuda-build", Severity.ERROR, "driver", "too old")


def report_of(
    *findings: Finding,
    ran: bool | None = None,
    kind: AboutKind = AboutKind.REPORTED_MACHINE,
) -> Report:
    known = {} if ran is None else {"kernel_results": Known((KernelResult(0, ran),), SOURCE)}
    judgement = Judgement(Status.SUPPORTED, observed=bool(ran))
    return Report(
        Verdict.BROKEN, findings, (), Facts(known), judgement, exit_code=1, about=About(kind)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "begins"),
    [
        (AboutKind.REPORTED_MACHINE, "PyTorch itself may run on the GPUs of the reported machine;"),
        (AboutKind.THIS_MACHINE, "PyTorch itself may run on the GPUs here;"),
        (AboutKind.HYPOTHETICAL, "PyTorch itself might run on the GPUs of the machine as assumed;"),
    ],
)
def test_a_package_fails_and_torch_may_run(kind: AboutKind, begins: str) -> None:
    assert answer(report_of(KERNELS, kind=kind)).startswith(begins)


def test_a_package_fails_beside_a_kernel_of_torch_that_ran() -> None:
    verdict = answer(report_of(KERNELS, ran=True, kind=AboutKind.THIS_MACHINE))

    assert verdict.startswith("PyTorch ran a kernel on the GPUs here; a package")


@pytest.mark.parametrize("package", ["bitsandbytes", "numpy", "triton", "xformers"])
def test_a_package_that_is_named_is_one_whatever_the_cause(package: str) -> None:
    broken = Finding("TD500", "packages-x", "numpy2-abi", Severity.ERROR, package, "no library")

    assert "PyTorch itself may run" in answer(report_of(broken))
    assert "PyTorch will not run" in answer(report_of(broken._replace(subject="torch")))


@pytest.mark.parametrize("library", ["cublas", "cudnn", "nccl", "matrix", "gpu:0"])
def test_what_torch_needs_is_no_package_beside_it(library: str) -> None:
    broken = Finding("TD975", "proof-x", "cuda-libs-missing", Severity.ERROR, library, "no start")

    assert "PyTorch will not run" in answer(report_of(broken))


def test_torch_fails_where_anything_else_does() -> None:
    alone, both = answer(report_of(DRIVER)), answer(report_of(KERNELS, DRIVER))
    of_torch = KERNELS._replace(subject="torch")

    assert alone == both == answer(report_of(of_torch)) == answer(report_of(KERNELS, ran=False))
    assert alone.startswith("PyTorch will not run")


def test_what_is_folded_or_put_aside_is_not_asked() -> None:
    folded = DRIVER._replace(explained_by="TD319")
    aside = DRIVER._replace(demoted=True)

    assert answer(report_of(KERNELS, folded, aside)) == answer(report_of(KERNELS))
    assert "may run" not in answer(report_of(aside))


def test_a_comment_tells_the_package_from_torch() -> None:
    assert "a package beside PyTorch" in comment(report_of(KERNELS), {})
    assert "a package beside PyTorch" not in comment(report_of(KERNELS, DRIVER), {})


def test_the_causes_of_packages_are_causes() -> None:
    assert BESIDE_TORCH < CAUSES
