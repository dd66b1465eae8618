/* Time stamps at the heads of lines, and how many lines there are. Which forms there are is said in
   `pii_scan/record_dates/lines.py`. */

#include "_kernel_dates.h"

/* FORMS: stamps that may be found around one mark. REACH: the mark of a form is so far after its begin at most. */
enum { BLOCK = 4096, FORMS = 4, REACH = 14, COUNTED = 128 };

typedef struct {
    const uint8_t *bytes;
    Py_ssize_t length, owned, head;
    int continued;
    int64_t *at, *start, *day;
    Py_ssize_t room, found;
} Stamps;

static int all_digits(const uint8_t *bytes, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!is_digit(bytes[i])) {
            return 0;
        }
    }
    return 1;
}

/* A blank counts as zero. */
static int64_t number(const uint8_t *bytes, int count)
{
    int64_t value = 0;

    for (int i = 0; i < count; i++) {
        value = value * 10 + (bytes[i] == ' ' ? 0 : (int64_t)bytes[i] - '0');
    }
    return value;
}

/* The month whose short name stands there; 0 where none does. */
static int64_t month(const uint8_t *bytes)
{
    static const struct {
        char name[4];
        int number;
    } months[] = {
        {"jan", 1}, {"feb", 2}, {"mar", 3}, {"apr", 4}, {"may", 5}, {"mai", 5}, {"jun", 6}, {"jul", 7}, {"aug", 8},
        {"sep", 9}, {"oct", 10}, {"okt", 10}, {"nov", 11}, {"dec", 12}, {"des", 12},
    };

    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        const char *name = months[i].name;
        if ((bytes[0] | 0x20) == name[0] && (bytes[1] | 0x20) == name[1] && (bytes[2] | 0x20) == name[2]) {
            return months[i].number;
        }
    }
    return 0;
}

static int opens_stamp(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '[' || byte == '(' || byte == '|' || byte == ';' || byte == ',';
}

static int is_quote(uint8_t byte)
{
    return byte == '"' || byte == '\'' || byte == '<' || byte == '*';
}

/* Takes a stamp if it stands where those of lines do, in a line that begins before `owned`. */
static void take(Stamps *to, Py_ssize_t at, int64_t day)
{
    const uint8_t *bytes = to->bytes;
    Py_ssize_t start = at;

    if (day == NO_DAY) {
        return;
    }
    if (at > 0 && bytes[at - 1] != '\n') {
        int quoted = is_quote(bytes[at - 1]);
        if (!quoted && !opens_stamp(bytes[at - 1])) {
            return;
        }
        while (start > 0 && bytes[start - 1] != '\n') {
            start--;
            if (at - start >= (quoted ? 2 : to->head)) {
                return;
            }
        }
    }
    if (start >= to->owned || (start == 0 && to->continued)) {
        return;
    }
    to->at[to->found] = at;
    to->start[to->found] = start;
    to->day[to->found] = day;
    to->found++;
}

static int digit_before(const Stamps *in, Py_ssize_t at)
{
    return at > 0 && is_digit(in->bytes[at - 1]);
}

/* `yyyy-mm-dd` or `yyyy/mm/dd`, and `hh:mm` after `T` or a blank. */
static void iso(Stamps *to, Py_ssize_t colon)
{
    Py_ssize_t at = colon - 13;

    if (at < 0 || colon + 3 > to->length) {
        return;
    }
    const uint8_t *text = to->bytes + at;
    uint8_t mark = text[4], gap = text[10];
    if ((mark != '-' && mark != '/') || text[7] != mark
        || (gap != 'T' && gap != ' ' && gap != '\t' && gap != 't' && gap != '_') || !all_digits(text, 4)
        || !all_digits(text + 5, 2) || !all_digits(text + 8, 2) || !all_digits(text + 11, 2)
        || !all_digits(text + 14, 2) || digit_before(to, at)) {
        return;
    }
    take(to, at, day_of(number(text, 4), number(text + 5, 2), number(text + 8, 2)));
}

