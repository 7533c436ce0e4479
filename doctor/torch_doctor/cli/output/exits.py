"""What the exit codes mean, as every help says it."""

from __future__ import annotations

EXIT_CODES = """exit codes:
  0  PyTorch runs here (warnings included), or there is no NVIDIA GPU to run on
  1  a problem was found
  2  no verdict: a deciding fact is unknown, the input is wrong, or torch-doctor failed"""
PLAIN_EXIT_CODES = """exit codes:
  0  done
  2  the input is wrong, or torch-doctor failed"""
