"""Made-up bug reports of real size: a full collect_env, nvidia-smi, a package list, logs, a traceback and words."""

from __future__ import annotations

import random

CARDS = (
    ("NVIDIA A100-SXM4-80GB", 81920, 8),
    ("NVIDIA H100 80GB HBM3", 81559, 8),
    ("NVIDIA GeForce RTX 4090", 24564, 2),
    ("NVIDIA GeForce RTX 3060", 12288, 1),
    ("NVIDIA GeForce GTX 1080 Ti", 11264, 4),
    ("NVIDIA GeForce RTX 5090", 32607, 1),
    ("Tesla V100-SXM2-16GB", 16384, 4),
    ("NVIDIA L40S", 46068, 2),
)
BUILDS = (
    ("2.9.1", "13.0", "cu130"),
    ("2.8.0", "12.8", "cu128"),
    ("2.6.0", "12.4", "cu124"),
    ("2.4.1", "12.1", "cu121"),
    ("2.1.2", "11.8", "cu118"),
    ("1.12.1", "11.3", "cu113"),
)
DRIVERS = (
    ("580.95.05", "13.0"),
    ("570.133.20", "12.8"),
    ("550.127.05", "12.4"),
    ("535.183.01", "12.2"),
    ("470.256.02", "11.4"),
)
ERRORS = (
    "RuntimeError: CUDA error: no kernel image is available for execution on the device",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of 23.64 GiB",
    "ValueError: The model's max seq len (131072) is larger than the number of tokens that the cache holds (90256).",
    "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
    "ImportError: libcudart.so.12: cannot open shared object file: No such file or directory",
    "AssertionError: tensor model parallel group is already initialized",
    "KeyError: 'model.layers.17.self_attn.qkv_proj.weight_scale'",
)
WORDS = """the model loads but after some steps training on our cluster stops with this message and I cannot see
why it happens only with more than one worker I have tried a fresh environment another image and an older release
of the library where everything works what else could I try thanks for any help here is what I ran and what it
printed please tell me whether more output is needed same script same data set different result every time""".split()
PACKAGES = """absl-py accelerate aiohttp annotated-types anyio attrs certifi charset-normalizer click cloudpickle cycler
datasets dill diskcache distro einops fastapi filelock fonttools frozenlist fsspec grpcio h11 httpcore httpx idna interegular
ipython jedi jinja2 jiter joblib jsonschema kiwisolver lark llvmlite lm-format-enforcer markupsafe matplotlib mpmath msgpack
msgspec multidict nest-asyncio networkx ninja numba openai orjson outlines packaging pandas parso pexpect pillow prometheus-client
prompt-toolkit protobuf psutil ptyprocess pure-eval pyarrow pycountry pydantic pygments pyparsing python-dateutil pytz pyyaml
pyzmq ray referencing regex requests rich rpds-py safetensors scikit-learn scipy sentencepiece setuptools shellingham six sniffio
stack-data starlette sympy tensorboard threadpoolctl tiktoken tokenizers tqdm traitlets transformers typer typing-extensions
tzdata urllib3 uvicorn uvloop watchfiles wcwidth websockets wheel xxhash yarl""".split()
LIBRARIES = ("cublas", "cuda-cupti", "cuda-nvrtc", "cuda-runtime", "cudnn", "cufft", "nccl", "nvtx")
FLAGS = """fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall
nx mmxext pdpe1gb rdtscp lm constant_tsc rep_good nopl nonstop_tsc cpuid aperfmperf pni pclmulqdq monitor ssse3 fma cx16 pcid
sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand lahf_lm abm avx2 bmi1 bmi2 avx512f avx512dq avx512bw""".split()
WEAKNESSES = ("Itlb multihit", "L1tf", "Mds", "Meltdown", "Retbleed", "Spec store bypass", "Srbds")


