"""A rule: a pure function whose parameter names are the facts it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from torch_doctor.core.finding import Action, Receipt, Severity
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from typing import Literal

    # A stage on the way to a kernel: rules/_stages.py.
    Stage = Literal["driver", "library", "start", "import", "cuda", "gpus"]

# What a rule may ask for besides facts of the catalogue.
MATRIX = "matrix"
JUDGEMENT = "judgement"
CURES = "cures"
ERRORS = "errors"
GIVEN = frozenset({MATRIX, JUDGEMENT, CURES, ERRORS})
# The parameter that takes a record which a family of rules declares: its fields are the facts that it needs.
TOGETHER = "facts"
# How the facts begin that say what the user expects of a machine.
EXPECTED = "required_"
# What a rule that speaks of one package alone says before its name: ``packages:torchvision``.
OF_PACKAGES = "packages:"
# The facts in which the errors that were seen are found.
ERROR_FACTS = ("errors_seen", "import_failures", "torch_import_error", "live_stages")
# What may fail although a kernel ran.
BESIDE_KERNELS = frozenset({*ERROR_FACTS, "plain_import_error"})


class UndecidedError(Exception):
    """A rule cannot tell: *fact* was lost and decides. It is raised by a rule that is handed the Fact itself."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class Draft(NamedTuple):
    """What a rule yields; the engine adds code, name, cause and evidence. *fixes* are actions, not yet in words."""

    subject: str
    message: str
    because: tuple[Receipt, ...] = ()
    fixes: tuple[Action, ...] = ()
    cause: str | None = None
    severity: Severity | None = None
    confidence: str = "high"
    evidence: tuple[str, ...] | None = None


class Need(NamedTuple):
    """One parameter of a rule: *raw* hands over the Fact itself, *optional* hands over None when unknown."""

    name: str
    raw: bool = False
    optional: bool = False


class Needs(tuple[Need, ...]):  # noqa: SLOT001  what is worked out once is kept in it
    """What a rule asks for, sorted out once: every rule is asked for every host, and again for every cure."""

    @cached_property
    def names(self) -> frozenset[str]:
        """Of all parameters."""
        return frozenset(need.name for need in self)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """What must be known, the values that the engine gives among it."""
        return tuple(need.name for need in self if not (need.optional or need.raw))

    @cached_property
    def needed(self) -> frozenset[str]:
        """The same, to be compared at once."""
        return frozenset(self.required)

    @cached_property
    def expectation(self) -> bool:
        """Whether nothing can be said unless the user expects something."""
        return any(name.startswith(EXPECTED) for name in self.required)

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """What must be known of the host."""
        return tuple(name for name in self.required if name not in GIVEN)

    @cached_property
    def taken(self) -> frozenset[str]:
        """What is handed over as a value, where it is known."""
        return frozenset(need.name for need in self if not need.raw)

    @cached_property
    def raw(self) -> tuple[str, ...]:
        """What is handed over as the fact itself."""
        return tuple(need.name for need in self if need.raw)


class Rule(NamedTuple):
    """A check and what identifies it. *explains* are the codes that fold under this one; *module* holds it.

    *breaks* are the stages (``rules/_stages.py``) that are not reached where this is found, *shows* the one whose
    failure it tells without a reason: what breaks a stage explains what shows it.

    A *fallback* runs after all others, and only where none of them found an error. *about* are the facts, or the errors
    that were seen, of which it speaks: where none of them holds anything it passes, and its module is not imported.
    ``judgement`` stands for what the law objects to, ``packages:NAME`` for one package.
    """

    code: str
    name: str
    family: str
    cause: str | None
    severity: Severity
    needs: Needs
    check: Callable[..., Iterable[Draft]]
    explains: tuple[str, ...]
    since: str
    module: str
    fallback: bool = False
    about: tuple[str, ...] = ()
    breaks: tuple[Stage, ...] = ()
    shows: Stage | None = None

    @property
    def required(self) -> tuple[str, ...]:
        """The facts without which it cannot run."""
        return self.needs.facts

    @property
    def ready(self) -> Callable[..., Iterable[Draft]]:
        """The check itself, its module imported."""
        ready: Callable[..., Iterable[Draft]] = getattr(self.check, "ready", self.check)
        return ready

    @property
    def doc(self) -> str:
        """What the page of this rule says: the docstring of its module, which is not run for it."""
        from importlib.machinery import SourceFileLoader
        from importlib.util import find_spec

        spec = find_spec(self.module)
        loader: Any = spec.loader if spec else None
        if spec and spec.origin and not hasattr(loader, "get_code"):  # pytest loads plugins itself
            loader = SourceFileLoader(self.module, spec.origin)
        code = loader.get_code(self.module) if loader else None
        first = code.co_consts[0] if code else None
        return first if isinstance(first, str) else ""


