"""Other people, another machine, trouble that is over: what such a sentence quotes is no fact of the machine at hand."""

from __future__ import annotations

import re

import pytest
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.framing import apart

NO_CODE = "CUDA error: no kernel image is available for execution on the device"
MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"


@pytest.mark.parametrize(
    "sentence",
    [
        # other people
        f"A user on the mailing list got '{NO_CODE}' with this release.",
        "Somebody at the meetup still has driver 384.130 on his box.",
        f"I read on a blog that {MISMATCH} is what one sees then.",
        "Many people report torch.cuda.is_available() is False after that.",
        "According to a forum post, torch 2.2.0+cpu is what arrives.",
        "My uncle's neighbour, who knows his way around, says his GeForce GTX 670 does it.",
        # another machine
        f"The other node says {MISMATCH}, ours is in order.",
        "It runs without trouble on a borrowed server with driver 418.126.02.",
        "On my old notebook torch.cuda.is_available() is False, on this one it is True.",
        "node3 has Xid 79 in dmesg, but that is not our node.",
        "My other PC has a GeForce GT 520, which is not used for this.",
        # over
        f"'{NO_CODE}' was fixed by the wheel of the cu128 index.",
        "There was an Xid 48 last autumn, the board has been repaired.",
        "We used to have driver 390.48, which was replaced years ago.",
        "CUDA_VISIBLE_DEVICES=-1 was in the profile until May, I removed it.",
        f"Yesterday it said {MISMATCH}, after the reboot all is fine again.",
    ],
)
def test_what_is_apart_tells_of_nothing_that_is_so_here(sentence: str) -> None:
    facts = read_text(f"A question about our node.\n\n{sentence}\n")

    told_of = ("driver_release", "cuda_available", "gpus", "torch_version", "kernel_events")
    assert not [name for name in (*told_of, "cuda_visible_devices") if facts.value(name)]
    assert not facts.value("errors_seen")


@pytest.mark.parametrize(
    ("sentence", "fact", "value"),
    [
        ("Our admin says that the driver is 535.129.03.", "driver_release", "535.129.03"),
        ("Someone updated our server to driver 570.86.10.", "driver_release", "570.86.10"),
        ("My friend and I have driver 535.129.03 on this box.", "driver_release", "535.129.03"),
        ("On my old laptop torch.cuda.is_available() is False.", "cuda_available", "False"),
        ("Both machines: torch.cuda.is_available() returns False here.", "cuda_available", "False"),
        ("A friend's PC does it too: torch.cuda.is_available() returns False.", "cuda_available", "False"),
        ("I removed the old wheel, but torch.cuda.is_available() is False.", "cuda_available", "False"),
        ("We fixed the mask, and still torch.cuda.is_available() is False.", "cuda_available", "False"),
        ("On my laptop it works, on the server torch.cuda.is_available() is False.", "cuda_available", "False"),
        ("The update was removed, and since then torch.cuda.is_available() returns False.", "cuda_available", "False"),
    ],
)  # fmt: skip
def test_what_is_told_of_the_machine_at_hand_is_read(sentence: str, fact: str, value: str) -> None:
    assert str(read_text(sentence).value(fact)) == value


def test_what_stays_keeps_its_place() -> None:
    sentence = f"A friend gets {NO_CODE}, but I see nothing of it."

    left = apart.without_what_is_apart(sentence)

    assert len(left) == len(sentence)
    assert left.strip() == ", but I see nothing of it."


@pytest.mark.parametrize("name", sorted(vars(apart)))
def test_no_pattern_takes_long_on_a_line_of_prose(name: str) -> None:
    pattern = getattr(apart, name)
    if isinstance(pattern, re.Pattern):
        for text in ("my other " * 66, "people say that " * 37, "was, " * 120):
            assert len(text) <= 600
            list(pattern.finditer(text))
