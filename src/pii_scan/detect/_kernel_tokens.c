/* Texts as tokens with hashes, and hashes of parts of them: what `names.tokens` does in NumPy. */

#include "_kernel_tokens.h"

enum { CAPITAL = 1, ODD = 2, BLOCK = 192, MOST_LETTERS = 64 };

static const uint64_t BASE = 0x9E3779B97F4A7C15U, LINE_END = 0x5851F42D4C957F2DU;

/* --- arguments --------------------------------------------------------------------------------------------------- */

/* Takes the arguments of a call, arrays all of them. The columns must be released in either case. */
int arguments_take(Column *columns, PyObject *args, const Wanted *wanted, int count)
{
    PyObject *objects[MOST_COLUMNS];

    for (int i = 0; i < count; i++) {
        columns[i].held = 0;
    }
    if (PyTuple_Size(args) != count) {
        PyErr_SetString(PyExc_TypeError, "another number of arrays");
        return -1;
    }
    for (int i = 0; i < count; i++) {
        objects[i] = PyTuple_GetItem(args, i);
    }
    return columns_take(columns, objects, wanted, count);
}

/* As `arguments_take`, for a call whose first TOKEN_COLUMNS arguments are the tokens of a text. */
int tokens_take(Tokens *tokens, Column *columns, PyObject *args, const Wanted *wanted, int count)
{
    static const Wanted own[TOKEN_COLUMNS] = {
        {"data", "B", 1, 0}, {"points", "IL", 4, 0}, {"start", "lq", 8, 0}, {"end", "lq", 8, 0},
        {"length", "lq", 8, 0}, {"kind", "B", 1, 0}, {"hash", "LQ", 8, 0}, {"capital", "?", 1, 0},
        {"first", "IL", 4, 0}, {"counted", "LQ", 8, 0},
    };
    Wanted all[MOST_COLUMNS];

    for (int i = 0; i < TOKEN_COLUMNS + count; i++) {
        all[i] = i < TOKEN_COLUMNS ? own[i] : wanted[i - TOKEN_COLUMNS];
    }
    if (arguments_take(columns, args, all, TOKEN_COLUMNS + count)) {
        return -1;
    }
    tokens->count = columns[2].length;
    int good = columns[1].length == KNOWN;
    for (int i = 2; i < TOKEN_COLUMNS; i++) {
        good = good && columns[i].length == tokens->count;
    }
    if (!good) {
        PyErr_SetString(PyExc_ValueError, "tokens: arrays of other lengths");
        return -1;
    }
    tokens->data = columns[0].data;
    tokens->size = columns[0].length;
    tokens->points = columns[1].data;
    tokens->start = columns[2].data;
    tokens->end = columns[3].data;
    tokens->length = columns[4].data;
    tokens->kind = columns[5].data;
    tokens->hash = columns[6].data;
    tokens->capital = columns[7].data;
    tokens->first = columns[8].data;
    tokens->counted = columns[9].data;
    return 0;
}

/* --- hashes of parts --------------------------------------------------------------------------------------------- */

/* The hash, not yet mixed, of the characters that begin from `start` on and below `end`, cut to the text. */
uint64_t part_hash(const Tokens *tokens, Py_ssize_t start, Py_ssize_t end)
{
    uint64_t hash = 0, power = 1;

    end = end > tokens->size ? tokens->size : end;
    for (Py_ssize_t at = start < 0 ? 0 : start; at < end;) {
        uint32_t point = point_at(tokens->data, tokens->size, at, &at);
        hash += ((tokens->points[point] & 0xFFFF) + (uint64_t)1) * power;
        power *= BASE;
    }
    return hash;
}

/* Of the first `letters` characters of a token. */
uint64_t prefix_hash(const Tokens *tokens, Py_ssize_t token, Py_ssize_t letters)
{
    int64_t start = tokens->start[token], end = tokens->end[token];
    Py_ssize_t stop = (Py_ssize_t)start;

    if (start < 0 || end > tokens->size) {
        return 0;
    }
    while (stop < end && letters-- > 0) {
        point_at(tokens->data, tokens->size, stop, &stop);
    }
    return part_hash(tokens, (Py_ssize_t)start, stop);
}