def paste(seed: int, size: int = 24_000) -> str:
    """Return one report of about *size* characters; the same one for the same *seed*."""
    luck = random.Random(seed)
    card = luck.choice(CARDS)
    build = luck.choice(BUILDS)
    driver = luck.choice(DRIVERS)
    head = "\n".join(
        (
            "### Your current environment\n\n<details>\n<summary>collect_env</summary>\n\n```text",
            *_collect_env(luck, card, build, driver),
            "```\n</details>\n\n```",
            *_smi(luck, card, driver),
            "```\n\n### Describe the bug\n",
            *(_sentence(luck) for _ in range(12)),
            "\n<details><summary>pip list</summary>\n\n```",
            *_packages(luck, build),
            "```\n</details>\n\n```",
        )
    )
    tail = "\n".join((*_traceback(luck), luck.choice(ERRORS), "```\n", _sentence(luck)))
    log: list[str] = []
    left = size - len(head) - len(tail)
    while left > 0:
        log.append(_log(luck))
        left -= len(log[-1]) + 1
    return "\n".join((head, *log, tail))


def issue(seed: int) -> str:
    """Return what an issue holds whose form asks for collect_env, about 6,000 characters; the same for the same *seed*.

    Of 861 real issues half have 2,900 to 11,100 bytes, and the one in the middle 6,100.
    """
    luck = random.Random(seed)
    described = "\n".join(_sentence(luck) for _ in range(4))
    versions = "\n".join(
        _collect_env(luck, luck.choice(CARDS), luck.choice(BUILDS), luck.choice(DRIVERS))
    )
    error = "\n".join((*_traceback(luck), luck.choice(ERRORS)))
    return (
        f"### Describe the bug\n\n{described}\n\n```\n{error}\n```\n\n### Versions\n\n{versions}\n"
    )


def _collect_env(luck, card, build, driver):
    version, cuda, tag = build
    name, _, count = card
    yield from (
        "Collecting environment information...",
        f"PyTorch version: {version}+{tag}",
        "Is debug build: False",
        f"CUDA used to build PyTorch: {cuda}",
        "ROCM used to build PyTorch: N/A\n",
        "OS: Ubuntu 22.04.5 LTS (x86_64)",
        "GCC version: (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0",
        "Clang version: Could not collect",
        "CMake version: version 3.31.4",
        "Libc version: glibc-2.35\n",
        "Python version: 3.12.9 (main, Mar 17 2025, 21:01:58) [Clang 20.1.0 ] (64-bit runtime)",
        f"Python platform: Linux-5.15.0-{luck.randrange(90, 150)}-generic-x86_64-with-glibc2.35",
        f"Is CUDA available: {luck.random() < 0.7}",
        f"CUDA runtime version: {cuda}.{luck.randrange(40, 140)}",
        "CUDA_MODULE_LOADING set to: LAZY",
        "GPU models and configuration: ",
        *(f"GPU {index}: {name}" for index in range(count)),
        f"\nNvidia driver version: {driver[0]}",
        "cuDNN version: Could not collect",
        "HIP runtime version: N/A\nMIOpen runtime version: N/A\nIs XNNPACK available: True\n",
        "CPU:\nArchitecture:                         x86_64",
        "CPU op-mode(s):                       32-bit, 64-bit",
        "Address sizes:                        46 bits physical, 57 bits virtual",
        f"CPU(s):                               {luck.choice((16, 64, 128, 224))}",
        "Model name:                           Intel(R) Xeon(R) Platinum 8480+",
        f"Flags:                                {' '.join(FLAGS)}",
        *(
            f"NUMA node{node} CPU(s):                    {node * 16}-{node * 16 + 15}"
            for node in range(4)
        ),
        *(
            f"Vulnerability {name + ':':24}{luck.choice(('Not affected', 'Mitigation; PTE Inversion'))}"
            for name in WEAKNESSES
        ),
        "\nVersions of relevant libraries:",
    )
    for installer in ("pip3", "conda"):
        for library in LIBRARIES:
            number = f"{cuda}.{luck.randrange(1, 200)}"
            line = f"nvidia-{library}-cu{cuda[:2]}"
            yield (
                f"[{installer}] {line}=={number}"
                if installer == "pip3"
                else f"[conda] {line:34}{number:16}pypi_0    pypi"
            )
        yield (
            f"[{installer}] torch=={version}"
            if installer == "pip3"
            else f"[conda] {'torch':34}{version:16}pypi_0    pypi"
        )
    yield "ROCM Version: Could not collect\nNeuron SDK Version: N/A\nvLLM Version: 0.8.5\nvLLM Build Flags:"
    yield "CUDA Archs: Not Set; ROCm: Disabled; Neuron: Disabled\nGPU Topology:"
    for index in range(count):
        links = "\t".join("X" if other == index else "NV18" for other in range(count))
        yield f"GPU{index}\t{links}\t0-55,112-167\t0\tN/A"
    yield "\nLegend:\n\n  X    = Self\n  SYS  = Connection traversing PCIe as well as the link between NUMA nodes\n"
    yield "LD_LIBRARY_PATH=/usr/local/cuda/lib64:/usr/local/nvidia/lib\nNCCL_CUMEM_ENABLE=0\nTORCHINDUCTOR_COMPILE_THREADS=1"


