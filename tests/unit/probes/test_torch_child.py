"""The live check, run for real against fake torches that work, fail, hang, crash and lie."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_doctor.core.fact import Fact, Known, Reason, Unavailable
from torch_doctor.core.records import StageResult
from torch_doctor.probes.host.children import ChildResult
from torch_doctor.probes.host.port import LiveHost, RecordedHost
from torch_doctor.probes.live import live_answers, owns, torch_child
from torch_doctor.probes.live.live_answers import Story, cudnn_text, error_code
from torch_doctor.probes.live.refusal import TRUST
from torch_doctor.probes.python.target import Target

from tests.unit.probes.env_trees import write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX supervisor")

GOOD = """
import sys, types, warnings
__version__ = "2.8.0+cu128"
version = types.SimpleNamespace(cuda="12.8", hip=None)
uint8 = "uint8"

class Tensor:
    def __init__(self, total, each=1.0, count=1): self.total, self.each, self.count = total, each, count
    def __mul__(self, by): return Tensor(None, self.each * by, self.count)
    def __add__(self, by): return Tensor(None, self.each + by, self.count)
    def __matmul__(self, other): return Tensor(262144.0)
    def sum(self): return self
    def item(self): return self.each * self.count if self.total is None else self.total

def empty(*shape, dtype, device): return Tensor(0.0)
def full(shape, value, device): return Tensor(None, value, shape[0])
def ones(*shape, device): return Tensor(0.0)

