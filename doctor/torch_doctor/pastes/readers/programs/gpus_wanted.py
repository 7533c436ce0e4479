"""How many GPUs of one machine a program is told to use: launchers count them per machine, servers over all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_NUMBER = r"[ =:]{1,3}['\"]?(\d{1,3})\b"
_HERE = regex(
    r"(?:--?nproc[-_]per[-_]node|--num[-_]gpus|--gpus_per_node|--ngpus|gpus_per_node)" + _NUMBER
)
_IN_ALL = regex(
    r"(?:--tensor[-_]parallel[-_]size|(?<![\w-])-{1,2}tp(?:[-_]size)?|tensor_parallel_size|--num[-_]processes)"
    + _NUMBER
)
_FORMS = (
    *((needs, _HERE) for needs in ("nproc", "num_", "num-", "gpus", "ngpus")),
    *((needs, _IN_ALL) for needs in ("parallel", "-tp", "num_", "num-")),
)
# More than one, or a variable: a launcher for one machine is given 1.
_MORE = r"[ =:]{1,3}['\"]?(?!1\b)[\w$<{(]"
_NODES = regex(
    rf"--(?:nnodes|num[-_]nodes|num[-_]machines|nodes){_MORE}|\bnum_(?:nodes|machines){_MORE}"
    r"|--(?:node|machine)[-_]rank[ =:]{1,3}['\"]?(?!0\b)[\w$<{(]",
    re.IGNORECASE,
)
# Ray names the address of a worker where it is another machine's; words count machines.
_CLUSTER = regex(
    r"\bray (?:cluster|start\b.{0,80}--address)|\bexisting Ray cluster|\(\w+ pid=\d+, ip=\d"
    r"|\bmulti[- ]?(?:node|host|machine)s?\b(?! (?:is|was) not)"
    r"|\b(?:two|three|four|several|multiple|both|[2-9]|\d\d)[ -](?:[\w*-]{1,12} ){0,2}(?:nodes|machines|servers|hosts)\b"
    r"|多机|多节点|双机|[两二三四2-4]台|跨节点",
    re.IGNORECASE,
)
_OF_SEVERAL = (
    *((needs, _NODES) for needs in ("node", "machine")),
    *((needs, _CLUSTER) for needs in ("ray", "ip=", "multi", "nodes", "machines", "servers")),
    *((needs, _CLUSTER) for needs in ("hosts", "多", "双机", "台", "跨节点")),
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the numbers of GPUs that options name; a total only where nothing tells of several machines."""
    several: bool | None = None
    for needs, form in _FORMS:
        for match, line in paste.find(form, needs, 40):
            if form is _IN_ALL:
                several = _is_on_several(paste) if several is None else several
                if several:
                    return
            yield Claim("requested_gpus", int(match[1]), line, Seen.COMMAND)


def _is_on_several(paste: Paste) -> bool:
    return any(next(paste.find(form, needs, 40), None) for needs, form in _OF_SEVERAL)
