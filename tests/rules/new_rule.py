"""Begin a rule: ``python -m tests.rules.new_rule FAMILY NAME`` takes the next free code and writes the pair of files."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from torch_doctor.core.finding import LAYER_OF_FAMILY
from torch_doctor.core.rule import Rule
from torch_doctor.rules import load_rules

from tests.rules.codes import table

RULES = Path(__file__).parents[2] / "doctor" / "torch_doctor" / "rules"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_RULE = '''"""One line that says what is wrong.

What it checks
    The facts, and what about them.
Why it matters
    What fails.
How to fix
    What to do.
References
    https://pytorch.org/docs/stable/notes/cuda.html
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.fixes import actions as fixes


@rule("{code}", severity="warning")
def check(os_family: str) -> Iterator[Draft]:
    if os_family == "no such system":
        yield finding("system", "what was found", fixes=[fixes.by_hand("what to do")])
'''
_CASES = """- case: a machine that has it
  host: rtx4090-580-cu128
  set: {os_family: no such system}
  expect: [{subject: system, contains: what was found, fix: what to do}]
- case: a machine that is well
  host: rtx4090-580-cu128
  expect: []
- case: another one that is well
  host: a100-535-cu126
  expect: []
"""


def next_code(family: str, rules: tuple[Rule, ...]) -> str:
    """Return the code after the highest of *family*; where another rule has or had it, the first free one of its hundred."""
    taken = {int(code[2:]) for code in (*table(), *(rule.code for rule in rules))}
    own = [int(rule.code[2:]) for rule in rules if rule.family == family]
    first = max(own, default=max(taken)) + 1
    hundred = (first - 1) // 100 * 100
    free = [
        code for code in (*range(first, hundred + 100), *range(hundred, first)) if code not in taken
    ]
    if not free:
        msg = f"the hundred of {family} is full: TD{hundred} to TD{hundred + 99}"
        raise ValueError(msg)
    return f"TD{free[0]}"


def write(folder: Path, family: str, name: str, rules: tuple[Rule, ...]) -> tuple[str, Path]:
    """Write the pair of files into the folder of *family*; return code and module. Nothing that is there is replaced."""
    code = next_code(family, rules)
    module = folder / family / f"{name.replace('-', '_')}.py"
    for path, text in (
        (module, _RULE.replace("{code}", code)),
        (module.with_suffix(".yaml"), _CASES),
    ):
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return code, module


def main(words: list[str]) -> int:
    """Write the files and say what comes next."""
    asked = argparse.ArgumentParser(prog="new-rule", description=__doc__)
    asked.add_argument("family", choices=sorted(LAYER_OF_FAMILY))
    asked.add_argument(
        "name", help="the bad pattern, as in older-than-runtime; it reads well after 'allow'"
    )
    given = asked.parse_args(words)
    if not _NAME.fullmatch(given.name):
        asked.error(f"{given.name!r} is no name: small letters, digits and single hyphens")
    try:
        code, module = write(RULES, given.family, given.name, load_rules())
    except FileExistsError as there:
        asked.error(f"{there.filename} is there already")
    rule = f"{given.family}-{given.name}"
    print(f"{code} {rule}\n  {module}\n  {module.with_suffix('.yaml')}")
    print(f"Fill both in, then: python -m pytest tests/rules -k {rule} && python docs/generate.py")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
