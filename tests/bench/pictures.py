"""The pictures of docs/pictures/ that a browser and a terminal draw: ``python -m tests.bench.pictures --site DIR``.

It needs the extra ``browser``, a Chromium, tmux, and the site that mkdocs built into DIR.
"""

from __future__ import annotations

import argparse
import html
import json
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import torch_doctor
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from torch_doctor.core.codec import facts_from_json

from tests.browser import started
from tests.hosts import states

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
A100 = "docs/hosts/a100-driver-535.json"
HOSTS = ROOT / "tests" / "hosts"


# What is typed into a terminal of so many columns; REPORTS is a folder of bug reports.
SCREENS = {
    "terminal-40": (40, f"check --facts {A100}"),
    "terminal-60": (60, f"check --facts {A100}"),
    "terminal-80": (80, f"check --facts {A100}"),
    "terminal-help-60": (60, "--help"),
    "terminal-recommend-80": (80, "recommend --gpu A100 --driver 535"),
    "terminal-triage-120": (120, "triage REPORTS"),
}
BUG_REPORTS = {
    "blackwell.txt": "torch 2.6.0+cu124, RTX 5090, driver 570.86.16\n"
    "RuntimeError: CUDA error: no kernel image is available for execution on the device\n",
    "after-upgrade.txt": "Failed to initialize NVML: Driver/library version mismatch\n",
    "old-driver.txt": "torch 2.9.1+cu130, RTX 3090, driver 535.183.01: is_available() is False\n",
    "which-torch.txt": "It does not work on my machine.\n",
}


class Shot(NamedTuple):
    """One picture of a page: its name, where the page is, and how it is looked at; *whole* is all of it."""

    name: str
    address: str
    width: int
    scheme: str
    whole: bool = False


def write_reports(folder: Path) -> None:
    """Write the reports as pages: a cause with cures, a library from elsewhere, what was measured, an assumption."""
    four = [json.loads((HOSTS / "h200x4-580-cu130" / f"{part}.json").read_text())["facts"] for part in ("facts", "deep")]  # fmt: skip
    made = {
        "broken": torch_doctor.load(str(ROOT / A100)),
        "libraries": states.read(HOSTS / "h200-states" / "cudnn-shadowed.json")[1],
        "deep": facts_from_json({**four[0], **four[1]}),
    }
    for name, facts in made.items():
        (folder / f"{name}.html").write_text(torch_doctor.check(facts=facts).to_html(), encoding="utf-8")  # fmt: skip
    assumed = (
        "check",
        "--assume",
        "gpu=V100,driver=550,torch=2.9.1",
        "-o",
        str(folder / "assumed.html"),
    )
    subprocess.run([sys.executable, "-m", "torch_doctor", *assumed], cwd=ROOT, check=True)


def shots(site: Path, reports: Path) -> list[Shot]:
    """Return the pictures of the site, of the explorer and of reports."""
    explorer = f"{(site / 'explorer.html').as_uri()}#gpu=V100&driver=535"
    looked = [
        Shot(f"{name}-{width}-{scheme}", address, width, scheme)
        for name, address in (("site", (site / "index.html").as_uri()), ("explorer", explorer))
        for width in (1280, 390)
        for scheme in ("light", "dark")
    ]
    drawn = {path.stem: path.as_uri() for path in reports.glob("*.html")}
    return [
        *looked,
        Shot("gpu-1280-light", (site / "gpus" / "geforce-rtx-5090.html").as_uri(), 1280, "light"),
        Shot("error-390-dark", (site / "errors" / "cuda-803.html").as_uri(), 390, "dark"),
        Shot("report-1280-light", drawn["broken"], 1280, "light"),
        Shot("report-1280-dark", drawn["libraries"], 1280, "dark", whole=True),
        Shot("report-deep-1280-light", drawn["deep"], 1280, "light", whole=True),
        Shot("report-deep-390-dark", drawn["deep"], 390, "dark", whole=True),
        Shot("report-390-light", drawn["libraries"], 390, "light"),
        Shot("report-390-dark", drawn["assumed"], 390, "dark"),
    ]


def screen(name: str, reports: Path) -> str:
    """Return what a terminal shows of one command, as tmux has it, in a page."""
    width, words = SCREENS[name]
    typed = words.replace("REPORTS", str(reports.relative_to(reports.parent)))
    command = f"{sys.executable} -m torch_doctor {typed} 2>{reports.parent}/notices"
    shell = f"TERM=xterm-256color {command}; tmux wait-for -S done; sleep 30"
    tmux = ("tmux", "-L", name)
    size = ("-x", str(width), "-y", "100")
    folder = reports.parent if "REPORTS" in words else ROOT
    subprocess.run([*tmux, "new-session", "-d", *size, shell], cwd=folder, check=True)
    try:
        subprocess.run([*tmux, "wait-for", "done"], check=True, timeout=120)
        time.sleep(0.5)  # until what was written is drawn
        shown = subprocess.run([*tmux, "capture-pane", "-p", "-e"], capture_output=True, text=True, check=True)  # fmt: skip
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
    drawn = Console(record=True, width=width, file=StringIO())
    drawn.print(Text.from_ansi(shown.stdout.rstrip()))
    form = "<pre style='font: 14px/1.3 monospace; margin: 12px; width: max-content'>{code}</pre>"
    body = drawn.export_html(theme=MONOKAI, inline_styles=True, code_format=form)
    return f"<!doctype html><title>{html.escape(name)}</title><body style='margin:0;background:#0c0c0c;color:#d9d9d9'>{body}"


def draw(browser: Any, one: Shot) -> None:
    """Draw one picture into docs/pictures/."""
    size = {"width": one.width, "height": 100 if one.whole else 900}
    page = browser.new_page(viewport=size, color_scheme=one.scheme)
    page.goto(one.address)
    page.wait_for_timeout(300)
    page.screenshot(path=PICTURES / f"{one.name}.png", full_page=one.whole)
    page.close()


def main() -> None:
    """Draw all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, required=True, help="the folder of the built site")
    site = parser.parse_args().site.resolve()
    with tempfile.TemporaryDirectory() as folder, started() as browser:
        reports = Path(folder)
        write_reports(reports)
        for one in shots(site, reports):
            draw(browser, one)
        asked = reports / "reports"
        asked.mkdir()
        for name, words in BUG_REPORTS.items():
            (asked / name).write_text(words, encoding="utf-8")
        for name, (width, _) in SCREENS.items():
            path = reports / f"{name}.html"
            path.write_text(screen(name, asked), encoding="utf-8")
            wide = round(width * 8.5) + 30
            draw(browser, Shot(name, path.as_uri(), wide, "light", whole=True))


if __name__ == "__main__":
    main()
