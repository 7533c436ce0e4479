"""Environment variables: as shells, programs, containers and manifests set them, and as they are shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.catalog import FACTS
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.uses import is_meant

_NAMES = sorted(
    name.upper()
    for name, spec in FACTS.items()
    if spec.type == "str"
    and spec.name
    in {
        "cuda_visible_devices",
        "nvidia_visible_devices",
        "nvidia_driver_capabilities",
        "nvidia_require_cuda",
        "nvidia_disable_require",
        "ld_library_path",
        "ld_preload",
        "pythonpath",
        "cuda_home",
        "torch_cuda_arch_list",
        "cuda_module_loading",
        "cuda_launch_blocking",
        "cuda_device_order",
        "cuda_mps_pipe_directory",
        "cuda_disable_ptx_jit",
        "nccl_p2p_disable",
        "triton_ptxas_path",
    }
)
_NEEDS = ("cuda_", "nvidia_", "ld_", "pythonpath", "nccl_p2p", "triton_")
_NAME = rf"({'|'.join((*_NAMES, 'CUDA_PATH'))})"
_SET = regex(
    rf"(?<![A-Za-z0-9_]){_NAME}(?:['\"]\s{{0,2}}\]?)?\s{{0,3}}(?:=>?(?!=)|:(?!:)|,(?=\s?['\"]))\s{{0,3}}"
    r"(?:\"([^\"]{0,1200})\"|'([^']{0,1200})'|\[?([^\s;,'\"`)\]]{0,1200}(?:,[^\s;,'\"`)\]=]{1,80}(?![^\s;,'\"`)\]])){0,64}))"
)
# The shell of Windows takes all that follows, blanks too: set "CUDA_HOME=C:\Program Files\…".
_OF_CMD = regex(
    rf"(?:^|[\s>&(])set(?:x)? {{1,3}}\"?{_NAME}=([A-Za-z]:\\[^\"\n&|]{{1,400}}?)\"?\s*$",
    re.IGNORECASE,
)
# Without a sign between: setenv and setx, fish, an old form of Dockerfiles, notebooks.
_BARE = regex(
    rf"(?:^|[\s>$#;&(])(?:setx|setenv|set(?: -[gxUu]{{1,4}}| --\w+){{1,3}}|ENV|ARG|%env|%set_env) {_NAME} ['\"]?([^\s'\"]{{1,1200}})['\"]?\s*$"
)
# A table of two columns, as PowerShell prints it.
_COLUMNS = regex(
    rf"^\W{{0,4}}{_NAME}(?:\s{{2,40}}|\s{{0,6}}\|\s{{0,6}})([^\s|]{{1,1200}})\s*\|?\s*$"
)
# Words: "is set to 1", 设置为1, の値は-1, "points to /usr/local/cuda/lib64".
_WORDS = regex(
    rf"(?<![A-Za-z0-9_$]){_NAME}[`'\"*)]{{0,3}}(?: variable| environment variable| env(?: var)?)?\s?"
    r"(?:(?:(?:is|was|being|had been|got) (?:now |still |always )?(?:set (?:to|as) |equal to |pointing (?:to|at) )?|(?:set|points?|pointed|changed|equals?) (?:to |at )?|to |returns? |prints? |gives? |shows? )(?:be )?(?:`|'|\"|“)?"
    r"|(?:被)?设(?:置)?(?:为|成)\s?|的值(?:是|为)\s?|(?:の値)?[がはを]\s?|是\s?|为\s?)"
    r"[`'\"「]?(-?\d{1,2}(?:,\s?\d{1,2}){0,15}(?!\d|\.\d|\s?GB)|NoDevFiles\b|(?:GPU|MIG)-[0-9a-f-]{8,40}|(?:/|[A-Z]:\\)[^\s`'\",;)]{2,300})"
)
# What shows a variable: its value stands on the next line.
_SHOWN = regex(
    rf"(?:\becho \W?(?:\$\{{?|%){_NAME}[%}}]?\W{{0,2}}$|\bprintenv {_NAME}\s*$|\$[Ee]nv:{_NAME}\s*$"
    rf"|(?:environ(?:\.get)?|getenv)\W{{1,2}}['\"]{_NAME}['\"](?:, ?[\w'\"-]{{1,8}})?\W{{1,3}}(?:#\s?\W{{0,3}}(\S.{{0,300}}))?$|^\W{{0,4}}>>> {_NAME}\s*$)"
)
_OF_A_MANIFEST = regex(rf"^\W{{0,40}}name ?: ?['\"]?{_NAME}['\"]?\s*$")
_VALUE = regex(r"^\W{0,40}value ?: ?(?:\"([^\"]*)\"|'([^']*)'|(\S*))\s*$")
_MASK = regex(
    r"-?\d{1,2}(?:, ?\d{1,2}){0,15}|NoDevFiles|all|none|void|(?:GPU|MIG)-[\w/-]{8,90}(?:,\S{1,300})?"
)
_PATHS = regex(r":?(?:[/~$]|[A-Za-z]:\\).{1,1200}")
_PLAIN = regex(r"\S{1,60}")
# Who is told to set a variable has not set it: torch's own messages advise CUDA_LAUNCH_BLOCKING=1.
_ADVISED = regex(
    r"\b(?:consider|passing|pass|try|trying|could|should|may|can|might|recommend\w*|suggest\w*|please|advised?)\b[^.;\n]{0,40}$"
    # what mended it was not so before
    r"|\b(?:overcome|solved?|solution|fix(?:ed|es)?|worked around|workaround|resolved?)\b[^.;\n]{0,60}\b(?:add(?:ed|ing)?|put(?:ting)?|set(?:ting)?|by|with|is to)\b[^.;\n]{0,12}$",
    re.IGNORECASE,
)
# A key of YAML in a comment; "# export NAME=1" may as well stand behind the prompt of root.
_COMMENT = regex(rf"^\s{{0,40}}#\s{{0,20}}(?:- )?{_NAME}\s?:\s")
_ENVIRON = regex(r"os\.(?:environ|putenv)\W{0,3}$")
_DEFAULT = regex(r"(?:\.get|getenv|\.pop)\(\s?['\"]$")
# "NAME= pytest": the shell gives the command an empty variable.
_COMMAND = regex(r"(?!(?:all|none|void|NoDevFiles)$)(?:\./)?[A-Za-z_][\w./-]*")
# "…=2,我只有一张卡": Chinese and Japanese go on without a blank
_BEFORE_CHINESE = regex(r"[,，]?[\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef]")
_SENTENCE = regex(r"[\d,]+\.")
_NOTHING = ("none", "null", "undefined", "unset", "not")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield every variable with its value."""
    seen: set[int] = set()
    for needs in _NEEDS:
        seen.update(paste.holding(needs)[:1000])
    for index in sorted(seen):
        text, line = paste.lines[index], paste.number(index)
        if _COMMENT.match(text):
            continue
        found = list(_set(paste, text, line))
        yield from found
        if not found and len(text) < 2000:
            yield from _without_sign(paste, index, text, line)


