"""A double of this process says what it has to say, whatever its process lacks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import pytest
from torch_doctor.core.processes import double as module
from torch_doctor.core.processes.double import all_words, double, leave

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="forks"),
    # The test runner's own threads, not ours: the program forks only while it has none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.mark.parametrize("quiet", [True, False])
def test_it_speaks_where_no_file_more_may_be_opened(*, quiet: bool) -> None:
    def work(tell: Callable[[bytes], None]) -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        try:
            while True:
                os.open(os.devnull, os.O_RDONLY)
        except OSError:
            tell(b"all are taken")

    made = double(work, quiet=quiet)

    assert all_words(made, time.monotonic() + 60) == b"all are taken"
    assert leave(made, 60) == "it ended with 0"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked in another way")
def test_it_ends_where_its_maker_was_gone_before_the_kernel_could_be_asked() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    worked, tells = os.pipe()
    process = os.fork()
    if process == 0:
        module._work(lambda _: os.write(tells, b"worked"), theirs, quiet=False)
    os.close(theirs)
    os.close(tells)

    assert os.read(worked, 16) == b""
    os.waitpid(process, 0)
    os.close(worked)
