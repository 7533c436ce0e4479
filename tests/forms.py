"""The forms of a report, as tests ask for them: a new file in ``render/formats/`` is in all of these tests at once."""

from __future__ import annotations

from torch_doctor.render.formats import names

ALL = names()
# One line that programs keep of a report; tests/unit/render/test_short_formats.py says what each of them must hold.
SHORT = ("features", "line")
WHOLE = tuple(form for form in ALL if form not in SHORT)
