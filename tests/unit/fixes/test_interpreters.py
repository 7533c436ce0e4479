"""Which interpreter a folder of packages belongs to, and whose site directory it is."""

from __future__ import annotations

import pytest
from torch_doctor.core.fact import Facts, Known, Source
from torch_doctor.fixes.interpreters import in_user_site, interpreter_of
from torch_doctor.fixes.person import person_of


@pytest.mark.parametrize(
    ("folder", "interpreter"),
    [
        (r"D:\app\venv\Lib\site-packages\torch", r"D:\app\venv\Scripts\python.exe"),
        (r"D:\app\.env\Lib\site-packages\torch", r"D:\app\.env\Scripts\python.exe"),
        (r"D:\app\system\python\lib\site-packages\torch", r"D:\app\system\python\python.exe"),
        (r"C:\miniconda3\envs\env\Lib\site-packages\torch", r"C:\miniconda3\envs\env\python.exe"),
        (
            r"D:\ui\installer_files\env\Lib\site-packages\torch",
            r"D:\ui\installer_files\env\python.exe",
        ),
        (r"~\AppData\Roaming\Python\Python310\site-packages\torch", None),
        ("/srv/app/.venv/lib/python3.11/site-packages/torch", "/srv/app/.venv/bin/python"),
        ("/opt/conda/lib/python3.10/site-packages/torch", "/opt/conda/bin/python"),
        ("/usr/local/lib/python3.10/dist-packages/torch", None),
        ("/usr/local/lib/python3.12/site-packages/torch", None),
        ("~/.local/lib/python3.10/site-packages/torch", None),
        ("", None),
    ],
)
def test_the_interpreter_of_a_folder(folder: str, interpreter: str | None) -> None:
    assert interpreter_of(folder) == interpreter


def test_a_person_has_the_interpreter_of_the_torch_that_failed() -> None:
    known = Known("/srv/app/.venv/lib/python3.11/site-packages/torch", Source("file", "case"))

    assert person_of(Facts({"torch_location": known})).python == "/srv/app/.venv/bin/python"


def test_the_site_directory_of_a_user() -> None:
    assert in_user_site("~/.local/lib/python3.10/site-packages/torch")
    assert in_user_site(r"~\AppData\Roaming\Python\Python310\site-packages\torch")
    assert not in_user_site("/srv/app/.venv/lib/python3.11/site-packages/torch")
    assert not in_user_site(None)
