"""Words that put the program into a virtual machine to which nobody passed a GPU: VirtualBox, Parallels, 虚拟机."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.statements import is_asked, is_of_other_days, is_supposed
from torch_doctor.pastes.text.paste import Paste

# How each hypervisor is called. Those of a desktop pass no GPU that CUDA could use.
_NAMES = (
    ("virtualbox", "virtualbox", r"(?:oracle )?virtual ?box|vbox"),
    ("virtual box", "virtualbox", r"virtual box"),
    ("vbox", "virtualbox", r"vbox"),
    ("vmware", "vmware", r"vmware(?: (?:workstation|player|fusion|esxi|vm)(?: pro)?)?"),
    ("esxi", "esxi", r"(?:vmware )?esxi"),
    ("vsphere", "esxi", r"vsphere"),
    ("parallels", "parallels", r"parallels(?: desktop| vm)?"),
    ("utm", "utm", r"utm(?: app| vm)?"),
    ("orbstack", "orbstack", r"orbstack"),
    ("multipass", "multipass", r"multipass"),
    ("gnome boxes", "qemu", r"gnome boxes"),
    ("hyper-v", "hyper-v", r"hyper-?v"),
    ("hyperv", "hyper-v", r"hyperv"),
    ("proxmox", "proxmox", r"proxmox(?: ve)?"),
    ("qemu", "qemu", r"qemu(?:[/ -]kvm)?"),
    ("kvm", "qemu", r"(?:qemu[/ -])?kvm"),
    ("virt-manager", "qemu", r"virt-manager"),
    ("vm", "virtual machine", r"vms?"),
    ("virtual machine", "virtual machine", r"virtual machines?"),
    ("虚拟机", "virtual machine", r"虚拟机"),
    ("仮想マシン", "virtual machine", r"仮想マシン"),
    ("máquina virtual", "virtual machine", r"máquina virtual"),
    ("virtuelle", "virtual machine", r"virtuellen? maschine|machine virtuelle"),
    ("виртуал", "virtual machine", r"виртуал\w+"),
)
_GUEST = r"(?:ubuntu|debian|fedora|centos|rocky|kali|arch|mint|linux|windows(?: 1[01])?|server|dev)(?: \d\d(?:\.\d\d)?)?"
_INSIDE = (
    rf"(?:\b(?:in|inside|within|under|via|running|using|with|on|into|have|got) (?:an? |my |the |this |our )?(?:{_GUEST} |\w+ (?=vm\b|virtual))?{{0}}(?![\w-])"
    rf"|^\W{{{{0,4}}}}(?:an? |my )?(?:{_GUEST} )?{{0}}(?![\w-])(?: vm| guest| virtual machine)?|(?<![\w-]){{0}}(?: virtual machine| vm| guest)\b|\b{_GUEST} (?:guest|vm)\b"
    rf"|\({{0}}\)|\b(?:eine[rn]?|una|une) {{0}}(?![\w-])|(?:在|用|里)?{{0}}(?:里|中|上|内|で|装|环境))"
)
_HANDED = regex(
    r"\b(?:pass(?:ed)?[- ]?thro?u(?:gh)?|passthrough|passing (?:it )?through|vfio|vgpu|grid driver|sr-iov|dda|gpu-pv|mediated|directpath)\b|直通",
    2,
    (
        *("pass", "vfio", "vgpu", "grid driver", "sr-iov", "dda", "gpu-pv", "mediated"),
        *("directpath", "直通"),
    ),
)
_DENIED = regex(
    r"\b(?:no|not|n['’]t|without|never|lacks?|missing|isn['’]t|can|could|how|possible|need|instead|before)\b[^.;\n]{0,24}$|没有?|未|怎么|能不能",
    2,
)
# A machine of a cloud that has one, or a guest in which tools see it.
_HAS_ONE = regex(
    r"\b(?:vm|instance|guest|virtual machine)\b(?:(?!\bhost\b)[^.,;\n]){0,16}\b(?:with|has|sees|shows)\b[^.;\n]{0,16}\b(?:gpu|nvidia|[agl]\d{1,3}0?s?\b|[tvph]\d{1,3}\b|[rg]tx)|\b(?:gcp|gcloud|google cloud|azure|aws|ec2|oci|lambda|runpod|vast(?:\.ai)?|paperspace)\b",
    2,
    (
        *("vm", "instance", "guest", "virtual machine", "gcp", "gcloud", "google cloud", "azure"),
        *("aws", "ec2", "oci", "lambda", "runpod", "vast", "paperspace"),
    ),
)
_HOST_HAS = regex(r"\bhost\b|宿主机|主机|ホスト", 2)
_SYSTEM = regex(r"\b(ubuntu|debian|fedora|centos|rocky|kali|arch|mint|linux)\b", 2)
_DESKTOP = ("virtualbox", "parallels", "utm", "orbstack", "multipass")
# Rented machines of the kinds that have no GPU.
_WITHOUT = regex(
    r"(?<![\w./-])(?:(?:t[1-4][ag]?|m[4-8][a-z]{0,3}|c[4-8][a-z]{0,3}|r[4-8][a-z]{0,3})\.(?:nano|micro|small|medium|\d{0,2}x?large|metal)|Standard_[BDEF]\d{1,2}\w{0,8}|(?:e2|n2d?|c[234]d?)-(?:standard|highmem|highcpu|micro|small|medium)(?:-\d{1,3})?)(?![\w-])"
)
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the hypervisor and the guest's system, and that a kind of rented machine has no GPU."""
    yield from _guests(paste)
    for needs in ("large", "medium", "small", "micro", "standard", "highmem", "highcpu"):
        for match, line in paste.find(_WITHOUT, needs, 3):
            elsewhere = is_compared(match.string, match.start()) or is_of_other_days(
                match.string, match.start()
            )
            asked = is_asked(match.string, match.start())
            if not (elsewhere or asked or is_fine_there(match.string, match.end())):
                yield Claim("gpu_denied", True, line, Seen.TRACE, implied=True)