/* `06/Feb/2026:00:00:38`. */
static void clf(Stamps *to, Py_ssize_t colon)
{
    Py_ssize_t at = colon - 11;

    if (at < 0 || colon + 4 > to->length) {
        return;
    }
    const uint8_t *text = to->bytes + at;
    if (text[2] != '/' || text[6] != '/' || text[14] != ':' || !all_digits(text, 2) || !all_digits(text + 7, 4)
        || !all_digits(text + 12, 2) || digit_before(to, at)) {
        return;
    }
    take(to, at, day_of(number(text + 7, 4), month(text + 3), number(text, 2)));
}

/* `Feb  6 2026 00:00:38`; `Feb  6 00:00:38 2026`, also with a fraction. */
static void syslog_like(Stamps *to, Py_ssize_t colon)
{
    if (colon < 9 || colon + 4 > to->length) {
        return;
    }
    const uint8_t *text = to->bytes + colon;
    if (text[3] != ':' || text[-3] != ' ' || !all_digits(text - 2, 2) || !all_digits(text + 1, 2)) {
        return;
    }
    if (colon >= 14 && all_digits(text - 7, 4) && text[-8] == ' ') {
        take(to, colon - 14, day_of(number(text - 7, 4), month(text - 14), number(text - 10, 2)));
    }
    if (is_digit(text[-4]) && (text[-5] == ' ' || is_digit(text[-5])) && colon + 7 <= to->length) {
        Py_ssize_t year = text[6] == '.' ? 14 : 7;
        if (colon + year + 4 <= to->length && text[year - 1] == ' ' && all_digits(text + year, 4)) {
            take(to, colon - 9, day_of(number(text + year, 4), month(text - 9), number(text - 5, 2)));
        }
    }
}

/* `04.03.2026 05:06`, with a comma after the year or without. */
static void dotted(Stamps *to, Py_ssize_t dot)
{
    Py_ssize_t at = dot - 2, hour = at + 11;

    if (at < 0 || hour + 5 > to->length) {
        return;
    }
    const uint8_t *text = to->bytes + at;
    uint8_t gap = text[10];
    if (text[5] != '.' || (gap != ',' && gap != ' ' && gap != '\t' && gap != 'T') || !all_digits(text, 2)
        || !all_digits(text + 3, 2) || !all_digits(text + 6, 4) || digit_before(to, at)
        || (at > 0 && text[-1] == '.')) {
        return;
    }
    hour += to->bytes[hour] == ' ';
    const uint8_t *time = to->bytes + hour;
    if (hour + 5 > to->length || !all_digits(time, 2) || (time[2] != ':' && time[2] != '.')
        || !all_digits(time + 3, 2)) {
        return;
    }
    take(to, at, day_of(number(text + 6, 4), number(text + 3, 2), number(text, 2)));
}

/* `1583298000.123` at the begin of a line. */
static void unix_time(Stamps *to, Py_ssize_t dot)
{
    Py_ssize_t at = dot - 10;

    if (at < 0 || dot + 3 > to->length || (at > 0 && to->bytes[at - 1] != '\n')) {
        return;
    }
    const uint8_t *text = to->bytes + at;
    if (all_digits(text, 10) && all_digits(text + 11, 2)) {
        take(to, at, number(text, 10) / 86400);
    }
}

