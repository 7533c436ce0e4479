"""What CI does, in parts: ``nox -s lint types tests docs wheel bench``."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.options.sessions = ["lint", "types", "tests", "docs", "wheel"]
nox.options.reuse_existing_virtualenvs = True
ROOT = Path(__file__).parent


@nox.session
def lint(session: nox.Session) -> None:
    """Style, with every rule of the linter that is not left out for a reason."""
    session.install("ruff>=0.9")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("--editable", ".[dev]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """Every test that this machine can run; arguments go to pytest."""
    session.install("--editable", ".[mcp,test]")
    session.run("python", "-m", "pytest", *(session.posargs or ("-n", "2")))


@nox.session(name="new-rule")
def new_rule(session: nox.Session) -> None:
    """Begin a rule: ``nox -s new-rule -- FAMILY NAME`` takes the next free code and writes its two files."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "tests.rules.new_rule", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Print how much of the rooms that judge is run by their own tests, lines and branches, beside its floor."""
    session.install("--editable", ".[dev]")
    session.run("python", "-m", "tests.bench.branches", *(session.posargs or ("-n", "2")))


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated pages (with ``-- --check`` only compare them), and the explorer into site/."""
    session.install("--editable", ".[test]")
    session.run("python", "docs/generate.py", *session.posargs)
    session.run("torch-doctor", "matrix", "page", "-o", str(ROOT / "site"))


@nox.session
def site(session: nox.Session) -> None:
    """Build the site of all pages into site/, strictly, and try it (in a browser where there is a Chromium)."""
    session.install("--editable", ".[browser,docs,test]")
    session.env["NO_MKDOCS_2_WARNING"] = "1"  # mkdocs-material's advertisement of its successor
    session.run("python", "-m", "mkdocs", "build", "--strict", *session.posargs)
    session.env["TORCH_DOCTOR_SITE"] = str(ROOT / "site")
    session.run("python", "-m", "pytest", "-q", "tests/site")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel and run the tests against it, away from the checkout."""
    session.install("build>=1.2")
    out = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--wheel", "--outdir", str(out / "dist"))
    built = max((out / "dist").glob("*.whl"), key=lambda path: path.stat().st_mtime)
    session.install("--force-reinstall", f"{built}[test]")
    away = out / "away"
    shutil.rmtree(away, ignore_errors=True)
    shutil.copytree(ROOT / "tests", away / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", away)
    # The cases of rules and the matrix in YAML are samples for the tests; a wheel carries neither.
    shutil.copytree(ROOT / "matrix", away / "matrix")
    shutil.copytree(
        ROOT / "doctor" / "torch_doctor" / "rules",
        away / "doctor" / "torch_doctor" / "rules",
        ignore=shutil.ignore_patterns("*.py", "*.pyc"),
    )
    session.chdir(away)
    session.run("python", "-m", "pytest", *(session.posargs or ("-n", "2")))


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"], venv_backend="venv")
def lowest(session: nox.Session) -> None:
    """The tests of the rooms, the commands and the goldens with the lowest version of each package that we ask for."""
    session.install("uv")
    lowest = Path(session.create_tmp()) / "lowest.txt"
    asked = ("--resolution", "lowest-direct", "--no-header", "--output-file", str(lowest))
    session.run_install("uv", "pip", "compile", "--quiet", *asked, "pyproject.toml")
    session.install("--editable", ".[test]", "--constraint", str(lowest))
    tests = ("tests/unit", "tests/cli", "tests/golden", "tests/test_api.py")
    session.run("python", "-m", "pytest", *(session.posargs or ("-q", "-n", "2", *tests)))


@nox.session
def bench(session: nox.Session) -> None:
    """Print what each command costs beside the bare interpreter."""
    session.install(".")
    session.chdir(session.create_tmp())
    session.run("python", str(ROOT / "tests" / "bench" / "startup.py"), *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Print how a made-up driver's every fault is told; ``-- --sample 300`` asks some of four thousand."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "tests.bench.fault_matrix", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Print what reports, linted files and files of facts that nobody wrote do; 50,000 of them by default."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "tests.bench.fuzz", *(session.posargs or ("--inputs", "50000")))


@nox.session
def mutants(session: nox.Session) -> None:
    """Print which small changes to the law no test of its room notices; ``-- --sample 40`` makes some of them."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "tests.bench.mutants", *session.posargs)


@nox.session
def reality(session: nox.Session) -> None:
    """Goes online: compare the rows of torch with the wheels of the package index; arguments go to the command."""
    session.install(".")
    words = session.posargs or ("--torch", ">=1.12")
    session.run("torch-doctor", "matrix", "refresh", "--dry-run", *words)


@nox.session
def peers(session: nox.Session) -> None:
    """Goes online: print what other tools answer to the questions of docs/questions.yaml, beside our answers."""
    session.install("--editable", ".[test]")
    session.run("python", "tests/bench/peers.py", *session.posargs)


@nox.session
def index(session: nox.Session) -> None:
    """Goes online: whether the package index resolves the commands of every plan, by uv, or with --pip by pip."""
    session.install("--editable", ".[test]")
    session.run("python", "tests/bench/index.py", *session.posargs)