/* Of the last `letters` characters of a token. */
uint64_t suffix_hash(const Tokens *tokens, Py_ssize_t token, Py_ssize_t letters)
{
    int64_t start = tokens->start[token], end = tokens->end[token], from = end;

    if (start < 0 || end > tokens->size) {
        return 0;
    }
    while (from > start && letters > 0) {
        from--;
        letters -= (tokens->data[from] & 0xC0) != 0x80 || from == 0 || tokens->data[from - 1] < 0x80;
    }
    return part_hash(tokens, (Py_ssize_t)from, (Py_ssize_t)end);
}

PyObject *kernel_parts(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"data", "B", 1, 0}, {"points", "IL", 4, 0}, {"start", "lq", 8, 0}, {"end", "lq", 8, 0}, {"hash", "LQ", 8, 1},
    };
    Column columns[5];
    PyObject *result = NULL;
    Tokens tokens = {0};

    (void)self;
    if (arguments_take(columns, args, wanted, 5)) {
        goto done;
    }
    Py_ssize_t count = columns[4].length;
    if (columns[1].length != KNOWN || columns[2].length != count || columns[3].length != count) {
        PyErr_SetString(PyExc_ValueError, "parts: arrays of other lengths");
        goto done;
    }
    tokens.data = columns[0].data;
    tokens.size = columns[0].length;
    tokens.points = columns[1].data;
    const int64_t *start = columns[2].data, *end = columns[3].data;
    uint64_t *hash = columns[4].data;
    int good = 1;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; good && i < count; i++) {
        good = start[i] >= 0 && start[i] <= end[i] && end[i] <= tokens.size;
        hash[i] = good ? part_hash(&tokens, (Py_ssize_t)start[i], (Py_ssize_t)end[i]) : 0;
    }
    Py_END_ALLOW_THREADS
    if (good) {
        result = Py_BuildValue("");
    } else {
        PyErr_SetString(PyExc_ValueError, "parts: a place outside the text");
    }
done:
    columns_release(columns, 5);
    return result;
}

PyObject *kernel_affixes(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"which", "lq", 8, 0}, {"letters", "lq", 8, 0}, {"hash", "LQ", 8, 1}};
    Column columns[TOKEN_COLUMNS + 3];
    PyObject *result = NULL;
    Tokens tokens;

    (void)self;
    if (tokens_take(&tokens, columns, args, wanted, 3)) {
        goto done;
    }
    Py_ssize_t count = columns[TOKEN_COLUMNS].length;
    const int64_t *which = columns[TOKEN_COLUMNS].data, *letters = columns[TOKEN_COLUMNS + 1].data;
    uint64_t *hash = columns[TOKEN_COLUMNS + 2].data;
    Py_ssize_t rows = columns[TOKEN_COLUMNS + 1].length;
    if (rows < 1 || columns[TOKEN_COLUMNS + 2].length % rows || columns[TOKEN_COLUMNS + 2].length / rows != count) {
        PyErr_SetString(PyExc_ValueError, "affixes: arrays of other lengths");
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (which[i] < 0 || which[i] >= tokens.count) {
            PyErr_SetString(PyExc_ValueError, "affixes: a token that is not there");
            goto done;
        }
        for (Py_ssize_t row = 0; row < rows; row++) {
            int64_t size = letters[row] < -MOST_LETTERS ? -MOST_LETTERS : letters[row];
            size = size > MOST_LETTERS ? MOST_LETTERS : size;
            hash[row * count + i] = size < 0 ? suffix_hash(&tokens, (Py_ssize_t)which[i], (Py_ssize_t)-size)
                                             : prefix_hash(&tokens, (Py_ssize_t)which[i], (Py_ssize_t)size);
        }
    }
    result = Py_BuildValue("");