def _guests(paste: Paste) -> Iterator[Claim]:
    if any(_is_handed(paste.lines[index]) for index in paste.where(_HANDED)):
        return
    found = [claim for names in _NAMES for claim in _of_name(paste, *names)]
    rented = found and any(_has_one(paste.lines[index]) for index in paste.where(_HAS_ONE))
    known = [claim for claim in found if claim.value in _DESKTOP or not rented]
    yield from known
    for needs in (
        () if not known else ("ubuntu", "debian", "linux", "fedora", "arch", "kali", "mint")
    ):
        for _, line in paste.find(_SYSTEM, needs, 1):
            yield Claim("os_family", "linux", line, Seen.WORDS)


def _of_name(paste: Paste, needs: str, slug: str, form: str) -> Iterator[Claim]:
    for index, text in paste.with_(needs, 10):
        place = _inside(form).search(text) if len(text) < _LONGEST else None
        if place and not _is_elsewhere(text, place.start(), place.end()):
            bare = slug == "virtual machine"
            yield Claim("virtual_machine", slug, paste.number(index), Seen.WORDS, implied=bare)
            return


@cache
def _inside(form: str) -> re.Pattern[str]:
    return regex(_INSIDE.format(f"(?:{form})"), 2)


def _has_one(text: str) -> bool:
    return len(text) < _LONGEST and _HAS_ONE.search(text) is not None


def _is_elsewhere(text: str, start: int, end: int) -> bool:
    return (
        is_supposed(text, start)
        or is_of_other_days(text, start)
        or is_compared(text, start)
        or is_fine_there(text, end)
    )


def _is_handed(text: str) -> bool:
    """Whether words say that a GPU was passed through to the guest."""
    found = _HANDED.search(text) if len(text) < _LONGEST else None
    return found is not None and not _DENIED.search(text[: found.start()])
