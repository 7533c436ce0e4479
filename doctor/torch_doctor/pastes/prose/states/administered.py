"""Words that tell of a machine that others administer: a cluster, a rented one, a driver that nobody here may change."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.text.paste import Paste

# Each match holds one of these.
_WORDS = (
    *("root", "sudo", "admin", "cluster", "node", "shared", "module load", "driver", "treiber"),
    *("rechte", "controlador", "administrador", "droit", "pilote", "runpod", "vast.ai", "dock"),
    *("autodl", "gpuhub", "featurize", "rented", "权限", "服务器", "集群", "节点", "権限", "共用"),
    *("管理员", "驱动", "云", "租", "ドライバ"),
)
_SHARED = regex(
    r"\b(?:no|without|not have|don't have|haven't|lack) (?:any )?(?:root|sudo|admin(?:istrator)?)\b|\b(?:hpc|slurm|university|school|company|lab)[ -]cluster\b"
    r"|\b(?:login|head|submit|compute) node\b|\b(?:on|of) (?:our|the|my|a) (?:shared )?cluster\b|\bshared (?:(?:gpu|compute|linux) )?(?:cluster|server|node|machine|box|workstation|host)\b|\bmodule load\b"
    r"|\b(?:(?:I|we|users) (?:may|must) not|not (?:allowed|permitted|supposed) to) (?:update|upgrade|change|touch|replace|install)(?: or \w+)? (?:the |its |our |any |a )?(?:newer |new )?(?:nvidia |gpu )?drivers?\b"
    r"|\bdrivers? (?:is|are) (?:managed|maintained|administered|installed|controlled) by (?:the |our |an |my )?(?:it\b|admin|cluster|hpc|sys|ops|other|company|university)"
    r"|\b(?:can(?:no|['’]?)t|can not|no way to|impossible to|nobody can) (?:touch|change|update|upgrade|replace)(?: or \w+)? (?:the |its |our |any |a |that |newer )*(?:nvidia |gpu |host )?drivers?\b(?!:| (?:because|since|as|-))"
    r"|\b(?:runpod|vast\.ai|tensordock|autodl|gpuhub|featurize)\b|\brented (?:gpu |cloud )?(?:pod|instance|server|box|machine)\b|恒源云|矩池云|智星云|算力云|租的(?:\w*服务器|\w*显卡|机器|\s?\d0[5-9]0)"
    r"|\badmins?\b[^.;\n]{0,24}\b(?:won['’]?t|will not|refuses? to|do(?:es)?(?:n['’]t| not) (?:want to|allow|let))\b[^.;\n]{0,40}\bdrivers?\b|\bdrivers?\b[^.;\n]{0,24}\b(?:stays? (?:there|at)|is not mine|belongs to the (?:host|provider))"
    r"|管理员(?:不让|不给|不允许|不同意|不肯)|(?:无法|不能|没法|不让|不可以|没办法)(?:升级|更新|更换|换|动)\s?(?:这台|那台)?(?:机器|服务器|主机|宿主机|系统)?的?\s?(?:nvidia|显卡|n卡|gpu)?\s?驱动|驱动(?:无法|不能|没法|不让|动不了|升不了)(?:升级|更新|更换|动)?|ドライバー?(?:は|を)(?:更新|変更|アップデート)(?:でき|し(?:ては)?いけ|させてもらえ)(?:ない|ません)"
    r"|\btreiber\b(?:[^.;\n]|\.\d){0,40}\b(?:darf|kann) ich nicht (?:ändern|aktualisieren|anfassen|updaten)|\b(?:darf|kann) (?:den|die) treiber nicht|\bkeine (?:root|admin)[- ]?rechte|\bsin (?:permisos de )?(?:root|administrador|sudo)\b|\bno (?:puedo|podemos|me dejan) (?:actualizar|cambiar|tocar) (?:el )?(?:driver|controlador)|\b(?:pas (?:les )?droits? (?:root|admin\w*)|(?:ne peux|peut) pas (?:mettre à jour|changer) le (?:pilote|driver))"
    r"|管理员(?:装|安装|管理|维护|负责)(?:的)?\s?(?:nvidia|显卡)?\s?驱动|没有(?:root|sudo|管理员)权限|(?:学校|公司|实验室|共享)(?:的)?(?:服务器|集群)|登录节点|(?:root|管理者)権限が(?:ない|ありません)|共用(?:サーバ|計算機)",
    re.IGNORECASE,
    _WORDS,
)
# What a program says to everybody: "If you are on a cluster, …"
_ADVICE = regex(r"\bif (?:you|you're|you are|your \w+ is) ?$", re.IGNORECASE)
_LONGEST = 600  # letters of a line that words are looked for in


def read(paste: Paste) -> Iterator[Claim]:
    """Yield that others administer the machine; nothing of another one, and of what a program says to everybody."""
    for needs in paste.among(_WORDS):
        for match, line in paste.find(_SHARED, needs, 5):
            text, at = match.string, match.start()
            elsewhere = is_compared(text, at) or is_fine_there(text, match.end())
            if len(text) < _LONGEST and not (elsewhere or _ADVICE.search(text[:at])):
                yield Claim("shared_node", True, line, Seen.WORDS)
