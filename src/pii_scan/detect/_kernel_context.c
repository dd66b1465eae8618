/* The context word that decides for each span: what `ContextIndex.nearest_many` does, span by span. */

#include "_kernel.h"

#include <stdlib.h>

enum { SEPARATOR = 0xFF, LINE_END = 10, LOOK_BEFORE = 4 };

typedef struct {
    const uint8_t *buffer;
    const int32_t *table, *outputs; /* states * 256, states * width */
    Py_ssize_t states, width;
    const float *effect; /* rules * (words + 1); the last of each row is for no word */
    Py_ssize_t words;
    const int64_t *length; /* bytes of each word */
    const uint8_t *whole, *letters; /* words that must stand alone; bytes that begin a letter */
    Py_ssize_t before, after, used_digits;
    int32_t *passed; /* for each byte of the buffer the state behind it where words end, else 0; NULL: walk each span */
} Context;

typedef struct {
    const float *effect;
    Py_ssize_t start, end;
    int32_t best;
} Span;

static int is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static float effect_of(const Context *context, const Span *span, int32_t word)
{
    return span->effect[word < 0 ? context->words : word];
}

/* The state after a byte. One beyond the table counts as the first: no table, however wrong, is read outside. */
static int32_t step(const Context *context, int32_t state, uint8_t byte)
{
    int32_t to = context->table[(Py_ssize_t)state * 256 + byte];
    return to < 0 || to >= context->states ? 0 : to;
}

static int alnum_before(const Context *context, Py_ssize_t at)
{
    const uint8_t *byte = context->buffer + at;

    if (byte[-1] >= 0x80 && byte[-1] < 0xC0) {
        uint8_t lead = byte[-2] >= 0xC0 ? byte[-2] : byte[-3] >= 0xC0 ? byte[-3] : byte[-4];
        return context->letters[lead];
    }
    return context->letters[byte[-1]] || is_digit(byte[-1]);
}

/* Walks the buffer once. A word that ends in it ends in each window that holds the whole word, and the other way. */
static void pass(const Context *context, Py_ssize_t size)
{
    int32_t state = 0;

    for (Py_ssize_t at = 0; at < size; at++) {
        state = step(context, state, context->buffer[at]);
        context->passed[at] = context->outputs[(Py_ssize_t)state * context->width] >= 0 ? state : 0;
    }
}

static int32_t state_after(const Context *context, int32_t state, Py_ssize_t at)
{
    return context->passed != NULL ? context->passed[at] : step(context, state, context->buffer[at]);
}

/* Takes the words from `from` on that end at `stop`, shorter ones first; whether there was one. */
static int record(const Context *context, Span *span, int32_t state, Py_ssize_t from, Py_ssize_t stop, Py_ssize_t edge)
{
    int took = 0;

    for (Py_ssize_t column = 0; column < context->width; column++) {
        int32_t word = context->outputs[(Py_ssize_t)state * context->width + column];
        if (word < 0 || word >= context->words) {
            break;
        }
        if (effect_of(context, span, word) == 0 || context->length[word] < 0 || context->length[word] > stop - from) {
            continue;
        }
        if (context->whole[word]) {
            Py_ssize_t begin = stop - (Py_ssize_t)context->length[word];
            if (begin == edge || alnum_before(context, begin)
                || (context->letters[context->buffer[stop]] && stop != edge)) {
                continue;
            }
        }
        span->best = word;
        took = 1;
    }
    return took;
}

static int32_t nearest_before(const Context *context, Span *span)
{
    int32_t above = -1, state = 0;
    Py_ssize_t digits = 0;

    for (Py_ssize_t back = context->before; back > 0; back--) {
        uint8_t byte = context->buffer[span->start - back];
        if (byte == SEPARATOR || byte == LINE_END) {
            int32_t said = effect_of(context, span, span->best) > 0 ? span->best : above;
            said = digits >= context->used_digits ? -1 : said;
            above = byte == LINE_END && effect_of(context, span, said) > 0 ? said : -1;
            span->best = -1;
        } else if (is_digit(byte)) {
            digits++;
            if (span->best >= 0 && effect_of(context, span, span->best) < 0) {
                span->best = -1;
            }
        }
        state = state_after(context, state, span->start - back);
        if (context->outputs[(Py_ssize_t)state * context->width] >= 0
            && record(context, span, state, span->start - context->before, span->start - back + 1, span->start)) {
            digits = 0;
        }
    }
    return span->best < 0 ? above : span->best;
}

