"""The answer of ``recommend`` as the Python API hands it out: as text, as JSON and as HTML, too."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from torch_doctor.core.startup import Any
from torch_doctor.core.text import visible
from torch_doctor.recommendation import answer as recommendation


class Answer(recommendation.Answer):
    """Which torch to install: ``plans`` (best first), ``chosen``, ``rejected``, ``undecided``. A notebook shows it."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Return the answer in the documented JSON form (plain values)."""
        from torch_doctor.recommendation.document import document

        return document(self)

    def __str__(self) -> str:
        """Return what the command prints."""
        return as_text(self).rstrip()

    def _repr_html_(self) -> str:
        return "\n".join(_html(self))


def as_text(
    answer: recommendation.Answer, *, width: int = 80, colour: bool = False, verbose: bool = False
) -> str:
    """Return an answer as text for a terminal of *width* columns."""
    from torch_doctor.recommendation.solving.grouping import groups
    from torch_doctor.render.text.plans import lines
    from torch_doctor.render.text.screen import to_text

    older = verbose or not answer.plans
    rejected = groups(answer, answer.rejected, older=older)
    undecided = groups(answer, answer.undecided, older=older)
    laid_out = lines(answer, rejected, undecided, verbose=verbose)
    return to_text(laid_out, width=width, colour=colour)


def _html(answer: Answer) -> Iterator[str]:
    yield '<div class="torch-doctor-answer">'
    best = answer.chosen
    if best is not None:
        yield f"<p><strong>{_text(best.label)}</strong></p>"
        command = best.commands.get("pip", "")
        if command:
            yield f"<pre><code>{_text(command)}</code></pre>"
    more = "" if best is not None else " open"
    yield f"<details{more}><summary>The whole answer</summary><pre>{_text(str(answer))}</pre></details>"
    yield "</div>"


def _text(words: str) -> str:
    return escape(visible(words))
