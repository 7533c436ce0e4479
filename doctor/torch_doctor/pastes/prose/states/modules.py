"""Words for what keeps NVIDIA's kernel module from work: Secure Boot, a new kernel, nouveau, a laptop on its other GPU."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.statements import is_asked, is_of_other_days, is_supposed
from torch_doctor.pastes.text.paste import Paste

_MODULE = r"(?:kernel )?(?:modules?|drivers?|kmods?|dkms)"
_UNSIGNED_WORDS = ("secure", "mok", "sign", "enrol", "安全启动")
_UNSIGNED = regex(
    # Secure Boot is on, and something that it does to a module
    r"\bsecure ?boot\b[^.;\n]{0,20}\b(?:is on|on\b|enabled|active|activated|enforced|turned on)\b[^\n]{0,100}?(?:(?:\bnot|n['’]t|\bun)[- ]?(?:load(?:ed|ing|s)?|signed|allow\w*|insert\w*)\b|\b(?:rejects?|rejected|blocks?|blocked|refuses?|refused|unsigned|fails? to load)\b)"
    rf"|\bsecure ?boot\b[^.;\n]{{0,30}}\b(?:rejects?|rejected|blocks?|blocked|blocking|refuses?|refused|prevents?|stops?|keeps?|kills?)\b[^.;\n]{{0,40}}\b(?:nvidia|{_MODULE})\b"
    r"|(?:\bnot|n['’]t|\bfail\w*)\b[^.;\n]{0,40}\b(?:when|with|while|because|as) secure ?boot is (?:on|enabled|active)\b"
    r"|\b(?:inability|unable|can(?:['’]t|not| not)|could(?:n['’]t| not))\b[^.;\n]{0,30}\benroll?ment\b"
    r"|\b(?:turn(?:ing|ed)?|switch(?:ing|ed)?) (?:off secure ?boot|secure ?boot off)\b[^.;\n]{0,60}\b(?:works?|working|helps?|helped|fixes|fixed|solves|solved|loads?|True|appears?)\b"
    r"|\b(?:disabling|disabled|without|after disabling|if i disable|when i disable|with) secure ?boot(?: (?:off|disabled))?\b[^.;\n]{0,60}(?<!not )\b(?:works?|working|helps?|helped|fixes|fixed|solves|solved|loads|True)\b"
    rf"|\bnvidia\b[^.;\n]{{0,24}}\b{_MODULE}\b[^.;\n]{{0,16}}\b(?:unsigned|(?:not|n['’]t|never) (?:been )?signed|has no (?:valid )?signature)\b|\bunsigned nvidia (?:kernel )?(?:module|driver)s?\b"
    r"|\b(?:skip(?:ped)?|missed|ignored|forgot|cancell?ed|dismissed|overlooked|closed|(?:did|could|have)(?:n['’]t| not)|never|not yet|without)\b[^.;\n]{0,40}\b(?:MOK|enroll?(?:ed|ing|ment)?)\b|\bMOK\b[^.;\n]{0,30}\b(?:not|never|n['’]t) (?:been )?(?:enroll?ed|imported|confirmed|accepted)\b"
    r"|\b(?:modules?|drivers?)\b[^.;\n]{0,24}(?:\bnot|n['’]t|\bnever)\b[^.;\n]{0,24}\bbecause of secure ?boot\b|\bloading of unsigned modules? is rejected\b|\bsecure ?boot\b[^\n]{0,120}\bcontinue boot\b"
    r"|安全启动[^。;\n]{0,30}(?:没签名|未签名|没有签名|加载不了|无法加载|加载失败|拒绝|阻止)|(?:关闭|关掉|禁用)(?:了)?(?:secure ?boot|安全启动)[^。;\n]{0,12}(?:就|才)?(?:好|可以|正常|能用)",
    2,
)
_NEW_KERNEL = r"(?:(?:a |the |an |my |this |that |last |latest |new |recent |automatic )*(?:kernel|linux kernel|system|apt|dnf|pacman) (?:update|upgrade|autoupdate|bump)|(?:updat|upgrad)\w+ (?:the |my |to )?(?:(?:a |the )?(?:new|newer|latest) )?kernel|(?:a |the )?new kernel)"
_NO_DRIVER = r"(?:nvidia-smi|the driver|nvidia driver|the (?:nvidia )?module|gpu|cuda|torch)\b[^.;\n]{0,30}\b(?:fails?|failed|broken|broke|gone|dead|no longer|not|n['’]t|stopped|lost|couldn['’]t|False|disappeared|missing)\b"
_NOT_BUILT_WORDS = ("kernel", "dkms", ": added", "update", "upgrade", "内核", "headers")
_NOT_BUILT = regex(
    rf"\b(?:since|after|following|with) {_NEW_KERNEL}\b[^.;\n]{{0,40}}?\b(?:{_NO_DRIVER}|no (?:gpu|cuda|nvidia)\b)"
    rf"|\b(?:old|older|previous|earlier) kernel\b[^.;\n]{{0,40}}\b(?:works?|fine|ok|okay|good|loads?|sees|True)\b[^\n]{{0,40}}\b(?:new|newer|current|latest|this) (?:one|kernel)\b[^.;\n]{{0,40}}\b(?:no|not|n['’]t|fails?|broken|False)\b"
    r"|\bnvidia[/,] ?\d[\d.]{2,12}[^\n]{0,40}?: added\b(?![^\n]*: installed)"
    r"|\b(?:nvidia|kernel) modules? (?:is |was |are |were )?(?:not|never|n['’]t|isn['’]t|wasn['’]t) (?:been )?(?:re)?(?:built|compiled)\b|\b(?:kernel |linux )?headers?\b[^.;\n]{0,12}\b(?:were|was|are|is|being)?\s?(?:not (?:installed|there|present)|n['’]t (?:installed|there)|missing|absent|forgotten)\b|\b(?:no|without|missing) (?:kernel |linux )headers?\b|\bdkms\b[^.;\n]{0,20}\b(?:did nothing|skipped|failed|had nothing)\b|\bdkms\b[^.;\n]{0,30}\b(?:did(?:n['’]t| not)|does(?:n['’]t| not)|never|not) (?:re)?(?:build|built|compile|run|install)"
    r"|\bkernel\b[^.;\n]{0,30}\b(?:gone|broken|fails?|no (?:gpu|cuda))\b[^.\n]{0,40}\bkernel\b[^.;\n]{0,20}\b(?:there|works?|fine|ok|back)\b"
    r"|(?:没有?|未|没能)\s?(?:为|给|对)\s?(?:新的?|当前的?|这个)?\s?内核\s?(?:重新)?(?:编译|构建|安装)|dkms[^。;\n]{0,24}(?:没有?|未|失败)[^。;\n]{0,8}(?:编译|构建|安装)?"
    r"|(?:升级|更新)(?:了)?(?:新)?内核(?:之?后|以后)?[^。;\n]{0,16}(?:nvidia-smi|驱动|显卡|cuda)[^。;\n]{0,16}(?:报错|失败|不能|不可用|没|找不到|用不了|挂)"
    r"|内核(?:自动)?(?:升级|更新)[^。;\n]{0,16}(?:nvidia-smi|驱动|显卡|cuda)[^。;\n]{0,16}(?:报|失败|不能|不可用|没|找不到|couldn|用不了|挂)",
    2,
)
_SWITCHED_OFF_WORDS = (
    "prime-select",
    "envycontrol",
    "supergfx",
    "optimus",
    "system76",
    "asusctl",
    "integrated",
    "igpu",
    "eco",
    "bios",
    "uefi",
    "firmware",
    "crate",
    "vantage",
)
_SWITCHED_OFF = regex(
    r"\bprime-select\b[^.;\n]{0,24}\b(?:is|says|set|on|to|query|shows|=|->|:)\W{0,4}(?:on |to |set )?intel\b|\bprime-select intel\b"
    r"|\b(?:envycontrol|supergfxctl|optimus-manager|system76-power|asusctl)\b[^.;\n]{0,40}\b(?:integrated|intel|hybrid off)\b|\b(?:gpu|graphics|mux)(?: mode)? (?:is |was )?(?:set |switched )?(?:to |in |on )?(?:integrated|igpu|eco)(?:[- ]only| mode)\b"
    r"|\b(?:dgpu|discrete (?:gpu|graphics)|nvidia (?:gpu|card)|dedicated (?:gpu|graphics))\b[^.;\n]{0,16}\b(?:is |was )?(?:disabled|turned off|switched off) (?:in|by|via|from) (?:the )?(?:bios|uefi|firmware|armoury crate|vantage)\b",
    2,
)
_OPEN = r"(?:nvidia[- ]open\b|open(?:[- ]source)?(?: gpu)?(?: kernel)? (?:modules?|flavou?r|drivers?|variant)|open ones?\b)"
_CLOSED = r"(?:(?:proprietary|closed(?:[- ]source)?)(?: (?:kernel|nvidia))?(?: (?:modules?|flavou?r|drivers?|variant|ones?|blob))?)"
_FAILS = r"(?:fails?|failed|not|n['’]t|no (?:devices?|gpus?)|crash\w*|hangs?|broken|errors?)"
_AS_SAID = r"(?<!not )(?<!n't )(?<!n’t )(?<!never )(?<!nor )(?<!not even )(?<!not really )"
_WORKS = rf"{_AS_SAID}(?:works?|worked|fine|ok(?:ay)?|no (?:such )?(?:problems?|issues?|errors?)|all is well|good)"
_WITH = r"(?:with|on|under|using) (?:the )?"
_OPEN_FLAVOUR_WORDS = ("proprietary", "closed")
_OPEN_FLAVOUR = regex(
    # "fails with the open modules, not with the proprietary ones"
    rf"\b{_FAILS}\b[^.;\n]{{0,50}}\b{_WITH}{_OPEN}[^\n]{{0,140}}?\b(?:{_WORKS}\b[^.;\n]{{0,24}}\b|not ){_WITH}{_CLOSED}(?! (?:\w+ )?(?:either|too|as well)\b)"
    rf"|\b{_WORKS}\b[^.;\n]{{0,30}}\b{_WITH}{_CLOSED}[^.;\n]{{0,60}}?\b{_FAILS}\b[^.;\n]{{0,30}}\b{_WITH}{_OPEN}"
    rf"|\b{_WITH}{_OPEN}[^\n]{{0,60}}?\b{_FAILS}\b[^\n]{{0,60}}?\b{_CLOSED}[^.;\n]{{0,30}}\b{_WORKS}\b"
    # the question of NVIDIA's form for its open modules, and its answer
    r"|\bhappen with the proprietary driver\b[^\n]{0,40}\?[\W_]{0,8}no\b",
    2,
)
_OBSTACLES = (
    ("open-flavour", _OPEN_FLAVOUR, _OPEN_FLAVOUR_WORDS),
    ("unsigned", _UNSIGNED, _UNSIGNED_WORDS),
    ("not-built", _NOT_BUILT, _NOT_BUILT_WORDS),
    ("switched-off", _SWITCHED_OFF, _SWITCHED_OFF_WORDS),
)
_NOUVEAU_WORDS = ("nouveau",)
_NOUVEAU = regex(
    r"\bonly nouveau\b|\bdriver[:=]? nouveau\b|\blsmod\b[^.;\n]{0,20}\bnouveau\b[^.;\n]{0,12}\b(?:shows?|loaded|there|lists?)\b|\bnouveau\b[^.;\n]{0,16}\b(?:is|was|gets|still|being) (?:still |currently |the )?(?:loaded|in use|active|used|running|driver (?:in use|loaded))\b"
    r"|\b(?:uses?|using|running|runs|on|with|loaded|loads|have|has) (?:only )?(?:the )?(?:open[- ]source )?nouveau(?: driver)?\b(?! (?:blacklist\w*|disabled|removed))|(?:用的是|装的是|默认(?:是|用|装的是)|正在用)\s?nouveau",
    2,
)
_NO_NOUVEAU = regex(
    r"\b(?:blacklist\w*|disabled|removed|unloaded|not|n['’]t|no longer|without|instead of|got rid)\b|禁用|屏蔽",
    2,
)
_SECURE_BOOT = regex(
    r"\bsecure ?boot(?: state)?:? (?:is )?(?:currently )?(enabled|disabled)\b|(?:开(?:了|着|启了?)|启用了?)\s?(?:安全启动|secure ?boot)",
    2,
)
_FINE = regex(
    r"\b(?:works? (?:now|fine|again|nicely|well)|all (?:good|fine)|no problems?|just (?:wanted|curious)|used to|fixed|solved|resolved|train\w* works|confirmed the|i enroll?ed|is signed|signed it)\b|好了|正常了|解决",
    2,
    (
        *(
            "work now",
            "works now",
            "fine",
            "again",
            "nicely",
            "well",
            "good",
            "no problem",
            "just ",
        ),
        *("used to", "fixed", "solved", "works", "confirmed the", "signed", "enroled", "enrolled"),
        *("好了", "正常了", "解决"),
    ),
)
_LONGEST = 500  # letters of a line that is a sentence


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what keeps the module from work; nothing where the words ask, advise, or say that it works."""
    fine = any(_is_fine(paste.lines[index]) for index in paste.where(_FINE))
    for slug, form, words in _OBSTACLES:
        for text, line in _states(paste, form, words):
            if not fine or ": added" in text.lower():
                yield Claim("module_obstacle", slug, line, Seen.WORDS)
                break
    if fine:
        return
    for needs in ("secure", "安全启动"):
        for found, line in paste.find(_SECURE_BOOT, needs, 3):
            enabled = (found[1] or "").lower() != "disabled"
            yield Claim("secure_boot", enabled, line, Seen.SESSION)
    for text, line in _states(paste, _NOUVEAU, _NOUVEAU_WORDS):
        if not _NO_NOUVEAU.search(text):
            yield Claim("nouveau_loaded", True, line, Seen.WORDS, implied=True)
            break


def _is_fine(text: str) -> bool:
    return len(text) < _LONGEST and _FINE.search(text) is not None


def _states(
    paste: Paste, form: re.Pattern[str], words: tuple[str, ...]
) -> Iterator[tuple[str, int]]:
    """Yield the passages that *form* finds in statements, each with its line."""
    for needs in paste.among(words):
        for index, text in paste.with_(needs, 20):
            found = form.search(text) if len(text) < _LONGEST else None
            if found is None or is_asked(text, found.start()):
                continue
            at = found.start()
            if not (is_supposed(text, at) or is_of_other_days(text, at)):
                yield found[0], paste.number(index)
