"""Recordings without identifiers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.probes.host.anonymise import cleaner

UUID = "GPU-8f6e1d2c-0000-1111-2222-333344445555"


def test_an_abbreviation_of_a_uuid_that_was_met_is_that_uuid() -> None:
    clean = cleaner({})
    whole = clean(UUID)

    assert clean("GPU-8f6e") == whole


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


@given(st.text())
def test_any_text_is_cleaned(text: str) -> None:
    cleaner({"HOME": text, "USER": text})(f"/home/{text} GPU-{text}")
