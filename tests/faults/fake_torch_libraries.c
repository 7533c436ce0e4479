/* cuBLAS, cuDNN and NCCL in one file, over the memory of fake_cuda.c; faults come from the file that FAKE_CUDA names. */
#include "fake.h"

typedef int Result;

__attribute__((constructor)) static void load(void) { read_file("FAKE_CUDA"); }

Result cublasCreate_v2(void **handle) { *handle = text; return fault_of(__func__, -1); }
Result cublasDestroy_v2(void *handle) { (void)handle; return fault_of(__func__, -1); }
Result cublasGetVersion_v2(void *handle, int *out) { (void)handle; *out = 130002; return fault_of(__func__, -1); }
const char *cublasGetStatusName(int code) { return code == 1 ? "CUBLAS_STATUS_NOT_INITIALIZED" : "CUBLAS_STATUS_OTHER"; }
const char *cublasGetStatusString(int code) { (void)code; return "the library was not initialized"; }
Result cublasDgemm_v2(void *handle, int ta, int tb, int m, int n, int k, const double *alpha, const double *a, int lda,
                      const double *b, int ldb, const double *beta, double *c, int ldc) {
    int code = fault_of(__func__, -1);
    char wrong[8];
    (void)handle; (void)ta; (void)tb;
    for (int i = 0; !code && i < m; i++)
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int l = 0; l < k; l++) sum += a[i + l * lda] * b[l + j * ldb];
            c[i + j * ldc] = *alpha * sum + *beta * c[i + j * ldc];
        }
    if (!code && lookup("product.wrong", wrong, sizeof wrong)) c[3] += 1;
    return code;
}
Result cudnnCreate(void **handle) { *handle = text; return fault_of(__func__, -1); }
Result cudnnDestroy(void *handle) { (void)handle; return fault_of(__func__, -1); }
size_t cudnnGetVersion(void) { return 91002; }
const char *cudnnGetErrorString(int code) { (void)code; return "CUDNN_STATUS_NOT_INITIALIZED"; }
Result ncclGetVersion(int *out) { *out = 22703; return fault_of(__func__, -1); }
const char *ncclGetErrorString(int code) { (void)code; return "internal error"; }
