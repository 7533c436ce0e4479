/* A libcuda.so.1 that answers from the file that FAKE_CUDA names: cuda (12040), count, and faults; see fake.h. */
#include "fake.h"

typedef int Result;
static int ready;

static int number(const char *key, int otherwise) {
    char value[64];
    return lookup(key, value, sizeof value) ? atoi(value) : otherwise;
}

__attribute__((constructor)) static void load(void) { read_file("FAKE_CUDA"); }

Result cuDriverGetVersion(int *out) {
    int code = fault_of(__func__, -1);
    *out = code ? 0 : number("cuda", 12040);
    return code;
}
Result cuInit(unsigned flags) {
    int code = fault_of(__func__, -1);
    if (flags) return 1;
    ready = !code;
    return code;
}
Result cuDeviceGetCount(int *out) {
    int code = fault_of(__func__, -1);
    if (code) return code;
    if (!ready) return 3;
    *out = number("count", 1);
    return 0;
}
static const struct { int code; const char *name, *words; } errors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {802, "CUDA_ERROR_SYSTEM_NOT_READY", "system not yet initialized"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", "forward compatibility was attempted on non supported HW"},
    {999, "CUDA_ERROR_UNKNOWN", "unknown error"},
};
static Result word(int code, const char **out, int name) {
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].code == code) { *out = name ? errors[i].name : errors[i].words; return 0; }
    *out = NULL;
    return 1;
}
Result cuGetErrorName(Result code, const char **out) { return word(code, out, 1); }
Result cuGetErrorString(Result code, const char **out) { return word(code, out, 0); }
