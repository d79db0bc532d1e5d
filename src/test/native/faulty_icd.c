// An OpenCL driver for the ICD loader that passes every call on to another one and lets chosen calls fail, hang or end the
// process.
//
//   LOGITCL_FAULTY_DRIVER   the other driver's library
//   LOGITCL_FAULTS          a file with one line, read anew at every call:  ENTRY_POINT N[+] CODE|hang|abort|segv|exitCODE
//                           the N-th call of that entry point since the line changed (N+: and all after it) returns the code
//                           without reaching the driver, or never returns; before that, FILE.hung is made. Or it ends the
//                           process: by abort(), by a write to address 0, or by exit(CODE). The entry point "load" is the
//                           moment at which the loader loads this library. Empty: no fault.
//
// The driver's objects all point to its one table of entry points, whose entries are replaced in place.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// Every argument of OpenCL is an integer or a pointer, each in a register or a slot of its own in the calling conventions of
// 64-bit Linux; so one type passes them all on, the surplus ones are never looked at.
typedef intptr_t word;
#define PARAMETERS word a, word b, word c, word d, word e, word f, word g, word h, word i, word j
#define ARGUMENTS a, b, c, d, e, f, g, h, i, j
typedef word entry(PARAMETERS);

enum { ENTRIES = 60 };
static entry *driver[ENTRIES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char armed[200];
static long calls;

static void make_file(const char *path, const char *end) {
  char name[4096];
  snprintf(name, sizeof name, "%s%s", path, end);
  FILE *file = fopen(name, "w");
  if (file) fclose(file);
}

// Does what no code stands for.
static void act(const char *what, const char *path) {
  if (!strcmp(what, "hang")) {
    make_file(path, ".hung");
    for (;;) pause();
  }
  if (!strcmp(what, "abort")) abort();
  if (!strcmp(what, "segv")) *(volatile int *)0 = 0;
  if (!strncmp(what, "exit", 4)) exit(atoi(what + 4));
}

// The code that a call is to fail with; 0 to pass it on.
static int fault(const char *name) {
  const char *path = getenv("LOGITCL_FAULTS");
  char line[sizeof armed] = "", target[100], number[20], code[20];
  FILE *file = path ? fopen(path, "r") : NULL;
  if (file) {
    if (!fgets(line, sizeof line, file)) line[0] = 0;
    fclose(file);
  }
  int due = 0;
  pthread_mutex_lock(&lock);
  if (strcmp(line, armed)) {
    strcpy(armed, line);
    calls = 0;
  }
  if (sscanf(line, "%99s %19s %19s", target, number, code) == 3 && !strcmp(target, name)) {
    long first = strtol(number, NULL, 10);
    calls++;
    due = calls == first || (calls > first && strchr(number, '+'));
  }
  pthread_mutex_unlock(&lock);
  if (due) act(code, path);
  return due ? atoi(code) : 0;
}

__attribute__((constructor)) static void load(void) { fault("load"); }

// Name, place in the table of the ICD extension, and which argument points to the error code (0: the code is returned).
#define ALL(X)                                                                                                        \
  X(clGetDeviceIDs, 2, 0) X(clGetDeviceInfo, 3, 0) X(clCreateContext, 4, 6) X(clReleaseContext, 7, 0)                   \
  X(clCreateCommandQueue, 9, 4) X(clReleaseCommandQueue, 11, 0) X(clCreateBuffer, 14, 5) X(clReleaseMemObject, 18, 0) \
  X(clCreateProgramWithSource, 26, 5) X(clCreateProgramWithBinary, 27, 7) X(clRetainProgram, 28, 0)                   \
  X(clReleaseProgram, 29, 0) X(clBuildProgram, 30, 0) X(clGetProgramInfo, 32, 0) X(clCreateKernel, 34, 3)             \
  X(clReleaseKernel, 37, 0) X(clSetKernelArg, 38, 0) X(clFlush, 46, 0) X(clFinish, 47, 0)                             \
  X(clEnqueueReadBuffer, 48, 0) X(clEnqueueWriteBuffer, 49, 0) X(clEnqueueMapBuffer, 56, 10)                          \
  X(clEnqueueUnmapMemObject, 58, 0) X(clEnqueueNDRangeKernel, 59, 0)

#define DEFINE(name, place, error)                      \
  static word name##_or_fault(PARAMETERS) {             \
    int code = fault(#name);                            \
    if (!code) return driver[place](ARGUMENTS);         \
    word arguments[] = {0, ARGUMENTS};                  \
    if (!error) return code;                            \
    if (arguments[error]) *(int *)arguments[error] = code; \
    return 0;                                           \
  }
ALL(DEFINE)

static void replace(entry **table) {
  long page = sysconf(_SC_PAGESIZE);
  word begin = (word)table & -page, end = (word)(table + ENTRIES);
  if (mprotect((void *)begin, end - begin, PROT_READ | PROT_WRITE)) abort();
  memcpy(driver, table, sizeof driver);
#define REPLACE(name, place, error) table[place] = name##_or_fault;
  ALL(REPLACE)
}

// An entry point by which the loader finds the others.
static void *of_driver(const char *name) {
  static void *(*address)(const char *);
  if (!address) {
    void *library = dlopen(getenv("LOGITCL_FAULTY_DRIVER"), RTLD_NOW);
    if (library) address = dlsym(library, "clGetExtensionFunctionAddress");
    if (!address) fprintf(stderr, "%s\n", dlerror());
  }
  return address ? address(name) : NULL;
}

static int platforms(unsigned room, void **found, unsigned *count) {
  int (*get)(unsigned, void **, unsigned *) = of_driver("clIcdGetPlatformIDsKHR");
  int code = get ? get(room, found, count) : -1001;
  if (!code && found && room && !driver[0]) replace(*(entry ***)found[0]);
  return code;
}

// What the loader looks for.
void *clGetExtensionFunctionAddress(const char *name) {
  return strcmp(name, "clIcdGetPlatformIDsKHR") ? of_driver(name) : (void *)platforms;
}
