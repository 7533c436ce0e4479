"""Asks pip's own resolver whether commands resolve for another machine and Python; index.py runs it in pip's venv.

    python index_pip.py 3.13 linux-aarch64 FOLDER < requirements, a JSON list a line > answers, a JSON text a line

pip reads markers by the Python that runs it, and an index page and the metadata of a wheel anew for each command. Here
the markers are those of the Python that is asked for, and a page and a wheel's metadata are fetched once; FOLDER keeps
the metadata. All else is what `pip install --dry-run` does: which files it finds, what it prefers, how it resolves.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import signal
import sys
from pathlib import Path

from pip._internal.cli import cmdoptions
from pip._internal.commands import create_command
from pip._internal.index.collector import LinkCollector
from pip._internal.index.package_finder import PackageFinder
from pip._internal.metadata import get_metadata_distribution
from pip._internal.operations.prepare import RequirementPreparer
from pip._vendor.packaging import markers

PROCESSOR_S = 120  # so that other work on the machine takes nothing of it
TIMEOUT_S = 1200  # what is built from a source waits for other processes
POINT_RELEASE = 10  # 3.9 alone means 3.9.0, and some dependencies ask for a later one
NO_ANSWER = "no answer"
HEADERS = "Metadata-Version Name Version Requires-Python Requires-Dist Provides-Extra".split()
GLIBC_MINORS = range(35, 16, -1)


def main() -> int:
    """Answer each line; the answer is what pip says against the command, or nothing."""
    python, platform, folder = sys.argv[1:]
    _be(python, platform.removeprefix("linux-"))
    _remember(Path(folder))
    signal.signal(signal.SIGPROF, _too_late)
    signal.signal(signal.SIGALRM, _too_late)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), python, platform)), flush=True)
    return 0


def _answer(requirements: list[str], python: str, platform: str) -> str:
    """Return why pip refuses, or nothing; a source is built only for want of a wheel."""
    arch = platform.removeprefix("linux-")
    tags = [f"manylinux_2_{minor}_{arch}" for minor in GLIBC_MINORS]
    tags += [f"manylinux2014_{arch}", f"linux_{arch}"]
    where = ["--python-version", f"{python}.{POINT_RELEASE}"]
    where += [word for tag in tags for word in ("--platform", tag)]
    options = ["--dry-run", "--ignore-installed", "--use-feature=fast-deps", "--prefer-binary"]
    out = io.StringIO()
    _limit(PROCESSOR_S, TIMEOUT_S)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = create_command("install").main(["--quiet", *requirements, *options, *where])
    except TimeoutError as error:
        return str(error)
    except SystemExit as error:
        code = error.code
    finally:
        _limit(0, 0)
    return "" if code == 0 else " ".join(out.getvalue().split()) or f"exit code {code}"


def _limit(processor_s: float, clock_s: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, processor_s)
    signal.setitimer(signal.ITIMER_REAL, clock_s)


def _too_late(*_: object) -> None:
    raise TimeoutError(f"{NO_ANSWER} in {PROCESSOR_S} s of the processor or {TIMEOUT_S} s")


def _be(python: str, arch: str) -> None:
    """Read markers as that Python on that machine does; sources, too, may be taken for it."""
    full = f"{python}.{POINT_RELEASE}"
    there = markers.default_environment() | {
        "implementation_version": full,
        "platform_machine": arch,
        "python_full_version": full,
        "python_version": python,
    }
    markers.default_environment = lambda: dict(there)
    cmdoptions.check_dist_restriction = lambda *_, **__: None


def _remember(folder: Path) -> None:
    """Fetch each page of the index once, and each file's metadata once for all runs."""
    folder.mkdir(parents=True, exist_ok=True)
    LinkCollector.fetch_response = _once_by(LinkCollector.fetch_response, lambda _, link: link.url)
    PackageFinder.find_all_candidates = _once_by(
        PackageFinder.find_all_candidates, lambda _, name: name
    )
    fetch, prepare = (
        RequirementPreparer._fetch_metadata_only,
        RequirementPreparer._prepare_linked_requirement,
    )

    @functools.wraps(fetch)
    def fetch_once(self, req):
        kept = folder / req.link.filename
        if kept.exists():
            return get_metadata_distribution(kept.read_bytes(), req.link.filename, req.name)
        return _keep(kept, fetch(self, req))

    @functools.wraps(prepare)
    def prepare_once(self, req, parallel_builds):
        return _keep(folder / req.link.filename, prepare(self, req, parallel_builds))

    RequirementPreparer._fetch_metadata_only = fetch_once
    RequirementPreparer._prepare_linked_requirement = prepare_once


def _keep(place: Path, dist):
    if dist is not None:
        lines = (
            f"{name}: {value}" for name in HEADERS for value in dist.metadata.get_all(name, ())
        )
        part = place.with_name(f"{place.name}.{os.getpid()}")
        part.write_text("\n".join(lines) + "\n\n", encoding="utf-8")
        part.replace(place)
    return dist


def _once_by(method, key):
    answers = {}

    @functools.wraps(method)
    def once(self, asked, **how):
        what = key(self, asked)
        if what not in answers:
            answers[what] = method(self, asked, **how)
        return answers[what]

    return once


if __name__ == "__main__":
    sys.exit(main())
