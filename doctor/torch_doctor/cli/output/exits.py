"""What the exit codes mean, as every help says it."""

from __future__ import annotations

MEANINGS = {
    0: "PyTorch runs here (warnings included), or there is no NVIDIA GPU to run on",
    1: "a problem was found",
    2: "no verdict: a deciding fact is unknown, the input is wrong, or torch-doctor failed",
}
EXIT_CODES = "\n".join(("exit codes:", *(f"  {code}  {words}" for code, words in MEANINGS.items())))
EXPLAIN_EXIT_CODES = """exit codes:
  0  done
  1  nothing is known of it; what is called much like it is named
  2  the input is wrong, or torch-doctor failed"""
PLAIN_EXIT_CODES = """exit codes:
  0  done
  2  the input is wrong, or torch-doctor failed"""
