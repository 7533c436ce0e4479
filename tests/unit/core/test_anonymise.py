"""Facts without identifiers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from doctor.core.anonymise import anonymise, cleaner
from doctor.core.fact import Facts, Known, Reason, Source, Unavailable
from doctor.core.records import Gpu, MigDevice
from tests.strategies import facts

UUID = "GPU-8f6e1d2c-0000-1111-2222-333344445555"
HERE = Source("file", "/home/alice/x")


def test_a_mask_still_selects_its_gpu() -> None:
    gpus = (
        Gpu(0, uuid=UUID, mig_devices=(MigDevice("1g", UUID.replace("GPU", "MIG")),)),
        Gpu(1, uuid=UUID.replace("8f", "9a")),
    )
    clean = anonymise(
        Facts({"cuda_visible_devices": Known("GPU-9a6e,0", HERE), "gpus": Known(gpus, HERE)}), {}
    )
    first, second = clean.value("gpus")
    assert first.uuid == "GPU-00000000-0000-0000-0000-000000000000"
    assert first.mig_devices[0].uuid == "MIG-00000000-0000-0000-0000-000000000000"
    assert clean.value("cuda_visible_devices") == f"{second.uuid},0"
    assert first.uuid != second.uuid


def test_torch_writes_uuids_without_their_prefix() -> None:
    clean = cleaner({})
    assert clean(UUID) == f"GPU-{clean(UUID.removeprefix('GPU-'))}"
    assert "8f6e" not in clean(UUID.removeprefix("GPU-"))
    assert clean(clean(UUID)) == clean(UUID)


def test_homes_and_names() -> None:
    clean = cleaner({"HOME": "/home/alice", "USER": "alice"})
    assert clean("/home/alice/venv:/home/bob/x:/scratch/alice/y:/opt/alice") == (
        "~/venv:/home/USER/x:/scratch/$USER/y:/opt/$USER"
    )
    assert clean("/home/alicebob/x and malice") == "/home/USER/x and malice"
    assert clean("C:\\Users\\carol\\x") == "C:\\Users\\USER\\x"
    assert (
        cleaner({"HOME": "/root", "USER": "root"})("/root/x /scratch/root/y")
        == "/root/x /scratch/root/y"
    )


def test_sources_and_details_too() -> None:
    gap = Unavailable(Reason.DENIED, "/home/alice/x", HERE)
    clean = anonymise(Facts({"torch_version": gap}), {"HOME": "/home/alice"})["torch_version"]
    assert isinstance(clean, Unavailable)
    assert (clean.detail, clean.source.where) == ("~/x", "~/x")


@given(facts())
def test_types_stay(generated: Facts) -> None:
    clean = anonymise(generated, {"HOME": "/home/alice", "USER": "alice"})
    assert set(clean) == set(generated)
    assert all(type(clean[name]) is type(generated[name]) for name in generated)


@given(st.text())
def test_any_text_is_cleaned(text: str) -> None:
    cleaner({"HOME": text, "USER": text})(f"/home/{text} GPU-{text}")
