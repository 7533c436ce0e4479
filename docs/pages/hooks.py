"""Hooks of mkdocs: pages made of rows join those under docs/, and links out of docs/ lead somewhere or are words."""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Pages of the checkout that the site has, too.
TAKEN = ("CHANGELOG.md", "CONTRIBUTING.md")
# The checkout's first pages, and what the site has in their place.
_FRONT = {"README.md": "docs/index.md", "README.zh-CN.md": "docs/zh/start.md"}
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_COMMENT = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)  # before it a heading is no title
_DIALOG = 'data-md-component="search" role="dialog"'
_KEPT = re.compile(r"(<pre\b.*?</pre>|<script\b.*?</script>|<textarea\b.*?</textarea>)", re.DOTALL)
_BLANKS = re.compile(r"(\n)\s+")
_CODE = re.compile(r"<code>([^<]*-[^<]*)</code>")
_HYPHENED = re.compile(r"(?<!\S)(?=\S*-)\S{2,36}(?!\S)")  # a longer word may be wider than a phone
_FENCED = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)


def on_files(files: Any, config: Any) -> Any:
    """Add the pages of the lookup, and those of the checkout's folder."""
    from mkdocs.structure.files import File

    sys.path.insert(0, str(ROOT))  # mkdocs loads this file by its path
    from docs.pages import lookup

    for name, text in lookup.pages():
        files.append(File.generated(config, name, content=text))
    for name in TAKEN:
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Return a page whose links stay within the site: a file that only the checkout has is named as one."""
    parts = _FENCED.split(_COMMENT.sub("", markdown))
    place = page.file.src_uri
    parts[::2] = [_LINK.sub(lambda match: _led(match, place), part) for part in parts[::2]]
    return "".join(parts)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Return a page without the blanks that its templates leave, and with a name for the dialog of the search.

    A word of code is not broken at its hyphens: --fail-on is one word.
    """
    parts = _KEPT.split(output)
    parts[::2] = [_CODE.sub(_whole, _BLANKS.sub(r"\1", part)) for part in parts[::2]]
    return "".join(parts).replace(_DIALOG, f'{_DIALOG} aria-label="Search"')


def on_post_build(config: Any) -> None:
    """Put the explorer beside the pages, and leave out what no page asks for."""
    from torch_doctor.explorer.page import NAME, page
    from torch_doctor.matrix.load import load_matrix

    site = Path(config["site_dir"])
    (site / NAME).write_text(page(load_matrix()), encoding="utf-8")
    for path in (site / "assets").rglob("*.map"):
        path.unlink()
    shutil.rmtree(site / "assets" / "javascripts" / "lunr")  # stemmers of other languages


def _whole(match: re.Match[str]) -> str:
    words = _HYPHENED.sub(r"<span class=w>\g<0></span>", match[1])
    return f"<code>{words}</code>"


def _led(match: re.Match[str], place: str) -> str:
    words, link, anchor = match[1], match[2], match[3] or ""
    if re.match(r"[a-z]+:", link):
        return match[0]
    from_root = place in TAKEN
    at = posixpath.dirname(place)
    target = posixpath.normpath(posixpath.join("" if from_root else "docs", at, link))
    target = _FRONT.get(target, target)
    inside = target.removeprefix("docs/") if target.startswith("docs/") else target
    if not target.startswith("docs/") and target not in TAKEN:
        return f"{words} (`{target}`)" if words.strip("`/") != target.strip("/") else f"`{target}`"
    return f"[{words}]({posixpath.relpath(inside, at or '.')}{anchor})"
