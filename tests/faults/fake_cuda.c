/* A libcuda.so.1 that answers from the file that FAKE_CUDA names, and faults; see fake.h.
 *
 * Keys: cuda (12040), count, gpu<i>.cc (9.0), gpu<i>.wrong (kernels write other numbers), and exclusive, the path of a
 * file: who holds its lock has the GPUs, and everybody else is refused a context (46). Memory of the GPU is memory of
 * the process. A container of GPU code is taken where one of its entries fits gpu<i>.cc, else the answer is 209.
 */
#include "fake.h"
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>

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

/* A context is a number of a GPU; the current one tells which faults count. */
static int contexts[64], lock = -1;
static __thread int current = -1;

static int cc(int gpu) {
    char value[64];
    int major = 9, minor = 0;
    if (lookup_gpu(gpu, "cc", value, sizeof value)) sscanf(value, "%d.%d", &major, &minor);
    return 10 * major + minor;
}

Result cuDeviceGet(int *device, int index) {
    int code = fault_of(__func__, index);
    *device = index;
    return code;
}
Result cuDeviceGetName(char *out, int size, int device) {
    char name[64] = "Fake GPU";
    lookup_gpu(device, "name", name, sizeof name);
    snprintf(out, size, "%s", name);
    return fault_of(__func__, device);
}
Result cuDeviceGetUuid_v2(char *out, int device) {
    memset(out, 0, 16);
    out[15] = (char)(device + 1);
    return fault_of(__func__, device);
}
Result cuDeviceGetAttribute(int *out, int which, int device) {
    *out = which == 75 ? cc(device) / 10 : which == 76 ? cc(device) % 10 : 0;
    return fault_of(__func__, device);
}
Result cuDevicePrimaryCtxRetain(void **context, int device) {
    int code = fault_of(__func__, device);
    char path[256];
    if (code) return code;
    if (lock < 0 && lookup("exclusive", path, sizeof path)) {
        lock = open(path, O_RDWR | O_CREAT, 0600);
        if (flock(lock, LOCK_EX | LOCK_NB)) { close(lock); lock = -1; return 46; }
    }
    contexts[device] = device;
    *context = &contexts[device];
    return 0;
}
Result cuCtxSetCurrent(int *context) {
    int code = fault_of(__func__, context ? *context : current);
    current = context ? *context : -1;
    return code;
}
Result cuDevicePrimaryCtxRelease_v2(int device) {
    int code = fault_of(__func__, device);
    if (lock >= 0) { close(lock); lock = -1; }
    return code;
}
Result cuModuleLoadData(void **module, const char *ptx) {
    *module = &ready;
    return strstr(ptx, ".target") ? fault_of(__func__, current) : 200;
}
Result cuModuleLoadFatBinary(void **module, const unsigned char *data) {
    int code = fault_of(__func__, current), mine = cc(current);
    uint32_t magic, size, number;
    uint64_t left, payload;
    uint16_t header, kind;
    if (code) return code;
    memcpy(&magic, data, 4);
    memcpy(&header, data + 6, 2);
    memcpy(&left, data + 8, 8);
    if (magic != 0xBA55ED50) return 200;
    *module = &ready;
    for (data += header; left >= 64; data += size + payload, left -= size + payload) {
        memcpy(&kind, data, 2);
        memcpy(&size, data + 4, 4);
        memcpy(&payload, data + 8, 8);
        memcpy(&number, data + 28, 4);
        if (kind == 2 && (int)number / 10 == mine / 10 && (int)number <= mine) return 0;
        if (kind == 1 && (int)number <= mine) return 0;
    }
    return 209;
}
Result cuModuleUnload(void *module) { (void)module; return fault_of(__func__, current); }
Result cuModuleGetFunction(void **function, void *module, const char *name) {
    (void)module; (void)name;
    *function = &ready;
    return fault_of(__func__, current);
}
Result cuMemAlloc_v2(uint64_t *place, size_t size) {
    int code = fault_of(__func__, current);
    *place = code ? 0 : (uint64_t)(uintptr_t)calloc(1, size);
    return code;
}
Result cuMemFree_v2(uint64_t place) { free((void *)(uintptr_t)place); return fault_of(__func__, current); }
Result cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned threads, unsigned y, unsigned z,
                      unsigned shared, void *stream, void **arguments, void **extra) {
    int code = fault_of(__func__, current);
    char wrong[8];
    uint64_t place;
    (void)function; (void)gx; (void)gy; (void)gz; (void)y; (void)z; (void)shared; (void)stream; (void)extra;
    memcpy(&place, arguments[0], sizeof place);
    uint32_t *out = (uint32_t *)(uintptr_t)place;
    uint32_t one = lookup_gpu(current, "wrong", wrong, sizeof wrong) ? 2 : 1;
    for (unsigned thread = 0; !code && thread < threads; thread++) out[thread] = 3 * thread + one;
    return code;
}
Result cuCtxSynchronize(void) { return fault_of(__func__, current); }
Result cuMemcpyDtoH_v2(void *to, uint64_t from, size_t size) {
    memcpy(to, (void *)(uintptr_t)from, size);
    return fault_of(__func__, current);
}
Result cuMemcpyHtoD_v2(uint64_t to, const void *from, size_t size) {
    memcpy((void *)(uintptr_t)to, from, size);
    return fault_of(__func__, current);
}
static const struct { int code; const char *name, *words; } errors[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", "CUDA-capable device(s) is/are busy or unavailable"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."},
    {223, "CUDA_ERROR_JIT_COMPILATION_DISABLED", "PTX JIT compilation was disabled"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
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
