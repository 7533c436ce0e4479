"""An error that is quoted is not an error that happened: somebody else's, denied, or told by a document."""

from __future__ import annotations

import re

import pytest
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.framing.solved import NEEDS, OPENING, QUOTED
from torch_doctor.pastes.text.framing.unframed import FORMS, unframed

from tests.literals import is_in_every_match

HAPPENED = "RuntimeError: No CUDA GPUs are available"


@pytest.mark.parametrize(
    "text",
    [
        f"My neighbour gets '{HAPPENED}'.",
        f"a friend's old laptop says '{HAPPENED}'. Mine works.",
        f"We never got the error '{HAPPENED}'.",
        f"No veo el error '{HAPPENED}', todo va bien.",
        f"If users hit `{HAPPENED}`, they should look at the driver.",
        f"You might see the message '{HAPPENED}' without the toolkit.",
        f"The README of it says: '{HAPPENED}'. That is not my case.",
        f"{HAPPENED} will be raised if no GPU is there.",
        f'    if "{HAPPENED}" in message:',
        f'AssertionError: expected "{HAPPENED}" in stderr',
        f"We don't see '{HAPPENED}' and no 'out of memory' either.",
        f"If we moved the node to another partition, would we get '{HAPPENED}'?",
        f"The mask is set first, since the loader would stop with '{HAPPENED}' otherwise.",
        f"My brother's box says '{HAPPENED}', mine with the same script says nothing.",
        f"* Fixed '{HAPPENED}' in workers of the loader",
        f'Please drop `if not found: raise RuntimeError("{HAPPENED}")`, it is never reached.',
        f"Scan all logs for these: '{HAPPENED}', 'Xid 79'.",
        f'Solved: I had forgotten the group, so "{HAPPENED}" came. In the group everything works.',
        f'Gelöst. Ohne den Treiber kam "{HAPPENED}", mit ihm läuft alles.',
        f"解決しました。以前は「{HAPPENED}」でしたが、今は使えます。",
        f"Earlier I had `{HAPPENED}` on this node. After the reboot it works.",
        f"Assignment 2: a job ends with `{HAPPENED}`. Explain two reasons.",
        f"## FAQ\n\n**{HAPPENED}**\nThe mask is empty.\n\n**CUDA out of memory**\nLower the batch.\n",
        f"diff --git a/run.sh b/run.sh\n-echo '{HAPPENED}'\n+echo done",
        f"diff --git a/run.sh b/run.sh\n+x\nfix: the old mask gave '{HAPPENED}' on nodes with one GPU",
        f'- fix(worker): "{HAPPENED}" when the queue is empty',
        f'-    raise RuntimeError("{HAPPENED}")\n+    raise RuntimeError(hint)',
        f'with pytest.raises(RuntimeError, match="{HAPPENED}"):',
        f'The test asserts that "{HAPPENED}" is raised on a node without one.',
        f"We had '{HAPPENED}' on it last summer. The riser was replaced, it runs day and night.",
        f'The old node had "{HAPPENED}" last year, which the admin fixed.',
        f'It was down yesterday ("{HAPPENED}"), today it is up again and all runs.',
        f"Q: I get {HAPPENED}\nA: Look at the driver.\nQ: How large is it?\nA: 2 GB.",
    ],
)
def test_what_is_only_quoted_proves_nothing(text: str) -> None:
    facts = read_text(text)

    assert facts.value("cuda_available") is None
    assert not any("No CUDA GPUs" in error.text for error in facts.value("errors_seen", ()))