static int numbered_after(const Context *context, Py_ssize_t end)
{
    for (Py_ssize_t ahead = 0; ahead < context->after; ahead++) {
        uint8_t byte = context->buffer[end + ahead];
        if (byte == SEPARATOR || byte == LINE_END) {
            return 0;
        }
        if (is_digit(byte)) {
            return 1;
        }
    }
    return 0;
}

static int32_t nearest_after(const Context *context, Span *span)
{
    int32_t state = 0;

    for (Py_ssize_t ahead = 0; ahead < context->after && span->best < 0; ahead++) {
        uint8_t byte = context->buffer[span->end + ahead];
        if (byte == SEPARATOR || byte == LINE_END) {
            break;
        }
        state = state_after(context, state, span->end + ahead);
        if (context->outputs[(Py_ssize_t)state * context->width] >= 0) {
            record(context, span, state, span->end, span->end + ahead + 1, span->end);
        }
    }
    if (effect_of(context, span, span->best) < 0 && numbered_after(context, span->end)) {
        return -1;
    }
    return span->best;
}

PyObject *kernel_nearest(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"buffer", "B", 1, 0}, {"table", "il", 4, 0}, {"outputs", "il", 4, 0}, {"effect", "f", 4, 0},
        {"length", "lq", 8, 0}, {"whole", "?", 1, 0}, {"letters", "?", 1, 0}, {"start", "lq", 8, 0},
        {"end", "lq", 8, 0}, {"rule", "lq", 8, 0}, {"best", "il", 4, 1},
    };
    PyObject *objects[11], *result = NULL;
    Column columns[11];
    Context context = {0};
    int good = 1;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOOOOOOnnn", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4],
                          &objects[5], &objects[6], &objects[7], &objects[8], &objects[9], &objects[10],
                          &context.before, &context.after, &context.used_digits)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 11)) {
        goto done;
    }
    Py_ssize_t count = columns[10].length, size = columns[0].length;
    context.buffer = columns[0].data;
    context.table = columns[1].data;
    context.outputs = columns[2].data;
    context.effect = columns[3].data;
    context.length = columns[4].data;
    context.whole = columns[5].data;
    context.letters = columns[6].data;
    context.words = columns[4].length;
    context.states = columns[1].length / 256;
    context.width = context.states ? columns[2].length / context.states : 0;
    Py_ssize_t rules = columns[3].length / (context.words + 1);
    const int64_t *start = columns[7].data, *end = columns[8].data, *rule = columns[9].data;
    int32_t *best = columns[10].data;
    if (context.states * 256 != columns[1].length || context.width < 1
        || context.width * context.states != columns[2].length || rules * (context.words + 1) != columns[3].length
        || columns[5].length != context.words || columns[6].length != 256 || columns[7].length != count
        || columns[8].length != count || columns[9].length != count || context.before < 0 || context.after < 0
        || context.before > size || context.after > size) {
        PyErr_SetString(PyExc_ValueError, "nearest: arrays of other lengths");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    if (context.before > 0 && count > size / context.before) { /* windows that lie over each other */
        context.passed = malloc((size_t)size * sizeof(int32_t));
    }
    if (context.passed != NULL) {
        pass(&context, size);
    }
    for (Py_ssize_t i = 0; good && i < count; i++) {
        good = rule[i] >= 0 && rule[i] < rules && start[i] >= context.before + LOOK_BEFORE && start[i] < size
            && end[i] >= context.before + LOOK_BEFORE && end[i] < size - context.after;
        if (good) {
            Span span = {context.effect + rule[i] * (context.words + 1), (Py_ssize_t)start[i], (Py_ssize_t)end[i], -1};
            span.best = nearest_before(&context, &span);
            best[i] = span.best < 0 ? nearest_after(&context, &span) : span.best;
        }
    }
    free(context.passed);
    Py_END_ALLOW_THREADS
    if (good) {
        result = Py_BuildValue("");
    } else {
        PyErr_SetString(PyExc_ValueError, "nearest: a number beyond its table");
    }
done:
    columns_release(columns, 11);
    return result;
}
