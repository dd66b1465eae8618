/* What lists say of words: as `names.evidence` has it in NumPy. */

#include "_kernel_tokens.h"

#include <stdlib.h>

enum { MIN_GENITIVE = 4 };

/* --- lists ------------------------------------------------------------------------------------------------------- */

typedef struct {
    const uint64_t *slots; /* the upper half of a hash above the codes of four lists; 0: free */
    Py_ssize_t mask;
} Lists;

typedef struct {
    uint8_t first, last, place, low;
} Codes;

static int power_of_two(Py_ssize_t value)
{
    return value > 0 && (value & (value - 1)) == 0;
}

static Codes look_up(const Lists *lists, uint64_t hash)
{
    uint64_t key = hash >> 32;
    Codes codes = {0, 0, 0, 0};

    for (Py_ssize_t tries = 0, at = (Py_ssize_t)key & lists->mask; tries <= lists->mask; tries++) {
        uint64_t slot = lists->slots[at];
        if (slot == 0) {
            break;
        }
        if (slot >> 32 == key) {
            codes.first = slot & 0xFF;
            codes.last = slot >> 8 & 0xFF;
            codes.place = slot >> 16 & 0xFF;
            codes.low = slot >> 24 & 0xFF;
            break;
        }
        at = (at + 1) & lists->mask;
    }
    return codes;
}

PyObject *kernel_enter(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"slots", "LQ", 8, 1}, {"keys", "IL", 4, 0}, {"codes", "B", 1, 0}, {"list", "lq", 8, 0}};
    Column columns[4];
    PyObject *result = NULL;

    (void)self;
    if (arguments_take(columns, args, wanted, 4)) {
        goto done;
    }
    uint64_t *slots = columns[0].data;
    const uint32_t *keys = columns[1].data;
    const uint8_t *codes = columns[2].data;
    const int64_t *list = columns[3].data;
    Py_ssize_t mask = columns[0].length - 1;
    if (!power_of_two(columns[0].length) || columns[1].length != columns[2].length || columns[3].length != 1
        || list[0] < 0 || list[0] > 3) {
        PyErr_SetString(PyExc_ValueError, "enter: arrays of other lengths");
        goto done;
    }
    for (Py_ssize_t i = 0; i < columns[1].length; i++) {
        Py_ssize_t at = (Py_ssize_t)keys[i] & mask, tries = 0;
        while (slots[at] != 0 && slots[at] >> 32 != keys[i] && tries <= mask) {
            at = (at + 1) & mask;
            tries++;
        }
        if (tries > mask) {
            PyErr_SetString(PyExc_ValueError, "enter: no room");
            goto done;
        }
        if (codes[i]) {
            slots[at] |= (uint64_t)keys[i] << 32 | (uint64_t)codes[i] << 8 * list[0];
        }
    }
    result = Py_BuildValue("");
done:
    columns_release(columns, 4);
    return result;
}

/* The hash of a word without its final s; 0 where it has none, or little before it. */
static uint64_t stem(const Tokens *tokens, Py_ssize_t token)
{
    int64_t start = tokens->start[token], end = tokens->end[token];

    if (tokens->length[token] < MIN_GENITIVE || start < 0 || start >= end || end > tokens->size
        || (tokens->data[end - 1] | 0x20) != 's') {
        return 0;
    }
    return mixed(part_hash(tokens, (Py_ssize_t)start, (Py_ssize_t)end - 1));
}

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* First name and surname by the first and last parts of a word that is joined of several. */
static void joined(const Tokens *tokens, Py_ssize_t token, const Lists *lists, Codes *codes)
{
    int64_t start = tokens->start[token], end = tokens->end[token];
    Py_ssize_t front = -1, back = -1;

    if (start < 0 || end > tokens->size) {
        return;
    }
    for (Py_ssize_t at = (Py_ssize_t)start, next; at < end; at = next) {
        if (entry_joins(tokens->points[point_at(tokens->data, tokens->size, at, &next)])) {
            front = front < 0 ? at : front;
            back = next;
        }
    }
    if (front < 0) {
        return;
    }
    Codes one = look_up(lists, mixed(part_hash(tokens, (Py_ssize_t)start, front)));
    Codes two = look_up(lists, mixed(part_hash(tokens, back, (Py_ssize_t)end)));
    codes->first = least(one.first, two.first);
    codes->last = least(one.last > one.first ? one.last : one.first, two.last);
}