done:
    columns_release(columns, TOKEN_COLUMNS + 3);
    return result;
}

/* --- tokens ------------------------------------------------------------------------------------------------------ */

typedef struct {
    const uint8_t *data;
    Py_ssize_t size;
    const uint32_t *points;
    int64_t *start, *end, *length;
    uint8_t *kind;
    uint64_t *hash;
    uint8_t *capital;
    uint32_t *first;
    uint64_t *counted;
    Py_ssize_t room, count;
} Cutter;

static inline void add(Cutter *cutter, Py_ssize_t start, Py_ssize_t end, Py_ssize_t length, unsigned kind, uint64_t hash,
                       int capital, uint32_t first, uint64_t counted)
{
    Py_ssize_t at = cutter->count++;

    cutter->start[at] = start;
    cutter->end[at] = end;
    cutter->length[at] = length;
    cutter->kind[at] = (uint8_t)kind;
    cutter->hash[at] = kind == KIND_BREAK ? LINE_END : mixed(hash);
    cutter->capital[at] = (uint8_t)capital;
    cutter->first[at] = first;
    cutter->counted[at] = counted;
}

static void add_edge(Cutter *cutter, Py_ssize_t at)
{
    for (int i = 0; i < EDGE; i++) {
        add(cutter, at, at, 0, KIND_BREAK, 0, 0, 0, 0);
    }
}

static inline uint64_t field(uint64_t count, int number)
{
    return (count < MOST_COUNTED ? count : MOST_COUNTED) << FIELD * number;
}

/* Whether a joiner, whose character ends at `next`, has a word's character behind it. */
static int goes_on(const Cutter *cutter, Py_ssize_t next)
{
    if (next >= cutter->size) {
        return 0;
    }
    return entry_kind(cutter->points[point_at(cutter->data, cutter->size, next, &next)]) == KIND_WORD;
}

static inline int is_wordlike(uint8_t byte)
{
    return ((uint8_t)((byte | 0x20) - 'a') < 26) | ((uint8_t)(byte - '0') < 10) | (byte == '_') | (byte >= 0x80);
}

/* Adds the word that begins at `at`; gives where it ends. */
static Py_ssize_t add_word(Cutter *cutter, Py_ssize_t at)
{
    const uint8_t *data = cutter->data;
    const uint32_t *points = cutter->points;
    uint64_t hash = 0, power = 1, capitals = 0, odd = 0, joiners = 0;
    Py_ssize_t start = at, length = 0, next, size = cutter->size;
    int joined = 0;
    uint32_t first = point_at(data, size, at, &next);

    while (at < size) {
        uint32_t entry = points[point_at(data, size, at, &next)], counts = entry >> 20 & 3;
        if (entry_kind(entry) != KIND_WORD) {
            if (!entry_joins(entry) || joined || !goes_on(cutter, next)) {
                break;
            }
            joined = 1;
            joiners++;
        } else {
            joined = 0;
        }
        hash += ((entry & 0xFFFF) + (uint64_t)1) * power;
        power *= BASE;
        capitals += counts == CAPITAL;
        odd += counts == ODD;
        length++;
        at = next;
    }
    add(cutter, start, at, length, KIND_WORD, hash, points[first] >> 19 & 1, first,
        field(capitals, 0) | field(odd, 1) | field(joiners, 2));
    return at;
}

