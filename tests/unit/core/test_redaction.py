"""What identifies a machine or a person goes, and what hangs together stays together."""

from __future__ import annotations

from hypothesis import given
from torch_doctor.core.codec import facts_to_json
from torch_doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from torch_doctor.core.records import Gpu, KernelResult, MigDevice
from torch_doctor.core.redaction.facts import redact, without_sensitive
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.redaction.uuids import pseudonym
from torch_doctor.matrix.law.masks import read_mask

from tests import strategies

A = "GPU-7d3f8a21-1111-4c4c-8d8d-123456789abc"
B = "GPU-7d3f9b22-2222-4c4c-8d8d-123456789abc"
MIG = "MIG-0a1b2c3d-3333-4c4c-8d8d-123456789abc"
NVML = Source("nvml", "libnvidia-ml.so.1")
ALICE = Identity("node17", "alice", "/home/alice")
GPUS = (Gpu(0, "A", uuid=A, mig_devices=(MigDevice("1g.10gb", MIG),)), Gpu(1, "B", uuid=B))


def masked(mask: str) -> tuple[tuple[Gpu, ...], str]:
    facts = redact(
        Facts({"gpus": Known(GPUS, NVML), "cuda_visible_devices": Known(mask, Source("env"))}),
        ALICE,
    )
    return facts.value("gpus"), facts.value("cuda_visible_devices")


def cleaned(text: str, identity: Identity = ALICE) -> str:
    facts = redact(Facts({"ld_preload": Known(text, Source("env"))}), identity)
    return str(facts.value("ld_preload"))


def test_a_mask_still_selects_the_gpu_that_it_selected() -> None:
    for mask in (A, B, "GPU-7d3f8", "gpu-7D3F9b", f"{B},{A}", MIG, "0", "1,0", f"{A},5", "", "-1"):
        gpus, redacted = masked(mask)

        assert read_mask(redacted, gpus) == _renamed(mask, redacted, gpus), mask
        assert "7d3f" not in redacted.lower()


def _renamed(mask: str, redacted: str, gpus: tuple[Gpu, ...]) -> object:
    """What the mask selected before, with the names that the mask has now."""
    before = read_mask(mask, GPUS)
    unknown = before.unknown and redacted.split(",")[len(before.visible)]
    visible = tuple(pseudonym(name) if name.startswith("MIG-") else name for name in before.visible)
    return before._replace(unknown=unknown, visible=visible)


def test_an_ambiguous_abbreviation_stays_ambiguous() -> None:
    gpus, redacted = masked("GPU-7d3f")

    assert all(str(gpu.uuid).startswith(redacted) for gpu in gpus)
    assert read_mask(redacted, gpus).visible == ()


def test_a_uuid_of_no_gpu_here_still_names_none() -> None:
    gpus, redacted = masked("GPU-deadbeef")

    assert read_mask(redacted, gpus).visible == ()
    assert "deadbeef" not in redacted


def test_old_mig_names_carry_the_pseudonym_of_their_gpu() -> None:
    assert masked(f"MIG-{A}/7/0")[1] == f"MIG-{pseudonym(A)}/7/0"
    assert cleaned(f"device MIG-{A}/7/0 is busy") == f"device MIG-{pseudonym(A)}/7/0 is busy"


def test_torchs_bare_uuid_is_the_same_gpu() -> None:
    result = KernelResult(0, ok=True, uuid=A.removeprefix("GPU-"))
    facts = redact(Facts({"kernel_results": Known((result,), NVML)}))

    assert facts.value("kernel_results")[0].uuid == pseudonym(A).removeprefix("GPU-")


def test_pseudonyms_tell_gpus_apart_and_are_the_same_in_every_report() -> None:
    assert pseudonym(A) != pseudonym(B)
    assert pseudonym(A) == pseudonym(A.lower().replace("gpu-", "GPU-"))
    assert pseudonym(pseudonym(A)) == pseudonym(A)


def test_paths_keep_working_and_name_nobody() -> None:
    assert cleaned("/home/alice/venv/bin/python") == "~/venv/bin/python"
    assert cleaned("/home/alice:/home/bob/lib") == "~:/home/USER/lib"
    assert cleaned("/home/alicexx/lib") == "/home/USER/lib"
    assert cleaned("/scratch/alice/lib:/opt/alice") == "/scratch/$USER/lib:/opt/$USER"
    assert cleaned("/Users/carol/x", Identity()) == "~/x"
    assert cleaned("/root/venv/bin", Identity()) == "~/venv/bin"
    assert cleaned(r"C:\Users\dave\x", Identity()) == r"~\x"
    assert cleaned("/data/home/erin/x", Identity()) == "~/x"


def test_what_looks_like_a_home_and_is_none_stays() -> None:
    for text in (
        "/home/linuxbrew/bin",
        "/usr/lib/home",
        "/opt/rootfs/x",
        "/usr/share/rootless",
        "see homepage",
    ):
        assert cleaned(text, Identity()) == text


def test_common_names_are_no_names() -> None:
    assert (
        cleaned("/usr/local/cuda/lib64", Identity("cuda", "local", "/home/x"))
        == "/usr/local/cuda/lib64"
    )


def test_host_names_and_serials_go() -> None:
    assert (
        cleaned("Nov 20 node17 kernel: NVRM: serial: 1320921001")
        == "Nov 20 HOST kernel: NVRM: serial: REDACTED"
    )
    assert cleaned("node170") == "node170"


def test_sources_and_details_are_cleaned_too() -> None:
    gap = Unavailable(
        Reason.DENIED, "cannot read /home/alice/x", Source("file", "/home/alice/x", 3)
    )

    fact = redact(Facts({"ld_preload": gap}), ALICE)["ld_preload"]

    assert fact == Unavailable(Reason.DENIED, "cannot read ~/x", Source("file", "~/x", 3))


def test_sensitive_facts_are_left_out() -> None:
    facts = Facts({"torch_location": Known("/x", NVML), "python_version": Known("3.12", NVML)})

    assert list(without_sensitive(facts)) == ["python_version"]


@given(strategies.facts())
def test_redaction_is_idempotent_and_keeps_every_type(facts: Facts) -> None:
    once = redact(facts, ALICE)

    assert redact(once, ALICE) == once
    assert list(once) == list(facts)
    facts_to_json(once)
