"""What the functions of the Python API are given: a plain reading where there is one, else an error that says the cure.

Whoever calls from a notebook meets no type checker, and an error from deep inside names nothing that they wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch_doctor.core.fact import Facts
from torch_doctor.core.finding import Severity
from torch_doctor.core.startup import Any
from torch_doctor.core.text import one_line
from torch_doctor.engine.evaluate import Options

_NEVER = "never"


def facts_of(given: Any, name: str = "facts") -> Facts:
    """Return facts as they are; raise TypeError on all else."""
    if isinstance(given, Facts):
        return given
    cure = "torch_doctor.load(…) reads what collect or check --json saved"
    raise TypeError(f"{name}: {_shown(given)} is no Facts; {cure}")


def text_of(given: Any) -> str | bytes:
    """Return the text to triage; raise TypeError on all else."""
    if isinstance(given, str | bytes):
        return given
    if isinstance(given, bytearray | memoryview):
        return bytes(given)
    raise TypeError(f"text: {_shown(given)} is no text; give str or bytes: a file's content is it")


def options_of(given: Any) -> Options:
    """Return the options with codes as sets and *fail_on* as a severity; words are read as the command reads them."""
    if not isinstance(given, Options):
        raise TypeError(f"options: {_shown(given)} is no torch_doctor.Options; write Options(…)")
    only, ignore = (frozenset(words_of(getattr(given, name), name)) for name in ("only", "ignore"))
    return given._replace(only=only, ignore=ignore, fail_on=_severity(given.fail_on))


def words_of(given: Any, name: str) -> tuple[str, ...]:
    """Return one word or several as a tuple; raise TypeError where it is neither."""
    if isinstance(given, str):
        return (given,)
    if isinstance(given, Iterable) and not isinstance(given, bytes | Mapping):
        words = tuple(given)
        wrong = next((word for word in words if not isinstance(word, str)), None)
        if wrong is None and None not in words:
            return words
        raise TypeError(f"{name}: {_shown(wrong)} is no text; write each in quotes")
    raise TypeError(f"{name}: {_shown(given)} is neither a text nor a list of texts")


def count_of(given: Any, name: str) -> int | None:
    """Return a number of GPUs, or None; raise ValueError where it counts nothing."""
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        count: int | None = given
        return count
    raise ValueError(
        f"{name}: {_shown(given)} is no number of GPUs; write a whole number such as 8"
    )


def stages_of(given: Any, *, static: bool) -> bool | tuple[str, ...]:
    """Return what *deep* asks for: all stages, none or those named; raise where it means nothing."""
    if isinstance(given, bool):
        stages: bool | tuple[str, ...] = given
    elif isinstance(given, int | float) or given is None:
        raise TypeError(f"deep: {_shown(given)} is neither True nor False nor names of stages")
    else:
        stages = _known_stages(words_of(given, "deep"))
    if stages and static:
        raise ValueError("static=True runs nothing and deep measures the GPUs: leave one out")
    return stages


def question_of(
    given: Mapping[str, Any], fields: Sequence[str], many: Sequence[str]
) -> dict[str, Any]:
    """Return the options of recommend as its command takes them; *many* of *fields* take several words."""
    unknown = next((name for name in given if name not in fields), None)
    if unknown is not None:
        raise TypeError(f"recommend has no option {unknown!r}; it has {', '.join(fields)}")
    return {
        name: words_of(value, name) if name in many else _one(value, name)
        for name, value in given.items()
    }


def _one(given: Any, name: str) -> Any:
    """Return an option of recommend that takes one value; a whole number is a text, and others may lose digits."""
    if isinstance(given, bool | float):
        raise TypeError(f'{name}: write {given!r} as a text, in quotes, such as {name}="{given}"')
    if name == "limit":
        if isinstance(given, int):
            return given
        raise TypeError(f"limit: {_shown(given)} is no whole number")
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, int):
        return str(given)
    raise TypeError(f"{name}: {_shown(given)} is no text")


def _severity(given: Any) -> Severity | None:
    if given is None or isinstance(given, Severity):
        return given
    if isinstance(given, str):
        if given.casefold() == _NEVER:
            return None
        try:
            return Severity.parse(given)
        except KeyError:
            pass
    words = ", ".join((*map(str, Severity), _NEVER))
    raise ValueError(f"fail_on: {_shown(given)} is none of {words}")


def _known_stages(words: tuple[str, ...]) -> tuple[str, ...]:
    from torch_doctor.probes.live.deep_child import FILES, STAGES, is_asked

    known = (*STAGES, FILES)
    for word in words:
        if not any(is_asked(stage, (word,)) for stage in known):
            raise ValueError(
                f"deep: there is no stage {_shown(word)}; there are {', '.join(known)}"
            )
    return words


def _shown(given: Any) -> str:
    """Return what was given in a few words: the value where it is short and plain, else its type."""
    if given is None or isinstance(given, str | int | float):
        return one_line(repr(given), 80)
    return f"a value of type {type(given).__name__}"
