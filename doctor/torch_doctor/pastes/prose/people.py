"""Who asks and what they did already: a notebook service, a shared node, steps that were tried."""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.matrix.pattern import compiled
from torch_doctor.pastes.claims.claim import Claim, Seen
from torch_doctor.pastes.prose.comparisons import is_compared, is_fine_there
from torch_doctor.pastes.prose.places import managers
from torch_doctor.pastes.prose.states import administered
from torch_doctor.pastes.text.paste import Paste

_SERVICES = (
    ("colab", "colab", r"(?<![A-Za-z])(?:google )?colab(?![A-Za-z])"),
    ("colab", "/content/", r"(?<![\w.])/content/(?:drive|sample_data)\b"),
    ("colab", "collab", r"\bgoogle[ -]collab\b|\bcollab (?:notebook|session|runtime)s?\b"),
    (
        "kaggle",
        "kaggle",
        r"\bkaggle (?:notebooks?|kernels?|gpus?|session)\b|\bon kaggle\b|/kaggle/(?:working|input)\b",
    ),
    ("sagemaker", "sagemaker", r"\bsagemaker\b"),
    ("paperspace", "paperspace", r"\bpaperspace\b"),
    ("databricks", "databricks", r"\bdatabricks\b"),
    ("lightning", "/teamspace/", r"/teamspace/studios/"),
    ("lightning", "lightning", r"\blightning[. ]?ai studios?\b|/teamspace/studios/"),
    ("azureml", "azure", r"\bazure ?(?:ml|machine learning)\b"),
    ("vertex", "vertex", r"\bvertex ai\b"),
)
# What a web UI prints of the environment that it made when it starts, and how people call those that make one.
_STARTED_IN = regex(r'^\s{0,4}venv "([^"\n]{3,200}\\Scripts\\Python\.exe)"', re.IGNORECASE)
_WEB_UI = regex(
    r"\bstable-diffusion-webui\b|\bwebui(?:-user)?\.(?:bat|sh)\b|\ba(?:utomatic)?1111\b|\bsd\.?next\b",
    re.IGNORECASE,
)
# Programs that keep environments of their own: beside one of them the web UI may be spoken of alone.
_OTHER_PROGRAMS = ("comfyui", "fooocus", "invokeai", "invoke ai", "kohya", "oobabooga", "swarmui")
_FORMER = regex(r"\b(?:had|used to|previously|formerly|before)\b[^.;\n]{0,24}$", re.IGNORECASE)
_PORTABLE = regex(
    r"(?:[A-Za-z]:)?(?:[\w.~-]*[/\\]){0,12}python_embed(?:d?ed)(?=[/\\\s\"'`,;:)]|$)", re.IGNORECASE
)
# ComfyUI for Windows in one folder, with a Python of its own, as people call it.
_IN_ONE_FOLDER = regex(
    r"\bcomfyui\b[^.;\n]{0,24}(?<!not )(?<!non-)(?<!no )\bportable\b(?! (?:\w+ )?(?:ssd|dri|dis|lap|mach|pc|comp))"
    r"|(?<!not the )(?<!non-)\bportable (?:(?:version|build|install|edition|release|package)\w* )?(?:of |for )?(?:the )?comfyui\b"
    r"|\bcomfyui_windows_portable"
    r"|comfyui[^。;\n]{0,12}(?:便携版|ポータブル版)|(?:便携版|ポータブル版)[^。;\n]{0,6}comfyui",
    re.IGNORECASE,
)
_ITS_PYTHON = "python_embeded"
_AGAIN = r"(?:re-?install\w*|reinstalled|uninstall\w*(?: and re-?install\w*)?)"
# "GPU runtime is selected", "runtime type is GPU", "I enabled the GPU accelerator".
_CHOSEN = (
    r"\bGPU (?:runtime|accelerator|session)\b[^.;\n]{0,12}\b(?:selected|chosen|set|enabled|active|on)\b"
    r"|\b(?:runtime|accelerator)(?: type)?(?: is| was| set| to|:| =|\b[^.;\n]{0,12}(?:is|to)) "
    r"(?:set to |already |obviously |on )?(?:a )?(?:[\w-]{1,8} )?GPU\b"
    r"|\b(?:select|chose|choose|chang|enabl|switch|us)\w*\b[^.;\n]{0,30}\bGPU (?:runtime|accelerator)"
    r"|\b(?:select|chose|choose|pick|set|chang|enabl|switch)\w*\b[^.;\n]{0,20}\bGPU\b[^.;\n]{0,16}\b(?:runtime|accelerator)"
    r"|(?:运行时|加速器)[^。;,\n]{0,12}(?:选|设|改|是|为)[^。;,\n]{0,6}GPU|(?:选择?|开启?|启用)了?\s?GPU\s?(?:运行时|加速)"
)
_TRIED = (
    (
        "rebooted",
        "boot",
        r"(?:rebooted|reboots?(?:ing)? (?:did|does|didn't|doesn't|won't|not)|after (?:a |the |every )?reboot(?:ing)?|tried (?:a )?reboot\w*)",
    ),
    (
        "rebooted",
        "restart",
        r"(?:restart(?:ed|ing) (?:the |my )?(?:computer|pc|machine|server|host|system|laptop|windows))",
    ),
    (
        "rebooted",
        "重启",
        r"(?:已经?|也|尝试|多次|试过)重启(?!容器|docker)|重启(?:了|过|后|也)|重启(?:电脑|机器|服务器|系统)(?:了|后|也|都|还是)",
    ),
    ("rebooted", "再起動", r"再起動(?:しました|しても|した|済)"),
    (
        "power-cycled",
        "power",
        r"\b(?:power[- ]?cycled|(?:did|tried|after) (?:a |several )?(?:full |cold )?power[- ]?cycles?|powered (?:it |the \w+ |everything )?(?:completely |fully )?(?:off|down) and (?:back )?on)\b",
    ),
    (
        "power-cycled",
        "cold",
        r"\bcold[- ](?:boot|start)ed\b|\b(?:did|tried|after) a cold (?:boot|start)\b",
    ),
    ("disabled-label", "label", r"--security-opt[= ]?[\"']?label[=:]disable\b"),
    ("reinstalled-torch", "install", rf"{_AGAIN}[^.;\n]{{0,40}}\b(?:py)?torch\b"),
    ("reinstalled-torch", "重装", r"重装(?:了|过)?.{0,12}torch"),
    ("reinstalled-torch", "重新安装", r"重新安装(?:了|过)?.{0,12}torch"),
    ("reinstalled-torch", "再インストール", r"torch.{0,12}再インストール"),
    ("reinstalled-driver", "driver", rf"{_AGAIN}[^.;\n]{{0,40}}\bdrivers?\b"),
    ("reinstalled-driver", "ddu", r"\b(?:used|ran|with|using|via) DDU\b"),
    (
        "reinstalled-driver",
        "nvidia",
        r"\b(?:purged|removed|uninstalled)\b[^.;\n]{0,24}\bnvidia\b[^.;\n]{0,40}\b(?:installed|reinstalled)\b",
    ),
    (
        "downgraded-driver",
        "driver",
        r"\b(?:downgraded|rolled back|went back to an older)\b[^.;\n]{0,24}\bdrivers?\b",
    ),
    (
        "changed-toolkit",
        "toolkit",
        r"\b(?:reinstalled|re-installed|installed (?:another|different|several)|tried (?:installing|different|several|other))\b[^.;\n]{0,40}\bcuda[- ]?toolkits?\b",
    ),
    (
        "changed-cudnn",
        "cudnn",
        r"\b(?:reinstalled|re-installed|updated|downgraded|replaced)\b[^.;\n]{0,20}\bcudnn\b",
    ),
    (
        "raised-shared-memory",
        "shm",
        r"\b(?:increased|raised|set|bumped)\b[^.;\n]{0,20}\bshm(?:[-_ ]size)?\b",
    ),
    (
        "installed-container-toolkit",
        "nvidia",
        r"\binstalled (?:the )?nvidia[- ](?:container[- ]toolkit|docker2?)\b|\bnvidia[- ](?:container[- ]toolkit|docker2?) (?:is|was) (?:already )?installed\b",
    ),
    (
        "changed-torch-version",
        "torch",
        r"\btried (?:many |several |different |various |multiple |other |older |newer )+(?:py)?torch versions?\b|\btried (?:py)?torch \d[\d.+\w]*(?:,| and| or) ",
    ),
    (
        "changed-torch-version",
        "torch",
        r"换(?:了|过)(?:好几个|多个|几个|不同)?(?:的)?\s?(?:py)?torch(?:的)?\s?版本",
    ),
    ("reinstalled-driver", "重装", r"重装(?:了|过)?.{0,8}驱动|驱动.{0,6}重装"),
    (
        "updated-driver",
        "driver",
        r"\b(?:updated|upgraded)\b[^.;\n]{0,40}\bdrivers?\b|\bdrivers? (?:is|are|was|were) (?:updated|upgraded)\b",
    ),
    (
        "updated-driver",
        "驱动",
        r"(?:更新|升级)(?:了|过).{0,8}驱动|驱动.{0,6}(?:更新|升级)(?:了|过)",
    ),
    ("updated-driver", "ドライバ", r"ドライバー?.{0,6}(?:更新|アップデート)し(?:ました|た|ても)"),
    (
        "restarted-container",
        "container",
        r"\b(?:restarted|recreated|re-?created)\b[^.;\n]{0,20}\bcontainers?\b",
    ),
    (
        "restarted-container",
        "pod",
        r"\b(?:restarted|recreated|re-?created|deleted)\b[^.;\n]{0,12}\bpods?\b|\bdocker restart \w",
    ),
    ("restarted-docker", "docker", r"\brestarted docker\b|systemctl restart docker"),
    (
        "changed-index",
        "index",
        r"\btried\b[^.;\n]{0,40}\b(?:another|other|different)\b[^.;\n]{0,12}\bindex",
    ),
    ("unset-ld-library-path", "ld_library_path", r"\bunset(?:ting)? LD_LIBRARY_PATH\b"),
    ("unset-visible-devices", "cuda_visible_devices", r"\bunset(?:ting)? CUDA_VISIBLE_DEVICES\b"),
    (
        "new-environment",
        "env",
        r"\b(?:fresh|new|clean|another|different)\b[^.;\n]{0,20}\b(?:conda |virtual )?env(?:ironment)?\b",
    ),
    (
        "new-environment",
        "环境",
        r"(?:新建|重新创建|重建)(?:了|过)?(?:一个)?(?:新的)?\s?(?:conda|虚拟)?\s?环境",
    ),
    ("new-environment", "仮想環境", r"新しい(?:conda)?仮想環境を(?:作|作成)"),
    ("new-environment", "venv", r"\b(?:deleted|removed|recreated) (?:the |my )?venv\b"),
    (
        "cleared-cache",
        "cache",
        r"\b(?:cleared|purged|deleted|removed)\b[^.;\n]{0,20}\bcache\b|--no-cache-dir|pip cache purge",
    ),
    ("reset-gpu", "reset", r"\bnvidia-smi (?:--gpu-reset|-r)\b|\breset the gpus?\b"),
    ("rebuilt-extension", "built", r"\b(?:rebuilt|recompiled)\b"),
    ("chose-gpu-runtime", "runtime", _CHOSEN),
    ("chose-gpu-runtime", "accelerator", _CHOSEN),
    ("chose-gpu-runtime", "运行时", _CHOSEN),
    ("chose-gpu-runtime", "加速", _CHOSEN),
    ("updated-wsl", "wsl", r"\bwsl --update\b|\bupdated wsl\b"),
)
# What is asked, planned or denied was not done.
_NOT_DONE = regex(
    r"\b(?:should|shall|could you|can you|please|try to|would|will|need to|have to|must|not yet|haven't|have not|didn't|did not|do i|if i|if you|"
    r"without|before|instead of|recommend\w*|suggest\w*|requires?)\b[^.;\n]{0,25}$|还没有?|没有$|不用$|需要$|是否",
    re.IGNORECASE,
)
# "worked on Colab until last week"
_ENDED = regex(r"[^.;\n]{0,30}\b(?:until|till|before|yesterday|last)\b", re.IGNORECASE)
_LONGEST = 600  # letters of a line that words are looked for in


