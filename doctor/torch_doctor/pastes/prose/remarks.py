"""Sentences that tell circumstances: after a suspend, only in the container, works on the host, hangs."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.records import ErrorSeen
from torch_doctor.core.text import one_line
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_WHEN = (
    "hang",
    "deadlock",
    "stuck",
    "not start",
    "n't start",
    "freez",
    "suspend",
    "wake",
    "hibernat",
    "sleep",
    "resum",
    "reboot",
    "restart",
    "recreat",
    "re-creat",
    "redeploy",
    "every night",
    "every few",
    "comes back",
    "rmmod",
    "modprobe",
    "works",
    "work again",
    " host",
    "iommu",
    " acs",
    "acsctl",
    "nccl_p2p",
    "minutes",
    "slow",
    "mig",
    "instance gpu",
    "upgrade",
    "updat",
    " kernel",
    "isolation",
    "stops working",
    "after a while",
    "after some",
    " days",
    " hours",
    "disappear",
    "重启",
    "再起動",
    "一段时间",
    "on windows",
    "windows side",
    "windows is fine",
    "daemon-reload",
    "in the container",
    "in docker",
    "compat",
    "another",
    "different env",
    "login node",
    "head node",
    "master node",
    "submit node",
    "controller node",
    "frontend",
    "front-end",
    "front end",
    "access node",
    "entry node",
    "登录节点",
    "管理节点",
    "requirements.txt",
    "wsl 1",
    "hardcod",
    "hard-cod",
    "hard cod",
    "wsl1",
    "apt ",
    "notebook",
    "jupyter",
    "ipython",
    "pycharm",
    "vscode",
    "vs code",
    "spyder",
    "parallel-size",
    "parallel_size",
    "num-gpus",
    "under load",
    "dkms",
    "toolkit",
    "work to do",
    "again and again",
    "cuda_visible_device",
    "my other ",
    "合盖",
    "休眠",
    "睡眠",
    "待机",
    "挂起",
    "réveil",
    "veille",
    "ruhezustand",
    "standby",
    "aufwachen",
    "reposo",
    " сна",
    "спящ",
    "гибернаци",
    "절전",
    "대기 모드",
    "other pytorch",
    "other projects",
    "other programs",
    "other scripts",
)
_MOST = 80


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the lines that hold such words, as they stand."""
    hits: set[int] = set()
    for word in paste.among(_WHEN):
        hits.update(paste.holding(word)[:60])
    kept = 0
    for index in sorted(hits):
        text = paste.lines[index].strip()
        # Chinese and Japanese have no spaces between words
        words = len(text.split()) if text.isascii() else max(len(text.split()), len(text) // 3)
        if (
            not 3 <= words <= 120
            or text.startswith(("File ", "[pip", "|", "Vulnerability"))
            or kept >= _MOST
        ):
            continue
        kept += 1
        line = paste.number(index)
        yield Claim("remarks", ErrorSeen(one_line(text, 500), line=line), line, Seen.WORDS)
