/* Whether bytes are UTF-8, as the Unicode Standard has it (table 3-7, well-formed byte sequences).

   Written so that compilers do many bytes at once: no look-up, no branch within a chunk, only comparisons of each byte
   with the three before it. */

#include "_kernel.h"

#include <string.h>

enum { CHUNK = 64, BEFORE = 3 };

/* Whether any byte is not what those before it ask for. Right only where no byte, nor one of the three before, is above
   0xDF: two bytes are then the most of a character. */
static int wrong_short(const uint8_t *bytes)
{
    uint8_t wrong = 0;

    for (Py_ssize_t i = 0; i < CHUNK; i++) {
        const uint8_t own = bytes[i], prev = bytes[i - 1];
        wrong |= (uint8_t)((prev >= 0xC0) ^ ((int8_t)own < -0x40)) | (uint8_t)((own == 0xC0) | (own == 0xC1));
    }
    return wrong;
}

static int wrong_any(const uint8_t *bytes)
{
    uint8_t wrong = 0;

    for (Py_ssize_t i = 0; i < CHUNK; i++) {
        const uint8_t own = bytes[i], prev = bytes[i - 1];
        const uint8_t asked = (uint8_t)((prev >= 0xC0) | (bytes[i - 2] >= 0xE0) | (bytes[i - 3] >= 0xF0));
        wrong |= asked ^ (uint8_t)((int8_t)own < -0x40);
        wrong |= (uint8_t)((own == 0xC0) | (own == 0xC1) | (own > 0xF4));
        wrong |= (uint8_t)((prev == 0xE0) & (own < 0xA0)); /* a shorter form exists */
        wrong |= (uint8_t)((prev == 0xF0) & (own < 0x90));
        wrong |= (uint8_t)((prev == 0xED) & (own > 0x9F)); /* surrogates */
        wrong |= (uint8_t)((prev == 0xF4) & (own > 0x8F)); /* beyond U+10FFFF */
    }
    return wrong;
}

/* A chunk whose three bytes before can be read too. */
static int is_wrong(const uint8_t *bytes)
{
    uint8_t most = 0;

    for (Py_ssize_t i = -BEFORE; i < CHUNK; i++) {
        most = bytes[i] > most ? bytes[i] : most;
    }
    return most >= 0x80 && (most < 0xE0 ? wrong_short(bytes) : wrong_any(bytes));
}

/* The `count` bytes from `begin` on, with what is before them. Where they are less than CHUNK, NUL follows: an end within
   a character is then wrong. */
static int is_wrong_apart(const uint8_t *bytes, Py_ssize_t begin, Py_ssize_t count)
{
    uint8_t apart[BEFORE + CHUNK] = {0};
    const Py_ssize_t before = begin < BEFORE ? begin : BEFORE;

    memcpy(apart + BEFORE - before, bytes + begin - before, (size_t)(before + count));
    return is_wrong(apart + BEFORE);
}

static int is_utf8(const uint8_t *bytes, Py_ssize_t length)
{
    Py_ssize_t at = 0;

    for (; at + CHUNK <= length; at += CHUNK) {
        if (at ? is_wrong(bytes + at) : is_wrong_apart(bytes, at, CHUNK)) {
            return 0;
        }
    }
    return !is_wrong_apart(bytes, at, length - at);
}

PyObject *kernel_is_utf8(PyObject *self, PyObject *bytes)
{
    static const Wanted wanted[] = {{"bytes", "B", 1, 0}};
    Column column;
    int good;

    (void)self;
    if (columns_take(&column, &bytes, wanted, 1)) {
        columns_release(&column, 1);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    good = is_utf8(column.data, column.length);
    Py_END_ALLOW_THREADS
    columns_release(&column, 1);
    return PyBool_FromLong(good);
}