@pytest.mark.parametrize(
    "text",
    [
        HAPPENED,
        f"I get the error '{HAPPENED}'.",
        f"My colleague gets the same on our server: {HAPPENED}",
        f"If you need more, this is the log:\n{HAPPENED}",
        f"I don't have a driver error, but this: {HAPPENED}",
        f"I read the docs and tried all of it.\n{HAPPENED}",
        f"It says {HAPPENED} when I start it",
        f"My colleague gets '{HAPPENED}' on her laptop. What should she do?",
        f"I don't get the error '{HAPPENED}' until I install xformers",
        f"{HAPPENED} is raised when I start the server",
        f"The docs say that CUDA 12 is fine, but I get {HAPPENED}",
        f"My friend sees eight GPUs while I see this: {HAPPENED}",
        f"{HAPPENED} will be raised when I call it",
        f'AssertionError: expected "cuda" but got "cpu", {HAPPENED}',
        f"We never saw '{HAPPENED}' before today",
        f"If I start the server, it would say '{HAPPENED}'. What now?",
        f"- Fixed the path, and now '{HAPPENED}'",
        f'    raise RuntimeError("{HAPPENED}")',
        f'Solved one thing, but "{HAPPENED}" is still there when it runs.',
        f'Earlier I had "{HAPPENED}". It works on the CPU.',
        f"## Troubleshooting\n\n**{HAPPENED}**\nThat is what I get.\n\n**What I tried**\nA reboot.\n",
        f"- {HAPPENED}\n- it came with the update",
        f"diff --git a/run.sh b/run.sh\n+x\nNow the log says: {HAPPENED}",
        f'- Fix this, please: "{HAPPENED}"',
        f'The test checks the "device", but I get {HAPPENED}',
        f"We had '{HAPPENED}' last summer, the riser was replaced, and it came back.",
        f"Two months ago the card was replaced. {HAPPENED}",
        f"'{HAPPENED}' came last winter. The riser was replaced. Today it is back again.",
        f"Q: what is said?\nA: {HAPPENED}\nQ: which card?\nA: RTX 3090",
        f"Q: {HAPPENED}, what can I do?",
        f'Yesterday all was well, then "{HAPPENED}" came, and now nothing works.',
        f'It says "{HAPPENED}" now, how can I see that it works?',
    ],
)
def test_what_happened_is_read(text: str) -> None:
    assert read_text(text).value("cuda_available") is False


def test_lines_stay_where_they_are() -> None:
    text = f"one\nMy friend gets '{HAPPENED}'. And I do not.\nthree"

    assert [line.strip() for line in unframed(text).split("\n")] == [
        "one",
        "And I do not.",
        "three",
    ]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.needs[0][0].strip())
def test_every_sentence_of_a_form_holds_the_words_that_it_is_looked_for_by(form) -> None:
    for words in form.needs:
        assert is_in_every_match(words, form.pattern.pattern, re.IGNORECASE | re.MULTILINE), words


def test_every_line_that_tells_of_a_solution_holds_the_words_that_it_is_looked_for_by() -> None:
    opening, quotation = NEEDS

    assert is_in_every_match(opening, OPENING.pattern, re.IGNORECASE | re.MULTILINE)
    assert is_in_every_match(quotation, QUOTED.pattern)


def test_of_two_sentences_that_begin_in_one_the_first_goes_and_the_second_is_read() -> None:
    first = f"If you see '{HAPPENED}', you will see '{HAPPENED}'."

    assert unframed(f"{first} I see '{HAPPENED}'.") == f"{' ' * len(first)} I see '{HAPPENED}'."


@pytest.mark.parametrize(
    ("text", "gpus"),
    [
        ("I plan to buy an RTX 5090. My RTX 3060 has torch 2.4.1+cu121.", ["RTX 3060"]),
        ("I am thinking about getting a 4090; the RTX 2070 SUPER is slow", ["RTX 2070 SUPER"]),
        ("I bought an RTX 5090 to get rid of it", ["RTX 5090"]),
    ],
)
def test_a_gpu_that_somebody_plans_to_buy_is_not_there(text: str, gpus: list[str]) -> None:
    assert [gpu.name for gpu in read_text(text).value("gpus", ())] == gpus


@pytest.mark.parametrize(
    ("boxes", "seen"),
    [
        ("- [x] Linux\n- [ ] torch.cuda.is_available() returns False\n", False),
        ("- [x] Linux\n- [X] torch.cuda.is_available() returns False\n", True),
        (
            "- [ ] torch.cuda.is_available() returns False\n",
            True,
        ),  # no form: a list of what is open
        ("1. [ ] torch.cuda.is_available() returns False\n2. [x] other\n", False),
    ],
)
def test_a_box_that_is_left_empty_beside_a_ticked_one_tells_nothing(boxes: str, seen: bool) -> None:
    assert ("is_available() returns False" in unframed(boxes)) is seen
