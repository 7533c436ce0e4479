"""Other languages than English for what decides: whether torch has CUDA, its build, the driver, that there is none.

Chinese, Japanese, Korean, Russian, Spanish, Portuguese, German, French, Italian, Polish and Turkish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torch_doctor.core.startup import regex
from torch_doctor.pastes.claims import torch as torch_words
from torch_doctor.pastes.claims.claim import Claim, Seen, implied
from torch_doctor.pastes.text import values
from torch_doctor.pastes.text.not_here import is_not_here
from torch_doctor.pastes.text.paste import Paste

_CJK = r"[\u3040-\u30ff\u4e00-\u9fff]"
# What should be, or is only asked, was not seen: 应该, 期望, はず, べき.
_WISHED = regex(r"应|期望|想要|怎么|如何|才能|はず|べき|たい")
_ANSWER = regex(
    rf"is_available(?:\(\))?[`'\"]{{0,2}}[\s:,]{{0,3}}({_CJK}{{1,10}})[\s:,]{{0,3}}[`'\"「]?(True|False)(?![A-Za-z])",
    re.IGNORECASE,
)
_DRIVER = regex(
    r"(?:驱动(?:程序)?|ドライバー?)(?:的)?(?:の)?(?:版本|バージョン)?\s?(?:号)?(?:是|为|は|が)?[\s::]{0,3}(?:NVIDIA )?v?(\d{3}\.\d{1,4}(?:\.\d{1,3})?)(?![A-Za-z0-9_%])"
)
_INSTALLED = regex(
    r"(?<![\w-])(pip3?|conda)\s?(?:直接|默认)?(?:安装|装)(?:的|了)?\s?((?:py)?torch)\b",
    re.IGNORECASE,
)
_NO_DRIVER = regex(
    r"(?:没有|没|未|还没)(?:安装|装)(?:过)?\s?(?:NVIDIA|英伟达|显卡|GPU)?\s?(?:的)?驱动|ドライバー?(?:が|を)(?:入って|インストールして|入れて)(?:い)?(?:ない|ません)",
    re.IGNORECASE,
)

_GPU = r"(?:cuda|gpu|куд[ауы]|видеокарт\w+|видюх\w+|гпу|tarjeta(?: gráfica| grafica| de video)?|gráfica|placa(?: de vídeo| de video)?|grafikkarte|carte graphique|scheda (?:video|grafica)|karty graficznej|kart\w*|ekran kart\w*|쿠다|그래픽\s?카드|지피유)"
# Not a part of CUDA, nor one release of it: "no usa CUDA graphs", "no usa CUDA 12".
_GPU_ITSELF = rf"{_GPU}(?![ -]?(?:graphs?|streams?|kernels?|cores?|toolkit|\d))"
_UNSEEN = regex(
    # не видит CUDA, CUDA не доступна, видеокарта не определяется
    rf"\bне (?:видит|находит|определяет|распозна[её]т|использует|обнаруживает|хочет (?:видеть|использовать))\b[^.,;\n]{{0,16}}\b{_GPU_ITSELF}|\b{_GPU}[^.,;\n]{{0,12}} (?:не (?:доступн\w*|видн\w*|видит\w*|найден\w*|определ\w+|обнаруж\w+|работает|используется|распозна\w+)|недоступн\w*)"
    # no detecta la GPU, CUDA no está disponible, no me reconoce la gráfica
    rf"|\bno (?:me |se |la |lo )?(?:detecta|reconoce|encuentra|ve|usa|utiliza|funciona con)\b[^.,;\n]{{0,16}}\b{_GPU_ITSELF}|\b(?:cuda|gpu|gráfica) no (?:está disponible|se detecta|es reconocida|disponible|se reconoce|funciona)"
    rf"|\bnão (?:detecta|reconhece|encontra|usa|utiliza|vê|está (?:detectando|reconhecendo|usando))\b[^.,;\n]{{0,16}}\b{_GPU_ITSELF}|\b(?:cuda|gpu) não (?:está disponível|é (?:detectada|reconhecida)|disponível)"
    rf"|\b(?:erkennt|findet|sieht|nutzt|benutzt|verwendet)\b[^.,;\n]{{0,20}}\b{_GPU}[^.,;\n]{{0,8}}\bnicht\b|\b{_GPU} (?:ist |wird |wurde )?nicht (?:verfügbar|erkannt|gefunden|genutzt|verwendet|benutzt)|\bkeine? (?:cuda|gpu)\b[^.,;\n]{{0,12}} (?:gefunden|verfügbar|erkannt)|\btorch (?:findet|erkennt|sieht) keine? {_GPU_ITSELF}|\b(?:py)?torch ne (?:voit|trouve|détecte) aucune? {_GPU_ITSELF}|\b(?:py)?torch no (?:encuentra|detecta|ve) ningun[ao]? {_GPU_ITSELF}"
    rf"|\bne (?:détecte|voit|trouve|reconnaît|utilise) pas\b[^.,;\n]{{0,16}}\b{_GPU_ITSELF}|\b(?:cuda|gpu|carte graphique) n['’]est pas (?:disponible|détectée?|reconnue?|utilisée?)"
    rf"|\bnon (?:rileva|vede|trova|riconosce|usa)\b[^.,;\n]{{0,16}}\b{_GPU_ITSELF}|\b(?:cuda|gpu) non (?:è )?(?:disponibile|rilevata|riconosciuta)|\bnie (?:wykrywa|widzi|znajduje|używa)\b[^.,;\n]{{0,12}}\b{_GPU_ITSELF}"
    r"|\b(?:cuda|gpu|ekran kart\w*)['’]?\w{0,3} (?:görmüyor|algılamıyor|algılanmıyor|tanımıyor|bulamıyor|kullanmıyor|kullanılamıyor|mevcut değil|bulunamadı|çalışmıyor|görünmüyor)"
    rf"|{_GPU}\s?(?:를|을|가|이|는|은)?\s?(?:전혀 |제대로 |아예 )?(?:인식|사용|감지|검출|탐지|찾|잡)(?:하|되|을|할|이|히|지)?\s?(?:지|수)?\s?(?:못|안|않|없)|{_GPU}\s?(?:를|을|가|이)?\s?(?:안|못) ?(?:잡|써|쓰|인식|보|봐|찾)",
    2,
)
_CPU_BUILD = regex(
    # "instalé", and not English "install", which words of Spanish must follow
    r"\b(?:instal(?!l)\w+|tengo|sale|es|tem|tenho|veio|é)\b[^.;\n]{0,20}\b(?:py)?torch\b(?:(?!\bgpu\b)[^.;\n]){0,14}\b(?:solo |sólo |só |somente |apenas )?(?:para |de |na )?cpu\b"
    r"|\binstall\w*\b[^.;\n]{0,20}\b(?:py)?torch\b(?:(?!\bgpu\b)[^.;\n]){0,14}\b(?:solo|sólo|só|somente|apenas|para) (?:para |de |na )?cpu\b|\b(?:versi[oó]n|versão) (?:sin|sem) cuda\b[^.;\n]{0,10}\btorch|\btorch\b[^.;\n]{0,16}\b(?:solo|sólo|só|somente) (?:para )?cpu\b|\btorch sin cuda\b"
    r"|\b(?:стоит|установ\w+|ставит\w*|скача\w+|версия|это)\b[^.;\n]{0,24}\b(?:py)?torch\b(?! (?:видит|использует|находит|считает|работает))[^.;\n]{0,14}(?:под|для|на|без|версия|версии|только)\s?(?:cpu|цпу|процессор\w*|cuda|куды)|\btorch\b[^.;\n]{0,8} (?:под|для|без|только) (?:cpu|процессор\w*|cuda|куды)|\b(?:cpu|цпу)[- ]верси\w+ (?:py)?torch"
    r"|\btorch\b[^.;\n]{0,16}\b(?:no (?:fue|est[áa]|ha sido|viene|se) compil\w+ (?:con|para)|não (?:foi|está|veio) compilad\w+ (?:com|para)|nicht mit|non (?:è )?(?:stato )?compilat\w+ con|n['’](?:est|a) pas (?:été )?(?:compil\w+|construit) avec) (?:soporte (?:de|para) |suporte (?:a|para) |le support )?cuda\b(?! ?\d)"
    r"|CPU\s?(?:버전|전용|용)(?:의|으로|인)?\s?(?:파이토치|(?:py)?torch|토치)|(?:파이토치|(?:py)?torch|토치)[^\n.]{0,10}CPU\s?(?:버전|전용|용)|CUDA\s?(?:없는|미지원)\s?(?:py)?torch"
    r"|\b(?:nur|bloß) (?:die )?cpu[- ]version\b[^.;\n]{0,12}\btorch|\btorch\b[^.;\n]{0,12}\bnur (?:für |auf )?(?:die )?cpu\b|\btorch\b[^.;\n]{0,12}\bohne cuda\b|\btorch\b[^.;\n]{0,12}\bsans cuda\b|\bversion cpu (?:de |du )?(?:py)?torch",
    2,
)
_RELEASE_OF_DRIVER = regex(
    r"(?:\b(?:controlador(?:es)?|driver(?=(?: nvidia)?,? (?:de|da|es|en|na|versi[oó]n|versão)\b))(?: (?:de |da )?(?:nvidia|la gráfica))?(?:,? (?:es|en su|na) (?:el |la |a )?)?(?: ?versi[oó]n| versão)?|versi[oó]n del? (?:driver|controlador)(?: de nvidia)?|\b(?:драйвер\w*|дрова)(?: (?:nvidia|нвидиа|видеокарты))?(?: версии| версия)?|드라이버(?:\s?버전)?(?:은|는|이|가)?|\btreiber(?:version)?(?: von nvidia)?|\bpilote(?: nvidia)?(?: version)?|\bsürücü(?:sü)?(?: sürümü)?)\s?[:=]?\s?(?:es (?:el |la )?|est |ist )?v?(\d{3}\.\d{1,4}(?:\.\d{1,3})?)(?![A-Za-z0-9_%])",
    2,
)
_FIRST_BRANCH = 300  # numbers below it are mostly of something else
_LONGEST = 500  # letters of a line that is a paragraph
_WORDS = (
    "cuda",
    "gpu",
    "torch",
    "driver",
    "видеокарт",
    "видюх",
    "куда",
    "драйвер",
    "дрова",
    "gráfica",
    "tarjeta",
    "placa",
    "grafikkarte",
    "graphique",
    "scheda",
    "kart",
    "controlador",
    "treiber",
    "pilote",
    "sürücü",
    "드라이버",
    "쿠다",
    "그래픽",
    "토치",
    "파이토치",
)
# Of a line in ASCII each of the three patterns holds one of these; to a pattern the Turkish ı is an i, too.
_UNSEEN_IN_ASCII = ("no ", "nicht", "kein", " pas", "non ", "nie ", "miyor", "namadi")
_CPU_BUILD_IN_ASCII = ("cpu", "n cuda", "m cuda", "e cuda", "s cuda", "t cuda", "c cuda")
_DRIVER_IN_ASCII = ("driver", "controlador", "treiber", "pilote")
_UNSAID = regex(r"\b(?:si|se|если|wenn|falls|when|if|eğer|jeśli)\b[^.;\n]{0,20}$|만약", 2)


def read(paste: Paste) -> Iterator[Claim]:
    """Yield the claims of sentences that are not English."""
    yield from _of_europe_and_korea(paste)
    if not paste.text.isascii():
        yield from _of_china_and_japan(paste)


def _of_europe_and_korea(paste: Paste) -> Iterator[Claim]:
    lines: set[int] = set()
    for needs in _WORDS:
        if needs.isascii() or not paste.text.isascii():
            lines.update(paste.holding(needs)[:40])
    for index in sorted(lines):
        text, line = paste.lines[index], paste.number(index)
        if len(text) > _LONGEST:
            continue
        folded = text.lower() if text.isascii() else None
        unseen = _may_hold(_UNSEEN_IN_ASCII, folded) and _UNSEEN.search(text)
        if unseen and not _UNSAID.search(text[: unseen.start()]):
            yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)
            yield Claim("gpu_wanted", True, line, Seen.WORDS, implied=True)
        build = _may_hold(_CPU_BUILD_IN_ASCII, folded) and _CPU_BUILD.search(text)
        if build and not is_not_here(text, *build.span()):
            yield from implied(torch_words.variant("cpu", line, Seen.WORDS))
        driver = _may_hold(_DRIVER_IN_ASCII, folded) and _RELEASE_OF_DRIVER.search(text)
        if driver:
            yield from _release(driver[1], line)


def _may_hold(words: tuple[str, ...], folded: str | None) -> bool:
    """Whether a line may match, by a look for plain words; *folded* is None where it is not in ASCII."""
    return folded is None or any(word in folded for word in words)


def _release(words: str, line: int) -> Iterator[Claim]:
    release = values.driver(words)
    if release and release.branch >= _FIRST_BRANCH:
        yield Claim("driver_release", release, line, Seen.WORDS)


def _of_china_and_japan(paste: Paste) -> Iterator[Claim]:
    for match, line in paste.find(_ANSWER, "is_available", 20):
        if not _WISHED.search(match[1]):
            yield Claim("cuda_available", match[2].lower() == "true", line, Seen.WORDS)
    for needs in ("驱动", "ドライバ"):
        for match, line in paste.find(_DRIVER, needs, 20):
            yield from _release(match[1], line)
        for _, line in paste.find(_NO_DRIVER, needs, 3):
            yield Claim("cuda_available", False, line, Seen.WORDS, implied=True)
    for match, line in paste.find(_INSTALLED, "torch", 3):
        command = f"{match[1]} install {match[2]}"
        yield Claim("install_commands", command, line, Seen.WORDS)