def _set(paste: Paste, text: str, line: int) -> Iterator[Claim]:
    of_cmd = _OF_CMD.search(text)
    if of_cmd:
        yield _claim(of_cmd[1].upper(), of_cmd[2], line, Seen.COMMAND)
        return
    for match in _SET.finditer(text):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        before = _ENVIRON.sub("", text[max(0, match.start() - 120) : match.start()])
        cut = value.strip(".…") == "" and value
        inherited = "$" in value and not value.startswith(("/", "$"))
        if cut or inherited or _ADVISED.search(before) or _DEFAULT.search(before):
            continue
        bare = match[4] is not None
        spaced = bare and text[match.start(4) - 1 : match.start(4)] == " "
        if (spaced and ":" in match[0] and not value) or value.lower() in _NOTHING:
            continue
        if spaced and match[0].endswith(f"{match[1]}= {value}") and _COMMAND.fullmatch(value):
            value = ""
        if bare and _SENTENCE.fullmatch(value):
            value = value[:-1]  # the full stop of the sentence
        if match[1] == "CUDA_VISIBLE_DEVICES":
            value = _BEFORE_CHINESE.split(value)[0]
            if is_meant(value, text, paste):
                continue
        own_line = text.strip().startswith(match[1])
        yield _claim(match[1], value, line, Seen.REPORT if own_line else Seen.COMMAND)


def _without_sign(paste: Paste, index: int, text: str, line: int) -> Iterator[Claim]:
    """Yield a variable that is set without a sign, in words, or by a line whose value follows."""
    bare = _BARE.search(text) or _COLUMNS.match(text)
    if bare:
        if bare[2].lower() not in _NOTHING:
            yield _claim(bare[1], bare[2], line, Seen.COMMAND)
        return
    manifest = _OF_A_MANIFEST.match(text)
    following = "".join(paste.lines[index + 1 : index + 2])
    value = _VALUE.match(following) if manifest else None
    if manifest and value:
        whole = next(group for group in value.groups() if group is not None)
        yield _claim(manifest[1], whole, line + 1, Seen.COMMAND)
        return
    shown = _SHOWN.search(text)
    if shown:
        yield from _shown(shown, following, line)
        return
    for match in _WORDS.finditer(text) if len(text) < 600 else ():
        meant = match[1] == "CUDA_VISIBLE_DEVICES" and is_meant(match[2], text, paste)
        if not (meant or _ADVISED.search(text[max(0, match.start() - 60) : match.start()])):
            yield _claim(match[1], match[2].rstrip("."), line, Seen.WORDS)


def _shown(shown: re.Match[str], following: str, line: int) -> Iterator[Claim]:
    """Yield the value that stands behind the code or on the next line; an empty line may as well be an unset variable."""
    *names, beside, last = shown.groups()
    name = next(filter(None, (*names, last)))
    value = (beside or following).strip().strip("'\"`")
    upper = name.upper()
    kind = (
        _MASK
        if upper.endswith("VISIBLE_DEVICES")
        else _PATHS
        if "PATH" in upper or upper == "CUDA_HOME"
        else _PLAIN
    )
    if kind.fullmatch(value):
        yield _claim(name, value, line if beside else line + 1, Seen.REPORT)


def _claim(name: str, value: str, line: int, seen: Seen) -> Claim:
    home = name == "CUDA_PATH"
    return Claim(
        "cuda_home" if home else name.lower(), one_line(value, 1000), line, seen, implied=home
    )
