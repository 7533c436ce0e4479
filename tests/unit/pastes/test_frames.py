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
    told = read_text("I ran `sudo apt-get install -y nvidia-utils-535` in it, and apt install git")

    assert told.value("install_commands") == ("sudo apt-get install -y nvidia-utils-535",)
