"""Words for torch: its release, the CUDA of its build, and that it is a CPU build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.core.version import CudaVersion
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.prose.comparisons import is_changed_to, is_of_another
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.not_here import is_asked
from torch_doctor.pastes.text.paste import Paste

# Chinese has no blanks between words: the letters and figures that go on are those of ASCII.
_NAME = r"(?<![A-Za-z0-9_./-])(?:lib|py)?t(?:or|ro)ch(?!audio|vision|text|data)"
_VERSION = r"v?(\d{1,2}\.\d{1,3}[A-Za-z0-9_.+]{0,40})(?!-(?:cp|py)\d|[A-Za-z0-9_.+])"
_TORCH = regex(
    rf"{_NAME}(?:[\s_-]?version|\s?(?:的)?\s?版本(?:号)?|\s?の?\s?バージョン)?[`'\"*]{{0,3}}\s{{0,3}}"
    rf"(?:(?:is|=|==|:|@|v|version|\(|built:?|-|nightly|from \S{{3,24}} to|to|gives(?: me)?|gave(?: me)?|installs|是|为|は)\s{{0,3}}){{0,3}}[`'\"*]{{0,3}}{_VERSION}",
    re.IGNORECASE,
)
# "PyTorch (stable, v1.10.1)", "the torch build [2.3.1]": in brackets, with what people put before a number
_IN_BRACKETS = regex(
    rf"{_NAME}(?: (?:library|framework|build|package|release|stable|wheel|install(?:ation)?|version|via|from|by|pip|conda|uv)){{0,3}} ?[(\[]"
    rf"(?:(?:stable|currently|current|installed|is|now|conda|pip|ver|v|version|release|latest)\b[ ,:.=]{{0,3}}){{0,3}}=?=?{_VERSION}",
    re.IGNORECASE,
)
# "v1.10.1 of PyTorch"
_OF_NAME = regex(
    r"(?<![\w.])(?:v|version |release )(\d\.\d{1,2}(?:\.\d)?(?:\+\w{2,6})?) of (?:py)?torch\b(?![-_/.]\w)",
    re.IGNORECASE,
)
# "pt: 2.1.0, cu: 11.8", as people shorten it
_SHORT = regex(
    r"(?<![\w.-])pt[ :=]{1,2}(\d\.\d{1,2}(?:\.\d)?(?:\+\w{2,6})?)(?![\w.])", re.IGNORECASE
)
# "my pip list: torch 2.5.1+cu124", in a sentence
_IN_LIST = regex(
    rf"\bpip3? (?:list|freeze|show)\b[^.;\n]{{0,12}}?{_NAME}[ =:]{{1,3}}{_VERSION}", re.IGNORECASE
)
_X = r"(\d{1,2}\.\d{1,2}|1[0-3]\d|9[0-2])(?![A-Za-z0-9_]|\.\d{2})"
_CUDA = r"(?:cuda|cu)(?:[\s_]?version)?[ =:-]{0,3}"
# Both on one line: torch 2.1.0 with CUDA 11.8.
_PAIRED = regex(
    rf"(?<![\w-])(?:(?:lib|py)?torch(?!audio|vision|text|data)|pt)(?:[\s_]?version)?[^\n]{{0,6}}?\d[\w.+]{{1,30}}[^\w\n]{{1,4}}(?:with |for |built (?:for|with) |and )?{_CUDA}{_X}",
    re.IGNORECASE,
    ("cu",),
)
# The CUDA of torch without its release.
_OF_TORCH = tuple(
    regex(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_NAME} (?:\S{{1,24}} )?(?:(?:is|was|has been) )?(?:built|compiled|installed|build) (?:with|for|against|on) {_CUDA}{_X}",
        rf"\binstall(?:ed|ing)? (?:the )?(?:py)?torch (?:with|for) {_CUDA}{_X}",
        rf"{_NAME}[ _]cuda(?:[ _]version)?[`'\"*]{{0,3}}[\s:=]{{1,4}}[`'\"*]{{0,3}}{_X}",
        rf"\bcuda(?: version)? \((?:of |from |in |by )?(?:py)?torch\)[`'\"*]{{0,3}}[\s:=]{{1,4}}{_X}",
        r"(?<![\w/])cu(1[0-3]\d)[ -](?:build|version|wheel|variant)s? of (?:py)?torch\b",
        rf"{_NAME}(?: nightly)?,? \(?(?:with |for |the |is |\+)?cu(1[0-3]\d)\)?(?![A-Za-z0-9_]|\.\d)",
        rf"(?<![A-Za-z0-9_/])cu(1[0-3]\d)[ -](?:build |version |wheel |nightly |的 ?)?{_NAME}",
        rf"\bcuda (1[0-3]\.\d) (?:build of |version of |wheel of )?{_NAME}",
        rf"{_NAME}[^\n]{{0,24}}\bpy\d[\d.]{{0,4}}_cuda(\d{{1,2}}\.\d)",
    )
)
# The build by its tag alone: "pip gave me cu130", "the cu128 wheel".
_BY_TAG = regex(
    r"\b(?:gave|gives|got|installed|installs|pulled|brought|using|have|has|downloaded|took|chose|came with)\b(?: \w+){0,2} \+?cu(1[0-3]\d)\b"
    r"(?! (?:index|page|url))|(?<![A-Za-z0-9_/.-])cu(1[0-3]\d) (?:build|wheel)s?\b",
    re.IGNORECASE,
)
# "the Quadro is not compatible, cu128": a tag in a sentence about torch, and no part of an address or a requirement.
_BARE_TAG = regex(
    r"(?<![A-Za-z0-9_/.+=-])cu(1[0-3]\d)(?![A-Za-z0-9_/.]\w|\d)(?! (?:index|page|url))",
    re.IGNORECASE,
)
# An item of a list of versions that has nothing but CUDA: "- CUDA 11.8".
_LISTED = regex(
    r"^\W{0,6}(?:\[[^\]\n]{1,40}\]\s{0,3})?cuda(?:\s{1,3}version)?[\s:=]{1,20}v?(\d{1,2}\.\d)\W{0,3}$",
    re.IGNORECASE,
)
# conda's package of CUDA, which torch of conda was built for: "my cudatoolkit is 11.1", "cudatoolkit==10.2.89".
_TOOLKIT_OF_CONDA = regex(
    r"(?<![\w-])cudatoolkit(?:'s)?(?:\s?(?:version|版本))?[\s:=(`*]{0,6}(?:is|was|are|为|是|v)?[\s:=`*]{0,4}(\d{1,2}\.\d)(?![\w])",
    re.IGNORECASE,
)
_NEAR = 4  # lines between an item and torch's
_CONDA_CPU = regex(
    r"(?<![\w-])pytorch[ =-]{1,30}\d[\w.]{1,20}[ =|]{1,30}(?:cpu_|py\d[\d.]{0,5}_cpu_)\w+",
    re.IGNORECASE,
)
_TAG = regex(rf"{_NAME}[^\n]{{0,40}}?\+\s?((?:cu\d{{2,3}}|cpu|rocm[\d.]{{1,6}}))\b", re.IGNORECASE)
# "torch 2.4.1 cpu", "pytorch 2.4.1 (cpu only)": a CPU in capitals may be the device that a program chose.
_CPU = regex(
    r"(?<![\w./-])(?i:pytorch|torch)\W{0,3}v?\d{1,2}\.\d{1,3}[\w.]{0,12}\W{1,3}(?:cpu(?![\w/ ]|\s(?:and|or|usage|mode))|cpu$|(?i:cpu)[- _](?i:only|version|build|wheel|variant)|\((?i:cpu)\))"
)


# "installed with conda", conda安装的pytorch
_BY_CONDA = regex(
    r"\binstall(?:ed|ing)?\b[^.;\n]{0,40}\b(?:with|via|using|by|through|from) (?:mini|ana)?conda\b(?! env)|(?:用|通过)?conda\s?安装(?:的|了)\s?(?:py)?torch",
    re.IGNORECASE,
)


# "torch 2.5.1+cu124 … trains fine": a build with CUDA at work, whatever is told of others in the same breath.
_WORKS = regex(
    r"^(?:(?!\b(?:on (?:the )?cpu|not|never|until|unless|if|but|aber|mais|pero|но)\b|n't|但|不)[^\n])"
    r"{0,60}?(?:\b(?:works?|trains|runs|running) (?:\w+ )?(?:fine|well|perfectly|great|ok|smoothly|correctly)\b|\b(?:it|everything|all|cuda|gpu) works\b"
    r"|\b(?:todo|tudo) funciona\b|\balles (?:läuft|funktioniert)\b|\btout (?:fonctionne|marche)\b|всё работает|все работает|正常|没问题)"
    r"(?!(?: \w{1,12})?,? (?:until|unless|before|if|but|on (?:the )?cpu|only)\b)",
    2,
)

# nixpkgs' torch, by the path of its attribute: python312Packages.torch-bin 2.6.0
_OF_NIX = regex(
    r"\bpython3\d{0,2}Packages\.(?:py)?torch(?:-bin)?[\s`'\",:=v-]{1,4}(\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)(?![\w.]*\d)"
)


_FAILING = ("error", "fail", "n't", "not ", "cannot", "no kernel", "crash", "报错", "false")


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what words say of torch, where they speak of the environment at hand."""
    yield from _versions(paste)
    yield from _in_list(paste)
    for match, line in paste.find(_SHORT, "pt", 20):
        yield from implied(torch_words.version(match[1], line, Seen.WORDS))
    for match, line in paste.find(_OF_NIX, "packages.", 5):
        yield from implied(torch_words.version(match[1], line, Seen.WORDS))
    for match, line in paste.find(_TAG, "torch", 300):
        if not is_of_another(match):
            yield from implied(torch_words.variant(match[1], line, Seen.WORDS))
    yield from _cpu(paste)
    for index, text in paste.with_("cuda", 60):
        item = _LISTED.match(text)
        if item and any(map(_TORCH.search, paste.lines[max(0, index - _NEAR) : index + _NEAR + 1])):
            yield Claim("listed_cuda", values.cuda(item[1]), paste.number(index), Seen.WORDS)
    for match, line in paste.find(_TOOLKIT_OF_CONDA, "cudatoolkit", 20):
        if not is_of_another(match):
            yield Claim("listed_cuda", values.cuda(match[1]), line, Seen.WORDS)
    yield from _built(paste)
    for match, line in paste.find(_BY_CONDA, "conda", 5):
        if paste.has("torch") and not is_of_another(match):
            yield Claim("torch_installer", "conda", line, Seen.WORDS, implied=True)


