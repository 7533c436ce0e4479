"""What lint costs: a repository of 200 files from a cold start, a large lock of uv, and texts that no reader expects.

python tests/bench/lint.py                    the figures, on one core
python tests/bench/lint.py --fuzz 100000      each reader gets so many texts: nothing is raised, and none takes long
python tests/bench/lint.py --fuzz 500 --seed 7 --kind dockerfile
python tests/bench/lint.py --grow             four times the text takes each reader about four times as long
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from torch_doctor.linter.check import READERS, read_file  # noqa: E402  the checkout comes first
from torch_doctor.linter.find import kind_of  # noqa: E402

FILES: dict[str, str] = {
    "Dockerfile": (
        "ARG CUDA=12.4.1\nFROM nvidia/cuda:${CUDA}-devel-ubuntu22.04\nENV A=1 \\\n    B=2\n"
        "RUN apt-get update && apt-get install -y python3-pip \\\n    git\n"
        "COPY requirements.txt .\nRUN pip install -r requirements.txt --index-url https://download.pytorch.org/whl/cu124\n"
    ),
    "requirements.txt": "torch==2.6.0\ntorchvision==0.21.0\nnumpy<3\n" + "some-package==1.0\n" * 30,
    "pyproject.toml": '[project]\nname = "a"\nrequires-python = ">=3.10"\ndependencies = ["torch>=2.5", "numpy"]\n',
    "compose.yaml": "services:\n  a:\n    build: .\n    gpus: all\n    environment:\n      A: b\n",
    "k8s/job.yaml": (
        "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n"
        "        image: pytorch/pytorch:2.6.0-cuda12.4-cudnn9-runtime\n        resources: {limits: {nvidia.com/gpu: 1}}\n"
    ),
    ".github/workflows/ci.yml": (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    strategy:\n      matrix: {torch: ['2.5.1', '2.6.0']}\n"
        "    steps:\n    - uses: actions/checkout@v4\n    - run: pip install torch==${{ matrix.torch }}\n"
    ),
    "train.sbatch": "#!/bin/bash\n#SBATCH --gres=gpu:1\nmodule load cuda\npip install torch==2.6.0\nsrun python a.py\n",
    "environment.yml": "channels: [conda-forge]\ndependencies:\n- python=3.11\n- pytorch=2.5\n- pip:\n  - timm\n",
}
# What the fuzz starts from beside these.
SAMPLES: dict[str, str] = {
    "poetry.lock": (
        '[[package]]\nname = "torch"\nversion = "2.6.0+cu124"\nfiles = [\n    {file = "torch-2.6.0+cu124-cp311-'
        'cp311-linux_x86_64.whl", hash = "sha256:00"},\n]\n\n[package.source]\ntype = "legacy"\n'
        'url = "https://download.pytorch.org/whl/cu124"\n'
    ),
    "uv.lock": '[[package]]\nname = "torch"\nversion = "2.6.0"\nwheels = [\n    { url = "torch-2.6.0-a-b-win_amd64.whl" },\n]\n',
    "Pipfile.lock": '{"_meta": {"sources": [{"name": "a", "url": "b"}]}, "default": {\n"torch": {"version": "==2.6.0"}}}\n',
    "conda-lock.yml": (
        "package:\n- name: pytorch\n  version: 2.5.1\n  manager: conda\n  platform: linux-64\n"
        "  url: https://conda.anaconda.org/conda-forge/linux-64/pytorch-2.5.1.conda\n"
    ),
    "docker-bake.hcl": 'variable "A" { default = "1" }\ntarget "a" {\n  inherits = ["b"]\n  args = { A = "${A}" }\n}\n',
    "a.def": "Bootstrap: docker\nFrom: ubuntu:22.04\n%environment\n  export A=1\n%post\n  pip install torch==2.6.0\n",
    "kustomization.yaml": "images:\n- name: pytorch/pytorch\n  newTag: latest\n",
    "README.md": "---\nsdk: gradio\npython_version: 3.11\n---\n# A\n",
    "a.ipynb": '{"cells": [{"cell_type": "code", "source": ["!pip install torch==2.6.0\\n"]}]}\n',
    ".devcontainer.json": '{"image": "a", // b\n "runArgs": ["--gpus", "all"], "postCreateCommand": "pip install torch"}\n',
    "setup.cfg": "[options]\ninstall_requires =\n    torch==2.6.0\n",
    "Pipfile": '[packages]\ntorch = "==2.6.0"\n',
    "pixi.toml": '[workspace]\nchannels = ["pytorch"]\n[dependencies]\npytorch = "2.6.*"\n',
    "pylock.toml": '[[packages]]\nname = "torch"\nversion = "2.6.0"\nwheels = [{name = "torch-2.6.0-a-b-win_amd64.whl"}]\n',
    ".gitlab-ci.yml": "a:\n  image: python:3.11\n  script:\n  - pip install torch==2.6.0\n",
    "cog.yaml": "build:\n  gpu: true\n  python_version: '3.11'\n  python_packages: [torch==2.6.0]\n  run: [pip install a]\n",
}
PIECES = (
    "FROM RUN ARG ENV COPY pip install torch==2.6.0+cu124 \\\n \n \n\n \t # ' \" $( ) ${ } ${X:-y} ` << <<EOF EOF && || ; | "
    "> >= { } [ ] [[ ]] : - -- , = * & ! if then fi for case esac {{ }} ${{ matrix.x }} [[package]] \x00 é \ufeff \r "
    "name version services: image: containers: apiVersion: kind: %post Bootstrap: From: --- sdk: variable target"
).split(" ")
SLOWEST_S = 1.0
# What is shorter than NOTICED_S is not compared: the clock is too coarse for it.
SHORT, FOURFOLD, NOTICED_S = 20_000, 4, 0.02


def one_core() -> None:
    """Stay on one core, as the figures say, where the system lets a process choose."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def repository(folder: Path, count: int) -> None:
    """Write *count* files, of the formats that teams have most."""
    for number in range(count):
        name, text = list(FILES.items())[number % len(FILES)]
        place = folder / f"part{number // len(FILES)}" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def lock(size: int) -> str:
    """Return a lock of uv of about *size* bytes: hundreds of packages with their wheels, and torch among them."""
    wheel = '    {{ url = "https://files.example/{0}-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", hash = "sha256:{1}", size = 1 }},\n'
    made, number = ["version = 1\n"], 0
    while sum(map(len, made)) < size:
        name = "torch" if number == 100 else f"package-{number}"
        wheels = "".join(wheel.format(name, f"{part:064x}") for part in range(24))
        source = 'source = { registry = "https://download.pytorch.org/whl/cu124" }\n'
        made.append(
            f'\n[[package]]\nname = "{name}"\nversion = "2.6.0"\n{source}dependencies = [\n    {{ name = "a" }},\n]\n'
            f"wheels = [\n{wheels}]\n"
        )
        number += 1
    return "".join(made)


