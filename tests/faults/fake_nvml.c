/* A libnvidia-ml.so.1 that answers from the file that FAKE_NVML names; see fake.h for faults.
 *
 * driver, cuda (12040), count, and per GPU (gpu.KEY for all, gpu1.KEY for one): name, uuid, bus, cc, memory and
 * used (MiB), mig (0 or 1), mig.devices, mig.name, ecc, ecc.volatile, ecc.aggregate, rows (c,u,pending,failed),
 * pages, compute, persistence, throttle, fabric (state,status), processes, lost.
 * A key that is not set answers NOT_SUPPORTED where real GPUs may do so.
 */
#include "fake.h"

#define API __attribute__((visibility("default")))
enum { OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15 };
typedef int Result;
typedef struct device { int gpu, mig; } *Handle;
static struct device devices[64], instances[64][8];
static int ready;

#define GUARD(gpu) do { \
    int code = fault_of(__func__, gpu); \
    if (code) return code; \
    if (!ready) return UNINITIALIZED; \
} while (0)

static long number(int gpu, const char *key, long otherwise) {
    char value[64];
    int found = gpu < 0 ? lookup(key, value, sizeof value) : lookup_gpu(gpu, key, value, sizeof value);
    return found ? strtol(value, NULL, 0) : otherwise;
}

static Result put(char *out, unsigned size, const char *value) {
    if (strlen(value) + 1 > size) return TOO_SMALL;
    strcpy(out, value);
    return OK;
}

static Result put_int(Handle h, const char *key, unsigned *out) {
    long value = number(h->gpu, key, -1);
    if (value < 0) return NOT_SUPPORTED;
    *out = (unsigned)value;
    return OK;
}

API Result nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (ready) return OK; /* NVML counts its starts, and starts once */
    read_file("FAKE_NVML");
    int code = fault_of("nvmlInit", -1);
    if (!code) ready = 1;
    return code;
}
API Result nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
API Result nvmlShutdown(void) { ready = 0; return OK; }
API const char *nvmlErrorString(Result code) { (void)code; return "a fault that was asked for"; }

API Result nvmlSystemGetDriverVersion(char *out, unsigned size) {
    char value[80];
    GUARD(-1);
    return put(out, size, lookup("driver", value, sizeof value) ? value : "550.54.15");
}
API Result nvmlSystemGetCudaDriverVersion_v2(int *out) {
    GUARD(-1);
    *out = (int)number(-1, "cuda", 12040);
    return OK;
}
API Result nvmlDeviceGetCount_v2(unsigned *out) {
    GUARD(-1);
    *out = (unsigned)number(-1, "count", 1);
    return OK;
}
API Result nvmlDeviceGetHandleByIndex_v2(unsigned index, Handle *out) {
    GUARD((int)index);
    if (index >= 64 || index >= number(-1, "count", 1)) return INVALID;
    if (number((int)index, "lost", 0)) return LOST;
    devices[index].gpu = (int)index;
    devices[index].mig = -1;
    *out = &devices[index];
    return OK;
}
API Result nvmlDeviceGetName(Handle h, char *out, unsigned size) {
    char name[200], mig[80], whole[300];
    GUARD(h->gpu);
    if (!lookup_gpu(h->gpu, "name", name, sizeof name)) strcpy(name, "NVIDIA A100-SXM4-40GB");
    if (!lookup_gpu(h->gpu, "mig.name", mig, sizeof mig)) strcpy(mig, "1g.5gb");
    snprintf(whole, sizeof whole, h->mig < 0 ? "%s" : "%s MIG %s", name, mig);
    return put(out, size, whole);
}
API Result nvmlDeviceGetUUID(Handle h, char *out, unsigned size) {
    char uuid[96];
    GUARD(h->gpu);
    if (h->mig >= 0) snprintf(uuid, sizeof uuid, "MIG-%08x-1111-2222-3333-%012x", h->gpu, h->mig);
    else if (!lookup_gpu(h->gpu, "uuid", uuid, sizeof uuid))
        snprintf(uuid, sizeof uuid, "GPU-%08x-aaaa-bbbb-cccc-0123456789ab", 0xabc00000u + (unsigned)h->gpu);
    return put(out, size, uuid);
}

struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char id_text[32]; };
API Result nvmlDeviceGetPciInfo_v3(Handle h, struct pci *out) {
    char bus[32];
    GUARD(h->gpu);
    memset(out, 0, sizeof *out);
    if (!lookup_gpu(h->gpu, "bus", bus, sizeof bus)) snprintf(bus, sizeof bus, "00000000:%02X:00.0", 0x18 + h->gpu);
    return put(out->id_text, sizeof out->id_text, bus);
}
API Result nvmlDeviceGetCudaComputeCapability(Handle h, int *major, int *minor) {
    char cc[16];
    GUARD(h->gpu);
    if (!lookup_gpu(h->gpu, "cc", cc, sizeof cc)) strcpy(cc, "8.0");
    return sscanf(cc, "%d.%d", major, minor) == 2 ? OK : INVALID;
}

struct memory { unsigned long long total, free, used; };
API Result nvmlDeviceGetMemoryInfo(Handle h, struct memory *out) {
    GUARD(h->gpu);
    out->total = (unsigned long long)number(h->gpu, "memory", 40960) << (h->mig < 0 ? 20 : 17);
    out->used = (unsigned long long)number(h->gpu, "used", 0) << 20;
    out->free = out->total - out->used;
    return OK;
}
API Result nvmlDeviceGetMigMode(Handle h, unsigned *current, unsigned *pending) {
    GUARD(h->gpu);
    *pending = 0;
    return put_int(h, "mig", current);
}
API Result nvmlDeviceGetMaxMigDeviceCount(Handle h, unsigned *out) { GUARD(h->gpu); *out = 7; return OK; }
API Result nvmlDeviceGetMigDeviceHandleByIndex(Handle h, unsigned index, Handle *out) {
    GUARD(h->gpu);
    if (index >= 8 || index >= number(h->gpu, "mig.devices", 0)) return NOT_FOUND;
    instances[h->gpu][index].gpu = h->gpu;
    instances[h->gpu][index].mig = (int)index;
    *out = &instances[h->gpu][index];
    return OK;
}
API Result nvmlDeviceGetEccMode(Handle h, unsigned *current, unsigned *pending) {
    GUARD(h->gpu);
    *pending = 0;
    return put_int(h, "ecc", current);
}
API Result nvmlDeviceGetTotalEccErrors(Handle h, int kind, int counter, unsigned long long *out) {
    GUARD(h->gpu);
    long value = number(h->gpu, counter ? "ecc.aggregate" : "ecc.volatile", -1);
    if (value < 0 || kind != 1) return NOT_SUPPORTED;
    *out = (unsigned long long)value;
    return OK;
}
API Result nvmlDeviceGetRemappedRows(Handle h, unsigned *corrected, unsigned *uncorrected, unsigned *pending, unsigned *failed) {
    char rows[64];
    GUARD(h->gpu);
    if (!lookup_gpu(h->gpu, "rows", rows, sizeof rows)) return NOT_SUPPORTED;
    return sscanf(rows, "%u,%u,%u,%u", corrected, uncorrected, pending, failed) == 4 ? OK : INVALID;
}
API Result nvmlDeviceGetRetiredPagesPendingStatus(Handle h, unsigned *out) { GUARD(h->gpu); return put_int(h, "pages", out); }
API Result nvmlDeviceGetComputeMode(Handle h, unsigned *out) {
    GUARD(h->gpu);
    *out = (unsigned)number(h->gpu, "compute", 0);
    return OK;
}
API Result nvmlDeviceGetPersistenceMode(Handle h, unsigned *out) {
    GUARD(h->gpu);
    *out = (unsigned)number(h->gpu, "persistence", 1);
    return OK;
}
API Result nvmlDeviceGetCurrentClocksThrottleReasons(Handle h, unsigned long long *out) {
    GUARD(h->gpu);
    *out = (unsigned long long)number(h->gpu, "throttle", 0);
    return OK;
}

struct fabric { unsigned version; unsigned char cluster[16]; unsigned status, clique; unsigned char state; unsigned mask; };
API Result nvmlDeviceGetGpuFabricInfoV(Handle h, struct fabric *out) {
    char fabric[32];
    unsigned state, status;
    GUARD(h->gpu);
    if (!lookup_gpu(h->gpu, "fabric", fabric, sizeof fabric)) return NOT_SUPPORTED;
    if (sscanf(fabric, "%u,%u", &state, &status) != 2) return INVALID;
    out->state = (unsigned char)state;
    out->status = status;
    return OK;
}

struct process { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; };
API Result nvmlDeviceGetComputeRunningProcesses_v3(Handle h, unsigned *count, struct process *out) {
    GUARD(h->gpu);
    unsigned there = (unsigned)number(h->gpu, "processes", 0), room = *count;
    *count = there;
    if (!there) return OK;
    if (room < there) return TOO_SMALL;
    for (unsigned i = 0; i < there; i++) out[i] = (struct process){1000 + i, 1 << 20, 0, 0};
    return OK;
}
