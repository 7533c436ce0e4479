"""Make GPUs of the names that reports list, and recognise those of other makers: the matrix has only NVIDIA's."""

from __future__ import annotations

import re
from functools import lru_cache

from torch_doctor.core.records import Gpu, MigDevice
from torch_doctor.core.startup import regex
from torch_doctor.core.text import one_line
from torch_doctor.matrix.gpus.mentions import GpuNames

_OTHER = regex(
    r"\b(AMD|Radeon|Instinct|gfx\d{3,4}[a-z]?|MI\d{2,3}X?|Intel\(?R?\)?|Iris|Arc\b|UHD Graphics|Ascend|Apple|Vega|FirePro|RX ?\d{3,4}( XTX?)?|Cambricon|MLU|MetaX|Moore)\b",
    re.IGNORECASE,
)
_MIG = regex(r"\s*\bMIG\s+(\d+[cg](?:\.\d+g)?\.\d+gb(?:\+\w+)?)", re.IGNORECASE)
_MEMORY = regex(r"\b(\d{1,3})\s?GB\b")
# Ryzen processors bear numbers of four figures too: 5600X is one, 5600 XT is none. A bare number needs a word before it.
_CARD = (
    r"(?:gpus?(?![A-Za-z])|(?:graphics?|video) (?:cards?|adapters?)|cards?\b|显卡|視訊卡|顯卡|显示卡|グラボ|グラフィック\w*|그래픽\s?카드|видеокарт\w*|видюх\w*"
    r"|gr[aá]fica|tarjeta(?: gr[aá]fica| de video)?|placa(?: de v[ií]deo)?|grafikkarten?|cartes? graphiques?|scheda (?:video|grafica)|karta graficzna|ekran kart\w*)"
)
_AMD = regex(
    r"\b(?:AMD )?(?:Radeon(?: ?\((?:TM|R)\)|™)?(?: (?:Pro|RX|VII|Graphics))?(?: WX)?[ -]?\w{0,6}(?: XTX?)?|RX[ -]?\d{3,4}(?: ?XTX?| ?GRE| ?M)?"
    r"|Instinct MI\d{2,3}X?|MI\d{3}X?|gfx\d{3,4}[a-z]?|Vega ?(?:56|64|II|Frontier)"
    r"|(?:5[3567]|6[3-9]|7[6-9]|90)[05-9]0 ?(?:XTX?|GRE))\b"
    r"|(?<![A-Za-z0-9_])AMD (?:GPUs?|Raven|Renoir|Cezanne|Phoenix|Strix|Navi ?\d*|(?:4[678]0|5[5678]0|6[3-9]\d0)(?! ?[XG]\b))(?![A-Za-z0-9_])"
    r"|(?:\bGPU|\bgraphics(?: card)?|\bvideo card|显卡)\b[^\w\n,;.]{0,6}(?:is |是 ?)?(?:an? )?AMD\b(?! (?:CPU|Ryzen \w+ \d{4}|EPYC|processor))(?: \w{2,9}){0,3}"
    r"|显卡(?:型号)?(?:是|为|:|用的是)?\s?AMD(?:的)?\s?\w{0,8}|(?<![A-Za-z0-9_])A卡"
    # the maker beside the word for a card, in any language
    rf"|(?<![A-Za-z0-9_])AMD[- ]?(?:的|製の?|社製の?)?\s?{_CARD}|(?<![A-Za-z]){_CARD}[^\w\n,;.]{{0,4}}(?:(?:is|are|from|by|of|es|de|da|von|der|di|от|это)\s){{0,2}}(?:an? )?AMD(?![A-Za-z0-9_]| (?:CPU|Ryzen|EPYC|Threadripper|processor|platform))"
    r"|\b(?:AMD|Ryzen(?: \w{1,10}){0,3}) APUs?\b(?: (?:[678]\d0M|8060S))?|\bAMDGPU\b(?=[^\n]{0,24}\b(?:forge|webui)\b)|(?<=webui-)amdgpu\b",
    re.IGNORECASE,
    (
        *("amd", "radeon", "ryzen", "gfx", "vega", "a卡"),
        *(f"{kind}{figure}" for kind in ("mi", "rx", "rx ", "rx-") for figure in range(10)),
        *("0xt", "0 xt", "0gre", "0 gre"),
    ),
)
_MAKER_ALONE = regex(
    rf"A卡|AMDGPU|AMD[- ]?\W{{0,3}}\s?(?:的|製の?|社製の?)?\s?{_CARD}|{_CARD}\W.{{0,16}}AMD",
    re.IGNORECASE,
)
# Somebody else's card, or one to buy, where the maker alone is told.
_WISHED = regex(
    r"\b(?:friends?|colleagues?|his|her|their|somebody|someone|buy\w*|purchas\w+|consider\w*|recommend\w*|upgrade to|next (?:card|gpu|pc))\b",
    re.IGNORECASE,
)
_OWN = regex(
    r"\b(?:my (?:gpu|(?:graphics |video )?card)|I (?:have|use|own|got|am using)|I'm using|I've got)\b[^.;\n]{0,12}\bAMD\b|\bGPU: ?AMD\b",
    re.IGNORECASE,
)
_RUNS_ON_NVIDIA = regex(
    r"(?:\+cu\d{2,3}|\b(?:NVIDIA|GeForce|RTX|GTX|Quadro|Tesla)\b)(?:(?!\b(?:not|never|no longer|but|AMD)\b|n't\b)[^.;\n?]){0,30}"
    r"\b(?:works|worked|runs|ran) (?:on|with|fine|well|great|perfectly)\b",
    re.IGNORECASE,
)
_INTEL = regex(
    r"\b(?:[Ii][Rr][Ii][Ss](?:\(R\))?(?: R)? (?:[Xx]e|[Pp]lus|[Pp]ro|[Gg]raphics)|U?HD Graphics(?: \d{3,4})?|U?HD [456]\d{2,3}(?!\d|\.\d)|[Aa]rc(?:\(TM\))? (?:[ABab]\d{3}|Graphics)"
    r"|[Ii]ntel\b(?:(?!(?i:nvidia|geforce|[rg]tx|quadro|tesla|cpu|core|xeon|with|and|plus|instead|rather)\b)[^\n.,/+]){0,40}\b(?:[Gg]raphics|[Gg][Pp][Uu](?! ?:)|XPU)|[Ii]ntel\(?R?\)? (?:Iris|[Aa]rc))\b"
    r"|\b[Ii]ntel\b(?:(?!(?i:nvidia|geforce|[rg]tx|quadro|tesla|no|without)\b)[^\n.,/+]){0,40}\b[Ii]ntegrated (?:[Gg]raphics|[Gg][Pp][Uu])\b"
)
# "no NVIDIA adapter, it has Intel": whose graphics it has instead
_NO_NVIDIA = regex(
    r"(?:\b(?:no|not|without|lacks?)|n['’]?t)\b(?: (?:have|has|got|own|any|an?))* NVIDIA (?:graphics |video |display )?(?:gpus?|cards?|adapters?|graphics|devices?|chips?)\b",
    re.IGNORECASE,
    ("nvidia ",),
)
_MAKERS = regex(r"\b(Intel|AMD)\b(?! (?:CPU|core|i\d|xeon|ryzen|processor|epyc))", re.IGNORECASE)


