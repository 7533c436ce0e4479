/* What both fake libraries share: a file of key=value lines, and faults on demand.
 *
 * Keys: anything the functions below ask for, and per function
 *   <function>.fault = hang | hang-nosig | stop | segv | abort | exit | noise | garbage | oversize | <number>
 *   gpu<i>.<function>.fault = the same, for one GPU
 *   <function>.takes = the milliseconds that a call sleeps before it answers
 * A number is returned as the function's code. hang-nosig blocks every signal that can be blocked. garbage and oversize
 * write to every open file of the process, the child's own channel too: lines that it never said, or far too much.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char text[65536];

static void read_file(const char *variable) {
    const char *path = getenv(variable);
    FILE *file = path ? fopen(path, "r") : NULL;
    size_t length = file ? fread(text + 1, 1, sizeof text - 2, file) : 0;
    text[0] = '\n'; /* so that every key stands after a newline */
    text[length + 1] = 0;
    if (file) fclose(file);
}

/* Copies the value of key into out; 0 where the key is not there. */
static int lookup(const char *key, char *out, size_t size) {
    char wanted[256];
    snprintf(wanted, sizeof wanted, "\n%s=", key);
    const char *at = strstr(text, wanted);
    if (!at) return 0;
    at += strlen(wanted);
    size_t length = strcspn(at, "\n");
    if (length >= size) length = size - 1;
    memcpy(out, at, length);
    out[length] = 0;
    return 1;
}

/* gpu<i>.<key>, else gpu.<key>. */
static inline int lookup_gpu(int gpu, const char *key, char *out, size_t size) {
    char full[256];
    snprintf(full, sizeof full, "gpu%d.%s", gpu, key);
    if (lookup(full, out, size)) return 1;
    snprintf(full, sizeof full, "gpu.%s", key);
    return lookup(full, out, size);
}

static void spoil(const char *line, size_t times) {
    for (int file = 1; file < 12; file++)
        for (size_t i = 0; i < times; i++)
            if (write(file, line, strlen(line)) < 0) break;
}

static int act(const char *fault) {
    if (!strcmp(fault, "hang") || !strcmp(fault, "hang-nosig")) {
        sigset_t all;
        sigfillset(&all);
        if (!strcmp(fault, "hang-nosig")) sigprocmask(SIG_SETMASK, &all, NULL);
        for (;;) pause();
    }
    if (!strcmp(fault, "segv")) { signal(SIGSEGV, SIG_DFL); raise(SIGSEGV); }
    if (!strcmp(fault, "abort")) abort();
    if (!strcmp(fault, "exit")) _exit(77);
    if (!strcmp(fault, "stop")) { raise(SIGSTOP); return 0; }
    if (!strcmp(fault, "garbage")) {
        spoil("{\"stage\": [], \"gpu\": {}, \"step\": 5, \"begin\": null, \"code\": \"\xff\"}\n\xfe\xff{{[\n", 3);
        return 0;
    }
    if (!strcmp(fault, "oversize")) { spoil("a line that a library says again and again, and no end of it\n", 1 << 15); return 0; }
    if (!strcmp(fault, "noise")) {
        printf("{\"stage\": \"init\", \"code\": 0}\nWARNING: a library that talks\n");
        fflush(stdout);
        return 0;
    }
    if (!strncmp(fault, "block:", 6)) { /* sits in the kernel if the file system is frozen */
        FILE *file = fopen(fault + 6, "w");
        if (file) { fputs("x", file); fflush(file); fsync(fileno(file)); fclose(file); }
        return 0;
    }
    return atoi(fault);
}

static int fault_of(const char *function, int gpu) {
    char key[256], fault[256];
    snprintf(key, sizeof key, "%s.takes", function);
    if (lookup(key, fault, sizeof fault)) usleep(1000 * atoi(fault));
    snprintf(key, sizeof key, "gpu%d.%s.fault", gpu, function);
    if (gpu >= 0 && lookup(key, fault, sizeof fault)) return act(fault);
    snprintf(key, sizeof key, "%s.fault", function);
    return lookup(key, fault, sizeof fault) ? act(fault) : 0;
}
