"""Sentences in other languages than English that tell of no trouble here now: a condition, hearsay, what is over, a wish.

German, French, Spanish, Russian, Chinese, Japanese and Korean. What English says so is framed in ``unframed`` and ``apart``.
"""

from __future__ import annotations

from torch_doctor.core.startup import regex
from torch_doctor.pastes.text.rows import Rows

_LONGEST = 400  # letters of a line that somebody writes
# A full stop inside of a number or a name ends nothing.
_SENTENCE = regex(r"[^.!?。！？\n]+(?:[.!](?=[^\s.!])[^.!?。！？\n]*)*[.!?。！？]?")
_WHO = (
    r"(?:\bу (?:моего |моей |одного |одной )?(?:коллег\w+|друг\w+|знаком\w+|сосед\w+|приятел\w+|однокурсни\w+)"
    r"|\b(?:mein(?:e[mnrs]?)?|ein(?:e[mnrs]?)?) (?:Kolleg\w+|Freund\w*|Bekannt\w+|Kumpels?|Mitbewohner\w*|Kommiliton\w+)\b"
    r"|\b(?:mon|ma|un|une) (?:collègue|amie?|copain|copine|pote|camarade|coloc)\b|\b(?:mi|un|una) (?:compañer[oa]|amig[oa]|colega|primo|vecino)\b"
    r"|(?:同僚|友人|友達|知り合い|先輩|後輩)(?:の|は|が|から|も)|(?:친구|동료|지인|선배|후배)(?:의|는|가|네|한테|도)"
    r"|(?<![和跟与])(?:同事|朋友|同学|室友)(?:的|说|那|机器|电脑|遇到|用|装))"
)
_OF_OTHERS = regex(_WHO, 2)
# Where the one who writes tells of their own, and whether it is the same there.
_OWN = regex(
    r"\b(?:(?:а |но )?у меня|у нас|мне|мой|bei mir|bei uns|ich|mir|wir|chez moi|moi|je|j['’]ai|nous|yo|en mi|a mí|tengo|me)\b|我|私|僕|自分|うち|나는|저는|나도|저도|내 |제 |우리",
    2,
)
_TOO = regex(
    r"\b(?:тоже|также|та же|auch|ebenfalls|gleiche\w*|aussi|même|también|mismo|misma)\b|也|一样|同じ|(?:私|僕|自分|うち)も|도 (?:같|똑같|그래)|나도|저도",
    2,
)
_CONDITION = regex(
    r"^\W{0,4}(?:falls|wenn (?:man|du|ihr|jemand|nichts|keine?|Sie)|sollten? (?:man|du|Sie|die|der|das|torch))\b|^\W{0,4}si (?:on|vous|tu|l['’]on|quelqu\w*|aucune?|rien|le pilote|torch|pytorch)\b"
    r"|^\W{0,4}si (?:no )?(?:se|te|le|usted|tienes|tiene|sale|alguien|aparece|ves|ve|el|la|torch|pytorch)\b|\bесли (?:не )?\w+(?:ть|ти|ться)\b|\bесли у (?:вас|тебя|кого)\b"
    r"|(?:たら|れば|場合は?|ときは?|時は?)[、,，]?[^。\n]{0,60}(?:ください|下さい|しましょう|べきです|(?:と|方が|ほうが)(?:良い|いい|よい))"
    r"|(?:면|때는?|경우(?:에는?)?)[ ,][^.\n]{0,40}(?:하세요|하십시오|주세요|해야 합니다|하면 됩니다|됩니까|되나요)"
    r"|(?:如果|假如|要是|若是?|的话|的时候|时候?)[^。！？\n]{0,40}(?:请|建议|应该|要先|就要|需要先|先(?:升级|更新|安装|检查|装))",
    2,
)
_ONCE = regex(
    r"\b(?:раньше|прежде|früher|vorher|zuvor|auparavant|avant|antes|anteriormente)\b|以前|前は|先週|去年|예전|전에는?|지난|之前|上周|去年",
    2,
)
_NOW_FINE = regex(
    r"\b(?:теперь|сейчас|после)\b[^.!?\n]{0,60}\b(?:нормально|работает|в порядке|видит|хорошо)\b|\b(?:jetzt|seitdem|inzwischen|nun|danach)\b[^.!?\n]{0,50}\b(?:läuft|laufen|geht|funktioniert|gut|erkannt)\b"
    r"|\b(?:maintenant|depuis|désormais)\b[^.!?\n]{0,50}\b(?:marche|fonctionne|va bien|bien|tourne|bon)\b|\b(?:ahora|ya|desde entonces)\b[^.!?\n]{0,50}\b(?:funciona|va|bien|detecta|reconoce)\b"
    r"|(?:今は|現在は|今では|それからは)[^。\n]{0,40}(?:動|使え|正常|問題な|認識)|(?:지금은|이제는?|나서|후에는?|뒤로는?)[^.\n]{0,40}(?:잘|정상|문제없|됩니다|인식)|(?:现在|后来|之后|后)[^。\n]{0,30}(?:正常|好了|可以了|解决了|没问题)",
    2,
)
_MENDED = regex(
    r"(?:就(?:全)?好了|(?:已经)?解决了|搞定了|就正常了|可以用了|(?:で|て)(?:直り|解決し|動くようになり)(?:ました|まし)|(?:해결|고쳐)(?:했|됐|되었|졌)|\bhat (?:es )?(?:geholfen|gelöst)\b|\bproblem gelöst\b|\bc['’]est (?:réglé|résolu|bon)\b|\b(?:se|lo) (?:solucionó|solucioné|arregló|arreglé)\b|\b(?:помогло|решилось|решил|заработало)\b)",
    2,
)
_LEFT = regex(
    r"\b(?:но|однако|всё ещё|не|aber|jedoch|noch|nicht|kein\w*|mais|toujours|encore|pas|pero|todavía|aún|no|sin embargo)\b|但|可是|还是|仍|又|不|しかし|けど|まだ|ません|ない|하지만|아직|는데|안 ",
    2,
)
_ASKS = regex(
    r"^\W{0,4}(?:gibt es|kann|können|ist|sind|muss|braucht|brauche ich|soll|hat|wird|läuft|funktioniert|y a-t-il|est-ce|faut-il|peut-on|existe|hay|puedo|se puede|necesito|funciona|есть ли|можно ли|нужно ли|поддерживает ли|будет ли)\b"
    r"|(?:ます|です|でしょう)か[?？。]?$|(?:나요|까요|습니까|인가요)\?$|吗[?？]?$|\bли\b[^.\n]{0,60}\?$",
    2,
)
_FAULT = regex(
    r"\b(?:warum|wieso|weshalb|nicht|kein\w*|fehl\w+|pourquoi|pas|erreur|por qué|no|error|почему|не|ошибк\w+)\b|なぜ|どうして|ない|ません|エラー|왜|못|안 |오류|为什么|怎么|报错|不",
    2,
)
_WISH = regex(
    r"\b(?:нужен|нужна|нужно|ищу|suche|brauche|bräuchte|cherche|besoin|busco|necesito)\b|探してい|欲しい|ほしい|필요(?:합|해)|찾고 있|求一个|想找",
    2,
)
_WORKS = regex(
    r"\b(?:работает|läuft|funktioniert|marche|fonctionne|funciona|va bien|en orden|в порядке)\b|動(?:いて|きます|作して)|正常|잘 (?:됩|돼|작동)|没问题|可以用|運行正常|运行正常",
    2,
)
# A word of one of these is in each such sentence; those in ASCII are of German, French and Spanish.
_WORDS = (
    *("коллег", "друг", "знаком", "сосед", "приятел", "однокурсни", "если", "раньше", "прежде"),
    *("помогло", "решил", "заработало"),
    *("kolleg", "freund", "bekannt", "kumpel", "mitbewohner", "kommiliton", "falls", "wenn "),
    *("sollte", "früher", "vorher", "zuvor", "geholfen", "gelöst"),
    *("collègue", "mon ami", "un ami", "amie", "copain", "copine", "pote", "camarade", "coloc"),
    *("si ", "auparavant", "avant", "réglé", "résolu", "c'est bon"),
    *("compañer", "amig", "colega", "primo", "vecino", "antes", "anteriormente", "solucion"),
    *("arregl", "同僚", "友人", "友達", "知り合い", "先輩", "後輩", "たら", "れば", "場合", "とき"),
    *("時", "以前", "前は", "直り", "解決", "ようになり"),
    *(
        "친구",
        "동료",
        "지인",
        "선배",
        "후배",
        "면",
        "때",
        "경우",
        "예전",
        "전에",
        "지난",
        "해결",
        "고쳐",
    ),
    *("同事", "朋友", "同学", "室友", "如果", "假如", "要是", "若", "的话", "之前", "就好了"),
    *("就全好了", "解决了", "搞定", "就正常", "可以用了"),
)


