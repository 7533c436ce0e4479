"""Paths in tracebacks and warnings: where torch lies, and whose files an error passed."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        (
            "D:\\app\\venv\\Lib\\site-packages\\torch\\cuda\\__init__.py:230: UserWarning: x",
            r"D:\app\venv\Lib\site-packages\torch",
        ),
        (
            '  File "/srv/env/lib/python3.11/site-packages/torch/_ops.py", line 1, in call',
            "/srv/env/lib/python3.11/site-packages/torch",
        ),
        ('  File "/srv/env/lib/python3.11/site-packages/torchvision/io.py", line 1', None),
        ('  File "/tmp/pip-build-env-a1/overlay/lib/python3.11/site-packages/torch/x.py"', None),
        (
            "/a/lib/python3.11/site-packages/torch/x.py /b/lib/python3.11/site-packages/torch/x.py",
            None,
        ),
    ],
)
def test_where_torch_lies(text: str, folder: str | None) -> None:
    assert read_text(text).value("torch_location") == folder


def test_whose_files_a_traceback_passes_the_innermost_last() -> None:
    text = """Traceback (most recent call last):
  File "/srv/app/run.py", line 3, in <module>
  File "/srv/env/lib/python3.11/site-packages/some_model/attention.py", line 9, in forward
  File "/srv/env/lib/python3.11/site-packages/torch/nn/modules/module.py", line 9, in forward
  File "/srv/env/lib/python3.11/site-packages/some_model/attention.py", line 20, in forward
RuntimeError: CUDA error: no kernel image is available for execution on the device"""

    assert read_text(text).value("traceback_packages") == ("torch", "some-model")


def test_what_the_system_was_asked_for() -> None:
    known = read_text("I ran `sudo apt-get install -y nvidia-utils-535` in it, and apt install git")

    assert known.value("install_commands") == ("sudo apt-get install -y nvidia-utils-535",)


_NO_IMAGE = "RuntimeError: CUDA error: no kernel image is available for execution on the device"


@pytest.mark.parametrize(
    ("before", "behind", "module"),
    [
        (  # the package's own module is called last
            (
                '  File "/srv/env/lib/python3.11/site-packages/fancy_ops/warp.py", line 40, in forward\n'
                "    return warp_cuda.forward(grid, flow)"
            ),
            "",
            "warp_cuda",
        ),
        (  # an editable install, and marks of Python 3.11 below the line
            (
                '  File "/home/me/fancy_ops/src/warp.py", line 40, in forward\n    out = fancy_ops._C.warp(grid)\n'
                "          ^^^^^^^^^^^^^^^^^^^^^^"
            ),
            "",
            "fancy_ops._C",
        ),
        (  # torch.ops of a package
            '  File "/home/me/run.py", line 4, in <module>\n    torch.ops.fancy_ops.warp(grid)',
            "",
            "torch.ops.fancy_ops",
        ),
        (  # torch's own module, by its frame and by its name
            '  File "/e/lib/python3.11/site-packages/torch/nn/functional.py", line 9, in f\n    return _C._nn.gelu(x)',
            "",
            None,
        ),
        (
            '  File "/home/me/run.py", line 4, in <module>\n    torch._C._cuda_init()',
            "",
            None,
        ),
        (  # a tensor alone
            '  File "/home/me/run.py", line 4, in <module>\n    y = x.cuda() + 1',
            "",
            None,
        ),
        (  # who threw, behind c10's own frames
            "",
            (
                "frame #0: c10::Error::Error(c10::SourceLocation) + 0x33 (0x2b in /e/torch/lib/libc10.so)\n"
                "frame #1: warp_forward(at::Tensor const&) + 0x9e4 (0x2b7 in /e/fancy_ops/_C.cpython-311-x86_64-linux-gnu.so)"
            ),
            "/e/fancy_ops/_C.cpython-311-x86_64-linux-gnu.so",
        ),
        (
            "",
            (
                "frame #0: c10::Error::Error(c10::SourceLocation) + 0x33 (0x2b in /e/torch/lib/libc10.so)\n"
                "frame #1: c10::cuda::c10_cuda_check_implementation(int) + 0x3 (0x2b in /e/torch/lib/libc10_cuda.so)\n"
                "frame #2: at::native::launch(int) + 0x9e4 (0x2b7 in /e/torch/lib/libtorch_cuda.so)\n"
                "frame #3: warp_forward(at::Tensor const&) + 0x9e4 (0x2b7 in /e/fancy_ops/_C.cpython-311-x86_64-linux-gnu.so)"
            ),
            None,
        ),
    ],
)
def test_whose_compiled_module_lacks_the_kernel(
    before: str, behind: str, module: str | None
) -> None:
    known = read_text(f"Traceback (most recent call last):\n{before}\n{_NO_IMAGE}\n{behind}\n")

    assert known.value("failing_module") == module


@pytest.mark.parametrize(
    "error",
    [
        "AttributeError: 'NoneType' object has no attribute 'dtypes'",
        "NameError: name '_C' is not defined",
        "TypeError: unsupported operand type(s) for |: 'type' and 'type'",
        "SyntaxError: future feature annotations is not defined",
        "ImportError: cannot import name 'override' from 'typing_extensions'",
    ],
)
def test_an_error_in_torchs_own_files_while_it_is_imported(error: str) -> None:
    text = f""">>> import torch
Traceback (most recent call last):
  File "<stdin>", line 1, in <module>
  File "/srv/env/lib/python3.12/site-packages/torch/__init__.py", line 14, in <module>
    from . import _tensor
  File "/srv/env/lib/python3.12/site-packages/torch/_tensor.py", line 12, in <module>
    _half = torch_of(_C)
{error}"""

    assert read_text(text).value("torch_import_error") == error
    after_import = text.replace(", in <module>", ", in forward")
    assert read_text(after_import).value("torch_import_error") is None
