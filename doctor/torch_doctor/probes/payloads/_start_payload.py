"""Run a script in a process that ends with whoever started it: ``python -I -S _start_payload.py SCRIPT WORD …``.

A call that hangs in a driver hears of no closed pipe; the kernel ends it (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
import sys

# In every interpreter from its start: importlib would have to be imported.
from _frozen_importlib_external import SourceFileLoader

_PR_SET_PDEATHSIG, _SIGKILL = 1, 9


def end_with_parent() -> None:
    """Have the kernel kill this process when the thread that started it is gone; elsewhere than on Linux do nothing."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return  # a Python without ctypes, or another C library
    if os.getppid() != parent:
        os._exit(1)


def main() -> None:
    """Do as ``python SCRIPT WORD …`` does, with what was compiled of the script where that is kept."""
    end_with_parent()
    del sys.argv[0]
    code = SourceFileLoader("__main__", sys.argv[0]).get_code("__main__")
    assert code is not None
    own = {"__name__": "__main__", "__file__": sys.argv[0], "__builtins__": __builtins__}
    exec(code, own)


if __name__ == "__main__":
    main()
