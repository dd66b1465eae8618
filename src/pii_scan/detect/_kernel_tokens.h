/* The tokens of a text as the kernel's functions on names take them. */

#ifndef PII_SCAN_KERNEL_TOKENS_H
#define PII_SCAN_KERNEL_TOKENS_H

#include "_kernel.h"

enum { KIND_SPACE, KIND_WORD, KIND_SIGN, KIND_BREAK };
enum { KNOWN = 0x2100, EDGE = 2, TOKEN_COLUMNS = 10, MOST_COLUMNS = 24 };

/* What is counted in a token, FIELD bits each from the lowest on: capitals, characters that are no letters, joiners. */
enum { FIELD = 20, MOST_COUNTED = (1 << FIELD) - 1 };

typedef struct {
    const uint8_t *data; /* UTF-8; any other bytes do no harm */
    Py_ssize_t size;
    const uint32_t *points; /* KNOWN entries, see `entry_*` */
    const int64_t *start, *end, *length;
    const uint8_t *kind;
    const uint64_t *hash;
    const uint8_t *capital;
    const uint32_t *first;
    const uint64_t *counted;
    Py_ssize_t count;
} Tokens;

/* An entry: the lower case of a code point, its kind, whether it joins, whether it is a capital, what it counts as. */
static inline unsigned entry_kind(uint32_t entry)
{
    return entry >> 16 & 3;
}

static inline int entry_joins(uint32_t entry)
{
    return entry >> 18 & 1;
}

static inline unsigned counted(const Tokens *tokens, Py_ssize_t token, int number)
{
    return (unsigned)(tokens->counted[token] >> FIELD * number) & MOST_COUNTED;
}

static inline uint64_t mixed(uint64_t value)
{
    value ^= value >> 32;
    value *= 0xD6E8FEB86659FD93U;
    value ^= value >> 32;
    value *= 0xD6E8FEB86659FD93U;
    return value ^ value >> 32;
}

/* The code point at a byte below `size`, at most KNOWN - 1; `*next` is where the one behind it begins. */
static inline uint32_t point_at(const uint8_t *data, Py_ssize_t size, Py_ssize_t at, Py_ssize_t *next)
{
    uint32_t point = data[at++];

    if (point < 0x80) {
        *next = at;
        return point;
    }
    uint32_t second = at < size ? data[at] & 0x3F : 0, third = at + 1 < size ? data[at + 1] & 0x3F : 0;
    while (at < size && (data[at] & 0xC0) == 0x80) {
        at++;
    }
    *next = at;
    point = point < 0xE0 ? (point & 0x1F) << 6 | second : (point & 0x0F) << 12 | second << 6 | third | (point >= 0xF0) << 16;
    return point < KNOWN ? point : KNOWN - 1;
}

uint64_t part_hash(const Tokens *tokens, Py_ssize_t start, Py_ssize_t end);
uint64_t prefix_hash(const Tokens *tokens, Py_ssize_t token, Py_ssize_t letters);
uint64_t suffix_hash(const Tokens *tokens, Py_ssize_t token, Py_ssize_t letters);
int arguments_take(Column *columns, PyObject *args, const Wanted *wanted, int count);
int tokens_take(Tokens *tokens, Column *columns, PyObject *args, const Wanted *wanted, int count);

#endif
