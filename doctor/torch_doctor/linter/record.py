"""What readers make of files, and what problems say of it.

A text that depends on something unknown holds UNKNOWN: nothing is concluded from it.
"""

from __future__ import annotations

from torch_doctor.core.finding import Receipt, Severity
from torch_doctor.core.startup import TYPE_CHECKING
from torch_doctor.core.tuples import NamedTuple

if TYPE_CHECKING:
    from torch_doctor.linter.text import SourceText, Spot

# Stands for a value that only a build, a workflow or a person knows. No file that can be read holds it.
UNKNOWN = "\x00"
SHARED_MEMORY = "/dev/shm"  # noqa: S108  a place in containers, where nothing is written


class Edit(NamedTuple):
    """A change of the line of *spot*: *new* in the place of *old*, which must stand there once, as a whole word.

    Without *old*, *new* is a line of its own *below* that one, or above it, as far in as that one.
    """

    spot: Spot
    old: str
    new: str
    below: bool = True


class Flaw(NamedTuple):
    """One problem at one place: why it is one, the rows that say so, and what mends it.

    *mends* are ways to mend it by editing, the best first; nothing is known yet of what else they bring about.
    *text* is the line of the file. *reason* is why somebody chose to live with it, empty where nobody did, and
    *accepted_in* the file and line that says so; *not_accepted* is why what is meant to accept it does not.
    """

    problem: str
    severity: Severity
    spot: Spot
    message: str
    fix: str = ""
    because: tuple[Receipt, ...] = ()
    text: str = ""
    reason: str = ""
    accepted_in: str = ""
    not_accepted: str = ""
    mends: tuple[tuple[Edit, ...], ...] = ()


class Unsure(NamedTuple):
    """A value that could not be worked out, so that nothing is said of it."""

    spot: Spot
    what: str


class ImageUse(NamedTuple):
    """A reference to an image; *role* is base (FROM), run (a workload) or job. *written* is how the file has it."""

    reference: str
    written: str
    spot: Spot
    role: str = "run"
    platform: str = ""


class Requirement(NamedTuple):
    """A package that is asked for. *url* is a direct reference; *source* names an index of the project for it alone."""

    name: str
    specifier: str
    spot: Spot
    extras: tuple[str, ...] = ()
    marker: str = ""
    url: str = ""
    source: str = ""
    group: str = ""

    @property
    def pinned(self) -> str:
        """The one version that is asked for, with its local part; empty where there are several."""
        text = self.specifier.replace(" ", "")
        if "," in text or UNKNOWN in text or not text.startswith("=="):
            return ""
        version = text.lstrip("=")
        return "" if version.endswith("*") else version


class IndexUse(NamedTuple):
    """A place where wheels come from, and where the file names it."""

    url: str
    spot: Spot


class Include(NamedTuple):
    """What an installer is told to read: *kind* is requirements, constraints, conda or project."""

    kind: str
    path: str
    spot: Spot
    extras: tuple[str, ...] = ()


class InstallStep(NamedTuple):
    """One call of an installer: what it asks for, and from where. *tool* is pip, uv, conda, poetry, pdm or pixi.

    *main_index* replaces the default one, *extra* stand beside it, *links* are pages of files. *unread* names included
    files that could not be read, so that more may be asked for. *backend* is the build that uv is told to choose;
    *files* are the lists that were included, *idle* are indexes behind a requirement, where pip passes them over;
    *redirected* is what a shell takes for the name of a file, ``=2.0`` of an unquoted ``torch>=2.0``;
    *requires_python* is what the project that uv installs asks of its Python.
    """

    tool: str
    spot: Spot
    requirements: tuple[Requirement, ...] = ()
    main_index: IndexUse | None = None
    extra: tuple[IndexUse, ...] = ()
    links: tuple[IndexUse, ...] = ()
    flags: frozenset[str] = frozenset()
    channels: tuple[IndexUse, ...] = ()
    unread: tuple[str, ...] = ()
    conditional: bool = False
    constraints: tuple[Requirement, ...] = ()
    includes: tuple[Include, ...] = ()
    backend: str = ""
    redirected: tuple[tuple[str, Spot], ...] = ()
    files: tuple[str, ...] = ()
    idle: tuple[IndexUse, ...] = ()
    python: str = ""
    requires_python: str = ""

    def asks_for(self, name: str) -> tuple[Requirement, ...]:
        """Return what it asks of one package: several where markers or groups decide."""
        return tuple(one for one in self.requirements if one.name == name)


