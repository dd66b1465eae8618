/* Values that stand under keys in a block of text, and seem to be dates. Which forms there are is said in
   `pii_scan/record_dates/keyed.py`. */

#include "_kernel_dates.h"

/* FORMS: keys that may be found around one mark. COLUMNS: form, begin and end of the key, begin and length of the
   value. */
enum { BLOCK = 4096, FORMS = 2, COLUMNS = 5, KEY_BYTES = 48, TAG_BYTES = 4 * KEY_BYTES, VALUE_BYTES = 48 };
enum { JSON, ELEMENT, ATTRIBUTE, LINE };

typedef struct {
    const uint8_t *bytes;
    Py_ssize_t length, owned;
    Py_ssize_t seen, line; /* how far line ends have been looked for; the begin of the line there, -1 for none */
    int64_t *rows;
    Py_ssize_t room, found;
} Keyed;

static uint8_t byte_at(const Keyed *in, Py_ssize_t at)
{
    return at < in->length ? in->bytes[at] : 0;
}

static int is_mark(uint8_t byte)
{
    return byte == '.' || byte == '/' || byte == '-' || byte == ' ';
}

/* Whether what begins there may be a date: a year, one or two digits and a mark, or a name of three letters and a comma
   or a blank. */
static int is_dated(const Keyed *in, Py_ssize_t at)
{
    uint8_t first = byte_at(in, at), second = byte_at(in, at + 1), third = byte_at(in, at + 2);
    uint8_t fourth = byte_at(in, at + 3);

    if (is_digit(first)) {
        return is_mark(second) || (is_digit(second) && (is_mark(third) || (is_digit(third) && is_digit(fourth))));
    }
    return is_letter(first) && is_letter(second) && is_letter(third) && (fourth == ',' || fourth == ' ');
}

static int ends_value(uint8_t byte)
{
    return byte == 0 || byte == '"' || byte == '\'' || byte == '<' || byte == '>' || byte == '\r' || byte == '\n'
        || byte == '{' || byte == '}' || byte == '[' || byte == ']';
}

/* `mark`: the offset of what stands before the key. */
static void take(Keyed *to, int form, Py_ssize_t mark, Py_ssize_t begin, Py_ssize_t end, Py_ssize_t value)
{
    Py_ssize_t size = 0;

    if (end <= begin || end - begin > KEY_BYTES || mark >= to->owned) {
        return;
    }
    while (size < VALUE_BYTES && value + size < to->length && !ends_value(to->bytes[value + size])) {
        size++;
    }
    int64_t *row = to->rows + COLUMNS * to->found;
    row[0] = form;
    row[1] = begin;
    row[2] = end;
    row[3] = value;
    row[4] = size;
    to->found++;
}

/* `"key": value`, the value with quotes or without. */
static void json(Keyed *to, Py_ssize_t colon)
{
    Py_ssize_t value = colon + 1, end = colon - 1, begin = end;

    value += byte_at(to, value) == ' ';
    value += byte_at(to, value) == '"';
    if (!is_dated(to, value)) {
        return;
    }
    while (begin > 0 && end - begin <= KEY_BYTES && to->bytes[begin - 1] != '"') {
        begin--;
    }
    if (begin > 0) {
        take(to, JSON, begin - 1, begin, end, value);
    }
}

/* `<prefix:key attributes>value`, the value as it stands or in a CDATA section. */
static void element(Keyed *to, Py_ssize_t bracket)
{
    static const char opaque[] = "<![CDATA[";
    const Py_ssize_t size = sizeof opaque - 1;
    Py_ssize_t value = bracket + 1, begin = bracket, end;

    if (to->length - value >= size && memcmp(to->bytes + value, opaque, (size_t)size) == 0) {
        value += size;
    }
    if (!is_dated(to, value)) {
        return;
    }
    while (begin > 0 && bracket - begin <= TAG_BYTES && to->bytes[begin - 1] != '<') {
        begin--;
    }
    if (begin == 0 || bracket - begin > TAG_BYTES || !is_letter(to->bytes[begin])) {
        return;
    }
    Py_ssize_t mark = begin - 1;
    for (end = begin; end < bracket; end++) {
        uint8_t byte = to->bytes[end];
        if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == '/' || byte == '>') {
            break;
        }
    }
    const uint8_t *colon = memchr(to->bytes + begin, ':', (size_t)(end - begin));
    if (colon != NULL) {
        begin = colon - to->bytes + 1;
    }
    take(to, ELEMENT, mark, begin, end, value);
}

