"""Words of a build without CUDA that is not here: somebody else's, denied, mended, meant, asked for; and those of one that is."""

from __future__ import annotations

from weakref import ref

import pytest
from torch_doctor.core.fact import Facts
from torch_doctor.diagnose import diagnose
from torch_doctor.matrix.load import load_matrix
from torch_doctor.pastes.read import read_text
from torch_doctor.pastes.text.paste import Paste
from torch_doctor.pastes.text.sentences import sentences

from tests.resting import rests_on

_ERROR = "'Torch not compiled with CUDA enabled'"
SOMEBODY_ELSES = (
    "My flatmate has the CPU version of torch.",
    "My cousin installed a non-cuda pytorch without looking.",
    "A colleague of mine installed the cpu build of pytorch last week.",
    f"A classmate of mine got {_ERROR}.",
    "Mi amigo tiene la versión CPU de torch.",
    "Mein Kollege hat die CPU-Version von PyTorch.",
    "Мой коллега установил CPU версию torch.",
    f"Друг поставил версию для CPU и видит {_ERROR}.",
    "Mon collègue a une version CPU de torch.",
    "我同事装的是cpu版的torch",
)
DENIED = (
    f"I no longer get the message {_ERROR}",
    'I never saw the error "AssertionError: Torch not compiled with CUDA enabled" again',
    f"We don't see {_ERROR} on this box.",
    f"Je n'ai plus l'erreur {_ERROR}",
    f"Ich bekomme nicht den Fehler {_ERROR}",
    f"Ya no me sale el error {_ERROR}",
    f"Não tenho o erro {_ERROR}",
    f"Non ho l'errore {_ERROR}",
    f"У меня нет ошибки {_ERROR}",
    f"没有出现错误 {_ERROR}",
)
MENDED = (
    "I had the CPU version of torch, I swapped it for cu126 and now cuda is available",
    "Torch was the CPU version, I swapped it for cu126, now everything works",
    "C'était une version CPU de torch, je l'ai remplacée et maintenant tout marche",
    "Antes tenía la versión CPU de torch; la cambié y ahora todo funciona",
    "Ich hatte die CPU-Version von torch, nach dem Neuinstallieren läuft jetzt alles",
    "I had a cpu-only torch, reinstalled it with cu126, and it works now",
    "torch之前是cpu版,换了之后现在cuda可以用了",
)
MEANT = (
    "We deliberately install the CPU build of torch in CI.",
    "On our runners we install the cpu version on purpose; my RTX 4070 at home has cu126.",
    "Wir installieren absichtlich die CPU-Version von torch",
)
ASKED = (
    "Will conda install a cpu build of torch when I add xformers?",
    "Can pip install whisper pull the CPU version of torch?",
    "Does an update ever replace torch 2.5.1+cu124 with the cpu version?",
)
HERE = (
    "my friend installed the CPU version of torch on my PC",
    "My colleague gave me his PC and torch there is the CPU version",
    f"My friend has it working, but I get {_ERROR}",
    f"My friend gets {_ERROR} and I get it too",
    f"У меня ошибка {_ERROR}, а у друга всё работает",
    f"I don't get the error on CPU, but with device='cuda' I get {_ERROR}",
    f"I don't know why I get the error {_ERROR}",
    "I don't get any GPU usage. AssertionError: Torch not compiled with CUDA enabled",
    "I had the gpu version, reinstalled and now torch is the CPU version",
    "I have the CPU version of torch. I reinstalled and now it works only on CPU",
    "J'avais une version CPU de torch, j'ai réinstallé et maintenant cuda n'est toujours pas disponible",
    "Ich habe die CPU-Version von PyTorch, jetzt läuft nichts",
    "I had the GPU build, I reinstalled, torch is the cpu version and nothing works now",
    "I had a cpu-only torch, reinstalled it with cu126, and it works now on the CPU alone",
    "somebody installed the cpu build of torch on purpose on our server and nobody knows why",
    "I did not install the cpu build of torch on purpose, pip installs the cpu build",
    "why does pip install the CPU version of torch?",
    "Does anyone know why pip installs the cpu build of torch?",
    "torch 2.5.1+cu124 worked fine until I installed X, which installed a non-CUDA torch",
)
REPLACED = (
    "my torch 2.4.1+cu121 was replaced by a non-CUDA torch when I installed a node",
    "updating it replaced my torch 2.4.1+cu121 with the cpu version",
    "torch 2.4.1+cu121 turned into a cpu-only build overnight",
    "torch 2.4.1+cu121 became a CPU build after the update",
)


def facts(text: str) -> Facts:
    return read_text(text)


@pytest.mark.parametrize("text", [*SOMEBODY_ELSES, *DENIED, *MENDED, *MEANT, *ASKED])
def test_a_build_without_cuda_that_is_not_here(text: str) -> None:
    assert facts(text).value("torch_variant") != "cpu"
    assert facts(text).value("cuda_available") is not False
    report = diagnose(facts(text), load_matrix())
    assert not any(found.cause == "cpu-only-torch-build" for found in report.findings)


@pytest.mark.parametrize("text", HERE)
def test_one_that_is_here(text: str) -> None:
    assert facts(text).value("torch_variant") == "cpu"


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        (
            "torch 2.6.0+cu126 runs fine on my RTX 4070; pip once installed a CPU build of torch",
            "cuda",
        ),
        ("Once pip installed a CPU build of torch. Now torch 2.6.0+cu126, всё работает", "cuda"),
        ("pip installed a CPU build of torch. torch 2.6.0+cu126 was fine until then", "cpu"),
        (
            "pip installed a CPU build of torch. I want torch 2.6.0+cu126, it works fine on CPU",
            "cpu",
        ),
    ],
)
def test_a_version_with_cuda_that_works_outweighs_words(text: str, variant: str) -> None:
    assert facts(text).value("torch_variant") == variant


def test_a_question_is_no_command() -> None:
    asked = "Does pip install ultralytics replace my torch? It trains."
    assert facts(asked).value("install_commands") is None
    assert facts("I ran pip install ultralytics. Does it matter?").value("install_commands")


@rests_on("TD402")
@pytest.mark.parametrize("text", REPLACED)
def test_the_torch_that_was_replaced_is_put_back(text: str) -> None:
    read = facts(f"{text} (Windows 11, RTX 3060)")
    assert str(read.value("torch_replaced")) == "2.4.1+cu121"
    primary = diagnose(read, load_matrix()).primary
    assert primary is not None
    assert primary.cause == "cpu-only-torch-build"
    assert "2.4.1" not in primary.message
    assert "torch==2.4.1+cu121" in primary.fixes[0].commands[0]


def test_what_was_read_of_a_report_goes_with_it() -> None:
    paste = Paste("my gpu is not found. if it were, I would train on the cpu")
    seen = ref(paste)

    assert [one.text for one in sentences(paste, "gpu")] == ["my gpu is not found."]
    assert list(sentences(paste, "cpu")) == []
    del paste
    assert seen() is None
