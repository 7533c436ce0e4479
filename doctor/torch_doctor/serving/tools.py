"""The tools: what a program may ask, in the words that it is shown. Each looks, and none changes anything."""

from __future__ import annotations

from torch_doctor import api
from torch_doctor.serving import results

# The docstrings below are what a model reads: they say when to ask, with what, and what an answer means.


def check(
    python: str | None = None,
    gpus: int | None = None,
    gpu: list[str] | None = None,
    build: list[str] | None = None,
) -> results.ToldVerdict:
    """Say why PyTorch can or cannot use the GPUs of this machine: the one cause, what was seen, and the cheapest cure.

    It reads files and NVML; PyTorch is not run. `python` names another environment (a path); without it, the active
    one. `gpus`, `gpu` (models such as "H100") and `build` (such as "cu128") are what the machine must have.
    """
    expected = api.Expectations(gpus, tuple(gpu or ()), tuple(build or ()))
    report = api.check(python=python, static=True, expectations=expected)
    return results.verdict_of(report.to_json())


def triage(text: str) -> results.ToldVerdict:
    """Name the cause in a pasted report about another machine, and the cure for its author.

    `text` may hold the output of collect_env or nvidia-smi, pip's words, a traceback, or plain words. What it does not
    mention is unknown. Nothing in it is run, opened or looked up.
    """
    return results.verdict_of(api.triage(text).to_json())


def recommend(
    gpu: list[str] | None = None,
    driver: str | None = None,
    torch: str | None = None,
    cuda: str | None = None,
    python: str | None = None,
    platform: str | None = None,
    feature: list[str] | None = None,
    beside: list[str] | None = None,
    limit: int = 3,
) -> results.ToldAdvice:
    """Name the builds of torch that run on a GPU, best first, with the command that installs each.

    `gpu` are names ("A100", "RTX 5090"); without any it is this machine. `driver` is NVIDIA's release ("535"), `torch`
    and `cuda` are ranges or versions, `platform` is linux-x86_64, linux-aarch64, windows, wsl or jetson, `feature`
    what it must do ("bf16"), `beside` packages that go with it ("vllm"). Without `driver`, each plan names the least.
    """
    answer = api.recommend(
        tuple(gpu or ()), driver=driver, torch=torch, cuda=cuda, python=python, platform=platform,
        feature=tuple(feature or ()), with_=tuple(beside or ()), limit=limit,
    )  # fmt: skip
    return results.advice_of(answer.to_json())


def explain(text: str) -> results.ToldMeaning:
    """Say what a code, a name or an error text means: TD202, 803, Xid 79, sm_120, cu128, R570, RTX 5090.

    An error's text is held against this machine as well, read from files and NVML alone.
    """
    from torch_doctor.core.about import About
    from torch_doctor.core.text import visible
    from torch_doctor.explained import named_by, text_explained
    from torch_doctor.probes.gather import gather
    from torch_doctor.probes.inquiry import Inquiry
    from torch_doctor.render.text.pages import rule_document, topic_document

    if not text.strip():
        raise ValueError("the text is empty: give a code, a name or the text of an error")
    found = named_by([text], lambda _: ()) or text_explained(
        visible(text, 1 << 20), lambda: (gather(None, Inquiry(static=True)).facts, About())
    )
    topics = [results.rule_of(rule_document(rule)) for rule in found.rules]
    topics += [results.topic_of(topic_document(topic)) for topic in found.topics]
    here = results.verdict_of(found.report.to_json()) if found.report else None
    return results.ToldMeaning(found.is_known, topics, here, list(found.near))


def lint(path: str, driver: str | None = None, gpu: list[str] | None = None) -> results.ToldFiles:
    """Find what will not run in Dockerfiles, requirements, workflows and manifests, before it ships.

    `path` is a file or a folder on this machine. `driver` and `gpu` are what the files are meant for. Nothing is run,
    changed or looked up.
    """
    from torch_doctor.linter.document import document

    return results.files_of(document(api.lint(path, driver=driver, gpu=tuple(gpu or ())), 0))


ALL = (check, triage, recommend, explain, lint)
