"""Words that say that the machine has no GPU of NVIDIA's: "I don't have an NVIDIA GPU", 没有独立显卡, нет видеокарты."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.text.paste import Paste

_MAKER = r"(?:nvidia|cuda|cuda[- ]capable|nvidia cuda|discrete|dedicated|external|graphics|video|compatible|supported|real|proper|decent)"
_CARD = rf"(?:(?:{_MAKER} ){{0,3}}(?:gpus?|graphics?(?: cards?)?|(?:graphics |video )?cards?|graphics adapters?)|nvidia)\b(?! (?:driver|memory|acceleration|support|runtime|toolkit|build|version|cloud|account|usage|ram|container|instance|quota|node|server|cluster|access))"
_WHO = r"(?:i|we|it|my (?:laptop|machine|pc|computer|system|server|notebook|desktop|mac\w*)|this (?:laptop|machine|pc|computer|system|server)|the (?:laptop|machine|pc|computer|system|server))"
_ENGLISH = regex(
    rf"\b{_WHO} (?:(?:currently|unfortunately|just|really|simply|also|personally|actually) ){{0,2}}(?:don['’]?t|do not|doesn['’]?t|does not|didn['’]?t) (?:(?:even|currently|actually|really) )?(?:have|own|possess|got)(?: access to)? (?:an? |any |my own )?{_CARD}"
    rf"|\b{_WHO} (?:(?:currently|unfortunately|just) )?(?:have|has|got|lacks?) (?:no |not an? |not any )?(?<!have )(?<!has )(?<!got )(?:an? |any )?{_CARD}"
    rf"|\b(?:there is|there's|with|have|has|got) (?:no|not any) (?:nvidia|cuda[- ]capable|discrete|dedicated) (?:gpus?|graphics cards?|cards?|graphics)\b(?! (?:driver|support))"
    r"|\bmy (?:gpu|graphics card|video card|card) is (?:unfortunately |sadly |also |just )?(?:not (?:by|from|an?|made by)? ?nvidia|non[- ]nvidia|(?:an? )?(?:amd|intel)\b(?! (?:cpu|processor|core)))"
    r"|\b(?:run|use|start|launch|work|train|install)\w*\b[^.;!?\n]{0,30}\b(?:without|w/o) (?:an? |any )?(?:nvidia |cuda |dedicated |discrete )(?:gpus?|(?:graphics )?cards?)\b"
    rf"|\b(?:machine|laptop|server|pc|computer|system|notebook|box|vps|vm) (?:without|w/o|with no) (?:an? |any )?{_CARD}(?! (?:detected|found|visible|available|in|inside|passed|attached))"
    r"|\b(?:cpu[- ]only|non[- ]nvidia|gpu[- ]?less) (?:machine|laptop|server|pc|computer|system|notebook|box|vps|host)\b"
    r"|\braspberry pi(?: \d\w?)?\b|\bonly an? cpu (?:server|machine|box|vps)\b|\b(?:intel |with (?:an? )?)N(?:95|97|100|150|200|305)\b"
    rf"|\bthere(?:['’]s| is| are) no {_CARD} (?:in|on|inside) (?:this|the|my|our|that) (?:\w+ )?(?:vps|server|box|machine|pc|laptop|computer|notebook|desktop|host|node|instance)\b"
    r"|\bonly (?:an? )?(?:intel (?:graphics|gpu|iris|u?hd)|integrated (?:graphics|gpu)|onboard (?:graphics|gpu)|iris|u?hd graphics)\b"
    r"|\b(?:only|just) (?:have|has|got) (?:an? |the )?(?:integrated|intel|amd|onboard|cpu\b|u?hd graphics|iris)",
    2,
    (
        *(
            *("raspberry pi", "n95", "n97", "n100", "n150", "n200", "n305", "only ", "just "),
            *("have ", "has ", "got ", "own ", "possess ", "lack ", "lacks ", "there", "with "),
            *("without ", "w/o ", "my "),
        ),
        *("cpu only", "cpu-only", "non nvidia", "non-nvidia", "gpu less", "gpu-less", "gpuless"),
    ),
)
# Each way of another language to say it holds one of these.
_WORDS_OF_OTHERS = (
    *(
        "核显",
        "集显",
        "集成显卡",
        "没",
        "无",
        "只有",
        "仅有",
        "持ってい",
        "搭載",
        "積んでい",
        "ない",
        "ません",
        "無い",
    ),
    *("없", "갖고", "нет", "отсутствует", "no tengo", "no tenemos", "no cuento", "no dispongo"),
    *(
        " no es ",
        "não ",
        "kein",
        "ohne ",
        "ai pas",
        "ai aucun",
        "non ho",
        "nie mam",
        " yok",
        "bulunmuyor",
    ),
)
_OTHERS = regex(
    r"(?:我|电脑|笔记本|机器|本机|服务器|设备)[^,。;!?\n]{0,6}(?:没有?|无)\s?(?:独立|英伟达|NVIDIA|N卡|任何)?(?:的)?\s?(?:显卡|GPU|独显|N卡)(?!驱动|版|可用|支持)|(?:没有|没|无)(?:独立显卡|独显|英伟达显卡|N卡|NVIDIA\s?(?:显卡|GPU))(?!驱动)|(?:只有|仅有)[^,。\n]{0,12}(?:核显|集显|集成显卡)|(?:只有|仅有)(?:核显|集显|集成显卡|CPU\b)|(?:电脑|笔记本|机器|显卡|我)[^,。;!?\n]{0,6}(?:是|只是|用的是|就是)\s?(?:集成显卡|核显|集显)"
    r"|(?:NVIDIA(?:製)?の?\s?)?(?:GPU|グラボ|グラフィックボード)(?:を|が|は)\s?(?:持ってい|搭載してい|積んでい|搭載されてい)?(?:ない|ません|無い)(?!と)|GPU非搭載"
    r"|(?:그래픽\s?카드|엔비디아|NVIDIA|외장\s?그래픽|GPU)\s?(?:카드|GPU)?(?:가|는|이|은|를)?\s?(?:없(?:습니다|어요|는|다|음)|갖고 있지 않)"
    r"|(?:у меня|на (?:ноут\w*|компьютер\w*|пк|машине|сервере))[^,.;\n]{0,16}\bнет[уа]? (?:видеокарт\w+|дискретн\w+|nvidia|gpu|нвидиа|видюх\w+|видях\w+)|(?:видеокарты|видеокарта) (?:nvidia )?(?:нет|отсутствует)"
    r"|\bno (?:tengo|tenemos|cuento con|dispongo de) (?:una? |ninguna |ningún )?(?:(?:tarjeta|placa)(?: gráfica| de video| grafica)?|gpu|gráfica|nvidia)\b|\bmi (?:tarjeta|gpu|gráfica)[^.;\n]{0,16} no es (?:de )?nvidia"
    r"|\bnão (?:tenho|possuo) (?:uma? |nenhuma )?(?:placa(?: de vídeo)?|gpu|nvidia)\b"
    r"|\b(?:ich )?(?:habe|hab|besitze) (?:leider )?keine? (?:nvidia|grafikkarte|gpu|dedizierte|cuda)\w*|\bohne (?:nvidia|dedizierte)[- ]?(?:gpu|grafikkarte|karte)?"
    r"|\bn['’]ai (?:pas|aucune?) (?:de |une? )?(?:carte (?:graphique )?(?:nvidia)?|gpu|nvidia)\b|\bnon ho (?:una |un['’]?)?(?:gpu|scheda (?:video|grafica|nvidia)|nvidia)\b"
    r"|\bnie mam (?:karty (?:graficznej|nvidia)|gpu|nvidii)|(?:ekran kart[ıi]m|nvidia(?:'m)?|gpu'?(?:m|su)?) (?:yok|bulunmuyor)",
    2,
    _WORDS_OF_OTHERS,
)
# What a program says, what would be, whom advice is for, and what only seems so.
_NOT_SO = regex(
    r"\b(?:if|when|unless|whether|says?|said|saying|claims?|thinks?|complain\w*|told|tells|telling|error|reports?|shows?|for (?:those|people|users)|anyone|who|as if|like|assum\w+|because|that)\b[^.;\n]{0,24}$"
    r"|提示|显示|报错|检测到|检测|说|如果|若|为什么|即使|표시|뜹니다|dice que|sagt|пишет|говорит|если|if$",
    2,
)
_BUT = regex(
    r"^[^.;\n]{0,40}\b(?:but|although|even though|though) (?:i|we|it) (?:do|does|have|has|can)\b"
)
# Another machine, which has what this one lacks: "my GPU server", "the training box", and beside a laptop a server.
_WITH_ONE = regex(
    r"\b(?:gpu|cuda|training|remote|production|other|another|second) (?:server|machine|box|node|host|pc|computer|laptop|desktop|cluster|workstation|instance)s?\b",
    2,
)
_KINDS = regex(r"\b(laptop|notebook|server|desktop|workstation|cluster)s?\b", 2)
_LONGEST = 600  # letters of a line that is a paragraph
_WORDS = (
    "raspberry pi",
    "n95",
    "n97",
    "n100",
    "gpu",
    "nvidia",
    "card",
    "graphic",
    "only",
    "显卡",
    "独显",
    "n卡",
    "核显",
    "集显",
)
_MORE = (
    "グラボ",
    "그래픽",
    "엔비디아",
    "видеокарт",
    "видюх",
    "tarjeta",
    "gráfica",
    "placa",
    "grafikkarte",
    "carte",
    "scheda",
    "ekran",
    "nvidii",
    "karty",
)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that words deny an NVIDIA GPU, where nobody else is meant."""
    ascii_alone = paste.text.isascii()
    for needs in _WORDS if ascii_alone else (*_WORDS, *_MORE):
        for index, text in paste.with_(needs, 40):
            likely = index in paste.where(_ENGLISH) or index in paste.where(_OTHERS)
            if likely and len(text) < _LONGEST and (denied := _denied(text)):
                if _is_of_another(paste, denied):
                    return
                yield Claim("gpu_denied", True, paste.number(index), Seen.WORDS)
                yield Claim("gpu_wanted", False, paste.number(index), Seen.TRACE, implied=True)
                return


def _denied(text: str) -> str:
    """Return the words that deny a GPU, with what stands around them, or nothing."""
    for pattern in (_ENGLISH, _OTHERS):
        found = pattern.search(text)
        if found and not _NOT_SO.search(text[max(0, found.start() - 40) : found.start()]):
            return "" if _BUT.match(text[found.end() :]) else found[0]
    return ""


def _is_of_another(paste: Paste, denied: str) -> bool:
    """Whether the report tells of two machines: of which of them the denial speaks is not known then."""
    if _WITH_ONE.search(paste.text):
        return True
    named = {kind.lower() for kind in _KINDS.findall(denied)}
    return bool(named) and any(kind.lower() not in named for kind in _KINDS.findall(paste.text))
