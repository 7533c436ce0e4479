"""CUDA and NVML error numbers in a line of text: as a number, as a name, or as the text that CUDA prints."""

from __future__ import annotations

import re

from torch_doctor.core.startup import regex

# Texts as cudaGetErrorString gives them, and names as the headers spell them.
_TEXTS = (
    ("system has unsupported display driver", 803),
    ("forward compatibility was attempted", 804),
    ("system not yet initialized", 802),
    ("no kernel image is available", 209),
    ("provided ptx was compiled with an unsupported toolchain", 222),
    ("ptx jit compiler library not found", 221),
    ("uncorrectable ecc error", 214),
    ("uncorrectable nvlink error", 220),
    ("device kernel image is invalid", 200),
    ("invalid device ordinal", 101),
    ("no cuda-capable device is detected", 100),
    ("cuda driver version is insufficient", 35),
    ("cuda driver is a stub library", 34),
    ("busy or unavailable", 46),
    ("unavailable or busy", 46),
    ("an illegal memory access", 700),
    ("unspecified launch failure", 719),
    ("device-side assert", 710),
    ("misaligned address", 716),
    ("an illegal instruction", 715),
    ("cuda out of memory", 2),
    ("os call failed or operation not supported", 304),
    ("cuda unknown error", 999),
    ("mps client failed to connect", 805),
    ("peer access is not supported", 217),
    ("call requires newer driver", 36),
    ("api call is not supported in the installed cuda driver", 36),
    ("driver/library version mismatch", 18),
    ("failed to initialize nvml: unknown error", 999),
    ("failed to initialize nvml: driver not loaded", 9),
    ("couldn't communicate with the nvidia driver", 9),
    ("gpu is lost", 15),
)
_NAMES = {
    "cudaerrormemoryallocation": 2,
    "cudaerrorinitializationerror": 3,
    "cudaerrorinsufficientdriver": 35,
    "cudaerrornodevice": 100,
    "cudaerrorinvaliddevice": 101,
    "cudaerrorinvalidkernelimage": 200,
    "cudaerrornokernelimagefordevice": 209,
    "cudaerroreccuncorrectable": 214,
    "cudaerrorunsupportedptxversion": 222,
    "cudaerroroperatingsystem": 304,
    "cudaerrorillegaladdress": 700,
    "cudaerrorlaunchfailure": 719,
    "cudaerrornotpermitted": 800,
    "cudaerrornotsupported": 801,
    "cudaerrorsystemnotready": 802,
    "cudaerrorsystemdrivermismatch": 803,
    "cudaerrorcompatnotsupportedondevice": 804,
    "cudaerrorunknown": 999,
    "cudaerrordevicesunavailable": 46,
    "cudaerrorstublibrary": 34,
    "cuda_error_out_of_memory": 2,
    "cuda_error_not_initialized": 3,
    "cuda_error_no_device": 100,
    "cuda_error_invalid_device": 101,
    "cuda_error_invalid_image": 200,
    "cuda_error_no_binary_for_gpu": 209,
    "cuda_error_ecc_uncorrectable": 214,
    "cuda_error_unsupported_ptx_version": 222,
    "cuda_error_operating_system": 304,
    "cuda_error_illegal_address": 700,
    "cuda_error_launch_failed": 719,
    "cuda_error_system_not_ready": 802,
    "cuda_error_system_driver_mismatch": 803,
    "cuda_error_compat_not_supported_on_device": 804,
    "cuda_error_unknown": 999,
    "cuda_error_stub_library": 34,
}
_NUMBER = regex(
    r"(?:\bError |\berror ?[=:] ?|cuda runtime error \(|CUDA_?ERROR ?[:=(]? ?|CUDA error |cudaError_?t? ?\(?|CUresult ?=? ?|returned |error code:? |fail(?:s|ed)? with (?:error |code )?)(\d{1,3})\b(?![.:/-]\d)",
    re.IGNORECASE,
)
# Numbers that CUDA alone has, at the end of what a program logged: "… init failure: 802".
_LAST = regex(r"[:=] ?\(?(80[0-9]|81[01]|999)\)?[\"'\s.]*$")
# "804 error", "the 803 error"
_BEFORE = regex(r"(?<![\w.:/-])(80[0-9]|81[01]|999) errors?\b", re.IGNORECASE)
_PAREN = regex(r"(?<![\w.\])])\((\d{1,3})\)")
_NAME = regex(r"\b(cudaError[A-Za-z]{4,40}|CUDA_ERROR_[A-Z_]{4,50})", re.IGNORECASE)
_CODES = frozenset(
    {
        1,
        2,
        3,
        9,
        18,
        34,
        35,
        36,
        46,
        49,
        98,
        100,
        101,
        200,
        201,
        209,
        214,
        215,
        216,
        217,
        220,
        221,
        222,
        223,
        226,
        300,
        302,
        303,
        304,
        700,
        701,
        702,
        709,
        710,
        715,
        716,
        717,
        718,
        719,
        800,
        801,
        802,
        803,
        804,
        805,
        806,
        807,
        808,
        809,
        810,
        811,
        999,
    }
)
# Before 10.1 the runtime numbered its errors otherwise; torch printed the number with the text of that error.
_OLD = {4: 719, 10: 101, 30: 999, 38: 100, 48: 209, 59: 710, 77: 700}
_OLD_FORM = regex(
    r"(?:cuda runtime error \(|THCudaCheck FAIL .{0,200}error ?= ?)(\d{1,2})\)? ?:"
    # deviceQuery, and programs that check that a call was a success
    r"|cudaGetDeviceCount(?:\(\))? returned (?:with )?(?:error )?(\d{1,2})\b|cudaSuccess \((\d{1,2}) vs\. 0\)"
    r"|\bcuda\w+\(\) failed with error #(\d{1,2})\b",
    re.IGNORECASE,
)
_CUDA_WORDS = ("cuda", "cudaget", "thc", "nvml", "cuinit", "nvidia")


def code_of(text: str) -> int | None:
    """Return the CUDA (or NVML) error number that *text* carries."""
    low = text.lower()
    name = _NAME.search(text) if "cudaerror" in low or "cuda_error" in low else None
    if name and name[1].lower() in _NAMES:
        return _NAMES[name[1].lower()]
    old = _OLD_FORM.search(text) if "cuda" in low else None
    number = int(next(filter(None, old.groups()))) if old else 0
    if number in _OLD:
        return _OLD[number]
    if "error" in low and any(word in low for word in _CUDA_WORDS):
        forms = (_NUMBER, _PAREN, _LAST, _BEFORE)
        for match in (found for form in forms for found in form.finditer(text)):
            number = int(match[1])
            if number in _CODES and number > 1:
                return number
    return next((code for words, code in _TEXTS if words in low), None)
