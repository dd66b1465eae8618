/* Where in a buffer matches can begin: by the pairs of bytes they open with, or around a byte that they must hold. */

#include "_kernel_starts.h"

#include <string.h>

enum { BLOCK = 4096 };

/* --- openings ---------------------------------------------------------------------------------------------------- */

/* The places of one block, narrowed pair by pair. Writes every one and counts those that stay: no branch to guess. */
static Py_ssize_t places_of_block(const Places *places, Py_ssize_t begin, Py_ssize_t size, int64_t *at, uint64_t *kept)
{
    const uint8_t *body = places->body + begin;
    Py_ssize_t count = 0, left;
    unsigned before = pair_at(body, 0);

    for (Py_ssize_t i = 0; i < size; i++) {
        unsigned first = (before << 8 | body[i + 2]) & 0xFFFF;
        uint64_t clusters = places->table[before] & places->table[PAIRS + first];
        at[count] = begin + i;
        kept[count] = clusters;
        count += clusters != 0;
        before = first;
    }
    for (Py_ssize_t depth = 2; depth < places->depth; depth++) {
        const uint64_t *row = places->table + depth * PAIRS;
        left = 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            uint64_t clusters = kept[i] & row[pair_at(places->body, (Py_ssize_t)at[i] + depth)];
            at[left] = at[i];
            kept[left] = clusters;
            left += clusters != 0;
        }
        count = left;
    }
    return count;
}

/* The same, sieved where that spares work. */
static Py_ssize_t places_sieved(const Places *places, Py_ssize_t begin, Py_ssize_t size, int64_t *at, uint64_t *kept)
{
    Py_ssize_t found = 0, end = begin + size;

    for (; begin + SIEVE_BLOCK <= end; begin += SIEVE_BLOCK) {
        Py_ssize_t more = sieved_block(places, begin, at + found, kept + found);
        found += more < 0 ? places_of_block(places, begin, SIEVE_BLOCK, at + found, kept + found) : more;
    }
    return found + places_of_block(places, begin, end - begin, at + found, kept + found);
}

/* Fills `at` and `clusters` from place `*next` on; stops, with `*next` moved, when a block might not fit any more. */
static Py_ssize_t find_places(const Places *places, Py_ssize_t *next)
{
    Py_ssize_t found = 0, begin = *next;

    while (begin < places->stop) {
        Py_ssize_t size = places->stop - begin < BLOCK ? places->stop - begin : BLOCK;
        if (places->room - found < size) {
            break;
        }
        int64_t *at = places->at + found;
        uint64_t *clusters = places->clusters + found;
        found += places->sieve != NULL ? places_sieved(places, begin, size, at, clusters)
                                       : places_of_block(places, begin, size, at, clusters);
        begin += size;
    }
    *next = begin;
    return found;
}

PyObject *kernel_places(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"body", "B", 1, 0}, {"table", "LQ", 8, 0}, {"sieve", "B", 1, 0}, {"at", "lq", 8, 1}, {"clusters", "LQ", 8, 1},
    };
    PyObject *objects[5], *result = NULL;
    Column columns[5];
    Py_ssize_t next, found;
    Places places;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOn", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4], &next)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 5)) {
        goto done;
    }
    places.depth = columns[1].length / PAIRS;
    if (places.depth < 2 || places.depth * PAIRS != columns[1].length || columns[3].length != columns[4].length
        || columns[3].length < BLOCK || next < 0
        || (columns[2].length && columns[2].length != SIEVE_ROLES * SIEVE_CLASSES)) {
        PyErr_SetString(PyExc_ValueError, "places: arrays of other lengths");
        goto done;
    }
    places.body = columns[0].data;
    places.table = columns[1].data;
    places.sieve = columns[2].length && sieve_runs_here() ? columns[2].data : NULL;
    places.at = columns[3].data;
    places.clusters = columns[4].data;
    places.room = columns[3].length;
    places.stop = columns[0].length - places.depth;
    Py_BEGIN_ALLOW_THREADS
    found = find_places(&places, &next);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nn", found, next);
done:
    columns_release(columns, 5);
    return result;
}

PyObject *kernel_picked(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"at", "lq", 8, 0}, {"clusters", "LQ", 8, 0}, {"picked", "lq", 8, 1}};
    PyObject *objects[3], *result = NULL;
    Column columns[3];
    unsigned long long mask;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOK", &objects[0], &objects[1], &objects[2], &mask)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 3)) {
        goto done;
    }
    Py_ssize_t count = columns[0].length, found = 0;
    if (columns[1].length != count || columns[2].length <= count) {
        PyErr_SetString(PyExc_ValueError, "picked: arrays of other lengths");
        goto done;
    }
    const int64_t *at = columns[0].data;
    const uint64_t *clusters = columns[1].data;
    int64_t *picked = columns[2].data;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        picked[found] = at[i];
        found += (clusters[i] & mask) != 0;
    }
    Py_END_ALLOW_THREADS
    result = PyLong_FromSsize_t(found);
done:
    columns_release(columns, 3);
    return result;
}

/* --- anchors ----------------------------------------------------------------------------------------------------- */

typedef struct {
    const uint8_t *buffer;
    Py_ssize_t length;
    const uint8_t *anchors, *before, *after, *pairs; /* 256, 256, 256, depth * PAIRS truths */
    Py_ssize_t depth, prefix;
    int64_t *at;
    Py_ssize_t room;
} Anchored;

static int can_begin(const Anchored *one, Py_ssize_t at)
{
    if (at < 1 || at + one->depth > one->length) {
        return 0;
    }
    for (Py_ssize_t depth = 0; depth < one->depth; depth++) {
        if (!one->pairs[depth * PAIRS + pair_at(one->buffer, at + depth - 1)]) {
            return 0;
        }
    }
    return 1;
}

