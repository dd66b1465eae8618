/* Walks of an automaton whose moves Python makes when a walk first comes to them. */

#include "_kernel.h"

enum { BLOCK = 256, NO_STATE = -1 };

/* Bytes that a block of walks goes further before the dead are left out: what may begin is told by as many, mostly. */
enum { FIRST_STEPS = 4, SOME_STEPS = 2 };

typedef struct {
    const uint8_t *buffer;
    Py_ssize_t length;
    const int32_t *classes, *table;
    const int64_t *accepts;
    Py_ssize_t width, states;
    const int64_t *follows; /* for an end after a byte of no word, of a word, beyond ASCII, by the byte that follows */
    const int64_t *starts;
    Py_ssize_t count, steps;
    int what;
    int64_t *start, *end, *bits;
    Py_ssize_t room;
} Walks;

/* How a walk ended, or why the work was handed back. */
enum { DONE, UNMADE, FULL, WRONG };

typedef struct {
    Py_ssize_t number, at;
    int32_t state;
    Py_ssize_t found, singly; /* walks before this number are made one by one */
} Place;

/* What is written of a walk: every place where expressions end; only the first; or only where it was dead. */
enum { EVERY, FIRST, EXTENT };

enum { AFTER_OTHER, AFTER_WORD, AFTER_HIGH, KINDS };

static int end_kind(uint8_t last)
{
    int word = (last >= '0' && last <= '9') || ((last | 32) >= 'a' && (last | 32) <= 'z') || last == '_';
    return last >= 0x80 ? AFTER_HIGH : word ? AFTER_WORD : AFTER_OTHER;
}

/* The expressions that end before byte `at`, less those that the byte there forbids to. */
static int64_t ending(const Walks *walks, int32_t state, int64_t at)
{
    int64_t bits = walks->accepts[state];

    if (bits) {
        bits &= walks->follows[end_kind(walks->buffer[at - 1]) * 256 + walks->buffer[at]];
    }
    return bits;
}

static void note(const Walks *walks, Place *place, Py_ssize_t end, int64_t bits)
{
    walks->start[place->found] = walks->starts[place->number];
    walks->end[place->found] = end;
    walks->bits[place->found++] = bits;
}

/* One walk to its end. Bits of an event: the expressions that end there; 0 where it was dead; -1 past `steps`. */
static int walk_one(const Walks *walks, Place *place)
{
    const Py_ssize_t start = (Py_ssize_t)walks->starts[place->number], limit = walks->length - 1;
    const Py_ssize_t last = walks->steps < limit - start ? start + walks->steps : limit;
    Py_ssize_t at = place->at;
    int32_t state = place->state;

    while (at < last && state != 0) {
        int32_t to = walks->table[(Py_ssize_t)state * walks->width + walks->classes[walks->buffer[at]]];
        if (to < 0 || to >= walks->states) {
            place->at = at;
            place->state = state;
            return to == NO_STATE ? UNMADE : WRONG;
        }
        state = to;
        at++;
        int64_t bits = walks->what == EXTENT ? 0 : ending(walks, state, at);
        if (bits) {
            note(walks, place, at, bits);
            if (walks->what == FIRST) {
                return DONE;
            }
            if (walks->room - place->found < 2) {
                place->at = at;
                place->state = state;
                return FULL;
            }
        }
    }
    if (state != 0 && at == last && last < limit) {
        note(walks, place, at, -1);
    } else if (walks->what != EVERY) {
        note(walks, place, at, 0);
    }
    return DONE;
}

/* What a byte is to a walk: its class, below where in `follows` that begins which may come after it at an end. */
static void facts_of_bytes(const Walks *walks, uint32_t facts[256])
{
    for (int byte = 0; byte < 256; byte++) {
        facts[byte] = (uint32_t)(256 * end_kind((uint8_t)byte)) << 16 | (uint32_t)walks->classes[byte];
    }
}

/* Walks side by side: their states, and where they began, counted from the first of them. */
typedef struct {
    uint32_t state[BLOCK], start[BLOCK];
    Py_ssize_t living;
} Block;

/* All of a block a byte further, at `base` from where each began. Nothing is left out here, as every load would wait for
   where the store before it goes; the dead go on being dead. Gives the events found; -1 where a move is not made. */
static Py_ssize_t block_step(const Walks *walks, Block *block, const uint32_t *facts, Py_ssize_t step, int64_t first,
                             Py_ssize_t found)
{
    const uint8_t *base = walks->buffer + first + step; /* own copies: what is written could else change them */
    const int32_t *table = walks->table;
    const int64_t *accepts = walks->accepts, *follows = walks->follows;
    const size_t width = (size_t)walks->width;
    const uint32_t states = walks->states < INT32_MAX ? (uint32_t)walks->states : INT32_MAX;
    const Py_ssize_t living = block->living;

    for (Py_ssize_t i = 0; i < living; i++) {
        const uint8_t *at = base + block->start[i];
        const uint32_t fact = facts[at[0]];
        const uint32_t to = (uint32_t)table[block->state[i] * width + (fact & 0xFFFF)];
        if (to >= states) { /* a move not made is below 0, and so beyond as well */
            return -1;
        }
        block->state[i] = to;
        const int64_t bits = accepts[to] & follows[(fact >> 16) + at[1]];
        if (bits) {
            walks->start[found] = first + block->start[i];
            walks->end[found] = first + block->start[i] + step + 1;
            walks->bits[found++] = bits;
        }
    }
    return found;
}

