/* What finds the places at which matches can begin shares with the sieve before it. */

#ifndef PII_SCAN_KERNEL_STARTS_H
#define PII_SCAN_KERNEL_STARTS_H

#include "_kernel.h"

enum { PAIRS = 1 << 16, SIEVE_BLOCK = 512, SIEVE_ROLES = 3, SIEVE_CLASSES = 130 };

typedef struct {
    const uint8_t *body;
    const uint64_t *table;  /* depth rows of PAIRS */
    Py_ssize_t depth, stop; /* places are below `stop` */
    const uint8_t *sieve;   /* SIEVE_ROLES rows of SIEVE_CLASSES; NULL for none */
    int64_t *at;
    uint64_t *clusters;
    Py_ssize_t room;
} Places;

static inline unsigned pair_at(const uint8_t *bytes, Py_ssize_t at)
{
    return (unsigned)bytes[at] << 8 | bytes[at + 1];
}

int sieve_runs_here(void);
Py_ssize_t sieved_block(const Places *places, Py_ssize_t begin, int64_t *at, uint64_t *kept);

#endif
