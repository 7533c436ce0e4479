"""cuDNN asks for a library of CUDA by a name without a number, which nothing has.

What it checks
    cuDNN's own words that a part of it does not load, where they go on with another library that cannot be opened.
Why it matters
    torch's wheels bring libnvrtc with a number behind its name. cuDNN 8 asks for the bare name when it compiles a
    kernel: the first convolution ends the program, while plain kernels run.
How to fix
    Link the library that is there to the bare name, or install the toolkit's package of it.
References
    https://github.com/AUTOMATIC1111/stable-diffusion-webui/issues/10230
    https://github.com/facefusion/facefusion-docker/issues/9
"""

from __future__ import annotations

from collections.abc import Iterator

from torch_doctor.core.rule import Draft, finding, rule
from torch_doctor.core.startup import regex
from torch_doctor.fixes import actions as fixes
from torch_doctor.matrix.signatures import Errors

_WORDS = r"Could not load library libcudnn\S*\.? Error: lib(?!cudnn|cuda\.)\w[\w-]*\.so: cannot open shared object"
_BARE = regex(r"Error: (lib\w[\w-]*\.so):")
_FOLDERS = (
    "import os, torch; lib = os.path.dirname(torch.__file__); "
    "print(os.path.join(lib, 'lib'), os.path.join(lib, '../nvidia/cuda_nvrtc/lib'))"
)


@rule("TD774", severity="error", cause="cuda-libs-missing", breaks="cuda", explains=("TD761",))
def check(errors: Errors, container: str | None = None) -> Iterator[Draft]:
    seen = errors.matching(_WORDS)
    named = _BARE.search(seen[0].text) if seen else None
    if named is None:
        return
    name = named[1]
    where = ", in a line of the Dockerfile" if container else ""
    link = fixes.by_hand(
        f"link the {name}.* or {name.removesuffix('.so')}-*.so.* that torch brings to {name}, in the lib folder of "
        f"torch{where}: these are the folders where it lies",
        f'ls $(python -c "{_FOLDERS}") | grep {name.removesuffix(".so")}',
    )
    package = fixes.by_hand(
        "or install the package of the toolkit that has the bare name (cuda-nvrtc-dev of torch's CUDA)"
    )
    message = f"cuDNN asks for {name}, which the loader does not find by that name"
    yield finding("libraries", message, fixes=[link, package], confidence="medium")
