/* What the generated bindings ask of a standard library: memory alone. ringfence.c has it. */
#ifndef RINGFENCE_STDLIB_H
#define RINGFENCE_STDLIB_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *malloc(size_t size);
void *realloc(void *old, size_t size);
void free(void *old);
__attribute__((__noreturn__)) void abort(void);

#ifdef __cplusplus
}
#endif

#endif