def _smi(luck, card, driver):
    name, memory, count = card
    rule = f"+{'-' * 41}+{'-' * 24}+{'-' * 22}+"
    release, cuda = driver
    yield f"+{'-' * 89}+"
    yield f"| NVIDIA-SMI {release:<23}Driver Version: {release:<15}CUDA Version: {cuda:<9}|"
    yield rule
    yield "| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |"
    yield "| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |"
    for index in range(count):
        used = luck.randrange(memory)
        yield f"| {index:3}  {name:<30}  On | 00000000:{index * 16 + 5:02X}:00.0 Off |                    0 |"
        yield f"| N/A   {luck.randrange(25, 80)}C    P0            {luck.randrange(40, 400):3}W / 700W |{used:8}MiB /{memory:7}MiB |    {luck.randrange(100):3}%      Default |"
        yield "|                                         |                        |             Disabled |"
        yield rule
    yield "| Processes:                                                                              |"
    for index in range(count):
        yield f"|  {index:3}   N/A  N/A   {luck.randrange(1000, 99999):8}      C   /opt/venv/bin/python3                {luck.randrange(memory):6}MiB |"
    yield f"+{'-' * 89}+"


def _packages(luck, build):
    yield f"{'Package':34} Version\n{'-' * 34} {'-' * 12}"
    for name in PACKAGES:
        yield f"{name:34} {luck.randrange(30)}.{luck.randrange(40)}.{luck.randrange(9)}"
    yield f"{'torch':34} {build[0]}+{build[2]}"


def _traceback(luck):
    yield "Traceback (most recent call last):"
    for _ in range(14):
        one, other, verb = luck.choice(PACKAGES), luck.choice(WORDS), luck.choice(WORDS)
        yield f'  File "/opt/venv/lib/python3.12/site-packages/{one}/{other}.py", line {luck.randrange(2000)}, in {verb}'
        yield f"    return self.{other}_{verb}({verb}, *args, **kwargs)"


def _log(luck):
    day = f"03-{luck.randrange(1, 29):02} {luck.randrange(24):02}:{luck.randrange(60):02}:{luck.randrange(60):02}"
    return luck.choice(
        (
            f"INFO {day} [metrics.py:{luck.randrange(999)}] Avg prompt throughput: {luck.randrange(9000)}.{luck.randrange(9)} tokens/s, Running: {luck.randrange(99)} reqs, KV cache usage: {luck.randrange(99)}.0%",
            f"(VllmWorkerProcess pid={luck.randrange(99999)}) INFO {day} [worker.py:{luck.randrange(999)}] {_sentence(luck, 8)}",
            f"DEBUG {day} [scheduler.py:{luck.randrange(999)}] request id cmpl-{luck.getrandbits(64):016x} {_sentence(luck, 5)}",
            f"{luck.randrange(100)}%|{'#' * luck.randrange(20):20}| {luck.randrange(1000)}/1000 [{luck.randrange(60):02}:{luck.randrange(60):02}<00:00, {luck.random():.2f}it/s, loss={luck.random():.4f}]",
        )
    )


def _sentence(luck, words=14):
    return " ".join(luck.choice(WORDS) for _ in range(words)).capitalize() + "."