def cold(folder: Path, runs: int) -> str:
    """Return the least wall and processor time of a whole command in *folder*, in words."""
    best, least = 1e9, 1e9
    for _ in range(runs):
        started, spent = time.perf_counter(), sum(os.times()[2:4])
        command = [sys.executable, "-m", "torch_doctor", "lint", "--json", str(folder)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        best = min(best, time.perf_counter() - started)
        least = min(least, sum(os.times()[2:4]) - spent)
    return f"{best:.2f} s, of the processor {least:.2f} s"


def texts(kind: str, seed: int, count: int) -> Iterator[str]:
    """Yield texts: pieces at random, and sound files with a part that is cut, doubled or replaced."""
    chance = random.Random(seed)
    whole = [text for name, text in (FILES | SAMPLES).items() if kind_of(name) == kind]
    for _ in range(count):
        if chance.random() < 0.5:
            yield " ".join(chance.choices(PIECES, k=chance.randrange(60)))
            continue
        text = chance.choice(whole)
        start = chance.randrange(len(text))
        end = start + chance.randrange(40)
        middle = "".join(chance.choices(PIECES, k=chance.randrange(4)))
        yield text[:start] + middle + text[end:] + text[start:end] * chance.randrange(3)


def fuzz(kinds: list[str], count: int, seed: int) -> int:
    """Give each reader *count* texts; return how many it did not take, or took too long for."""
    faults = 0
    names = {"setup_file": "setup.cfg", "lock_blocks": "poetry.lock"}
    for kind in kinds:
        started, slowest = time.process_time(), 0.0
        for number, text in enumerate(texts(kind, seed, count)):
            before = time.process_time()
            read = read_file(names.get(kind, kind), kind, text)
            took = time.process_time() - before
            slowest = max(slowest, took)
            raised = [one.what for one in read.written.unsure if "in its reader" in one.what]
            if raised or took > SLOWEST_S:
                faults += 1
                print(
                    f"{kind}, text {number} of seed {seed}: {raised or f'{took:.1f} s'}: {text!r}"
                )
        spent = time.process_time() - started
        print(f"{kind:16} {count} texts, {spent:.1f} s, slowest {slowest * 1000:.1f} ms")
    return faults


def repeated(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a long text is made of: what it begins with, what is repeated, and what it ends with."""
    whole = [text for name, text in (FILES | SAMPLES).items() if kind_of(name) == kind]
    alone = [
        *whole,
        *"'\"[{(",
        "<<E\n",
        "a=$a$a ",
        "!pip install a\\n",
        "[a.b]\n",
        "      - a:\n",
        '{"a": [',
        "a = [",
    ]
    for piece in filter(None, PIECES):
        alone += [piece, f"{piece} ", f"{piece}\n", f"RUN a {piece} \\\n", f"- {piece}: ["]
    yield from (("", piece, "") for piece in alone)
    for piece in ("\t", " ", "-", "a", "a.", "\\\n"):
        yield "pip install a", piece, "b\n"
        yield "RUN a", piece, "b\n"
        yield "a", piece, "# b\n"


def grow(kinds: list[str]) -> int:
    """Give each reader texts of two lengths; return for how many the longer one took far more than its share."""
    faults = 0
    for kind in kinds:
        name = {"setup_file": "setup.cfg", "lock_blocks": "poetry.lock"}.get(kind, kind)
        worst = 0.0
        for before, piece, behind in repeated(kind):
            spent = []
            for size in (SHORT, SHORT * FOURFOLD):
                text = before + piece * (size // len(piece)) + behind
                started = time.process_time()
                read_file(name, kind, text)
                spent.append(time.process_time() - started)
            short, long = spent
            if long < NOTICED_S:
                continue
            worst = max(worst, long / short)
            if long / short > FOURFOLD * 2:
                faults += 1
                print(f"{kind}: {short * 1000:.0f} ms, then {long * 1000:.0f} ms: {piece!r}")
        print(
            f"{kind:16} at most {worst:.1f} times as long for {FOURFOLD} times the text", flush=True
        )
    return faults


def main() -> int:
    """Print the figures; 1 where a reader failed or took too long."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--fuzz", type=int, default=0)
    given.add_argument("--grow", action="store_true")
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--kind", action="append")
    given.add_argument("--runs", type=int, default=3)
    asked = given.parse_args()
    one_core()
    if asked.fuzz:
        return int(fuzz(asked.kind or sorted(READERS), asked.fuzz, asked.seed) > 0)
    if asked.grow:
        return int(grow(asked.kind or sorted(READERS)) > 0)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        repository(folder, 200)
        print(f"200 files, cold, one core: {cold(folder, asked.runs)} (2.00 s is the aim)")
    text = lock(2_000_000)
    read_file("uv.lock", "uv_lock", text[:1000])
    best = 1e9
    for _ in range(asked.runs):
        started = time.perf_counter()
        read_file("uv.lock", "uv_lock", text)
        best = min(best, time.perf_counter() - started)
    print(f"uv.lock of {len(text) / 1e6:.1f} MB, read: {best:.3f} s (0.150 s is the aim)")
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "uv.lock").write_text(text)
        print(
            f"uv.lock of {len(text) / 1e6:.1f} MB, the whole command, cold: {cold(Path(place), asked.runs)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