class RunStep(NamedTuple):
    """One other program that is run, with its words; *conditional* where a shell decides whether."""

    words: tuple[str, ...]
    spot: Spot
    conditional: bool = False


class EnvStep(NamedTuple):
    """A variable that is set from here on."""

    name: str
    value: str
    spot: Spot


AnyStep = InstallStep | RunStep | EnvStep


class Environment(NamedTuple):
    """Where packages end up: a stage of a Dockerfile, a job, a script, or what a list of requirements describes.

    *image* is what it starts from, *python* the version that is asked for, *kind* the format of the file. *parent* is
    the stage that it goes on from, whose steps stand before its own. *final* says that nothing goes on from it.
    """

    kind: str
    spot: Spot
    image: ImageUse | None = None
    python: str = ""
    python_spot: Spot | None = None
    requires_python: str = ""
    arch: str = ""
    system: str = "linux"
    steps: tuple[AnyStep, ...] = ()
    parent: tuple[AnyStep, ...] = ()
    final: bool = True
    name: str = ""

    @property
    def all_steps(self) -> tuple[AnyStep, ...]:
        """Its steps after those of the stages that it goes on from."""
        return (*self.parent, *self.steps)


class GpuRequest(NamedTuple):
    """How a workload asks for GPUs: *invalid* is empty, or why what is written is none, and *mends* what would be."""

    spot: Spot
    number: str = ""
    invalid: str = ""
    problem: str = ""
    mends: tuple[tuple[Edit, ...], ...] = ()


class Workload(NamedTuple):
    """A service, a container or a job as it is started.

    *builds* is the folder that its image is built from, by *dockerfile* with *arguments*, as far as *target*. *unsure*
    says that parts of it stand where nobody looked, so that it cannot be said to lack anything.
    """

    kind: str
    name: str
    spot: Spot
    image: ImageUse | None = None
    request: GpuRequest | None = None
    env: tuple[EnvStep, ...] = ()
    command: str = ""
    shared_memory: str = ""
    builds: str = ""
    dockerfile: str = ""
    arguments: tuple[tuple[str, str], ...] = ()
    runtime: str = ""
    unsure: bool = False
    target: str = ""


class NamedIndex(NamedTuple):
    """An index that a project declares. *explicit*: for the packages alone whose source names it."""

    name: str
    url: str
    spot: Spot
    explicit: bool = False
    default: bool = False


class SourceUse(NamedTuple):
    """A package that a project takes from an index by *name*; *extra* and *group* say when, *marker* where."""

    package: str
    name: str
    spot: Spot
    marker: str = ""
    extra: str = ""
    group: str = ""


class ProjectTable(NamedTuple):
    """What a pyproject.toml says beside its requirements.

    *default_groups* are installed where nothing says otherwise; *unisolated* are built with torch at hand, *compiled*
    from source.
    """

    manager: str
    spot: Spot
    requires_python: str = ""
    requires_spot: Spot | None = None
    requirements: tuple[Requirement, ...] = ()
    indexes: tuple[NamedIndex, ...] = ()
    sources: tuple[SourceUse, ...] = ()
    conflicts: tuple[frozenset[str], ...] = ()
    unisolated: frozenset[str] = frozenset()
    compiled: frozenset[str] = frozenset()
    default_groups: tuple[str, ...] = ()
    build_requires: tuple[Requirement, ...] = ()


class Written(NamedTuple):
    """What one file says, and what is wrong with the file itself.

    *replaces* are names of images: where other files have them, a tag of this one is put in.
    """

    environments: tuple[Environment, ...] = ()
    workloads: tuple[Workload, ...] = ()
    images: tuple[ImageUse, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    project: ProjectTable | None = None
    replaces: tuple[str, ...] = ()


class FileRead(NamedTuple):
    """A file with its format and what its reader made of it."""

    path: str
    kind: str
    text: SourceText
    written: Written = Written()
