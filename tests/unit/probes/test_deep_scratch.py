"""What a killed deep check left is removed; what only looks like it stays."""

from __future__ import annotations

import os
from pathlib import Path

from torch_doctor.probes.live.deep_child import _MARK, _remove_left


def made(folder: Path, name: str, *, marked: bool = True, age_s: float = 1e6) -> Path:
    place = folder / name
    place.mkdir()
    if marked:
        (place / _MARK).touch()
    (place / "kept.txt").write_text("")
    os.utime(place, (place.stat().st_atime - age_s, place.stat().st_mtime - age_s))
    return place


def test_only_marked_and_old_folders_of_our_form_go(tmp_path: Path) -> None:
    left = made(tmp_path, "torch-doctor-deep-ab1_cd2e")
    fresh = made(tmp_path, "torch-doctor-deep-ab1_cd3e", age_s=0)
    of_the_user = [
        made(tmp_path, "torch-doctor-deep-learning", marked=False),
        made(tmp_path, "torch-doctor-deep-notebook", marked=False),
        made(tmp_path, "torch-doctor-deep-practice", marked=False),
    ]

    _remove_left(str(tmp_path))

    assert not left.exists()
    assert fresh.exists()
    assert all(folder.exists() for folder in of_the_user)


def test_a_folder_that_cannot_be_listed_is_left_alone(tmp_path: Path) -> None:
    _remove_left(str(tmp_path / "none"))
