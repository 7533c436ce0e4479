"""Complaints that a program computes on the CPU: "transcribes on cpu", "all fall back to cpu", 还是用CPU跑."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_fine_there
from torch_doctor.pastes.prose.statements import is_of_other_days, is_supposed
from torch_doctor.pastes.text.paste import Paste

_WORKS = r"(?:runs?|ran|running|trains?|training|infers?|transcribes?|transcribing|works?|working|computes?|calculates?|generates?|executes?|stuck|stays?|falls?(?: all)? back|fell(?: all)? back|fall back|defaults?|goes|loads?|performs?)"
_ON = r"(?:(?:still|only|always|just|all|entirely|everything|at [\d.]+ ?(?:fps|it/s|tokens?/s|t/s)|(?:very |so |super |extremely )?slow(?:ly)?) ){0,3}(?:on|to|with|at|in|using)(?: (?:the|my|its|a))? cpu\b"
_ON_CPU = regex(
    rf"\b{_WORKS} (?:(?:in|inside) (?:a|an|the|my|our) (?:[\w-]+ ){{1,3}})?{_ON}(?! (?:cores?|threads?|time|usage|offload\w*|ram|memory|mode by design))"
    r"|\b(?:uses?|using|utili[sz]es?|hits|maxes out) (?:the |my |its |only the |only my )?cpu only\b|\b(?:uses?|using) (?:only|just) (?:the |my |its )?cpu\b|\bonly (?:uses?|using|runs? on) (?:the |my |its )?cpu\b"
    r"|\b(?:just|simply|always|still) uses? (?:the |my )?cpu\b(?! (?:cores?|threads?|time|for))|\b(?:uses?|using|runs? on|utili[sz]es) (?:my |the )?cpu\b[^.;\n]{0,16}\b(?:instead of|rather than|and not) (?:on |using )?(?:my |the )?(?:nvidia |discrete )?(?:gpu|cuda|[rg]tx|quadro)"
    r"|\b(?:does|do)(?:n['’]?t| not) seem to (?:be using|use|utili[sz]e) (?:the |my )?(?:gpu|cuda)\b"
    r"|\bbut only on (?:the |its )?cpu\b|\bdevice(?:\.type)? (?:prints?|says?|shows?|gives?|returns?)[ `'\":]{1,3}cpu\b"
    r"|\bdevice ?[=:] ?[`'\"]?cpu\b(?![ /,]*(?:cuda|gpu))|\bnothing (?:uses|runs on|touches) (?:the |my )?gpu\b|\bgpu (?:is |stays |sits )?(?:idle|at 0(?: ?%)?(?![\d.])|unused)|\bshows? (?:gpu )?0 ?% (?:gpu)?"
    r"|(?:还是|一直|只(?:能|会|是)?|都是|仍然?)(?:在)?(?:用|使用|跑在?)\s?cpu|device ?[=:] ?cpu",
    2,
    (
        *("run", "ran", "train", "infer", "transcri", "work", "compute", "calculate", "generate"),
        *("execute", "stuck", "stay", "fall", "fell", "default", "goes", "load", "perform"),
        *("only on", "use", "using", "utili", "hits", "maxes", "device", "nothing "),
        *("gpu idle", "gpu is"),
        *(
            "gpu stays",
            "gpu sits",
            "gpu at 0",
            "gpu unused",
            "show",
            "还是",
            "一直",
            "只",
            "都是",
            "仍",
        ),
    ),
)
_OF_OTHERS = regex(
    r"\b(?:il |elle |ça |tout |modèle |conteneur |programme )?(?:tourne(?:nt)?|s['’]exécute|fonctionne) (?:toujours |uniquement |seulement |que |encore )?(?:sur|avec) (?:le |mon )?(?:cpu|processeur)\b"
    r"|\b(?:läuft|rechnet|trainiert|laufen|rechnen)(?: (?:alles|es|er|sie|das|nur|immer|noch|trotzdem|bloß|aber|dann)){0,3} (?:nur |noch )?(?:auf|mit) (?:der |dem |meiner )?cpu\b"
    r"|\b(?:corre|se ejecuta|funciona|entrena|trabaja|va) (?:solo |sólo |siempre |todo |solamente |únicamente )?(?:en|con|por) (?:la |el )?cpu\b|\b(?:roda|executa|treina|rodando|está usando) (?:só |somente |apenas |tudo )?(?:na|no|com a|a) cpu\b|\b(?:gira|va|viene eseguito) (?:solo |sempre |tutto )?(?:sulla|su) cpu\b"
    r"|(?:работает|считает|считается|запускается|крутится|обучается|идёт|идет)(?: (?:всё|все|только|почему-то|исключительно|опять)){0,2} (?:на|только на) (?:cpu|цпу|процессоре)|(?:видит|использует) только (?:cpu|цпу|процессор)"
    r"|CPU(?:로|에서)(?:만)? (?:돌|실행|작동|동작|학습|처리)|CPU(?:で|でしか|だけで|のみで)(?:動|実行|処理|学習|計算)",
    2,
)
_CONTENT_OF_OTHERS = regex(
    r"\b(?:assez|suffit|exprès|voulu|reicht|genügt|absichtlich|soll|gewollt|suficiente|basta|a propósito|quiero que|queremos|quero que|deve|debe(?:ría)?)\b|хватает|достаточно|специально|нужно чтобы|충분|일부러|해도 (?:되|돼)|十分|わざと|したい|てもいい",
    2,
)
# Who is content with it, chose it, or asks how.
_CONTENT = regex(
    r"\b(?:enough|on purpose|deliberately|intentional\w*|as (?:intended|expected|planned)|by design|fine (?:with|for)|happy|no problems?|for now|that's ok\w*|(?:want|like|prefer|need|how|way|able|possible|force\w*|try|trying|plan) (?:\w+ ){0,4}(?:to )?(?:run|use|train|work)|is for\b|reserved|keep)\b|sin problemas|故意",
    2,
)
_QUESTION = regex(r"(?<=[.!;] )[^.!;?]{3,200}\?|^[^.!;?]{0,200}\?")
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that a program computes on the CPU, where nobody says that it should."""
    for needs in ("cpu", "gpu", "processeur", "цпу", "процессор"):
        for index, text in paste.with_(needs, 40):
            if index in paste.where(_ON_CPU):
                yield from _of_line(text, paste.number(index))
            if len(text) < _LONGEST and _is_told_by_others(text):
                yield Claim("runs_on_cpu", True, paste.number(index), Seen.WORDS)


def _is_told_by_others(text: str) -> bool:
    """Whether a sentence in another language complains of it: no question, and nobody chose it."""
    if text.rstrip().endswith(("?", "？")) or _CONTENT.search(text):
        return False
    return _OF_OTHERS.search(text) is not None and not _CONTENT_OF_OTHERS.search(text)


def _of_line(text: str, line: int) -> Iterator[Claim]:
    found = _ON_CPU.search(text) if len(text) < _LONGEST else None
    if found is None:
        return
    at, end = found.span()
    # who asks how to use the GPU is not content, whatever the question holds
    if _CONTENT.search(text, 0, end) or _CONTENT.search(_QUESTION.sub("", text[end:])):
        return
    if not (is_supposed(text, at) or is_of_other_days(text, at) or is_fine_there(text, end)):
        yield Claim("runs_on_cpu", True, line, Seen.WORDS)
