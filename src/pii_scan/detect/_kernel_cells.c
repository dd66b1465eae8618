/* Texts, cells and spans looked through byte by byte: laid side by side, digits alone, several words, beyond ASCII. */

#include "_kernel.h"

#include <string.h>

enum { MOST_COLUMNS = 4 };

/* Takes `count` arguments, of which the first two are the bytes of texts and where each begins and the last ends; gives
   how many texts, or -1. The columns must be released in either case. */
static Py_ssize_t texts_take(Column *columns, PyObject *args, const Wanted *wanted, int count, const char *name)
{
    PyObject *objects[MOST_COLUMNS];

    for (int i = 0; i < count; i++) {
        columns[i].held = 0;
    }
    if (!PyArg_UnpackTuple(args, name, count, count, &objects[0], &objects[1], &objects[2], &objects[3])
        || columns_take(columns, objects, wanted, count)) {
        return -1;
    }
    const int64_t *at = columns[1].data;
    for (Py_ssize_t i = 0; i < columns[1].length; i++) {
        if (at[i] < (i ? at[i - 1] : 0) || at[i] > (int64_t)columns[0].length) {
            PyErr_Format(PyExc_ValueError, "%s: a text that is not there", name);
            return -1;
        }
    }
    if (columns[1].length < 1) {
        PyErr_Format(PyExc_ValueError, "%s: no bounds", name);
        return -1;
    }
    return columns[1].length - 1;
}

PyObject *kernel_laid_out(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}, {"bounds", "lq", 8, 0}, {"out", "B", 1, 1}};
    PyObject *result = NULL;
    Column columns[3];
    Py_ssize_t texts;

    (void)self;
    if ((texts = texts_take(columns, args, wanted, 3, "laid_out")) < 0) {
        goto done;
    }
    const uint8_t *data = columns[0].data;
    const int64_t *bounds = columns[1].data;
    uint8_t *out = columns[2].data;
    if (bounds[texts] - bounds[0] + (texts ? texts - 1 : 0) != columns[2].length) {
        PyErr_SetString(PyExc_ValueError, "laid_out: room for other texts");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < texts; i++) {
        size_t size = (size_t)(bounds[i + 1] - bounds[i]);
        if (i) {
            *out++ = 0xFF;
        }
        memcpy(out, data + bounds[i], size);
        out += size;
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    columns_release(columns, 3);
    return result;
}

PyObject *kernel_all_digits(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}, {"bounds", "lq", 8, 0}, {"out", "?", 1, 1}};
    PyObject *result = NULL;
    Column columns[3];
    Py_ssize_t texts;

    (void)self;
    if ((texts = texts_take(columns, args, wanted, 3, "all_digits")) < 0) {
        goto done;
    }
    const uint8_t *data = columns[0].data;
    const int64_t *bounds = columns[1].data;
    uint8_t *out = columns[2].data;
    if (columns[2].length != texts) {
        PyErr_SetString(PyExc_ValueError, "all_digits: room for other texts");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < texts; i++) {
        int64_t at = bounds[i];
        while (at < bounds[i + 1] && data[at] >= '0' && data[at] <= '9') {
            at++;
        }
        out[i] = at == bounds[i + 1] && at > bounds[i];
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    columns_release(columns, 3);
    return result;
}

enum { LETTER = 1, BETWEEN = 2 };

/* Whether the byte at `at` is the point of an initial: between letters, of which the first is the only one of its word. */
static int behind_initial(const uint8_t *data, const uint8_t *kinds, int64_t begin, int64_t at, int64_t end)
{
    if (data[at] != '.' || at - 1 < begin || at + 1 >= end || !(kinds[data[at - 1]] & LETTER)
        || !(kinds[data[at + 1]] & LETTER)) {
        return 0;
    }
    int64_t before = at - 2 - ((data[at - 1] & 0xC0) == 0x80);
    return before < begin || !(kinds[data[before]] & LETTER);
}

static int holds_several_words(const uint8_t *data, const uint8_t *kinds, int64_t begin, int64_t end)
{
    int letter = 0, apart = 0;

    for (int64_t at = begin; at < end; at++) {
        uint8_t kind = kinds[data[at]];
        if (letter && !apart && ((kind & BETWEEN) || behind_initial(data, kinds, begin, at, end))) {
            apart = 1;
        }
        if (kind & LETTER) {
            if (apart) {
                return 1;
            }
            letter = 1;
        }
    }
    return 0;
}

PyObject *kernel_several_words(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}, {"bounds", "lq", 8, 0}, {"kinds", "B", 1, 0}, {"out", "?", 1, 1}};
    PyObject *result = NULL;
    Column columns[4];
    Py_ssize_t texts;

    (void)self;
    if ((texts = texts_take(columns, args, wanted, 4, "several_words")) < 0) {
        goto done;
    }
    const int64_t *bounds = columns[1].data;
    uint8_t *out = columns[3].data;
    if (columns[2].length != 256 || columns[3].length != texts) {
        PyErr_SetString(PyExc_ValueError, "several_words: arrays of other lengths");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < texts; i++) {
        out[i] = (uint8_t)holds_several_words(columns[0].data, columns[2].data, bounds[i], bounds[i + 1]);
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    columns_release(columns, 4);
    return result;
}

PyObject *kernel_holds_high(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"buffer", "B", 1, 0}, {"start", "lq", 8, 0}, {"end", "lq", 8, 0}, {"out", "?", 1, 1}};
    PyObject *objects[4], *result = NULL;
    Column columns[4];

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOO", &objects[0], &objects[1], &objects[2], &objects[3])) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 4)) {
        goto done;
    }
    const uint8_t *buffer = columns[0].data;
    const int64_t *start = columns[1].data, *end = columns[2].data;
    uint8_t *out = columns[3].data;
    const Py_ssize_t spans = columns[1].length;
    int bad = columns[2].length != spans || columns[3].length != spans;
    for (Py_ssize_t i = 0; i < spans && !bad; i++) {
        bad = start[i] < 0 || end[i] > (int64_t)columns[0].length;
    }
    if (bad) {
        PyErr_SetString(PyExc_ValueError, "holds_high: a span that is not there");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < spans; i++) {
        int64_t at = start[i];
        while (at < end[i] && (buffer[at] < 0x80 || buffer[at] == 0xFF)) {
            at++;
        }
        out[i] = at < end[i];
    }
    Py_END_ALLOW_THREADS
    result = Py_NewRef(Py_None);
done:
    columns_release(columns, 4);
    return result;
}