/* The anchors of a call, and how they are best looked for: as memchr does where there is one, by their runs where they
   are neighbours and no match begins with one. */
typedef struct {
    uint8_t low, span; /* of the lowest and the highest */
    int single, in_runs;
} Search;

static Search search_of(const Anchored *one)
{
    int low = -1, high = -1, several = 0, begins = 0;

    for (int byte = 0; byte < 256; byte++) {
        if (one->anchors[byte]) {
            low = low < 0 ? byte : low;
            high = byte;
            several++;
            for (int prev = 0; !begins && prev < 256; prev++) {
                begins = one->pairs[prev << 8 | byte];
            }
        }
    }
    const int in_runs = high < 0x80 && several == high - low + 1 && !begins;
    return (Search){(uint8_t)low, (uint8_t)(high - low), several == 1, in_runs};
}

#define ONES 0x0101010101010101u
#define HIGHEST 0x8080808080808080u

/* The highest bit of each byte of a word that lies from search.low on as far as search.span; those are of ASCII. */
static uint64_t within(uint64_t word, Search search)
{
    const uint64_t low = (word & ~HIGHEST) + (0x80u - search.low) * ONES;
    const uint64_t beyond = (word & ~HIGHEST) + (0x7Fu - search.low - search.span) * ONES;

    return low & ~beyond & ~word & HIGHEST;
}

/* The number of the lowest byte whose highest bit is set: the product has it at the top. */
static Py_ssize_t lowest(uint64_t bits)
{
    return (Py_ssize_t)(((bits & (0 - bits)) >> 7) * 0x0001020304050607u >> 56);
}

/* The next place from `at` on where a run of anchors begins. */
static Py_ssize_t next_run(const Anchored *one, Search search, Py_ssize_t at)
{
    const uint8_t *buffer = one->buffer;

    at = at > 0 ? at : 1; /* nothing stands before the first byte, so no match has its anchor there */
#if PY_LITTLE_ENDIAN
    uint64_t before = at < one->length && one->anchors[buffer[at - 1]] ? 0x80 : 0;
    for (; at + (Py_ssize_t)sizeof(uint64_t) <= one->length; at += (Py_ssize_t)sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, buffer + at, sizeof word);
        const uint64_t anchors = within(word, search), begun = anchors & ~(anchors << 8 | before);
        if (begun) {
            return at + lowest(begun);
        }
        before = anchors >> 56;
    }
#endif
    while (at < one->length && !(one->anchors[buffer[at]] && !one->anchors[buffer[at - 1]])) {
        at++;
    }
    return at;
}

/* The next place from `at` on that holds an anchor that can be the first one of a match. */
static Py_ssize_t next_of(const Anchored *one, Search search, Py_ssize_t at)
{
    if (search.single) {
        const uint8_t *found = memchr(one->buffer + at, search.low, (size_t)(one->length - at));
        return found == NULL ? one->length : found - one->buffer;
    }
    if (search.in_runs) {
        return next_run(one, search, at);
    }
    while (at < one->length && !one->anchors[one->buffer[at]]) {
        at++;
    }
    return at;
}

static Py_ssize_t find_anchored(const Anchored *one, Py_ssize_t *next)
{
    Py_ssize_t found = 0, at = *next;
    const Search search = search_of(one);

    while (at < one->length && (at = next_of(one, search, at)) < one->length) {
        Py_ssize_t first = at;
        if (at + 1 < one->length && !one->after[one->buffer[at + 1]]) {
            at++;
            continue;
        }
        while (first > 0 && at - first < one->prefix && one->before[one->buffer[first - 1]]) {
            first--;
        }
        if (one->room - found < at - first + 1) {
            break;
        }
        for (; first <= at; first++) {
            one->at[found] = first;
            found += can_begin(one, first);
        }
        at++;
    }
    *next = at;
    return found;
}

PyObject *kernel_anchored(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"buffer", "B", 1, 0}, {"anchors", "?", 1, 0}, {"before", "?", 1, 0},
        {"after", "?", 1, 0}, {"pairs", "?", 1, 0}, {"at", "lq", 8, 1},
    };
    PyObject *objects[6], *result = NULL;
    Column columns[6];
    Py_ssize_t next, found;
    Anchored one;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOnn", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4],
                          &objects[5], &one.prefix, &next)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 6)) {
        goto done;
    }
    one.depth = columns[4].length / PAIRS;
    if (columns[1].length != 256 || columns[2].length != 256 || columns[3].length != 256 || one.depth < 1
        || one.depth * PAIRS != columns[4].length || one.prefix < 0 || one.prefix >= columns[5].length || next < 0) {
        PyErr_SetString(PyExc_ValueError, "anchored: arrays of other lengths");
        goto done;
    }
    one.buffer = columns[0].data;
    one.length = columns[0].length;
    one.anchors = columns[1].data;
    one.before = columns[2].data;
    one.after = columns[3].data;
    one.pairs = columns[4].data;
    one.at = columns[5].data;
    one.room = columns[5].length;
    for (int byte = 0; byte < 256; byte++) {
        if (one.anchors[byte] && one.before[byte]) { /* the ways back from two anchors would cross */
            PyErr_SetString(PyExc_ValueError, "anchored: an anchor stands before itself");
            goto done;
        }
    }
    Py_BEGIN_ALLOW_THREADS
    found = find_anchored(&one, &next);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nn", found, next);
done:
    columns_release(columns, 6);
    return result;
}
