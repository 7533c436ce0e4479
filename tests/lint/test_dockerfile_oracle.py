"""Where instructions, flags and here-documents stand, beside npm's dockerfile-ast; skipped where it is not installed.

DOCKERFILE_AST names the folder in which ``npm install dockerfile-ast`` ran, DOCKERFILES a folder of files to compare too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from torch_doctor.linter.find import kind_of
from torch_doctor.linter.readers.dockerfile_lines import instructions
from torch_doctor.linter.text import decoded, source

NODE, PLACE = shutil.which("node"), os.environ.get("DOCKERFILE_AST", "")
pytestmark = pytest.mark.skipif(
    not (NODE and PLACE), reason="needs node and DOCKERFILE_AST (npm install dockerfile-ast)"
)
_SCRIPT = """
const {DockerfileParser} = require("dockerfile-ast");
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
const told = texts.map(text => DockerfileParser.parse(text).getInstructions().map(one => [
  one.getKeyword().toLowerCase(), one.getRange().start.line + 1,
  one.getHeredocs ? one.getHeredocs().map(h => h.getName()) : [],
  one.getFlags ? one.getFlags().map(flag => flag.toString()) : [],
]));
console.log(JSON.stringify(told));
"""
TEXTS = {
    "plain": "FROM a\nRUN b\nCMD c\n",
    "lower": "from a as b\nrun c && \\\n  d\ncopy --from=b /x /y\n",
    "comments": "# first\nFROM a\n# between\nRUN b \\\n  # inside\n\n  c \\\n# at the margin\n  d\nENV A=1 \\\n    B=2\n",
    "escape": "# escape=`\nFROM a\nRUN dir C:\\ `\n  && echo b\nRUN c\n",
    "late directive": "# a remark\n# escape=`\nFROM a\nRUN b \\\n  c\nRUN d\n",
    "documents": "FROM a\nRUN <<ONE cat > /x && <<TWO sh\nFROM not\nONE\nRUN nor\nTWO\nRUN b\n",
    "tabs": "FROM a\nRUN <<-EOF\n\tRUN no\n\tEOF\nCOPY <<'TEXT' /etc/motd\nFROM $x\nTEXT\nCMD b\n",
    "flags": "FROM --platform=linux/amd64 a\nRUN --mount=type=cache,target=/root --network=none b\nADD --chown=1:1 --link c d\n",
    "lines of flags": "FROM a\nRUN --mount=type=cache,target=/root \\\n  --network=none \\\n  b \\\n  c\nRUN \\\n  d\n",
    "triggers": "FROM a\nONBUILD RUN b \\\n  c\nONBUILD COPY d e\nRUN f\n",
    "blanks": "FROM a   \n\n\n   RUN b \\   \n   c\n\tWORKDIR /x\n",
    "shifts": "FROM a\nRUN echo $((1<<2)) && cat <<< word\nRUN b\n",
}  # fmt: skip


def told_by_oracle(texts: list[str]) -> list[list[tuple[str, int, list[str], list[str]]]]:
    assert NODE
    done = subprocess.run(
        [NODE, "-e", _SCRIPT], input=json.dumps(texts), capture_output=True, text=True, check=True,
        cwd=PLACE, timeout=120,
    )  # fmt: skip
    return [
        [(name, line, documents, flags) for name, line, documents, flags in one]
        for one in json.loads(done.stdout)
    ]


def told_here(text: str) -> list[tuple[str, int, list[str], list[str]]]:
    return [
        (
            "onbuild" if one.trigger else one.name,
            one.line,
            [document.name for document in one.documents],
            [] if one.trigger else list(one.flags),
        )
        for one in instructions(source("Dockerfile", text))
    ]


def test_texts_are_read_alike() -> None:
    oracle = told_by_oracle(list(TEXTS.values()))

    assert {name: told_here(text) for name, text in TEXTS.items()} == dict(
        zip(TEXTS, oracle, strict=True)
    )


def test_files_of_a_folder_are_read_alike() -> None:
    folder = os.environ.get("DOCKERFILES", "")
    if not folder:
        pytest.skip("needs DOCKERFILES, a folder of Dockerfiles")
    found = sorted(Path(folder).rglob("*ockerfile*"))
    files = [path for path in found if path.is_file() and kind_of(path.name) == "dockerfile"]
    texts = [decoded(path.read_bytes()) or "" for path in files]
    apart = [
        str(path)
        for path, text, theirs in zip(files, texts, told_by_oracle(texts), strict=True)
        if [one[:2] for one in told_here(text)] != [one[:2] for one in theirs if one[0].isalpha()]
    ]

    assert files
    assert not apart