def finding(
    subject: str,
    message: str,
    *,
    because: Iterable[Receipt] = (),
    fixes: Iterable[Action] = (),
    cause: str | None = None,
    severity: Severity | None = None,
    confidence: str = "high",
    evidence: tuple[str, ...] | None = None,
) -> Draft:
    """Say one thing about *subject*; *evidence* narrows which of the rule's facts are shown beside it."""
    return Draft(
        subject, message, tuple(because), tuple(fixes), cause, severity, confidence, evidence
    )


def rule(
    code: str,
    *,
    severity: str,
    cause: str | None = None,
    explains: tuple[str, ...] = (),
    since: str = "0.1.0",
    fallback: bool = False,
    about: tuple[str, ...] = (),
    breaks: Stage | tuple[Stage, ...] = (),
    shows: Stage | None = None,
) -> Callable[[Callable[..., Iterable[Draft]]], Rule]:
    """Turn ``check(fact_a, fact_b, matrix)`` into a Rule named after its file.

    A parameter annotated ``Fact`` receives the fact itself, known or not. A parameter with a default is optional:
    it receives the default when the fact is unknown. Any other need that is unknown skips the rule. A family whose
    rules need the same facts declares one named tuple of them, and ``check(facts: ThatTuple)`` takes it: each field is
    a need as a parameter is. A *fallback* has its say only where no other rule found an error. *about* names what it
    speaks of; a rule that asks for ``errors`` without a default speaks of nothing else. What *breaks* a stage explains
    what *shows* that it, or a later one, failed; *explains* names what else folds under this rule.
    """

    def wrap(check: Callable[..., Iterable[Draft]]) -> Rule:
        family, stem = check.__module__.rsplit(".", 2)[-2:]
        record = _record(check)
        needs = Needs(_needs(check, record))
        only_errors = any(need.name == ERRORS and not need.optional for need in needs)
        return Rule(
            code=code,
            name=f"{family}-{stem}".replace("_", "-"),
            family=family,
            cause=cause,
            severity=Severity.parse(severity),
            needs=needs,
            check=_taking(check, record) if record else check,
            explains=explains,
            since=since,
            module=check.__module__,
            fallback=fallback,
            about=about or ((ERRORS,) if only_errors else ()),
            breaks=(breaks,) if isinstance(breaks, str) else breaks,
            shows=shows,
        )

    return wrap


def _record(check: Callable[..., Iterable[Draft]]) -> Any:
    """Return the named tuple that a check takes as ``facts``, or None."""
    name = check.__annotations__.get(TOGETHER)
    return check.__globals__[name] if name else None


def _taking(check: Callable[..., Iterable[Draft]], record: Any) -> Callable[..., Iterable[Draft]]:
    """Return *check* as one that is handed each field of its *record* by its name."""

    def taking(**given: Any) -> Iterable[Draft]:
        together = {name: given.pop(name) for name in record._fields if name in given}
        return check(facts=record(**together), **given)

    return taking


def _needs(check: Callable[..., Iterable[Draft]], record: Any) -> Iterable[Need]:
    code = check.__code__
    names = code.co_varnames[: code.co_argcount]
    first_default = len(names) - len(check.__defaults__ or ())
    for position, name in enumerate(names):
        if name == TOGETHER:
            yield from (_need(record, one, one in record._field_defaults) for one in record._fields)
        else:
            yield _need(check, name, position >= first_default)


def _need(declared_by: Any, name: str, optional: bool) -> Need:
    raw = str(declared_by.__annotations__.get(name, "")).startswith("Fact")
    return Need(name, raw=raw, optional=optional)
