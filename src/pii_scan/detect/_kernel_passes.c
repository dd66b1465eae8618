/* One pass over all tokens of a text each: its addresses, its lines in a single case. */

#include "_kernel_tokens.h"

enum { GLUE = 1, MARKUP = 2, SIGNS = 256 };

PyObject *kernel_glued(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"signs", "B", 1, 0}, {"out", "?", 1, 1}};
    Column columns[TOKEN_COLUMNS + 2], *own = columns + TOKEN_COLUMNS;
    PyObject *result = NULL;
    Tokens tokens;

    (void)self;
    if (tokens_take(&tokens, columns, args, wanted, 2)) {
        goto done;
    }
    const uint8_t *signs = own[0].data;
    uint8_t *out = own[1].data;
    if (own[0].length != SIGNS || own[1].length != tokens.count) {
        PyErr_SetString(PyExc_ValueError, "glued: arrays of other lengths");
        goto done;
    }
    int bad = 0, any = 0, ended = 1;
    Py_ssize_t begin = 0;
    for (Py_ssize_t i = 0; i <= tokens.count; i++) {
        unsigned sign = i < tokens.count && tokens.first[i] < SIGNS ? signs[tokens.first[i]] : 0;
        int ends = i == tokens.count || tokens.kind[i] == KIND_BREAK || (sign & MARKUP);
        if (ends || ended || tokens.start[i] != tokens.end[i - 1]) {
            for (; begin < i; begin++) {
                out[begin] = (uint8_t)bad;
            }
            bad = 0;
        }
        ended = ends;
        if (i < tokens.count && (sign & GLUE) && tokens.kind[i] != KIND_WORD) {
            bad = any = 1;
        }
    }
    result = PyBool_FromLong(any);
done:
    columns_release(columns, TOKEN_COLUMNS + 2);
    return result;
}

enum { UPPER_LETTERS = 5, UPPER_WORDS = 2, SMALL_WORDS = 5 };

static const double UPPER_SHARE = 0.8, SMALL_SHARE = 0.01;

static int64_t letters_of(const Tokens *tokens, Py_ssize_t token)
{
    return tokens->length[token] - (int64_t)counted(tokens, token, 1) - (int64_t)counted(tokens, token, 2);
}

/* Sets the words of a line, or of a text: all those that are not set. */
static int set_words(const Tokens *tokens, Py_ssize_t begin, Py_ssize_t end, uint8_t *out)
{
    int any = 0;

    for (; begin < end; begin++) {
        if (tokens->kind[begin] == KIND_WORD) {
            out[begin] = 1;
            any = 1;
        }
    }
    return any;
}

static int lines_in_capitals(const Tokens *tokens, uint8_t *out)
{
    int64_t letters = 0, capitals = 0, words = 0;
    Py_ssize_t begin = 0;
    int any = 0;

    for (Py_ssize_t i = 0; i <= tokens->count; i++) {
        if (i == tokens->count || tokens->kind[i] == KIND_BREAK) {
            if ((double)capitals >= UPPER_SHARE * (double)letters && letters >= UPPER_LETTERS && words >= UPPER_WORDS) {
                any |= set_words(tokens, begin, i, out);
            }
            letters = capitals = words = 0;
            begin = i;
        } else if (tokens->kind[i] == KIND_WORD) {
            int64_t own = letters_of(tokens, i);
            letters += own;
            words += own > 0;
            capitals += counted(tokens, i, 0);
        }
    }
    return any;
}

static int small_texts(const Tokens *tokens, const int64_t *begins, Py_ssize_t texts, uint8_t *out)
{
    int any = 0;

    for (Py_ssize_t text = 0; text < texts; text++) {
        Py_ssize_t begin = (Py_ssize_t)begins[text], end = text + 1 < texts ? (Py_ssize_t)begins[text + 1] : tokens->count;
        int64_t words = 0, capitals = 0;
        for (Py_ssize_t i = begin; i < end; i++) {
            words += tokens->kind[i] == KIND_WORD && letters_of(tokens, i) > 0;
            capitals += tokens->capital[i] != 0;
        }
        if (words >= SMALL_WORDS && (double)capitals < SMALL_SHARE * (double)words) {
            any |= set_words(tokens, begin, end, out);
        }
    }
    return any;
}

PyObject *kernel_single_case(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"begins", "lq", 8, 0}, {"out", "?", 1, 1}};
    Column columns[TOKEN_COLUMNS + 2], *own = columns + TOKEN_COLUMNS;
    PyObject *result = NULL;
    Tokens tokens;
    int64_t least_begin = 0;

    (void)self;
    if (tokens_take(&tokens, columns, args, wanted, 2)) {
        goto done;
    }
    const int64_t *begins = own[0].data;
    uint8_t *out = own[1].data;
    for (Py_ssize_t i = 0; i < own[0].length && least_begin >= 0; i++) {
        least_begin = begins[i] < least_begin || begins[i] > tokens.count ? -1 : begins[i];
    }
    if (least_begin < 0 || own[1].length != tokens.count) {
        PyErr_SetString(PyExc_ValueError, "single_case: a text that is not there");
        goto done;
    }
    for (Py_ssize_t i = 0; i < tokens.count; i++) {
        out[i] = 0;
    }
    int upper = lines_in_capitals(&tokens, out);
    int small = small_texts(&tokens, begins, own[0].length, out);
    result = PyBool_FromLong(upper || small);
done:
    columns_release(columns, TOKEN_COLUMNS + 2);
    return result;
}
