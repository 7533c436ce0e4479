"""One Triton kernel. A file of its own, because Triton reads the source and may not be installed."""

# No future annotations: Triton reads those of the kernel.
from typing import Any

import triton
import triton.language as tl


@triton.jit  # type: ignore[untyped-decorator]
def _add(a, b, out, count, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, N803
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < count
    total = tl.load(a + at, mask=inside) + tl.load(b + at, mask=inside)
    tl.store(out + at, total, mask=inside)


def add(torch: Any, a: Any, b: Any) -> Any:
    """Return a + b, computed by the kernel."""
    out = torch.empty_like(a)
    _add[(triton.cdiv(a.numel(), 1024),)](a, b, out, a.numel(), BLOCK=1024)
    return out
