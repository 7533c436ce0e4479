"""What a static check asks of the system: no socket, and nothing written, made, renamed or taken away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STRACE = shutil.which("strace")
_CHANGES = """creat unlink unlinkat rename renameat renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat truncate
    ftruncate chmod fchmod fchmodat chown fchown fchownat lchown utimensat mknod mknodat""".split()
_OPENED_TO_WRITE = re.compile(r"\bopen(?:at)?\(.*O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)")


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize(
    "words", [["--static", "--json"], ["--static", "--deadline", "20"]], ids=" ".join
)
def test_a_static_check_opens_no_socket_and_changes_no_file(
    words: list[str], tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    calls = ",".join(["%network", "open", "openat", *(f"?{name}" for name in _CHANGES)])
    traced = [str(STRACE), "-f", "-qq", "-e", f"trace={calls}", "-o", str(trace)]
    done = subprocess.run(
        [*traced, sys.executable, "-B", "-m", "torch_doctor", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace")
    lines = trace.read_text(errors="replace").splitlines()

    opened = [line for line in lines if re.search(r"\bopen(?:at)?\(", line)]
    assert opened, done.stderr
    written = [line for line in opened if _OPENED_TO_WRITE.search(line)]
    assert not [line for line in written if '"/dev/null"' not in line]
    assert not [
        line
        for line in lines
        if line not in opened and "resumed>" not in line and "---" not in line
    ]
