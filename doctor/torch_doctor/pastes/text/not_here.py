"""Words around a build without CUDA that say that none is here now: somebody else's, denied, mended, meant, only asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.matrix.signatures import wordings
from torch_doctor.pastes.text.paste import Paste

_ENDS = regex(r"[.;!?](?=\s|$)|[。！？；\n]")
# "Друг ставил …": what somebody else does or has; in English it is framed before anything is read.
_OTHERS = regex(
    r"(?:(?<!\w)(?:друг|подруга|коллега|брат|сестра|знакомый|сосед) (?:\w{1,10} ){0,2}?(?:ставил\w*|установил\w*|поставил\w*|получ\w+|видит|видел\w*|использ\w+)"
    r"|(?<!\w)(?:amig[oa]|colega|compañer[oa]|herman[oa]|irmã|irmão) (?:\w{1,8} )?(?:tiene|tenía|instaló|obtiene|recibe|recibió|usa|ve|tem|tinha|instalou|recebe|recebeu)\b"
    r"|(?<!\w)(?:Freund(?:in)?|Kolleg(?:e|in)|Bruder|Schwester|Mitbewohner(?:in)?) (?:hat|hatte|bekommt|bekam|nutzt|sieht|sah|installierte)\b"
    r"|(?<!\w)(?:amie?|collègue|frère|sœur|voisine?) (?:a|avait|obtient|utilise|reçoit|voit)\b"
    r"|(?:朋友|同事|同学|室友|师兄|师姐|弟弟|哥哥)(?:的?电脑)?[^我,,]{0,6}(?:装|安装|遇到|报|出现|用))",
    2,
)
# What brings it home: it is on this machine, too, or help is asked for it.
_HERE = regex(
    r"(?<![\w'])(?:I|me|we|us|mine|our|same|\bhere|too|as well|help|fix|solve|why|у меня|мне|моей|моём|на мой|помо\w+|почему|mi|mí|ayud\w+|por qué|ich|mir|mein\w*|hilf\w*|warum|moi|mon|aide\w*|pourquoi)(?!\w)"
    r"|(?:on|for|in|to|with|of|at) my\b|\b(?:what|how) (?:should|can|could|do|does|is|to)\b|\?\s*$|我(?!的?(?:同事|朋友|同学|室友|师兄|师姐))(?!们?(?:这边|这里|自己)[^,，。;\n]{0,12}(?:没问题|正常|没事|可以))|怎么|如何|为什么|解决|帮",
    2,
)
# "I don't have the error '…'", "No tengo el error '…'"
_DENIED = regex(
    r"(?:\b(?:don't|do not|doesn't|does not|didn't|did not|haven't|have not|never|no longer|not) (?:ever |even |actually )?(?:have|get|got|see|seen|saw|hit|had|receive|encounter|face)(?: any)?(?: more)?"
    r"|\bno (?:me )?(?:tengo|sale|aparece|obtengo|recibo|veo|hay|me da)(?: ya| más)?|\bya no (?:me )?(?:tengo|sale|aparece|obtengo|recibo|veo|hay|da)"
    r"|\bnão (?:tenho|recebo|vejo|aparece|há|dá)(?: mais)?|\bnon (?:ho|ricevo|vedo|ottengo|c'è)(?: più)?"
    r"|\bn['’](?:ai|y a|obtiens|avons) (?:pas|plus|jamais)|\bne (?:reçois|vois) (?:pas|plus|jamais)"
    r"|\b(?:habe|bekomme|sehe|kriege|erhalte) (?:ich )?(?:kein\w*|nicht|nie)|(?<!\w)(?:нет|не (?:получаю|вижу|вылетает|появляется|возникает|было)|больше нет)"
    r"|(?:没有?|未|不再|从未|不会)(?:出现|遇到|报|看到|收到|提示)?过?)"
    r"(?: (?:the|an?|this|that|such|el|la|ningún|o|a|um|l['’]|le|de|d['’]|den|die|diesen|эт\w+|такой|il)){0,2}\s?(?:['’]?(?:error|errors|message|exception|problem|issue|fehler|fehlermeldung|meldung|erreur|errore|erro|mensaje|ошибк\w+|сообщени\w+)|错误|报错)?"
    r"(?: (?:message|that says|saying|like|called|de|of|about|:)){0,2}\s?[:\s]?['\"`‘“«「(]{1,3}(?:\w{1,24}: ?)?$",
    2,
)
_ONLY_THERE = regex(
    r"^[^.;\n]{0,44}['\"`’”»」)]{1,3},? (?:until|unless|before|when|while|with|without|on|in|if|bis|wenn|ohne|auf|cuando|hasta|si|en|sans|quand|sur|когда|пока|если|на|в)\b(?! (?:this|my|our|\bhere|mi|mein\w*|mon|ma|my|моей|моём|diese\w*)\b)"
    r"|['\"`’”»」)]{1,3}[^.;\n]{0,30}\b(?:but|aber|mais|pero|но|однако|mas|ma)\b|但"
)
# "… and now cuda is available", "jetzt ist cuda verfügbar", 现在cuda可用了
_NOW = r"(?:\b(?:now|maintenant|désormais|jetzt|nun|ahora|agora|adesso|ora)\b|теперь|сейчас|现在|現在|今は|이제|지금)"
_GPU = r"(?:cuda|gpu|is_available|torch|it|that|everything|all|alles|tout|ça|todo|tudo|tutto|всё|все|一切|都)"
_WORKS = (
    r"(?:available|works?|working|fine|(?:is )?true|detected|recogni[sz]ed|verfügbar|funktioniert|läuft|geht|disponible|funciona|disponível|disponibile|funziona"
    r"|fonctionne|marche|доступн\w+|работает|可用|正常|能用|可以用|好了|使え(?:る|ます|ました)|動(?:く|きます|きました)|사용 가능|작동)"
)
_NEGATED = r"(?:\bnot\b|n't|\bnever\b|\bno\b|\bpas\b|\bplus\b|\bnicht\b|\bkein|\bnão\b|\bnon\b|\bне\b|不|没|ない|ません|안 |못|\bfalse\b|\bonly\b|\bcpu\b)"
_MENDED = regex(
    rf"{_NOW}(?:(?!{_NEGATED})[^.;\n。;]){{0,24}}?{_GPU}(?:(?!{_NEGATED})[^.;\n。;]){{0,24}}?{_WORKS}(?!\w|[^.;\n]{{0,6}}(?:false|不|没| on (?:the )?cpu))"
    rf"|{_NOW}(?:(?!{_NEGATED})[^.;\n。;]){{0,12}}?{_WORKS}(?!\w|[^.;\n]{{0,6}}(?:false|不|没| on (?:the )?cpu))"
    # "it works now", "läuft jetzt alles"
    rf"|(?<!not )(?<!nothing )(?<!never )(?<!nichts )(?<!pas )(?<!ne )(?<!no )(?<!nada )(?<!não )(?<!non )(?<!не )\b{_WORKS} {_NOW}(?![^.;\n]{{0,12}}{_NEGATED})",
    2,
)
_AGAIN = regex(
    r"re-?install|uninstall|replac|switch|swap|upgrad|fix|chang|réinstall|remplac|install|ersetz|gewechselt|reinstal|cambi|troqu|sostitu|переустанов|поставил|замен|重装|重新|换|卸载|入れ直|再インストール|재설치|다시",
    2,
)
_ONCE = regex(
    r"\b(?:had|was|were|used to|before|previously|avais|avait|était|hatte|war|tenía|era|tinha|avevo)\b|были?|была|стоял|之前|原来|以前|でした|だった|있었",
    2,
)
# Who wants it so: "in CI we install it on purpose".
_MEANT = regex(
    r"\b(?:on purpose|deliberately|intentionally|purposely|absichtlich|exprès|volontairement|(?:a|de) propósito)\b|намеренно|специально|故意|特意",
    2,
)
_BY_US = regex(r"(?<![\w'])(?:I|we|our|ich|wir|je|nous|yo|nosotros|мы|я)(?![\w'])|我", 2)
_MINDED = regex(
    r"\b(?:not|n't|nobody|never|but|although|though|however|yet|why|error|fails?|failed|instead|still|someone|somebody|aber|mais|pero|но)\b|n't\b|没|不|但|为什么",
    2,
)
# Whether something does so at all, and not why it does.
_QUESTION = regex(
    r"\W{0,4}(?:(?:hi|hello|so|and|question|ok)\b\W{1,3}){0,2}(?:does|do|will|would|can|could|may|might)\b(?! (?:not|anyone|anybody|somebody|someone|you|we|any of you)\b)(?![^?]{0,200}\bwhy\b)",
    2,
)
_LONGEST = 600  # letters of a line that is prose


def is_not_here(text: str, start: int, end: int) -> bool:
    """Whether the words around ``text[start:end]``, which tell of a build without CUDA, say that none is here now.

    *text* is one line. A sentence counts by itself, except for what came later: "… and now cuda is available".
    """
    if len(text) > _LONGEST:
        return False
    begin, stop = _sentence(text, start, end)
    return (
        _is_somebody_elses(text[begin:end], start - begin, text[end:])
        or _is_denied(text[:start], text[end:])
        or _is_mended(text[begin:end], text[end:])
        or _is_meant(text[begin:stop])
    )


def is_asked(text: str, start: int, end: int) -> bool:
    """Whether the sentence of ``text[start:end]`` asks whether something does so: "does pip ever replace …?"."""
    begin, stop = _sentence(text, start, end)
    return text[stop : stop + 1] in ("?", "？") and bool(_QUESTION.match(text, begin))


def without_cuda(paste: Paste) -> Iterator[tuple[int, bool]]:
    """Yield the lines that only a build without CUDA prints, and whether the words around leave that build here."""
    for wording in wordings(paste.matrix):
        if wording.row.id == "torch_cpu_only":
            pattern = regex(wording.pattern, re.IGNORECASE)
            for needle in wording.needles:
                for index, text in paste.with_(needle, 3):
                    found = [is_not_here(text, *match.span()) for match in pattern.finditer(text)]
                    if found:
                        yield index, not all(found)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence of ``text[start:end]`` begins, and where the sign stands that ends it."""
    begin = max((found.end() for found in _ENDS.finditer(text, 0, start)), default=0)
    stop = _ENDS.search(text, end)
    return begin, stop.start() if stop else len(text)


def _is_somebody_elses(clause: str, start: int, behind: str) -> bool:
    other = _OTHERS.search(clause)
    if other is None or other.start() >= start:
        return False
    return not (_HERE.search(clause, other.end()) or _HERE.search(behind))


def _is_denied(before: str, behind: str) -> bool:
    return bool(_DENIED.search(before[-120:]) and not _ONLY_THERE.search(behind))


def _is_mended(clause: str, behind: str) -> bool:
    now = _MENDED.search(behind)
    return bool(now and _ONCE.search(clause) and _AGAIN.search(behind[: now.start()]))


def _is_meant(sentence: str) -> bool:
    return bool(
        _MEANT.search(sentence) and _BY_US.search(sentence) and not _MINDED.search(sentence)
    )