/* Cuts the text; 0 when the tokens have no room. */
static int cut(Cutter *cutter)
{
    Py_ssize_t at = 0, next;

    if (cutter->room < 2 * EDGE) {
        return 0;
    }
    add_edge(cutter, 0);
    while (at < cutter->size) {
        uint32_t point = point_at(cutter->data, cutter->size, at, &next), entry = cutter->points[point];
        unsigned kind = entry_kind(entry);
        if (kind == KIND_SPACE) {
            at = next;
            continue;
        }
        if (cutter->count + EDGE >= cutter->room) {
            return 0;
        }
        if (kind == KIND_WORD) {
            at = add_word(cutter, at);
        } else if (kind == KIND_SIGN) {
            add(cutter, at, next, 1, KIND_SIGN, (entry & 0xFFFF) + (uint64_t)1, 0, point,
                entry >> 20 & 3 ? field(1, (int)(entry >> 20 & 3) - 1) : 0);
            at = next;
        } else {
            Py_ssize_t start = at, length = 0;
            while (at < cutter->size
                   && entry_kind(cutter->points[point_at(cutter->data, cutter->size, at, &next)]) == KIND_BREAK) {
                at = next;
                length++;
            }
            add(cutter, start, at, length, KIND_BREAK, 0, 0, point, 0);
        }
    }
    add_edge(cutter, cutter->size);
    return 1;
}

/* No fewer than there are tokens, told from bytes alone: a word of ASCII or of Latin-1's letters begins behind something
   else, another sign of ASCII is one token, and each further byte may end a token and be one. */
static Py_ssize_t most_tokens(const uint8_t *data, Py_ssize_t size)
{
    Py_ssize_t most = 4 * EDGE; /* for the first byte and the last as well, which have no neighbour */

    for (Py_ssize_t at = 1; at < size - 1; at += BLOCK) {
        Py_ssize_t end = size - 1 - at < BLOCK ? size - 1 - at : BLOCK;
        uint8_t begun = 0, signs = 0, high = 0, letters = 0;
        for (Py_ssize_t i = 0; i < end; i++) {
            uint8_t own = data[at + i], prev = data[at + i - 1], next = data[at + i + 1];
            begun += is_wordlike(own) & !is_wordlike(prev);
            signs += !is_wordlike(own) & (own != ' ');
            high += own >= 0x80;
            letters += (own == 0xC3) & ((next & 0xC0) == 0x80) & (next != 0x97) & (next != 0xB7);
        }
        most += begun + signs + 2 * (Py_ssize_t)high - 4 * (Py_ssize_t)letters;
    }
    return most < size + 2 * EDGE ? most + 2 * EDGE : size + 2 * EDGE;
}

PyObject *kernel_room(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"data", "B", 1, 0}};
    Column column;
    PyObject *result = NULL;

    (void)self;
    if (arguments_take(&column, args, wanted, 1) == 0) {
        result = PyLong_FromSsize_t(most_tokens(column.data, column.length));
    }
    columns_release(&column, 1);
    return result;
}

PyObject *kernel_tokens(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"data", "B", 1, 0}, {"points", "IL", 4, 0}, {"start", "lq", 8, 1}, {"end", "lq", 8, 1},
        {"length", "lq", 8, 1}, {"kind", "B", 1, 1}, {"hash", "LQ", 8, 1}, {"capital", "?", 1, 1},
        {"first", "IL", 4, 1}, {"counted", "LQ", 8, 1},
    };
    Column columns[TOKEN_COLUMNS];
    PyObject *result = NULL;
    int room;

    (void)self;
    if (arguments_take(columns, args, wanted, TOKEN_COLUMNS)) {
        goto done;
    }
    Cutter cutter = {
        columns[0].data, columns[0].length, columns[1].data, columns[2].data, columns[3].data, columns[4].data,
        columns[5].data, columns[6].data, columns[7].data, columns[8].data, columns[9].data, columns[2].length, 0,
    };
    for (int i = 1; i < TOKEN_COLUMNS; i++) {
        if (columns[i].length != (i == 1 ? KNOWN : cutter.room)) {
            PyErr_SetString(PyExc_ValueError, "tokens: arrays of other lengths");
            goto done;
        }
    }
    Py_BEGIN_ALLOW_THREADS
    room = cut(&cutter);
    Py_END_ALLOW_THREADS
    if (room) {
        result = PyLong_FromSsize_t(cutter.count);
    } else {
        PyErr_SetString(PyExc_ValueError, "tokens: no room");
    }
done:
    columns_release(columns, TOKEN_COLUMNS);
    return result;
}
