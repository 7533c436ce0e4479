"""People whose machine is another than that of who writes, as readers of words name them."""

from __future__ import annotations

# A pattern; what stands before it ("my", "a") and behind it (what they have or see) is each reader's own.
SOMEBODY = (
    r"(?:friend|colleague|co-?worker|boss|brother|sister|cousin|room-?mate|flat-?mate|neighbou?r|team-?mate|class-?mate"
    r"|father|mother|son|daughter|wife|husband|girlfriend|boyfriend)"
)
# One of these is in each of them.
WORDS_OF_SOMEBODY = (
    "friend",
    "colleague",
    "worker",
    "boss",
    "brother",
    "sister",
    "cousin",
    "mate",
    "neighb",
    "father",
    "mother",
    "son",
    "daughter",
    "wife",
    "husband",
)
