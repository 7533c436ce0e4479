"""Words for what a container or Pod was asked for: "I never put any limits", "without --nv", compose 文件里没写 gpu."""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_supposed
from torch_doctor.pastes.text.paste import Paste

_WHAT = r"(?:(?:gpu|resource|device|nvidia) (?:limits?|requests?|reservations?|sections?|entry|options?|flags?|settings?|stuff|part)|limits|resources?|(?:nvidia\.com/)?gpus?|--gpus(?: all)?|--nv|deploy(?: section| block)?|device reservations?|devices(?: section)?|runtime(?: ?class(?:name)?)?)"
_WHERE = r"(?:spec|manifest|yaml|template|deployment|pod|compose(?: file)?|docker-compose\.ya?ml|job|helm chart|values(?:\.yaml)?|run (?:command|line)|command(?: line)?|script|devcontainer(?:\.json)?|stack(?: file)?|step)"
_NOTHING = regex(
    rf"\b(?:never|not|n['’]t|no|without|forgot(?: to)?|missing|lacks?|nothing about)\b(?: (?:put|set|add\w*|specif\w+|request\w*|ask\w*|give|given|defin\w+|have|has|use\w*|pass\w*|any|a|an|the|for|there (?:is|are)|in|contains?|mention\w*|yet)){{0,5}} {_WHAT}\b[^.;\n]{{0,30}}?\b(?:in|to|on|of|for) (?:the |my |its |our |a )?{_WHERE}\b"
    rf"|\b{_WHERE}\b(?:(?!\bbut\b)[^.;,\n]){{0,30}}?\b(?:has no|have no|without|lacks?|doesn['’]t (?:have|set|request|ask for|contain|mention)|does not (?:have|set|request|ask for|contain|mention)|with no|no) (?:any )?{_WHAT}\b"
    rf"|\b{_WHERE}\b[^.;\n]{{0,20}}? (?:only (?:has|requests?|asks? for|sets?|specif\w+|lists?)|(?:has|requests?|asks? for|sets?|specif\w+|lists?) only|(?:has|requests?|asks? for|sets?)(?: \w+){{0,3}} and \w+ only) (?!.{{0,24}}\b(?:gpu|nvidia|device))"
    rf"|\b{_WHERE}\b[^.;\n]{{0,16}}\brequests? cpu and memory\b(?! and (?:an? )?gpu)"
    r"|(?:compose|yaml|清单|配置)\s?(?:文件)?\s?(?:里|中)?[^。,;\n]{0,4}(?:没有?|未)(?:写|加|配|配置|设置|申请|指定)[^。,;\n]{0,6}(?:nvidia\.com/)?(?:gpu|显卡|resources|limits)"
    r"|\b(?:n['’]ai|n['’]a) (?:rien|pas) (?:mis|ajouté|demandé|déclaré|précisé)\b[^.;\n]{0,30}\b(?:compose|manifest\w*|yaml|pod)\b|\b(?:nichts|keine? (?:gpus?|deploy\w*|devices?|ressourcen))\b[^.;\n]{0,30}\b(?:compose|manifest|yaml)\b[^.;\n]{0,24}\b(?:eingetragen|angegeben|gesetzt|drin|steht)|\b(?:compose|manifest|yaml)\b[^.;\n]{0,24}\bsteht (?:nichts|keine?)\b[^.;\n]{0,16}\bgpus?\b|\bno (?:puse|he puesto|hay|tiene) (?:nada|ninguna?)\b[^.;\n]{0,24}\b(?:compose|manifiesto|yaml)\b|(?:compose|манифест\w*|yaml)[^.;\n]{0,16}(?:ничего|нет)[^.;\n]{0,16}(?:gpu|видеокарт|ресурс)"
    r"|(?:没有?|未|忘了?)(?:写|加|配置|设置|申请|指定)[^。,;\n]{0,4}(?:gpu资源|gpus|limits|--nv)"
    r"|(?:--gpus|--nv|gpus?(?:の)?(?:指定|設定|オプション)?)[^。;\n]{0,4}(?:付け|つけ|指定し|書い|設定し)(?:て(?:い)?(?:ない|ません|なかった)|忘れ)|\b(?:without|forgot|no|sans|ohne|sin|sem|senza|без) (?:the |any )?--(?:nv|gpus)\b|\b(?:sans|ohne|sin|sem|senza|без) (?:la |die |le |una? |einen? )?(?:section|abschnitt|sección|seção|sezione|секции|bloc|bloque) (?:deploy|devices|gpus?)\b|(?:nvidia\.com/gpu|gpus?)(?:는|은|를|을)? ?(?:안|못) (?:넣|썼|적|지정|요청)",
    2,
    (
        *("never ", "not ", "n't ", "n’t ", "no ", "without ", "forgot ", "missing ", "lack"),
        *("nothing about ", " only", "cpu and memory", "没", "未", "忘", "付け", "つけ"),
        *(
            "指定し",
            "書い",
            "設定し",
            "sans",
            "ohne",
            "sin ",
            "sem ",
            "senza",
            "без",
            "안 ",
            "못 ",
            "rien",
            " pas ",
            "nichts",
            "kein",
            " nada",
            "ningun",
            "нет",
        ),
        "ничего",
    ),
)
_LONGEST = 400  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that nothing was asked for, where words say so of the container at hand."""
    needs = (
        "gpu",
        "limit",
        "resource",
        "--nv",
        "--gpus",
        "deploy",
        "device",
        "cpu and memory",
        "runtime",
        "json",
        "compose",
        "yaml",
    )
    for word in needs:
        for match, line in paste.find(_NOTHING, word, 3):
            if len(match.string) < _LONGEST and not is_supposed(match.string, match.start()):
                yield Claim("container_gpus_requested", False, line, Seen.WORDS, implied=True)
                return
