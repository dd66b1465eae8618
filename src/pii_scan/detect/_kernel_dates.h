/* What the files of the kernel that read dates share. */

#ifndef PII_SCAN_KERNEL_DATES_H
#define PII_SCAN_KERNEL_DATES_H

#include "_kernel.h"

#include <string.h>

#define NO_DAY (-((int64_t)1 << 40))

int64_t day_of(int64_t year, int64_t month, int64_t day);

static inline int is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}

static inline int is_letter(uint8_t byte)
{
    return (uint8_t)((byte | 0x20) - 'a') < 26;
}

/* Writes where the flags are set, of a block that begins at `begin`; a multiple of eight flags. */
static inline Py_ssize_t flagged(const uint8_t *flags, Py_ssize_t size, Py_ssize_t begin, Py_ssize_t *at)
{
    Py_ssize_t count = 0;

    for (Py_ssize_t first = 0; first < size; first += 8) {
        uint64_t eight;
        memcpy(&eight, flags + first, 8);
        if (eight) {
            for (Py_ssize_t i = first; i < first + 8; i++) {
                at[count] = begin + i;
                count += flags[i];
            }
        }
    }
    return count;
}

#endif
