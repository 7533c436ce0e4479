"""Words of error 209 (no kernel image) that are another code's than torch's."""

from __future__ import annotations

_NOT_TORCHS = r"(?:(?!aten/|c10/|torch/csrc)[\w./-])"
# "no kernel image … (pkg csrc/ops.cu:74)": the source may stand behind it, too.
_BEHIND = (
    r"no kernel image is available[^\n]{0,60}(?<!torch/)\b(?:csrc|ext|kernels)/[\w./-]*\.cuh?:\d"
)
_SOURCE = r"\.(?:cuh?|hp{0,2}|cc|cpp|cxx)[:(]\d+\)?"
# What programs print who check their own calls: "cudaCheckError() failed", "GPUassert:", "launch_forward error:".
_CHECKS = (
    r"(?<![\w:])(?!thcudacheck|c10_|torch_|at_cuda|cuda error|cuda runtime error)"
    r"(?:\w*(?:cuda_?(?:check|assert|safe_?call|err_?chk)|check_?cuda|gpu_?(?:assert|err_?chk)|safe_?call)\w*|kernel_?launch\w*|launch_\w+|\w+_(?:cuda|kernel|forward|backward|gpu|launcher)"
    r"|(?!cudaGetDevice)\w+\(\))(?:\(\))?(?:: ?|:? [^\n]{0,32}?[:=,(] ?)no kernel image"
)
FOREIGN = (
    r"(?:kernel (?:launch )?failed|error (?:in|from|during|launching) \w+)[^\n]{0,20}?: ?no kernel image"
    # flashinfer, of each of its kernels: "BatchDecodeWithPagedKVCache failed with error …"
    r"|\b[A-Z]\w{6,60} failed with error(?: code)?:? no kernel image"
    rf"|{_CHECKS}"
    rf"|(?<![\w/]){_NOT_TORCHS}+{_SOURCE}[^\n]{{0,20}}?: ?no kernel image"
    rf"|no kernel image is available[^\n]{{0,120}} at {_NOT_TORCHS}*(?:third_party|csrc|ext)/[\w./-]*\.\w{{1,3}}[:(]\d"
    r"|no kernel image is available[^\n]{0,40} at line \d+ in file [^\n]{1,200}\.cu"
    rf"|{_BEHIND}"
)
