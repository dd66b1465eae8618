/* Cells of a column to days: dates in digits. Which forms there are is said in `pii_scan/record_dates/forms.py`. */

#include "_kernel_dates.h"

enum { WIDTH = 32 };

typedef struct {
    int64_t day_first, month_first;
    int named; /* a month may be written as a name */
} Read;

/* The number of a day of the calendar, from 1 January 1970; NO_DAY where there is no such day. */
int64_t day_of(int64_t year, int64_t month, int64_t day)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) {
        return NO_DAY;
    }
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > lengths[month - 1] + (leap && month == 2)) {
        return NO_DAY;
    }
    int64_t years = year - 1; /* gone by */
    int64_t first = years * 365 + years / 4 - years / 100 + years / 400 - 719162;
    return first + before[month - 1] + (leap && month > 2) + day - 1;
}

static inline int ends_date(uint8_t byte)
{
    switch (byte) {
    case 0: case ' ': case '\t': case 'T': case 't': case ',': case ';': case 'Z': case '+': case '"': case '\'':
        return 1;
    default:
        return 0;
    }
}

/* The column at which the run of digits after column `before` ends. */
static int run_end(const uint8_t *row, int before)
{
    int at = before + 1;

    while (at < WIDTH && is_digit(row[at])) {
        at++;
    }
    return at < WIDTH ? at : WIDTH;
}

/* The number in the columns from `begin` to `end`, of which four at most are read. */
static int64_t number(const uint8_t *row, int begin, int end)
{
    int64_t value = 0;

    for (int at = begin; at < end && at < begin + 4; at++) {
        value = value * 10 + row[at] - '0';
    }
    return value;
}

static int has_half_day(const uint8_t *row)
{
    for (int at = 1; at < WIDTH; at++) {
        uint8_t before = row[at - 1] | 0x20;
        if ((row[at] | 0x20) == 'm' && (before == 'a' || before == 'p')) {
            return 1;
        }
    }
    return 0;
}

/* Groups of digits between marks: year-month-day, day.month.year, year-month. */
static void read_grouped(const uint8_t *row, int first, int64_t century, Read *read)
{
    int second = run_end(row, first), last = WIDTH - 1;
    int third = run_end(row, second < last ? second : last);
    uint8_t mark = row[first], mark_2 = row[second < last ? second : last], after = row[third < last ? third : last];
    int length = second - first - 1, last_length = third - second - 1;

    if (length < 1 || length > 2) {
        return;
    }
    int64_t a = number(row, 0, first), b = number(row, first + 1, second), c = number(row, second + 1, third);
    if (first == 4 && length == 2 && mark == '-' && mark_2 == 0) {
        read->day_first = read->month_first = day_of(a, b, 1);
        return;
    }
    if (mark != mark_2 || (mark != '-' && mark != '.' && mark != '/') || !ends_date(after)) {
        return;
    }
    if (first == 4 && (last_length == 1 || last_length == 2)) {
        read->day_first = read->month_first = day_of(a, b, c);
    } else if (first <= 2 && (last_length == 4 || last_length == 2)) {
        int64_t year = last_length == 4 ? c : c <= century % 100 ? c + 2000 : c + 1900;
        read->day_first = read->month_first = day_of(year, b, a);
        if (mark != '.') { /* no one writes month.day.year */
            read->month_first = day_of(year, a, b);
            if (read->month_first != NO_DAY && has_half_day(row)) {
                read->day_first = NO_DAY;
            }
        }
    }
}

/* Digits alone: yyyymmdd, with a time of day or without, or Unix time by its number of digits. */
static int64_t read_solid(const uint8_t *row, int length)
{
    uint8_t after = row[length < WIDTH ? length : WIDTH - 1];
    int ends = ends_date(after);
    int64_t units = 86400, total = 0;

    if ((length == 8 && (ends || after == '_' || after == '-')) || (length == 12 && ends)
        || (length == 14 && (ends || after == '.'))) {
        return day_of(number(row, 0, 4), number(row, 4, 6), number(row, 6, 8));
    }
    if ((length != 10 && length != 13 && length != 16 && length != 19) || !(ends || (length == 10 && after == '.'))) {
        return NO_DAY;
    }
    for (int digits = 10; digits < length; digits += 3) {
        units *= 1000;
    }
    for (int at = 0; at < length && at < 18; at++) { /* the last digit of nanoseconds would run over */
        total = total * 10 + row[at] - '0';
    }
    return total / (length < 19 ? units : units / 10);
}

static void read_row(const uint8_t *row, int64_t century, Read *read)
{
    int first = run_end(row, -1);

    read->day_first = read->month_first = NO_DAY;
    read->named = 0;
    if (first >= 1 && first <= 4) {
        read_grouped(row, first, century, read);
    } else if (first >= 8) {
        read->day_first = read->month_first = read_solid(row, first);
    }
    if (read->day_first == NO_DAY && read->month_first == NO_DAY && first <= 2) {
        for (int at = first; at < WIDTH && !read->named; at++) {
            read->named = is_letter(row[at]) || row[at] >= 0x80;
        }
    }
}

static int opens_text(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\'' || byte == '"' || byte == '=';
}

static void read_text(const uint8_t *text, int64_t length, int64_t century, Read *read)
{
    uint8_t row[WIDTH] = {0};

    for (int i = 0; i < 3 && length > 0 && opens_text(*text); i++) {
        text++;
        length--;
    }
    memcpy(row, text, (size_t)(length < WIDTH ? length : WIDTH));
    read_row(row, century, read);
}

PyObject *kernel_days(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"data", "B", 1, 0}, {"starts", "lq", 8, 0}, {"lengths", "lq", 8, 0}, {"day_first", "lq", 8, 1},
        {"month_first", "lq", 8, 1}, {"named", "?", 1, 1},
    };
    PyObject *objects[6], *result = NULL;
    Column columns[6];
    long long century;
    int sound = 1;

    (void)self;
    if (!PyArg_ParseTuple(args, "OOOOOOL", &objects[0], &objects[1], &objects[2], &objects[3], &objects[4], &objects[5],
                          &century)) {
        return NULL;
    }
    if (columns_take(columns, objects, wanted, 6)) {
        goto done;
    }
    Py_ssize_t count = columns[1].length, size = columns[0].length, named = 0;
    for (int i = 2; i < 6; i++) {
        sound &= columns[i].length == count;
    }
    const uint8_t *data = columns[0].data;
    const int64_t *starts = columns[1].data, *lengths = columns[2].data;
    for (Py_ssize_t i = 0; sound && i < count; i++) {
        sound = starts[i] >= 0 && starts[i] <= size && lengths[i] >= 0 && lengths[i] <= size - starts[i];
    }
    if (!sound || century < 0) {
        PyErr_SetString(PyExc_ValueError, "days: texts that are not there");
        goto done;
    }
    int64_t *day_first = columns[3].data, *month_first = columns[4].data;
    uint8_t *by_name = columns[5].data;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < count; i++) {
        Read read;
        read_text(data + starts[i], lengths[i], century, &read);
        day_first[i] = read.day_first;
        month_first[i] = read.month_first;
        by_name[i] = (uint8_t)read.named;
        named += read.named;
    }
    Py_END_ALLOW_THREADS
    result = PyLong_FromSsize_t(named);
done:
    columns_release(columns, 6);
    return result;
}
