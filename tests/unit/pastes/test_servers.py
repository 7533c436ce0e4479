"""What servers of models log once their kernels ran."""

from __future__ import annotations

import pytest
from torch_doctor.pastes.read import read_text


@pytest.mark.parametrize(
    ("line", "ran"),
    [
        ("INFO llm_engine.py:316] # GPU blocks: 1024, # CPU blocks: 512", True),
        ("INFO model_runner.py:689] Graph capturing finished in 9 secs.", True),
        ("INFO kv_cache_utils.py:716] GPU KV cache usage: 0.0%", None),
        ("INFO kv_cache_utils.py:716] GPU KV cache size: 310,336 tokens", True),
        (
            "Avg prompt throughput: 0.0 tokens/s, Avg generation throughput: 12.5 tokens/s, GPU KV cache usage: 0.2%",
            True,
        ),
        (
            "Avg prompt throughput: 0.0 tokens/s, Avg generation throughput: 0.0 tokens/s, GPU KV cache usage: 0.0%",
            None,
        ),
        ("INFO llm_engine.py:316] # GPU blocks: 0, # CPU blocks: 512", None),
    ],
)
def test_a_log_of_a_server_shows_whether_kernels_ran(line: str, ran: bool | None) -> None:
    assert read_text(line).value("cuda_available") is ran


def test_a_failure_weighs_more_than_a_log() -> None:
    text = "# GPU blocks: 1024, # CPU blocks: 512\n>>> torch.cuda.is_available()\nFalse\n"
    assert read_text(text).value("cuda_available") is False
