"""Ask hosts by the system's ssh: keys, jump hosts and names are what the user's configuration says."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from torch_doctor.launchers.asking import Ask, Patience, Reply

# ssh ends with this where it did not get as far as the command.
_OWN_FAILURE = 255
_REFUSALS = ("Permission denied", "Host key verification failed", "Bad configuration option")


def asks(
    hosts: Sequence[str], command: Sequence[str], more: Sequence[str], patience: Patience
) -> Iterator[Ask]:
    """Yield the ssh of each host. It asks nobody for a password, and connects within a third of a short answer's time.

    *more* are the user's own options of ssh; of equal options, ssh takes the first.
    """
    connect = max(1, int(patience.to_reach_s / 3))
    for host in hosts:
        node = name_of(host)
        yield Ask(
            node,
            (
                "ssh", "-n", "-T", *more, "-o", "BatchMode=yes", "-o", f"ConnectTimeout={connect}",
                "-o", "ServerAliveInterval=10", "--", host, shlex.join([*command, "--node", node]),
            ),
        )  # fmt: skip


def name_of(host: str) -> str:
    """Return the name of a host without its user."""
    return host.rpartition("@")[2]


def reason(reply: Reply) -> str:
    """Return why a host gave no facts: it could not be reached, or something failed."""
    refused = any(words in reply.err for words in _REFUSALS)
    return "down" if reply.code == _OWN_FAILURE and not refused else "failed"
