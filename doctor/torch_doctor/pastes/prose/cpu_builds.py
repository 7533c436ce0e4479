"""Words that say that torch is a build without CUDA: "it's the CPU version", "2.1.0+cpu", 装的是cpu版."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text.not_here import is_not_here
from torch_doctor.pastes.text.paste import Paste

_TORCH = (
    r"(?<![\w./-])(?:py)?torch(?:\s?(?:==|v|version )?\s?\d[\w.+]{0,30})?(?![\w-])[`'\"*)]{0,3}"
)
_MARKS = r"[\s`'\"*(]{0,4}"
_VERSION = (
    r"(?:versions?|builds?|variants?|wheels?|editions?|package|release|distribution|flavou?r|one)"
)
_CPU = (
    rf"(?:cpu[- _]?only(?:{_MARKS}(?:{_VERSION}|torch|pytorch))?|cpu{_MARKS}{_VERSION}|(?<![\w/.])(?:py)?torch[-_ ]cpu\b|cpu[- ](?:py)?torch\b"
    rf"|without (?:any )?(?:cuda|gpu)(?: support| enabled)?|no (?:cuda|gpu) support|non[- ](?:cuda|gpu){_MARKS}{_VERSION})"
)
_BE = r"(?:is|'s|was|are|were|being|has been|have been|seems? to be|appears? to be|turned out to be|=|:|shows?|says?)"
_ADVERB = r"(?:\s(?:still|always|only|just|actually|indeed|in fact|apparently|probably|currently|now|really|also|being|like|a|an|the|my|as|of)){0,4}"
_MADE = r"(?:compiled|built|build|installed|linked|configured|shipped)"
_FORMS = (
    # the name first, and then what it is: "my pytorch 2.1 was a cpu-only build"
    rf"{_TORCH}[^.;!?\n]{{0,40}}?\s?{_BE}{_ADVERB}\s{{0,3}}{_MARKS}{_CPU}",
    # "torch cpu version installed"
    rf"{_TORCH}\s?{_MARKS}cpu(?:[- ]only)?{_MARKS}{_VERSION}\s(?:is |was |gets |got |being |always |still ){{0,2}}(?:there|installed)\b",
    # "I have the cpu version of torch", "the CPU build of pytorch is installed", "using cpu-only torch"
    rf"\b(?:have|has|had|got|using|uses?|running|runs?|found|see|is|'s|with|on|installed|installs?|ships?|pulls?|gives?|brings?|wrong|that)\b{_ADVERB}\s{{0,3}}{_MARKS}{_CPU}\s(?:of|for)\s(?:the |my )?{_TORCH}",
    rf"\b(?:have|has|had|got|gets?|getting|is|'s|using|running|with|installs?|installed|pulls?|gives?|gave|brings?|brought|picks?|solves? to|resolves? to|(?:ends?|ended) up with)\b{_ADVERB}\s{{0,3}}{_MARKS}(?:cpu[- ]only|cpu) {_TORCH}",
    # "torch is not compiled with CUDA", "Torch 2.3.0 being built without GPU support"
    rf"{_TORCH}[^.;!?\n]{{0,30}}?\s{_MADE}{_MARKS}(?:without|w/o|with no){_MARKS}(?:cuda|gpu|nvidia)",
    rf"{_TORCH}[^.;!?\n]{{0,30}}?(?:\bnot|n't|\bnever){_ADVERB}\s{_MADE}(?: to (?:use|support))?{_MARKS}(?:with|for|against|using){_MARKS}(?:cuda|gpu)",
    rf"{_TORCH}[^.;!?\n]{{0,30}}?\b(?:has|have|had|with)\s(?:no|not any){_MARKS}(?:cuda|gpu)\ssupport",
    rf"{_TORCH}[^.;!?\n]{{0,30}}?\b(?:lacks?|misses|missing|doesn't have|does not have){_MARKS}(?:cuda|gpu)\ssupport",
    rf"{_TORCH}{_MARKS}(?:\(cpu(?:[- ]only)?\)|cpu[- ]only\b|\[cpu\])",
    # Versión CPU de torch, CPU-Version von PyTorch, la version cpu de pytorch
    rf"(?:versi[oó]n|version|variante|versão){_MARKS}(?:de |für )?cpu{_MARKS}(?:de|von|do|del|di){_MARKS}(?:la |le |o )?{_TORCH}",
    rf"cpu-?\s?(?:version|variante|versione){_MARKS}(?:von|de|di){_MARKS}{_TORCH}",
)
_ENGLISH = regex("|".join(_FORMS), 2, ("torch",))
# A version that names its build, where no other package's name stands before it: "2.0.0+cpu Autocast half".
_LOCAL = regex(
    r"(?<![A-Za-z0-9_.+-])(?:v|torch[ =:v-]{1,4})?([12]\.\d{1,2}\.\d{1,2}(?:\.dev\d{8})?\+cpu)(?!\w|\.\w)",
    2,
)
_OTHER = regex(
    r"(?:torchaudio|torchvision|torchtext|torchdata|libtorch|torch[-_](?:scatter|sparse|cluster|geometric)|xformers|vllm|onnx\w*)[^,;\n]{0,20}$",
    2,
)
_EAST_ASIAN = regex(
    r"(?:torch|pytorch)(?:\s?\d[\w.+]{0,20})?\s?(?:(?:pip |conda )?(?:install|安装|下载|装)(?:的?时候?|后|之后|下来)?)?\s?(?:的)?(?:版本)?\s?(?:一直|总是|总|都|却|竟然|居然|其实|还|仍然?|默认|应该|好像|可能|结果|最后|发现)?\s?(?:(?:选择|选|装|安装|下载|用|使用)的?)?\s?(?:是|为|装成了?|成了|变成了?|は|が)\s?(?:了)?\s?cpu\s?(?:版|版本|的|-only)"
    r"|(?:装|安装|下载|拉取|用|使用|得到|显示|自带|默认)(?:的|了|成了?)?\s?(?:是|为|都是|一直是|总是)?\s?(?:的)?\s?cpu\s?(?:版|版本)(?:本)?\s?(?:的)?\s?(?:py)?torch"
    r"|(?:装|安装|下载|拉取|得到)的(?:(?:py)?torch)?\s?(?:总|一直|都|却)?\s?是\s?cpu\s?版"
    r"|cpu\s?(?:版|版本)(?:本)?(?:的)?\s?(?:py)?torch(?!\s?(?:就|可以|也|够|安装))"
    r"|(?:py)?torch\s?(?:没有|不带|不含|未|没)\s?(?:编译|启用|安装)?\s?cuda(?:\s?支持)?"
    r"|torch[^。;,\n]{0,8}(?:一直|总是|总|老是|每次都?)\s?(?:给我)?\s?(?:装|下载|拉)(?:的|成|了)?\s?cpu\s?版"
    r"|CPU\s?版\s?(?:の\s?)?(?:Py)?Torch|(?:py)?torch(?:が|は)\s?CPU\s?版|(?:파이토치|torch|pytorch).{0,6}CPU\s?(?:버전|전용)",
    2,
)
# What is wished, advised, denied, asked, undone or of another case says nothing of this one.
_NOT_SO = regex(
    r"\b(?:if|whether|unless|when|not|n't|never|no longer|instead of|rather than|want|wanted|wish|like|should|could|can|would|may|might|must|how|uninstall\w*|remov\w+|replac\w+|from|before|previous\w*"
    r"|avoid|prevent|without|need|try|recommend\w*|please|for (?:those|people|users)|either|or|otherwise|e\.g\.|such as|even with)\b[^.;!?\n]{0,30}$"
    r"|不是|并非|如果|若|要装|想装|想要|怎么|如何|卸载|删除|之前|以前|换掉|不要|应该装|(?:怎样|怎样才能|想|要|请|请先|先|应该)\s?$",
    2,
)
# "when I debug", "when checked": how somebody saw it
_LOOKED = regex(
    r"\bwhen (?:I |we )?(?:debug|check|run|look|print|start|import|test)(?:ged|ging|ed|ing)?\b", 2
)
# "it is not available because torch is …": what stands before is denied, not the reason.
_REASON = regex(r"\b(?:because|since|due to)\b|因为|由于", 2)
# "torch version: 2.6.0, cuda version: None": what torch.version.cuda is without CUDA.
_NO_CUDA = regex(
    r"\btorch\b[^\n]{0,60}\b(?:cuda[ _]version|(?:torch\.)?version\.cuda)[`'\"]{0,2}\s?(?:is|=|:|->)?\s?[`'\"]?None\b(?! (?:yet|so far)\b)"
    r"|\btorch[ _]version\b[^\n]{0,40}\bcuda[`'\"]{0,2}\s?(?:is|:|->)\s?[`'\"]?None\b(?! (?:yet|so far)\b)",
    2,
)
_ASKED = regex(r"^[^.!?\n]{0,60}\?(?!!)")
_UNDONE = regex(
    r"^[^.;\n]{0,40}\b(?:so i|then i|and i|but i|after that i)\b[^.;\n]{0,30}\b(?:re-?install|uninstall|remov|replac|switch|chang|fix|upgrad)\w*"
    r"|^[^。;\n]{0,16}(?:卸载|(?<!怎么)(?<!如何)(?<!怎样)换成|重装|重新安装)",
    2,
)
# Who complains of it wants CUDA.
_COMPLAINT = regex(
    r"\b(?:issues?|problems?|errors?|fails?|wrong|why|but|although|though|however|despite|always|keeps?|still|unfortunately|instead|even)\b|[!?]{2}|总是|却|但|为什么|一直|结果|居然|竟然|浪费|\bwaste|なぜ|のに",
    2,
)
# Of a companion: it comes with a torch of its kind.
_OF_COMPANION = regex(
    rf"\b(?:install\w*|got|gets?|getting|have|has|pull\w*|bring\w*|download\w*|giv\w+)\b{_ADVERB}\s{{0,3}}(?:the |an? )?{_MARKS}cpu(?:[- ]only)?{_MARKS}{_VERSION}\s(?:of|for)\s(?:the )?{_MARKS}torch(?:vision|audio)\b",
    2,
)
# The installer, where the same words name it.
_BY_CONDA = regex(
    r"\b(?:by|with|from|through|via|using) (?:ana|mini)?(?:conda|mamba|miniforge)\b|\bconda(?:-forge)? (?:always|keeps?|installs?|installed|gives?|gave|picks?)|conda\s?(?:安装|装|拉取|下载)",
    2,
)
# An environment that conda makes of a file.
_OF_FILE = ("environment.yml", "environment.yaml", "env create")
_LONGEST = 500  # letters of a line that is a sentence
_WORDS = (
    "cpu",
    "without cuda",
    "without gpu",
    "with no cuda",
    "with no gpu",
    "with cuda",
    "with gpu",
    "cuda support",
    "gpu support",
    "w/o cuda",
    "for cuda",
    "cuda",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that torch has no CUDA, and that somebody minds it; nothing of wishes, questions and advice."""
    found = sorted({line for needs in _WORDS for line in _places(paste, needs)})
    for line in found[:5]:
        yield from implied(torch_words.variant("cpu", line, Seen.WORDS))
        of_file = paste.has(*_OF_FILE) and paste.has("conda", "mamba")
        if of_file and not paste.has("pip install torch", "pip3 install torch", "- pip"):
            yield Claim("torch_installer", "conda", line, Seen.WORDS, implied=True)
        if _BY_CONDA.search(paste.lines[paste.index(line)]):
            yield Claim("torch_installer", "conda", line, Seen.WORDS)
        if _COMPLAINT.search(paste.lines[paste.index(line)]):
            yield Claim("gpu_wanted", True, line, Seen.WORDS, implied=True)
    for _, line in () if paste.has("rocm", "hip") else paste.find(_NO_CUDA, "none", 3):
        yield from implied(torch_words.variant("cpu", line, Seen.WORDS))
    for match, line in paste.find(_OF_COMPANION, "cpu", 5):
        if not _is_of_another(match.string, match.start(), match.end()):
            yield from implied(torch_words.variant("cpu", line, Seen.WORDS))
    for match, line in paste.find(_LOCAL, "+cpu", 5):
        if not _OTHER.search(match.string[: match.start()]) and not _is_of_another(
            match.string, match.start(), match.end()
        ):
            yield from torch_words.version(match[1], line, Seen.WORDS)


def _places(paste: Paste, needs: str) -> Iterator[int]:
    for pattern in (_ENGLISH,) if paste.text.isascii() else (_ENGLISH, _EAST_ASIAN):
        for match, line in paste.find(pattern, needs, 40):
            if len(match.string) < _LONGEST and not _is_of_another(
                match.string, match.start(), match.end()
            ):
                yield line


def _is_of_another(text: str, start: int, end: int) -> bool:
    """Whether the words around say that it is no fact about the torch that is there."""
    before = _LOOKED.sub("", _REASON.split(text[max(0, start - 60) : start])[-1])
    framed = _NOT_SO.search(before) or _ASKED.match(text[end:]) or _UNDONE.match(text[end:])
    return bool(framed) or is_not_here(text, start, end)