def is_other(name: str, names: GpuNames) -> bool:
    """Whether *name* is a GPU of another maker."""
    return bool(_OTHER.search(name)) and not names.is_nvidia(name)


def gpu(index: int, text: str, **known: object) -> Gpu:
    """Make a Gpu of a name as a report writes it; a MIG profile in the name becomes an instance."""
    return _named(text)._replace(index=index, **known)  # type: ignore[arg-type]


@lru_cache(1024)
def _named(text: str) -> Gpu:
    mig = _MIG.search(text)
    memory = re.search(r",\s{0,3}(\d{3,7}) ?MiB", text)
    text = text[: memory.start()] if memory else text
    uuid = re.search(r"\(UUID: ?(GPU-[0-9a-fA-F-]{8,40})\)", text)
    name = text[: mig.start()] if mig else text.partition("(UUID")[0]
    name = re.sub(r"\s*\([ .…]*\)$", "", name.rstrip())
    name = one_line(_balanced(name.strip(" ,;|/'\"`*>").rstrip(".…")), 80)
    instances = (MigDevice(mig[1]),) if mig else ()
    base = Gpu(0, _tidy(name) or None, uuid=uuid[1] if uuid else None)
    if memory:
        base = base._replace(memory_mib=int(memory[1]))
    if instances:
        base = base._replace(mig_mode=True, mig_devices=instances)
    return base


def others(line: str) -> list[str]:
    """Return the GPUs of other makers that the words of *line* mention; one of which the maker alone is told is "AMD GPU"."""
    # Ryzen is AMD's, whose name the words for its graphics leave out
    found = [re.sub(r"(?i)^(?=ryzen)", "AMD ", match[0]) for match in _AMD.finditer(line)]
    if not found:
        return []
    names = ("AMD GPU" if _MAKER_ALONE.fullmatch(name) else name for name in found)
    wished = is_of_somebody_else(line) and not _OWN.search(line)
    return [name for name in names if not (wished and name == "AMD GPU")]


def is_of_somebody_else(line: str) -> bool:
    """Whether the words of *line* tell of somebody else's GPU, or of one to buy."""
    return bool(_WISHED.search(line))


def runs_on_nvidia(line: str) -> bool:
    """Whether *line* says that a build for CUDA, or a GPU of NVIDIA's, does its work."""
    return bool(_RUNS_ON_NVIDIA.search(line))


def of_intel(line: str) -> str | None:
    """Return the GPU of Intel that the words of *line* mention."""
    found = _INTEL.search(line)
    return found[0] if found else None


def instead_of_nvidia(line: str) -> str | None:
    """Return the GPU that the words of *line* name beside "no NVIDIA GPU"."""
    maker = _MAKERS.search(line) if _NO_NVIDIA.search(line) else None
    return {"intel": "Intel graphics", "amd": "AMD GPU"}[maker[1].lower()] if maker else None


def _balanced(name: str) -> str:
    return name.rpartition("(")[0].rstrip() if name.count("(") > name.count(")") else name


def _tidy(name: str) -> str:
    name = re.sub(r"\s{2,}(?:WDDM|TCC|MCDM|On|Off|N/A)\b.*$", "", name)
    return re.sub(r"\s*\((?:arch|rev|prog|\d{1,3}\s?Gi?B)[^)]{0,40}\)?$", "", name).strip()