def without_elsewhere(text: str) -> str:
    """Return *text* with blanks in place of such sentences; every letter that stays keeps its place."""
    rows = Rows(text)
    changed = {}
    for index in rows.holding((_WORDS,)):
        line = rows.lines[index]
        if len(line) < _LONGEST:
            left = _SENTENCE.sub(lambda found: _without(found[0]), line)
            if left != line:
                changed[index] = left
    return rows.with_(changed) if changed else text


def _without(sentence: str) -> str:
    heard = _OF_OTHERS.search(sentence)
    if heard and not _TOO.search(sentence):
        own = _OWN.search(sentence, heard.end())
        stop = own.start() if own else len(sentence)
        if not _OWN.search(sentence, 0, heard.start()):
            # "on the machine of my colleague": the clause is theirs
            start = max(sentence.rfind(mark, 0, heard.start()) for mark in ",;:，；") + 1
            return sentence[:start] + " " * (stop - start) + sentence[stop:]
    return " " * len(sentence) if _CONDITION.search(sentence) or _is_over(sentence) else sentence


def _is_over(sentence: str) -> bool:
    fine = _NOW_FINE.search(sentence) if _ONCE.search(sentence) else _MENDED.search(sentence)
    return fine is not None and not _LEFT.search(sentence, fine.end())


def is_no_trouble(sentence: str) -> bool:
    """Whether a *sentence* in another language asks whether something is so, wishes for it, or says that it works."""
    text = sentence.rstrip("\"'`)* ")
    if _ASKS.search(text) and (text.endswith(("?", "？")) or "か" in text[-2:]):
        return not _FAULT.search(text)
    works = _WORKS.search(text)
    return bool(_WISH.search(text) or (works and not _LEFT.search(text)))
