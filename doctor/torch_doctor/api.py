"""The Python API: look at a machine, saved facts or a paste, and judge it. What is said is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module

from torch_doctor import arguments
from torch_doctor.core import report as core
from torch_doctor.core.about import UNNAMED, About, AboutKind
from torch_doctor.core.fact import Fact, Facts, Known, Source
from torch_doctor.core.records import DeepResult, ProofStep
from torch_doctor.core.redaction.identity import Identity
from torch_doctor.core.startup import TYPE_CHECKING, Any
from torch_doctor.core.text import one_line, visible
from torch_doctor.core.tuples import NamedTuple
from torch_doctor.engine.evaluate import Options

if TYPE_CHECKING:
    from pathlib import Path

    from torch_doctor.answers import Answer
    from torch_doctor.linter.accepting import AcceptedProblem
    from torch_doctor.linter.check import LintAnswer
    from torch_doctor.probes.host.beside import Ahead
    from torch_doctor.recommendation.answer import Answer as _Answer
    from torch_doctor.recommendation.locking.drift import Comparison

_SEVERAL = ("gpu", "compute_capability", "feature", "with_")  # options of recommend
_ASKED = Source("user", "what was asked for")


class Report(core.Report):
    """Everything that was judged about one host and one environment, as JSON and HTML, too.

    ``verdict``, ``primary`` (the one cause, or None), ``findings`` (worst first), ``facts``, ``why`` (what an
    undecided verdict lacks), ``outcomes`` of the rules, and the ``exit_code`` of the command. A notebook shows it.
    """

    __slots__ = ()

    def __str__(self) -> str:
        """Return the short text: what ``torch-doctor`` prints."""
        from torch_doctor.render.formats.text import render

        return render(self).rstrip()

    def to_json(self) -> dict[str, Any]:
        """Return the report in the documented JSON form (plain values)."""
        from torch_doctor.render.formats.json import document

        return document(self)

    def to_html(self) -> str:
        """Return the report as one HTML page."""
        from torch_doctor.render.formats.html import render
        from torch_doctor.rules import by_code

        return render(self, by_code())

    def _repr_html_(self) -> str:
        from torch_doctor.render.formats.html import fragment
        from torch_doctor.rules import by_code

        return fragment(self, by_code())


class Expectations(NamedTuple):
    """What the user expects: at least this many GPUs, at least one of each of these models, and these builds of torch.

    *builds* are words such as ``cu128``, ``cpu``, ``2.9`` or ``2.9.1+cu128``; all of them must fit.
    """

    gpus: int | None = None
    names: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()


def check(
    *,
    host: Any = None,
    facts: Facts | None = None,
    about: About | None = None,
    python: str | None = None,
    static: bool = False,
    timeout_s: float = 60.0,
    options: Options = Options(),
    overlay: Path | None = None,
    on_static: Callable[[Report], None] | None = None,
    identify: bool = False,
    expectations: Expectations = Expectations(),
    torch: bool = True,
    on_proof: Callable[[tuple[ProofStep, ...]], None] | None = None,
    deep: bool | Sequence[str] = False,
    on_deep: Callable[[DeepResult], None] | None = None,
    ahead: Ahead | None = None,
    deadline_s: float | None = None,
) -> Report:
    """Return the report on *facts*, or else on this machine (*host*: a recorded one) and its environment *python*.

    *about* says what given facts are about: without it they are those of a machine that was saved.
    *static* neither imports torch nor calls libcuda, and without *torch* the driver is asked and torch is not run;
    otherwise *on_static* gets the report of the static facts while torch is still running, for at most *timeout_s*
    seconds, and *on_proof* what the driver answered. *overlay* is a folder of YAML rows that add to the matrix. *deep*
    adds measurements of every GPU, minutes of them, or those stages that it names; *on_deep* sees each as it comes.
    *deadline_s* bounds all of it: what was not reached then is unknown.
    Without *identify* the report holds no host name, UUID, serial, user name or home path. Raise MatrixError,
    TargetError where *python* names no environment, and ValueError or TypeError where an argument means nothing.
    """
    stages, options = arguments.stages_of(deep, static=static), arguments.options_of(options)
    look = None
    if facts is None:
        from torch_doctor.probes.looking import Look

        limits = {"live_timeout_s": timeout_s, "deadline_s": deadline_s}
        look = Look.begun(host, ahead, python, static, torch, stages, **limits)
    from torch_doctor.matrix.load import load_matrix

    matrix, expected = load_matrix(overlay), expected_facts(expectations)

    def judge(found: Facts, timing: Mapping[str, float], identity: Identity = Identity()) -> Report:
        report = _shown(found.with_(**expected), matrix, options, identity, what, identify=identify)
        return report._replace(timing=dict(timing))

    what = about or (About() if facts is None else About(AboutKind.SAVED_MACHINE))
    if look is None:
        return judge(arguments.facts_of(facts), {})
    hears = {"proof": on_proof, "deep": on_deep, "identify": identify}
    return Report._make(look.judged(judge, on_static, _load(matrix, ahead), **hears))


def _shown(
    facts: Facts, matrix: Any, options: Options, identity: Identity, about: About, *, identify: bool
) -> Report:
    from torch_doctor.diagnose import report_on

    made = report_on(facts, matrix, options, identity=identity, about=about, identify=identify)
    return Report._make(made)


def _load(matrix: Any, ahead: Ahead | None) -> Iterator[object]:
    """Load what will judge, step by step: the probes need as long, and longer where they run *ahead*."""
    from torch_doctor.rules import import_for_gpus, import_likely

    yield import_module("torch_doctor.diagnose")
    yield from import_likely()
    yield from map(matrix.table, ("torch_builds", "gpus"))
    if ahead is not None:
        yield from import_for_gpus()


def triage(
    text: str | bytes,
    *,
    name: str = UNNAMED,
    options: Options = Options(),
    overlay: Path | None = None,
    identify: bool = False,
) -> Report:
    """Return the report on what people paste: the output of any ``collect_env``, ``nvidia-smi``, pip, a traceback.

    What *text* does not mention is unknown. *name* is what the sources of its facts call it. Any text is read; none
    of it is run, opened or looked up.
    """
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.pastes.read import named_in, read_bytes, read_text

    matrix, shown = load_matrix(overlay), one_line(name, 300)
    given = arguments.text_of(text)
    read: Any = read_bytes if isinstance(given, bytes) else read_text
    facts: Facts = read(given, shown, matrix)
    about = About.report(shown)
    judged = arguments.options_of(options)
    return _shown(facts, matrix, judged, named_in(given), about, identify=identify)


def recommend(
    gpu: str | Sequence[str] = (),
    *,
    hosts: Mapping[str, Facts] | None = None,
    overlay: Path | None = None,
    machine: Any = None,
    **asked: Any,
) -> Answer:
    """Return which torch to install for GPUs, for *hosts* (facts by name), or with neither for this host.

    *asked* are the options of the command line by their names and as they are written there: ``driver="535"``,
    ``torch=">=2.6"``, ``feature=["bf16"]``, ``with_="torchvision"``, ``prefer="stable"``, ``limit=1`` … Raise
    QuestionError, a ValueError, where one means nothing, and TypeError where there is no such option.
    """
    from torch_doctor.answers import Answer
    from torch_doctor.consult import consult
    from torch_doctor.recommendation.question.asked import Asked
    from torch_doctor.recommendation.question.hosts import ServedHost

    question = arguments.question_of({"gpu": gpu, **asked}, Asked._fields, _SEVERAL)
    served = [
        ServedHost(name, arguments.facts_of(facts, f"hosts[{name!r}]"))
        for name, facts in (hosts or {}).items()
    ]
    return Answer._make(consult(Asked(**question), served, overlay=overlay, machine=machine))


def lock(answer: _Answer, *, overlay: Path | None = None) -> dict[str, Any]:
    """Return the plan of *answer* as the content of a lock file (docs/lock.md), as JSON values.

    *overlay* is the folder of YAML rows that the answer was found with. Raise ValueError where it has no plan.
    """
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.recommendation.locking.content import lock_of

    return lock_of(answer, load_matrix(overlay))


def compare(
    lock: Mapping[str, Any],
    *,
    facts: Facts | None = None,
    host: Any = None,
    python: str | None = None,
    overlay: Path | None = None,
    file: str = "FILE",
    unknown_is_ok: bool = False,
) -> Comparison:
    """Return what drifted from *lock* (the content of a lock file) on *facts*, or else on this machine.

    ``drifts`` have a message and a cure each, ``unknown`` is what could not be compared, ``status`` is same, drifted
    or unknown. Nothing of PyTorch is run. *file* is what cures call the lock. Raise LockError, a ValueError, where
    it is none.
    """
    from torch_doctor.matrix.load import load_matrix
    from torch_doctor.recommendation.locking.cures import compare as compared
    from torch_doctor.recommendation.locking.reading import read_lock

    held = read_lock(lock)
    if facts is None:
        from torch_doctor.probes.gather import gather
        from torch_doctor.probes.inquiry import Inquiry

        facts = gather(host, Inquiry(python, static=True)).facts
    return compared(held, facts, load_matrix(overlay), file=file, unknown_is_ok=unknown_is_ok)


def lint(
    paths: Sequence[str | Path] | str | Path = ".",
    *,
    driver: str | None = None,
    gpu: Sequence[str] | str = (),
    expect: Sequence[str] | str = (),
    overlay: Path | None = None,
    accepted: Sequence[AcceptedProblem] = (),
    since: str | Path | None = None,
) -> LintAnswer:
    """Return what is wrong in files that a team writes: ``flaws``, each with a problem, a severity, a spot and a fix.

    *paths* are files and folders. *driver*, *gpu* and *expect* (``cu128``, ``cpu``) are what they are meant for;
    *accepted* are problems that settings accept. *since* is a revision of git or another folder: ``flaws`` are then
    what is new, and ``since`` what was kept, what is mended and which drivers are needed. Raise FileNotFoundError, or
    LintTargetError, EarlierError or UnreadableError, ValueErrors, where one means nothing. Nothing
    is run (but git, for a revision), changed or looked up.
    """
    from datetime import date

    from torch_doctor.linter.check import Settled, lint_paths, lint_since
    from torch_doctor.linter.target import target_of
    from torch_doctor.matrix.load import load_matrix

    matrix = load_matrix(overlay)
    named = (paths,) if isinstance(paths, str) or hasattr(paths, "__fspath__") else tuple(paths)
    gpus, builds = ((one,) if isinstance(one, str) else tuple(one) for one in (gpu, expect))
    target = target_of(matrix, driver, gpus, builds)
    settled = Settled(tuple(accepted), date.today().isoformat())
    places = tuple(str(one) for one in named)
    if since is not None:
        return lint_since(str(since), places, target, matrix, settled)
    return lint_paths(places, target, matrix, settled)


def expected_facts(expectations: Expectations) -> dict[str, Fact[Any]]:
    """Return the facts that say what the user expects of the machine."""
    asked: dict[str, Fact[Any]] = {}
    gpus = arguments.count_of(expectations.gpus, "gpus")
    names = arguments.words_of(expectations.names, "names")
    builds = arguments.words_of(expectations.builds, "builds")
    if names:  # one of a model is one GPU
        gpus = max(1, gpus or 0)
    if gpus is not None:
        asked["required_gpus"] = Known(gpus, _ASKED)
    if names:
        asked["required_gpu_names"] = Known(tuple(map(visible, names)), _ASKED)
    if builds:
        asked["required_builds"] = Known(tuple(map(visible, builds)), _ASKED)
    return asked