def read(paste: Paste) -> Iterator[Claim]:
    """Yield what a cure should know about the person."""
    yield from managers.read(paste)
    yield from _services(paste)
    yield from administered.read(paste)
    for match, line in paste.find(_PORTABLE, "python_embed", 2):
        yield Claim("portable_python", match[0].lstrip(".\\/"), line, Seen.COMMAND)
    for needs in ("portable", "便携版", "ポータブル版"):
        for match, line in paste.find(_IN_ONE_FOLDER, needs, 1):
            if not _FORMER.search(match.string[: match.start()]):
                yield Claim("portable_python", _ITS_PYTHON, line, Seen.WORDS, implied=True)
    for match, line in paste.find(_STARTED_IN, "scripts", 2):
        yield Claim("portable_python", match[1], line, Seen.COMMAND)
    for needs in () if paste.has(*_OTHER_PROGRAMS) else ("webui", "1111", "next"):
        for match, line in paste.find(_WEB_UI, needs, 1):
            if not _FORMER.search(match.string[: match.start()]):
                yield Claim("portable_python", "venv", line, Seen.WORDS, implied=True)
    yield from _tried(paste)


def _services(paste: Paste) -> Iterator[Claim]:
    for slug, needs, pattern in _SERVICES:
        for index, text in paste.with_(needs, 40):
            match = compiled(pattern).search(text)
            if match and not _is_elsewhere(match):
                yield Claim("notebook_service", slug, paste.number(index), Seen.WORDS)
                break


def _is_elsewhere(match: re.Match[str]) -> bool:
    """Whether the words say that it works there: the case at hand is in another place, unless it ended there."""
    compared = is_compared(match.string, match.start()) or is_fine_there(match.string, match.end())
    return compared and not _ENDED.match(match.string[match.end() :])


def _tried(paste: Paste) -> Iterator[Claim]:
    for slug, needs, pattern in _TRIED:
        for index, text in paste.with_(needs, 40):
            match = compiled(pattern).search(text) if len(text) < _LONGEST else None
            if match and not _NOT_DONE.search(text[max(0, match.start() - 40) : match.start()]):
                yield Claim("tried", slug, paste.number(index), Seen.WORDS)
                break