/* A block of walks from its start, all of them some bytes further at a time; then those that died are left out.

   Gives up, and leaves it to `walk_one`, where a move is not made or events might not fit: nothing is kept then. */
static int walk_block(const Walks *walks, Place *place, Py_ssize_t count, const uint32_t *facts)
{
    Block block = {.living = count};
    const int64_t *starts = walks->starts + place->number, first = starts[0];
    Py_ssize_t found = place->found, step = 0, last = 0;

    for (Py_ssize_t i = 0; i < count; i++) {
        const int64_t after = starts[i] - first;
        if (after < 0 || after >= INT32_MAX || starts[i] >= walks->length) {
            return 0;
        }
        block.state[i] = 1;
        block.start[i] = (uint32_t)after;
        last = after > last ? after : last;
    }
    while (block.living) {
        const Py_ssize_t stop = step + (step ? SOME_STEPS : FIRST_STEPS);
        if (stop > walks->steps || first + last + stop >= walks->length
            || walks->room - found < (stop - step) * block.living + 2) {
            return 0;
        }
        for (; step < stop; step++) {
            found = block_step(walks, &block, facts, step, first, found);
            if (found < 0) {
                return 0;
            }
        }
        Py_ssize_t left = 0;
        for (Py_ssize_t i = 0; i < block.living; i++) {
            const uint32_t state = block.state[i], start = block.start[i];
            block.state[left] = state;
            block.start[left] = start;
            left += state != 0;
        }
        block.living = left;
    }
    place->found = found;
    place->number += count;
    return 1;
}

static int walk_all(const Walks *walks, Place *place)
{
    uint32_t facts[256];

    facts_of_bytes(walks, facts);
    while (place->number < walks->count) {
        const Py_ssize_t number = place->number, left = walks->count - number;
        const int64_t start = walks->starts[number];
        if (start < 0 || start >= walks->length || place->at < start || place->at > walks->length || place->state < 0
            || place->state >= walks->states) {
            return WRONG;
        }
        if (walks->room - place->found < 2) {
            return FULL;
        }
        if (number >= place->singly && walks->what == EVERY && place->at == start && place->state == 1) {
            if (!walk_block(walks, place, left < BLOCK ? left : BLOCK, facts)) {
                place->singly = number + (left < BLOCK ? left : BLOCK);
            }
        }
        if (place->number == number) {
            int how = walk_one(walks, place);
            if (how != DONE) {
                return how;
            }
            place->number++;
        }
        if (place->number < walks->count) {
            place->at = (Py_ssize_t)walks->starts[place->number];
            place->state = 1;
        }
    }
    return DONE;
}

static int walks_take(Walks *walks, Column *columns)
{
    walks->buffer = columns[0].data;
    walks->length = columns[0].length;
    walks->classes = columns[1].data;
    walks->table = columns[2].data;
    walks->accepts = columns[3].data;
    walks->states = columns[3].length;
    walks->follows = columns[4].data;
    walks->starts = columns[5].data;
    walks->count = columns[5].length;
    walks->start = columns[6].data;
    walks->end = columns[7].data;
    walks->bits = columns[8].data;
    walks->room = columns[6].length;
    walks->width = walks->states ? columns[2].length / walks->states : 0;
    int good = columns[1].length == 256 && walks->width > 0 && walks->width <= 256
        && walks->width * walks->states == columns[2].length && columns[4].length == KINDS * 256
        && columns[7].length == walks->room && columns[8].length == walks->room
        && walks->room > 2 && walks->steps > 0 && walks->steps <= 1 << 30
        && walks->what >= EVERY && walks->what <= EXTENT;
    for (int byte = 0; good && byte < 256; byte++) {
        good = walks->classes[byte] >= 0 && walks->classes[byte] < walks->width;
    }
    return good ? 0 : -1;
}

PyObject *kernel_walk(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"buffer", "B", 1, 0}, {"classes", "il", 4, 0}, {"table", "il", 4, 0}, {"accepts", "lq", 8, 0},
        {"follows", "lq", 8, 0}, {"starts", "lq", 8, 0}, {"start", "lq", 8, 1}, {"end", "lq", 8, 1}, {"bits", "lq", 8, 1},
    };
    PyObject *objects[9], *result = NULL;
    Column columns[9];
    Walks walks;
    Place place = {0, 0, 0, 0, 0};
    int how;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOnnnii", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4],
                          &objects[5], &objects[6], &objects[7], &objects[8], &walks.steps, &place.number, &place.at,
                          &place.state, &walks.what)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 9)) {
        goto done;
    }
    if (walks_take(&walks, columns) || place.number < 0) {
        PyErr_SetString(PyExc_ValueError, "walk: arrays of other lengths");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    how = walk_all(&walks, &place);
    Py_END_ALLOW_THREADS
    if (how == WRONG) {
        PyErr_SetString(PyExc_ValueError, "walk: a start or a state that is none");
        goto done;
    }
    result = Py_BuildValue("innin", how, place.number, place.at, (int)place.state, place.found);
done:
    columns_release(columns, 9);
    return result;
}
