"""Who and what a text tells of: the names of users and machines, as an environment or the text itself gives them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from torch_doctor.core.startup import regex
from torch_doctor.core.tuples import NamedTuple

_HOME = regex(
    r"(?<![\w.~])((?:/[\w.-]+){0,2}/home|/Users|/users|[A-Za-z]:[\\/]+Users)([\\/]+)(?!linuxbrew\b)([^\\/\s:;,'\"]+)"
    r"|(?<![\w./~])/root(?=[/\s:;,'\"]|$)"
)
_HOMES = ("home", "sers/", "sers\\")
# ``alice@node17:~/x$`` and ``[alice@node17 x]$``.
_PROMPT = regex(
    r"(?m)(?<![\w.:/@-])([a-z_][\w.-]*)@([A-Za-z0-9][\w.-]*)(?=:[~/][^\n:]{0,200}?[$#](?:\s|$)|\s[^\s\]]+\][$#])"
)
# Where programs write the name of the machine, each with words that must be there before it is looked for: the system
# log, NCCL, uname, hostnamectl, torchrun, Slurm.
_MACHINES = (
    (
        " kernel: ",
        regex(
            r"(?m)^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,+Z-]+) ([A-Za-z][\w.-]*) kernel: "
        ),
    ),
    ("] NCCL ", regex(r"(?m)^([A-Za-z][\w.-]*):\d+:\d+ \[\d+\] NCCL ")),
    ("Linux ", regex(r"\bLinux ([A-Za-z][\w.-]*) \d+\.\d+\.\d\S* #\d")),
    ("ostname", regex(r"[Hh]ostname\s*[:=]\s*([A-Za-z][\w.-]*)")),
    ("host  ", regex(r"(?m)^\s*host {2,}: ([A-Za-z][\w.-]*)$")),
    ("srun: error: ", regex(r"\bsrun: error: ([A-Za-z][\w.-]*): task ")),
)
# Names that say nothing about anybody, words that a path or a sentence may well contain, and what stands for a name.
_COMMON = frozenset(
    "root localhost nobody user users username name me home host hostname server client worker master node "
    "main admin administrator guest public default test tester dev develop developer app apps service system "
    "daemon runner agent build builder ubuntu debian centos fedora arch linux windows docker container jovyan "
    "vscode colab kaggle studio python pip conda mamba miniconda miniconda3 anaconda anaconda3 pytorch torch "
    "torchvision nvidia cuda cudnn nccl gpu cpu driver kernel lib lib64 usr local opt bin data workspace work "
    "project projects model models src code shared ai ml ray slurm nvml error device memory compute desktop "
    "laptop unknown none null true false somebody appuser will mark page file case grace hopper lovelace "
    "ec2-user azureuser gitpod codespace sagemaker-user pc my yourname your_name myuser myname xxx xxxx".split()
)

# What machines are named after, and a sentence means: a100, h200, gb200.
_PRODUCT = regex(r"(?i)(?:gb|[abhltv])\d{1,3}s?|[rg]tx\d*|[dh]gx")
_SHORT = 3


class Identity(NamedTuple):
    """What names a machine and its users, as far as it is known. What replaces it still works in a shell.

    *users* and *hosts* are further names, which a text gives away itself.
    """

    host: str = ""
    user: str = ""
    home: str = ""
    users: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()

    @classmethod
    def of(cls, environ: Mapping[str, str], host: str = "") -> Identity:
        """Return what an environment tells of its user."""
        user = environ.get("USER") or environ.get("LOGNAME") or environ.get("USERNAME") or ""
        home = environ.get("HOME") or environ.get("USERPROFILE") or ""
        return cls(host or environ.get("HOSTNAME", ""), user, home.rstrip("/\\"))

    def and_of(self, texts: Iterable[str]) -> Identity:
        """Return this with the names that *texts* give away: in home folders, prompts and logs."""
        users, hosts = dict.fromkeys(self.users), dict.fromkeys(self.hosts)
        for text in texts:
            if any(sign in text for sign in _HOMES):
                for line in text.split("\n"):
                    if any(sign in line for sign in _HOMES):
                        users.update((match[3], None) for match in _HOME.finditer(line) if match[3])
            if "@" in text:
                for match in _PROMPT.finditer(text):
                    users[match[1]] = hosts[match[2]] = None
            for words, machine in _MACHINES:
                if words in text:
                    hosts.update((match[1], None) for match in machine.finditer(text))
        return self._replace(users=tuple(users), hosts=tuple(hosts))


def cleaner(identity: Identity, vocabulary: frozenset[str] = frozenset()) -> Callable[[str], str]:
    """Return what takes the names of *identity* out of a text. Words of the *vocabulary* are nobody's name."""
    home = identity.home
    own = re.compile(rf"(?<![\w.-]){re.escape(home)}(?![\w.-])") if len(home) > 1 else None
    whose = "~" if home == "" else _elsewhere
    users = _names((identity.user, *identity.users), vocabulary)
    machines = (identity.host, *identity.hosts)
    shorter = (name.partition(".")[0] for name in machines)
    user = _user_pattern(users)
    host = _host_pattern(_names((*machines, *shorter), vocabulary))

    def clean(text: str) -> str:
        if own:
            text = own.sub("~", text)
        if "home" in text or "sers" in text or "root" in text:
            text = _HOME.sub(whose, text)
        if "@" in text:
            text = _PROMPT.sub("USER@HOST", text)
        if user:
            text = user.sub(_somebody, text)
        return host.sub("HOST", text) if host else text

    return clean


def _names(names: Iterable[str], vocabulary: frozenset[str]) -> list[str]:
    """Return what may be somebody's name, the longest first."""
    kept = {name for name in names if len(name) > 1 and not name.isdigit()}
    kept = {name for name in kept if not {name.lower()} & (_COMMON | vocabulary)}
    return sorted(kept, key=lambda name: (-len(name), name))


def _user_pattern(names: list[str]) -> re.Pattern[str] | None:
    """Any name is one in a path; a short one is a word of the language elsewhere, unless "user" stands before it."""
    if not names:
        return None
    long = "|".join(re.escape(name) for name in names if len(name) > _SHORT)
    every = "|".join(map(re.escape, names))
    words = rf"|(?<![\w.-])(?:{long})(?![\w-])" if long else ""
    before = r"(?<=[/\\])|(?<=[/\\]mps_)|(?<=[/\\]nvidia-mps-)|(?i:(?<=\buser )|(?<=\bowner ))"
    return re.compile(rf"(?:{before})(?:{every})(?![A-Za-z0-9]){words}")


def _host_pattern(names: list[str]) -> re.Pattern[str] | None:
    sure = [name for name in names if len(name) > _SHORT or re.search(r"\d", name)]
    sure = [name for name in sure if not _PRODUCT.fullmatch(name)]
    if not sure:
        return None
    return re.compile(
        rf"(?<![\w.-])(?:{'|'.join(map(re.escape, sure))})(?:\.[A-Za-z][\w-]*)*(?![\w-])"
    )


def _somebody(match: re.Match[str]) -> str:
    """In a path a shell's variable keeps its place; in a sentence a word does."""
    if match.string[: match.start()][-1:] not in ("/", "\\", "_", "-"):
        return "USER"
    return "${USER}" if match.string[match.end() :][:1] == "_" else "$USER"


def _elsewhere(match: re.Match[str]) -> str:
    """The home of somebody else is not this user's ``~``."""
    return f"{match[1]}{match[2]}USER" if match[1] else "~"
