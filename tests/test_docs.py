"""The pages say what the code does: generated ones are up to date, written ones name what exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from torch_doctor import __version__
from torch_doctor.cli.overview import COMMANDS
from torch_doctor.core.catalog import FACTS
from torch_doctor.rules import load_rules

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="needs the checkout")
WRITTEN = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", "CHANGELOG.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_fact_and_command_has_its_place() -> None:
    index, facts, cli = text("docs/rules/README.md"), text("docs/facts.md"), text("docs/cli.md")

    assert all(f"[{rule.code}]({rule.code}.md)" in index for rule in load_rules())
    assert all(f"| `{name}` |" in facts for name in FACTS)
    assert all(f"## torch-doctor {name}\n" in cli for name in COMMANDS)


def test_the_design_names_files_and_rooms_that_exist() -> None:
    """What it only advises against (``utils.py``) and what belongs to others (``torch/version.py``) is none of ours."""
    page = text("docs/design.md") + text("docs/decisions.md")
    files = set(re.findall(r"`([\w./-]+\.(?:py|yaml|md))`", page)) - {
        "utils.py",
        "torch/version.py",
    }
    package = ROOT / "doctor" / "torch_doctor"
    ours = [
        p.as_posix()
        for top in (package, ROOT / "tests", ROOT / "docs", ROOT / "matrix")
        for p in top.rglob("*")
    ]
    house = page.split("## 2. The house")[1].split("```")[1]
    rooms = re.findall(r"^    (\w+)/ ", house, re.MULTILINE) + re.findall(
        r"^  (\w+)/ ", house, re.MULTILINE
    )

    assert len(files) > 40 and len(rooms) > 20
    assert not [name for name in files if not any(path.endswith(f"/{name}") for path in ours)]
    assert not [room for room in rooms if not any(path.endswith(f"/{room}") for path in ours)]
    assert {
        path.name for path in package.iterdir() if path.is_dir() and path.name[0] != "_"
    } <= set(rooms) | {"rules"}


def test_the_readme_sets_up_in_two_lines() -> None:
    blocks = re.findall(r"```bash\n(.*?)```", text("README.md"), re.DOTALL)

    assert len(blocks) == 2
    assert all(
        block.count("\n") == 1 and block.startswith("python3 -m venv .venv && ") for block in blocks
    )
    assert blocks[0].endswith("torch-doctor\n")
    assert blocks[1].endswith("-m pytest\n")


def test_the_chinese_readme_is_installed_and_shown_as_the_english_one() -> None:
    english, chinese = text("README.md"), text("README.zh-CN.md")
    look = re.compile(
        r"<!-- first look: .*?\]\((\S+\.svg)\).*?(```text\n.*?```).*?end of the first look -->",
        re.DOTALL,
    )
    shown = [look.search(page) for page in (english, chinese)]
    install = re.search(r"```bash\n(.*?)```", english, re.DOTALL)

    assert shown[0] and shown[1] and shown[0].groups() == shown[1].groups()
    assert install and install[0] in chinese
    assert "](README.zh-CN.md)" in english and "](README.md)" in chinese


def test_the_first_screen_shows_a_verdict_and_asks_for_nothing_that_is_not_there() -> None:
    page = text("README.md")
    screen = page[: page.index("\n## How it works")]
    svg = text("docs/pictures/first-look.svg")

    assert "Verdict: broken" in screen and "--index-url https://download.pytorch.org/whl/" in screen
    assert {f"torch-doctor {name}" for name in ("recommend", "triage", "lint", "fleet")} <= set(
        re.findall(r"torch-doctor (?:recommend|triage|lint|fleet)", screen)
    )
    assert not re.search(r"\buvx?\b|pipx|pip install torch-doctor", screen)
    assert not re.findall(r"\]\(https?:", screen)
    # A picture that loads a font or a style sheet tells another server who reads the page.
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "").replace(
        "https://download.pytorch.org/whl/", ""
    )


SHIPPED = [
    path
    for place in (ROOT, *(ROOT / name for name in ("docs", "integrations", "doctor")))
    for path in (place.rglob("*") if place != ROOT else place.glob("*"))
    if path.suffix in (".md", ".yaml", ".yml", ".sh", ".conf", ".json", ".py")
    or path.name == "Dockerfile"
]


def test_nothing_is_installed_by_a_name_that_nobody_holds() -> None:
    """The name is on no package index: whoever takes it there would be run on every node."""
    by_name = re.compile(
        r"(?:\b(?:pip3?|pipx|uv(?: pip)?|uv tool|conda|mamba)\s+(?:install|run|add)\s+(?:-\S+\s+)*|\buvx\s+)"
        r"[\"']?torch-doctor(?![\w/.-]|\s*@)"
    )
    assert by_name.search("RUN pip install --quiet torch-doctor") and by_name.search(
        "uvx torch-doctor"
    )
    assert not by_name.search("pip install ./torch-doctor")

    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SHIPPED
        if path.is_file()
        for match in by_name.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_the_image_has_one_name_and_is_pushed() -> None:
    image = re.compile(
        r"(?:image:\s*|docker build .*-t |docker push )(\S*torch-doctor)(\S*)(?=\s|$)"
    )
    pages = [path for path in SHIPPED if "docs" in path.parts or "integrations" in path.parts]
    named = {
        match[1] + match[2]
        for path in pages
        if path.is_file()
        for match in image.finditer(path.read_text(encoding="utf-8"))
    }

    assert named == {f"registry.example/torch-doctor:{__version__}"}
    assert f"docker push {named.pop()}\n" in text("docs/schedulers.md")


def test_written_pages_pair_codes_and_causes_as_the_rules_do() -> None:
    names = {rule.code: rule.name for rule in load_rules()}
    # The page of a rule that is gone stands until the pages are made anew.
    left = {page.stem for page in (ROOT / "docs" / "rules").glob("TD*.md")} - names.keys()
    pairs = re.compile(r"\b(TD\d{3}) ([a-z]+(?:-[a-z0-9]+)+)(?=[:`])")
    wrong = [
        f"{path.name}: {match[0]}"
        for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
        for match in pairs.finditer(path.read_text(encoding="utf-8"))
        if names.get(match[1]) != match[2] and match[1] not in left
    ]

    assert wrong == []


@pytest.mark.parametrize("name", WRITTEN)
def test_commands_in_the_pages_are_understood(name: str) -> None:
    """Every `torch-doctor …` in a written page parses."""
    from importlib import import_module

    page = text(name)
    inline = re.findall(r"`torch-doctor([^`\n]*)`", page)
    blocks = "".join(re.findall(r"```console\n(.*?)```", page, re.DOTALL))
    typed = re.findall(r"^(?:\$ )?torch-doctor(.*)$", blocks, re.MULTILINE)
    for words in inline + typed:
        argv = shlex.split(words.replace("…", ""), comments=True)
        command = argv.pop(0) if argv and argv[0] in COMMANDS else "check"
        if argv in (["--version"], ["--help"]) or not argv:
            continue
        import_module(f"torch_doctor.cli.{COMMANDS[command].module}").parser().parse_args(argv)


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    assert "\n## [Unreleased]\n" in text("CHANGELOG.md")


def test_every_example_of_the_api_page_runs() -> None:
    from docs.pages.api import printed

    examples = re.findall(r"```python\n(.*?)```", text("docs/api.md"), re.DOTALL)

    assert len(examples) >= 6
    for example in examples:
        printed(example)


def test_the_api_page_names_every_name() -> None:
    import torch_doctor

    page = text("docs/api.md")
    assert [name for name in torch_doctor.__all__ if f"`{name}`" not in page] == ["__version__"]


def test_the_readme_python_example_runs() -> None:
    block = re.search(r"```python\n(.*?)```", text("README.md"), re.DOTALL)
    assert block

    done = subprocess.run(
        [sys.executable, "-c", block[1]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    here, reported, plan, drifts = done.stdout.splitlines()
    assert here.split()[0] in ("healthy", "degraded", "broken", "undecided", "cpu-only")
    assert reported == "broken driver-too-old-for-cuda-build"
    assert re.fullmatch(r"2\.\d+\.\d+ python -m pip install .*", plan)
    assert drifts.startswith("[")