nn = types.SimpleNamespace(functional=types.SimpleNamespace(conv2d=lambda image, weights: Tensor(56448.0)))
backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(version=lambda: 91002))
_C = types.SimpleNamespace(_cuda_getArchFlags=lambda: "sm_80 sm_90", _GLIBCXX_USE_CXX11_ABI=True)
_gpu = types.SimpleNamespace(name="Fake H100", major=9, minor=0, uuid="abc", total_memory=1 << 34)
cuda = types.SimpleNamespace(
    is_available=lambda: True, device_count=lambda: 2, init=lambda: None, synchronize=lambda place: None,
    get_device_properties=lambda index: _gpu, nccl=types.SimpleNamespace(version=lambda: (2, 27, 3)),
)
"""


def target(site: Path) -> Target:
    return Target(
        executable=sys.executable,
        prefix=str(site),
        base_prefix=str(site),
        site_dirs=(),
        version="3.12",
        tag="cp312",
        kind="venv",
        found_via="--python",
        search_path=(str(site),),
        chosen="--python",
        stdlib=str(site),
        user_site=None,
        windows=False,
        cwd=None,
    )


def host_of(**environ: str) -> LiveHost:
    host = LiveHost(environ={"PATH": "/usr/bin:/bin", **environ})
    host.call = lambda name, function: 1000  # type: ignore[method-assign]
    return host


Check = Callable[..., "dict[str, Fact[Any]]"]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(code: str, timeout_s: float = 20.0, **environ: str) -> dict[str, Fact[Any]]:
        write(
            tmp_path,
            {"site/torch/__init__.py": code, "site/torch/version.py": "__version__ = '2.8.0'\n"},
        )
        # the interpreter of the tests knows the site by PYTHONPATH, as an environment knows its own
        environ["PYTHONPATH"] = ":".join(
            filter(None, (environ.get("PYTHONPATH"), str(tmp_path / "site")))
        )
        facts = dict(torch_child.live(host_of(**environ), target(tmp_path / "site"), timeout_s))
        assert set(facts) == set(owns.OWNS)
        return facts

    return run


def known(fact: Fact[Any]) -> Any:
    assert isinstance(fact, Known), fact
    return fact.value


def why(fact: Fact[Any]) -> Reason:
    assert isinstance(fact, Unavailable), fact
    return fact.reason


def test_where_pythonpath_hides_a_module_the_import_fails_as_it_does_for_programs(
    check: Check, tmp_path: Path
) -> None:
    write(tmp_path, {"early/random.py": "raise ImportError('the wrong random')\n"})
    facts = check("import random\n" + GOOD, PYTHONPATH=str(tmp_path / "early"))
    assert known(facts["cuda_available"]) is True
    assert known(facts["plain_import_error"]) == "ImportError: the wrong random"


def test_a_file_of_such_a_name_need_not_be_in_the_way(check: Check, tmp_path: Path) -> None:
    write(tmp_path, {"early/random.py": "seed = None\n"})
    facts = check("import random\n" + GOOD, PYTHONPATH=str(tmp_path / "early"))
    assert why(facts["plain_import_error"]) is Reason.NOT_PRESENT


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("sitecustomize.py", "import sys; sys.modules['torch'] = None", "torch"),
        ("json.py", "raise SystemExit('trapped')", "trapped"),
        ("json.py", "import os; os.abort()", "SIGABRT"),
    ],
)
def test_what_lies_on_pythonpath_keeps_torch_from_programs(
    check: Check, tmp_path: Path, file: str, text: str, words: str
) -> None:
    write(tmp_path, {f"early/{file}": f"{text}\n"})
    facts = check(GOOD, PYTHONPATH=str(tmp_path / "early"))
    assert words in known(facts["plain_import_error"])
    assert known(facts["cuda_available"]) is True
    assert " -I" in facts["cuda_available"].source.where  # type: ignore[union-attr]


def test_a_sitecustomize_that_prints_is_in_nobodys_way(check: Check, tmp_path: Path) -> None:
    write(tmp_path, {"early/sitecustomize.py": "print('hello', end='')\n"})
    facts = check(GOOD, PYTHONPATH=str(tmp_path / "early"))
    assert why(facts["plain_import_error"]) is Reason.NOT_PRESENT
    assert " -I" not in facts["cuda_available"].source.where  # type: ignore[union-attr]


def test_warnings_that_are_made_errors_keep_torch_from_programs(check: Check) -> None:
    code = "import warnings\nwarnings.warn('old', DeprecationWarning)\n" + GOOD
    facts = check(code, PYTHONWARNINGS="error")
    assert known(facts["plain_import_error"]) == "DeprecationWarning: old"
    assert why(check(code)["plain_import_error"]) is Reason.NOT_PRESENT


def test_a_hang_that_isolation_does_not_know_is_told(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_child, "IMPORT_S", 4.0)
    write(tmp_path, {"early/random.py": "import time; time.sleep(60)\n"})
    facts = check("import random\n" + GOOD, PYTHONPATH=str(tmp_path / "early"))
    assert known(facts["plain_import_error"]).startswith("it hangs")


def test_where_both_ways_fail_the_programs_way_is_told(check: Check) -> None:
    facts = check("raise ImportError('no')")
    assert why(facts["plain_import_error"]) is Reason.NOT_APPLICABLE
    assert known(facts["torch_import_error"]) == "ImportError: no"


def test_a_program_does_not_have_the_working_directory_on_its_path(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"here/random.py": "raise ImportError('the wrong random')\n"})
    monkeypatch.chdir(tmp_path / "here")
    facts = check("import random\n" + GOOD)
    assert why(facts["plain_import_error"]) is Reason.NOT_PRESENT


def as_root(where: str) -> Callable[..., Any]:
    """Return the answers of a system on which root is asked and another user can change *where*."""

    def call(name: str, _function: object) -> Any:
        asked = name.startswith("changed by others") and where in name.split()
        return [where, "belongs to user 1000"] if asked else 0

    return call


def test_root_imports_in_isolation_where_others_can_put_files(tmp_path: Path) -> None:
    write(tmp_path, {"early/x": "", "torch/__init__.py": GOOD, "torch/version.py": ""})
    early = str(tmp_path / "early")
    host = host_of(PYTHONPATH=early)
    host.call = as_root(early)  # type: ignore[method-assign]
    facts = dict(torch_child.live(host, target(tmp_path), 20))
    assert known(facts["cuda_available"]) is True
    assert why(facts["plain_import_error"]) is Reason.NOT_ASKED
    assert "belongs to user 1000" in str(facts["plain_import_error"])
    write(tmp_path, {"early/random.py": ""})
    again = dict(torch_child.live(host, target(tmp_path), 20))
    assert why(again["plain_import_error"]) is Reason.DENIED


def test_a_working_torch(check: Check) -> None:
    facts = check(GOOD)
    stages = [(s.stage, s.gpu, s.ok) for s in known(facts["live_stages"])]
    per_gpu = ["properties", "allocate", "kernel", "matmul", "conv"]
    assert stages == [
        *((name, None, True) for name in ("import", "init", "view")),
        *((name, gpu, True) for gpu in (0, 1) for name in per_gpu),
    ]
    results = known(facts["kernel_results"])
    assert [
        (r.index, r.ok, r.name, str(r.compute_capability), r.uuid, r.error) for r in results
    ] == [
        (0, True, "Fake H100", "9.0", "abc", None),
        (1, True, "Fake H100", "9.0", "abc", None),
    ]
    assert (known(facts["cudnn_version"]), known(facts["nccl_version"])) == ("9.10.2", "2.27.3")
    assert (known(facts["cuda_available"]), known(facts["torch_device_count"])) == (True, 2)
    assert why(facts["torch_import_error"]) is Reason.NOT_PRESENT
    assert known(facts["errors_seen"]) == ()


def test_noise_and_forged_lines_on_stdout_change_nothing(check: Check) -> None:
    forged = json.dumps({"stage": "kernel", "gpu": 7, "ok": True, "seconds": 1})
    command = f"echo '{forged}'"
    noise = f"print('loading...', end='')\nimport os\nprint('\\n' + {forged!r})\nos.system({command!r})\n"
    facts = check(noise + GOOD)
    assert [r.index for r in known(facts["kernel_results"])] == [0, 1]
    assert why(facts["torch_import_error"]) is Reason.NOT_PRESENT


def test_an_exception_on_import(check: Check) -> None:
    facts = check("raise ImportError('libcudnn.so.9: cannot open shared object file')")
    text = "ImportError: libcudnn.so.9: cannot open shared object file"
    assert known(facts["torch_import_error"]) == text
    assert [e.text for e in known(facts["errors_seen"])] == [text]
    assert why(facts["cuda_available"]) is Reason.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.abort()", "SIGABRT"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("import os; os._exit(77)", "exit code 77"),
    ],
)
def test_a_crash_on_import(check: Check, code: str, words: str) -> None:
    facts = check(code)
    assert words in known(facts["torch_import_error"])
    (stage,) = known(facts["live_stages"])
    assert (stage.stage, stage.ok) == ("import", False) and words in (stage.error or "")
    assert why(facts["cuda_available"]) is Reason.CRASHED
    assert why(facts["kernel_results"]) is Reason.CRASHED


def test_what_cpp_says_before_it_aborts_is_kept(check: Check) -> None:
    words = "what(): Error parsing CachingAllocator config: expected ':'"
    code = f"""