def _versions(paste: Paste) -> Iterator[Claim]:
    for needs in ("torch", "troch"):
        for pattern in (_TORCH, _IN_BRACKETS, _OF_NAME):
            for match, line in paste.find(pattern, needs, 300):
                if not _is_only_asked(paste, match):
                    yield from _in_words(match, line)


def _in_list(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_IN_LIST, "pip", 5):
        if not is_of_another(match):
            yield from implied(torch_words.version(match[1], line, Seen.PACKAGES))


def _is_only_asked(paste: Paste, match: re.Match[str]) -> bool:
    """Whether somebody asks what a release can do, and tells of nothing that fails: "does a 5090 work with torch 2.6?"."""
    return is_asked(match.string, *match.span()) and not paste.has(*_FAILING)


def _in_words(match: re.Match[str], line: int) -> Iterator[Claim]:
    found = torch_words.version(match[1], line, Seen.WORDS)
    if is_changed_to(match) or " to " in match[0].lower():
        yield from implied(found)
    elif not is_of_another(match):
        yield from found
        tag = match[1].partition("+")[2]
        if tag.startswith("cu") and _WORKS.match(match.string[match.end() :]):
            yield from torch_words.variant(tag, line, Seen.COMMAND)


def _cpu(paste: Paste) -> Iterator[Claim]:
    for _, line in paste.find(_CONDA_CPU, "cpu", 20):
        yield from torch_words.variant("cpu", line, Seen.WORDS)
        yield Claim("torch_installer", "conda", line, Seen.WORDS)
    for match, line in paste.find(_CPU, "cpu", 20):
        if not is_of_another(match):
            yield from implied(torch_words.variant("cpu", line, Seen.WORDS))


def _built(paste: Paste) -> Iterator[Claim]:
    for needs in ("torch", "pt"):
        for match, line in paste.find(_PAIRED, needs, 100):
            found = _number(match[1])
            if found:
                yield from torch_words.build_cuda(str(found), line, Seen.WORDS)
    for pattern in _OF_TORCH:
        for match, line in paste.find(pattern, "torch", 40):
            found = _number(match[1])
            if found and not is_of_another(match):
                yield from implied(torch_words.build_cuda(str(found), line, Seen.WORDS))
    tags = [*paste.find(_BY_TAG, "cu1", 20)]
    tags += [one for one in paste.find(_BARE_TAG, "cu1", 20) if "torch" in one[0].string.lower()]
    for match, line in tags:
        found = _number(next(filter(None, match.groups())))
        if found and not is_of_another(match) and not is_asked(match.string, *match.span()):
            yield from implied(torch_words.build_cuda(str(found), line, Seen.TRACE))


def _number(text: str) -> CudaVersion | None:
    return values.cuda(text) if "." in text else values.cuda_from_tag(f"cu{text}")