PyObject *kernel_listed(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"slots", "LQ", 8, 0}, {"which", "lq", 8, 0}, {"first", "B", 1, 1}, {"last", "B", 1, 1}, {"place", "?B", 1, 1},
        {"genitive", "?B", 1, 1}, {"low", "B", 1, 1},
    };
    Column columns[TOKEN_COLUMNS + 7], *own = columns + TOKEN_COLUMNS;
    PyObject *result = NULL;
    Tokens tokens;
    int good = 1;

    (void)self;
    if (tokens_take(&tokens, columns, args, wanted, 7)) {
        goto done;
    }
    Lists lists = {own[0].data, own[0].length - 1};
    const int64_t *which = own[1].data;
    uint8_t *out[5];
    for (int i = 0; i < 5; i++) {
        out[i] = own[i + 2].data;
        good = good && own[i + 2].length == own[1].length;
    }
    if (!good || !power_of_two(own[0].length)) {
        PyErr_SetString(PyExc_ValueError, "listed: arrays of other lengths");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; good && i < own[1].length; i++) {
        Py_ssize_t token = (Py_ssize_t)which[i];
        good = which[i] >= 0 && which[i] < tokens.count;
        if (!good) {
            break;
        }
        Codes codes = look_up(&lists, tokens.hash[token]);
        int genitive = 0;
        if (!codes.first && !codes.last && tokens.kind[token] == KIND_WORD) {
            uint64_t base = stem(&tokens, token);
            if (base) {
                Codes bare = look_up(&lists, base);
                codes.first = bare.first;
                codes.last = bare.last;
                genitive = bare.first || bare.last;
            }
            if (!genitive && counted(&tokens, token, 2)) {
                joined(&tokens, token, &lists, &codes);
            }
        }
        out[0][i] = codes.first;
        out[1][i] = codes.last;
        out[2][i] = codes.place > 0;
        out[3][i] = (uint8_t)genitive;
        out[4][i] = codes.low;
    }
    Py_END_ALLOW_THREADS
    if (good) {
        result = Py_BuildValue("");
    } else {
        PyErr_SetString(PyExc_ValueError, "listed: a token that is not there");
    }
done:
    columns_release(columns, TOKEN_COLUMNS + 7);
    return result;
}

/* --- sets -------------------------------------------------------------------------------------------------------- */

PyObject *kernel_among(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"hashes", "LQ", 8, 0}, {"members", "LQ", 8, 0}, {"out", "?", 1, 1}};
    Column columns[3];
    PyObject *result = NULL;
    uint64_t *slots = NULL;
    size_t size = 256;

    (void)self;
    if (arguments_take(columns, args, wanted, 3)) {
        goto done;
    }
    const uint64_t *hashes = columns[0].data, *members = columns[1].data;
    uint8_t *out = columns[2].data;
    if (columns[2].length != columns[0].length || columns[1].length >= PY_SSIZE_T_MAX >> 8) {
        PyErr_SetString(PyExc_ValueError, "among: arrays of other lengths");
        goto done;
    }
    while (size < 4 * (size_t)columns[1].length) {
        size *= 2;
    }
    slots = calloc(size, sizeof(uint64_t));
    if (slots == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    int zero = 0;
    for (Py_ssize_t i = 0; i < columns[1].length; i++) {
        size_t at = (size_t)(members[i] >> 20) & (size - 1);
        zero |= members[i] == 0;
        while (slots[at] != 0 && slots[at] != members[i]) {
            at = (at + 1) & (size - 1);
        }
        slots[at] = members[i];
    }
    for (Py_ssize_t i = 0; i < columns[0].length; i++) {
        size_t at = (size_t)(hashes[i] >> 20) & (size - 1);
        while (slots[at] != 0 && slots[at] != hashes[i]) {
            at = (at + 1) & (size - 1);
        }
        out[i] = hashes[i] ? slots[at] == hashes[i] : (uint8_t)zero;
    }
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("");
done:
    free(slots);
    columns_release(columns, 3);
    return result;
}