/* Goes on from byte `*next`; stops, with `*next` moved, at a mark whose stamps might not fit any more. */
static void find_stamps(Stamps *to, Py_ssize_t *next)
{
    const uint8_t *bytes = to->bytes;
    uint8_t flags[BLOCK] = {0};
    Py_ssize_t marks[BLOCK + 8];
    Py_ssize_t begin = *next > 2 ? *next : 2, stop = to->length - 2; /* two digits are on either side of all marks */

    if (to->owned <= 0) {
        stop = 0;
    } else if (to->owned < stop - to->head - REACH) {
        stop = to->owned + to->head + REACH;
    }
    while (begin < stop) {
        Py_ssize_t size = stop - begin < BLOCK ? stop - begin : BLOCK;
        const uint8_t *from = bytes + begin;
        for (Py_ssize_t i = 0; i < size; i++) { /* the outer digits: they tell versions apart, `HTTP/1.1` */
            flags[i] = ((from[i] == ':') | (from[i] == '.')) & ((uint8_t)(from[i - 2] - '0') < 10)
                & ((uint8_t)(from[i + 2] - '0') < 10);
        }
        memset(flags + size, 0, (size_t)(BLOCK - size));
        Py_ssize_t count = flagged(flags, (size + 7) & ~(Py_ssize_t)7, begin, marks);
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_ssize_t at = marks[i];
            if (to->room - to->found < FORMS) {
                *next = at;
                return;
            }
            if (bytes[at] == '.') {
                dotted(to, at);
                unix_time(to, at);
            } else {
                iso(to, at);
                clf(to, at);
                syslog_like(to, at);
            }
        }
        begin += size;
    }
    *next = to->length;
}

PyObject *kernel_stamps(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"data", "B", 1, 0}, {"at", "lq", 8, 1}, {"start", "lq", 8, 1}, {"day", "lq", 8, 1},
    };
    PyObject *objects[4], *result = NULL;
    Column columns[4];
    Stamps to;
    Py_ssize_t next;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOnpnn", &objects[0], &objects[1], &objects[2], &objects[3], &to.owned,
                          &to.continued, &to.head, &next)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 4)) {
        goto done;
    }
    to.room = columns[1].length;
    if (to.room < FORMS || columns[2].length != to.room || columns[3].length != to.room || to.head < 2
        || to.head > BLOCK || next < 0) {
        PyErr_SetString(PyExc_ValueError, "stamps: arrays of other lengths");
        goto done;
    }
    to.bytes = columns[0].data;
    to.length = columns[0].length;
    to.at = columns[1].data;
    to.start = columns[2].data;
    to.day = columns[3].data;
    to.found = 0;
    Py_BEGIN_ALLOW_THREADS
    find_stamps(&to, &next);
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nn", to.found, next);
done:
    columns_release(columns, 4);
    return result;
}

/* The bytes of the line that begins at `start`. */
static Py_ssize_t line_length(const uint8_t *bytes, Py_ssize_t length, Py_ssize_t start)
{
    const uint8_t *end = memchr(bytes + start, '\n', (size_t)(length - start));
    return (end == NULL ? length : end - bytes) - start;
}

/* Lines of two bytes or more that begin before `owned`; not the first one if it is continued. */
static Py_ssize_t count_lines(const uint8_t *bytes, Py_ssize_t length, Py_ssize_t owned, int continued)
{
    Py_ssize_t stop = owned < length ? owned : length, lines = 0, start = stop;

    if (stop <= 0) {
        return 0;
    }
    for (Py_ssize_t begin = 2; begin < stop; begin += COUNTED) {
        Py_ssize_t end = stop - begin < COUNTED ? stop : begin + COUNTED;
        uint8_t some = 0;
        for (Py_ssize_t i = begin; i < end; i++) {
            some += (bytes[i] == '\n') & (bytes[i - 1] != '\n') & (bytes[i - 2] != '\n');
        }
        lines += some;
    }
    while (start > 0 && bytes[start - 1] != '\n') {
        start--;
    }
    if (start < stop) { /* the line that ends behind it */
        lines += line_length(bytes, length, start) > 1;
    }
    return lines - (continued && line_length(bytes, length, 0) > 1);
}

PyObject *kernel_lines(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}};
    PyObject *objects[1], *result = NULL;
    Column columns[1];
    Py_ssize_t owned, lines;
    int continued;

    (void)self;
    if (!PyArg_ParseTuple(args, "Onp", &objects[0], &owned, &continued)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 1)) {
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    lines = count_lines(columns[0].data, columns[0].length, owned, continued);
    Py_END_ALLOW_THREADS
    result = PyLong_FromSsize_t(lines);
done:
    columns_release(columns, 1);
    return result;
}