import os, sys
sys.stderr.write("terminate called after throwing an instance of 'c10::Error'\\n  " + {words!r} + "\\n")
sys.stderr.writelines(f"frame #{{n}}: _PyEval_EvalFrameDefault + 0x2b90 (0x51f7b0 in python3)\\n" for n in range(200))
sys.stderr.flush()
os.abort()
"""
    text = known(check(code)["torch_import_error"])

    assert "SIGABRT" in text and text.endswith(words)


def test_sys_exit_on_import_is_an_error_text(check: Check) -> None:
    assert (
        known(check("raise SystemExit('no torch for you')")["torch_import_error"])
        == "SystemExit: no torch for you"
    )


def test_a_hang_on_import(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_child, "IMPORT_S", 4.0)
    facts = check("import time; time.sleep(600)")
    assert why(facts["torch_import_error"]) is Reason.TIMEOUT
    (stage,) = known(facts["live_stages"])
    assert (stage.stage, stage.ok, stage.error) == ("import", False, "no answer within 4 s")
    assert stage.seconds < 60


def test_a_hang_in_the_second_gpu_loses_only_that(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_child, "GPU_S", 4.0)
    hang = "\ndef full(shape, value, device):\n    import time\n    if device == 'cuda:1': time.sleep(600)\n"
    facts = check(GOOD + hang + "    return Tensor(None, value, shape[0])\n")
    results = known(facts["kernel_results"])
    assert [(r.index, r.ok, r.error) for r in results] == [
        (0, True, None),
        (1, False, "no answer within 4 s"),
    ]
    assert known(facts["cudnn_version"]) == "9.10.2"


def test_one_overall_deadline(check: Check) -> None:
    facts = check(GOOD + "\nimport time; time.sleep(600)\n", timeout_s=4)
    assert why(facts["cuda_available"]) is Reason.TIMEOUT


def test_a_failing_kernel_is_named_and_the_rest_goes_on(check: Check) -> None:
    text = "CUDA error: no kernel image is available for execution on the device"
    fail = f"\ndef full(shape, value, device):\n    raise RuntimeError({text!r})\n"
    facts = check(GOOD + fail)
    results = known(facts["kernel_results"])
    assert [(r.ok, r.error) for r in results] == [(False, f"RuntimeError: {text}")] * 2
    ok = {s.stage: s.ok for s in known(facts["live_stages"])}
    assert (ok["kernel"], ok["matmul"], ok["conv"]) == (False, True, True)
    assert [e.text for e in known(facts["errors_seen"])] == [f"RuntimeError: {text}"]


def test_a_wrong_result_is_a_failure(check: Check) -> None:
    facts = check(GOOD + "\ndef full(shape, value, device): return Tensor(None, 0.5, shape[0])\n")
    assert not any(r.ok for r in known(facts["kernel_results"]))


def test_a_gpu_that_torch_cannot_start(check: Check) -> None:
    code = (
        GOOD
        + '\ndef _no():\n    warnings.warn("CUDA initialization: Error 803: unsupported driver combination")\n'
        + "    return False\ndef _init(): raise RuntimeError('Found no NVIDIA driver')\n"
        + "cuda.is_available, cuda.init, cuda.device_count = _no, _init, lambda: 0\n"
    )
    facts = check(code)
    assert (known(facts["cuda_available"]), known(facts["kernel_results"])) == (False, ())
    errors = {e.text: e.code for e in known(facts["errors_seen"])}
    assert errors["RuntimeError: Found no NVIDIA driver"] is None
    assert 803 in errors.values()


def test_numpy_complaints_on_stderr_are_kept(check: Check) -> None:
    text = (
        "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.3.0 as it may crash."
    )
    facts = check(f"import sys\nsys.stderr.write({text!r})\n" + GOOD)
    assert text in [e.text for e in known(facts["errors_seen"])]


def test_a_torch_py_in_the_way_is_not_imported(check: Check, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "trap/torch.py": "raise SystemExit('trapped')",
            "trap/json.py": "raise SystemExit('trapped')",
        },
    )
    facts = check(GOOD, PYTHONPATH=str(tmp_path / "trap"))
    assert known(facts["cuda_available"]) is True


def test_stages_are_announced_as_they_end(tmp_path: Path) -> None:
    write(tmp_path, {"torch/__init__.py": GOOD, "torch/version.py": ""})
    seen: list[StageResult] = []
    host = host_of(PYTHONPATH=str(tmp_path))
    facts = dict(torch_child.live(host, target(tmp_path), 20, on_stage=seen.append))
    assert tuple(seen) == known(facts["live_stages"])


def test_root_does_not_run_what_another_user_owns(tmp_path: Path) -> None:
    write(tmp_path, {"torch/__init__.py": "raise SystemExit", "torch/version.py": ""})
    host = host_of(PYTHONPATH=str(tmp_path))
    host.call = as_root(str(tmp_path))  # type: ignore[method-assign]
    facts = dict(torch_child.live(host, target(tmp_path), 5))
    assert {why(fact) for fact in facts.values()} == {Reason.DENIED}
    assert TRUST in str(facts["cuda_available"])
    host.environ[TRUST] = "1"  # type: ignore[index]
    assert "SystemExit" in known(
        dict(torch_child.live(host, target(tmp_path), 5))["torch_import_error"]
    )


def test_without_torch_nothing_is_started(tmp_path: Path) -> None:
    host = host_of()
    host.child = None  # type: ignore[assignment, method-assign]
    facts = dict(torch_child.live(host, target(tmp_path), 5))
    assert {why(fact) for fact in facts.values()} == {Reason.NOT_APPLICABLE}


def test_a_recording_without_the_child_says_not_asked(tmp_path: Path) -> None:
    write(tmp_path, {"host.json": "{}", "root/s/torch/version.py": ""})
    facts = dict(torch_child.live(RecordedHost(tmp_path), target(Path("/s")), 5))
    assert {why(fact) for fact in facts.values()} == {Reason.NOT_ASKED}


def test_an_interpreter_that_cannot_start(tmp_path: Path) -> None:
    write(tmp_path, {"torch/__init__.py": "", "torch/version.py": ""})
    facts = dict(
        torch_child.live(host_of(), target(tmp_path)._replace(executable="/nowhere/python"), 5)
    )
    assert why(facts["live_stages"]) is Reason.CRASHED and "/nowhere/python" in str(
        facts["live_stages"]
    )


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Fatal Python error: init_import_site' >&2; exit 1", "exit code 1: Fatal Python"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("sleep 60", "no answer within"),
    ],
)
def test_an_interpreter_that_ends_before_its_first_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    monkeypatch.setattr(torch_child, "foreign_to_root", lambda *_: None)
    monkeypatch.setattr(torch_child, "refusal", lambda *_: None)
    monkeypatch.setattr(live_answers, "_LONG_S", 0.5)
    write(
        tmp_path,
        {"torch/__init__.py": "", "torch/version.py": "", "python": f"#!/bin/sh\n{script}\n"},
    )
    python = tmp_path / "python"
    python.chmod(0o755)
    odd = target(tmp_path)._replace(executable=str(python))
    (stage,) = known(dict(torch_child.live(host_of(), odd, 2))["live_stages"])
    assert (stage.stage, stage.ok) == ("start", False)
    assert words in stage.error


def test_an_interpreter_that_had_little_time_is_not_said_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_child, "foreign_to_root", lambda *_: None)
    monkeypatch.setattr(torch_child, "refusal", lambda *_: None)
    write(
        tmp_path,
        {"torch/__init__.py": "", "torch/version.py": "", "python": "#!/bin/sh\nsleep 60\n"},
    )
    (tmp_path / "python").chmod(0o755)
    odd = target(tmp_path)._replace(executable=str(tmp_path / "python"))
    assert why(dict(torch_child.live(host_of(), odd, 1))["live_stages"]) is Reason.TIMEOUT


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "CUDA initialization: Unexpected error from cudaGetDeviceCount(). Error 803: system has",
            803,
        ),
        ("RuntimeError: CUDA driver error: 222", 222),
        ("cuInit failed with error code 999", 999),
        ("CUDA error: no kernel image is available", None),
        ("found version 12020, NVIDIA driver 550.54.15 is too old", None),
    ],
)
def test_error_codes(text: str, code: int | None) -> None:
    assert error_code(text) == code


@pytest.mark.parametrize(
    ("number", "text"), [(91002, "9.10.2"), (90100, "9.1.0"), (8902, "8.9.2"), (7605, "7.6.5")]
)
def test_cudnn_numbers(number: int, text: str) -> None:
    assert cudnn_text(number) == text


SCALAR = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 9) | st.text(max_size=12)
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
)
KEYS = (
    "stage",
    "begin",
    "gpu",
    "ok",
    "seconds",
    "data",
    "error",
    "warnings",
    "printed",
    "libraries",
    "end",
)
NAMES = st.sampled_from(["import", "init", "view", "kernel", "properties"])
LINE = st.dictionaries(st.sampled_from(KEYS), VALUE | NAMES | st.integers(0, 3), max_size=8)
STATUS = st.sampled_from(
    ["ok", "exit", "crash", "timeout", "unkillable", "oversize", "not-started", "not-recorded"]
)


@given(st.lists(LINE, max_size=8), STATUS)
def test_lying_children_never_raise(
    tmp_path_factory: pytest.TempPathFactory, lines: list[Any], status: str
) -> None:
    result = ChildResult(status, tuple(lines), "SIGSEGV", "tail")
    site = target(Path("/nowhere"))
    shown = live_answers.tell(
        host_of(), site, Story.of(result, 1), Unavailable(Reason.CRASHED).source
    )
    assert {name for name, _ in shown} == set(owns.PRINTED)