static int opens_attribute(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n' || byte == ':' || byte == ',' || byte == '?'
        || byte == '&' || byte == ';';
}

/* `key="value"`. */
static void attribute(Keyed *to, Py_ssize_t equals)
{
    Py_ssize_t begin = equals;

    if (!is_letter(to->bytes[equals - 1]) || !is_dated(to, equals + 2)) {
        return;
    }
    while (begin > 0 && equals - begin <= KEY_BYTES && !opens_attribute(to->bytes[begin - 1])) {
        begin--;
    }
    if (begin > 0) {
        take(to, ATTRIBUTE, begin - 1, begin, equals, equals + 2);
    }
}

/* `KEY:value` and `KEY;PARAMETER=...:value` of calendars (RFC 5545). */
static void property(Keyed *to, Py_ssize_t colon)
{
    Py_ssize_t begin, end, back = colon;

    for (Py_ssize_t i = 1; i <= 8; i++) {
        if (!is_digit(byte_at(to, colon + i))) {
            return;
        }
    }
    while (back > to->seen && to->bytes[back - 1] != '\n') {
        back--;
    }
    to->line = back > to->seen ? back : to->line;
    to->seen = colon;
    begin = to->line < 0 && colon < KEY_BYTES ? 0 : to->line;
    if (begin < 0 || to->bytes[begin] < 'A' || to->bytes[begin] > 'Z') {
        return;
    }
    for (end = begin; end - begin <= KEY_BYTES && to->bytes[end] != ';' && to->bytes[end] != ':'; end++) {
    }
    take(to, LINE, begin - 1, begin, end, colon + 1);
}

/* Goes on from byte `*next`; stops, with `*next` moved, at a mark whose keys might not fit any more. */
static void find_keyed(Keyed *to, Py_ssize_t *next)
{
    const uint8_t *bytes = to->bytes;
    uint8_t flags[BLOCK] = {0};
    Py_ssize_t marks[BLOCK + 8];
    Py_ssize_t begin = *next > 1 ? *next : 1, stop = to->length - 1; /* before a mark is a key, after it a value */

    while (begin < stop) {
        Py_ssize_t size = stop - begin < BLOCK ? stop - begin : BLOCK;
        const uint8_t *from = bytes + begin;
        for (Py_ssize_t i = 0; i < size; i++) {
            flags[i] = (from[i] == '>') | ((from[i] == '=') & ((from[i + 1] == '"') | (from[i + 1] == '\'')))
                | ((from[i] == ':') & ((from[i - 1] == '"') | ((uint8_t)(from[i + 1] - '0') < 10)));
        }
        memset(flags + size, 0, (size_t)(BLOCK - size));
        Py_ssize_t count = flagged(flags, (size + 7) & ~(Py_ssize_t)7, begin, marks);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_ssize_t at = marks[i];
            if (to->room - to->found < FORMS) {
                *next = at;
                return;
            }
            if (bytes[at] == '>') {
                element(to, at);
            } else if (bytes[at] == '=') {
                attribute(to, at);
            } else {
                if (bytes[at - 1] == '"') {
                    json(to, at);
                }
                property(to, at);
            }
        }
        begin += size;
    }
    *next = to->length;
}

PyObject *kernel_keyed(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}, {"rows", "lq", 8, 1}};
    PyObject *objects[2], *result = NULL;
    Column columns[2];
    Keyed to;
    Py_ssize_t next;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOnn", &objects[0], &objects[1], &to.owned, &next)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 2)) {
        goto done;
    }
    to.room = columns[1].length / COLUMNS;
    if (to.room < FORMS || to.room * COLUMNS != columns[1].length || next < 0) {
        PyErr_SetString(PyExc_ValueError, "keyed: arrays of other lengths");
        goto done;
    }
    to.bytes = columns[0].data;
    to.length = columns[0].length;
    to.rows = columns[1].data;
    to.found = to.seen = 0;
    to.line = -1;
    Py_BEGIN_ALLOW_THREADS
    find_keyed(&to, &next);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nn", to.found, next);
done:
    columns_release(columns, 2);
    return result;
}
