/* The tagger's features, their weights and the best tags: as `names.features`, `names.model`, `names.decode` have it. */

#include "_kernel_tokens.h"

enum { FEATURES = 25, BITS = 18, TAGS = 3, START = 3 };

typedef struct {
    const Tokens *tokens;
    const uint8_t *first, *last, *place, *genitive, *low; /* of the tokens before all words, of all words, behind them */
    const uint32_t *openers;
    Py_ssize_t opening, words;
    int cased;
} Seen;

static int32_t number(uint64_t which, uint64_t a, uint64_t b)
{
    uint64_t salt = (which + 1) * 0xC2B2AE3D27D4EB4FU;
    uint64_t value = mixed(a * 0xA24BAED4963EE407U + (b + salt) * 0x9FB21C651E98DF25U);
    return (int32_t)(value >> (64 - BITS));
}

static uint64_t kind_of(const Seen *seen, Py_ssize_t row)
{
    return (seen->first[row] > 0) + 2 * (uint64_t)(seen->last[row] > 0) + 4 * (uint64_t)(seen->place[row] != 0);
}

static int opens(const Seen *seen, Py_ssize_t token)
{
    if (seen->tokens->kind[token] == KIND_BREAK) {
        return 1;
    }
    for (Py_ssize_t i = 0; i < seen->opening; i++) {
        if (seen->openers[i] == seen->tokens->first[token]) {
            return 1;
        }
    }
    return 0;
}

/* Writes the numbers of the features of word `i`, which is the token `t`; two tokens stand on either side of it. */
static void describe(const Seen *seen, Py_ssize_t i, Py_ssize_t t, int32_t *out)
{
    const Tokens *tokens = seen->tokens;
    Py_ssize_t row = seen->words + i;
    uint64_t counts = tokens->counted[t], capitals = counts & MOST_COUNTED, odd = counts >> FIELD & MOST_COUNTED;
    uint64_t joiners = counts >> 2 * FIELD & MOST_COUNTED, length = (uint64_t)tokens->length[t], one = 0;
    uint64_t word = tokens->hash[t], prev = tokens->hash[t - 1], next = tokens->hash[t + 1];
    uint64_t prev2 = tokens->kind[t - 1] == KIND_BREAK ? prev : tokens->hash[t - 2];
    uint64_t next2 = tokens->kind[t + 1] == KIND_BREAK ? next : tokens->hash[t + 2];
    uint64_t form = 8 * (uint64_t)(odd > 0), neighbours = 0;

    if (seen->cased) {
        form += (tokens->capital[t] != 0) + 2 * (uint64_t)(capitals == length) + 4 * (uint64_t)(capitals > 1);
        neighbours = (tokens->capital[t - 1] != 0) + 2 * (uint64_t)(tokens->capital[t + 1] != 0);
    }
    form += 16 * (uint64_t)(joiners > 0) + 32 * (uint64_t)(length == 1) + 64 * (uint64_t)(seen->genitive[row] != 0);
    uint64_t kind = kind_of(seen, row), low = seen->low[row], named = kind & 3, opening = (uint64_t)opens(seen, t - 1);
    uint64_t codes = seen->first[row] * (uint64_t)64 + seen->last[row] * (uint64_t)4 + kind;
    uint64_t dotted = tokens->kind[t + 1] == KIND_SIGN && tokens->first[t + 1] == '.' && length == 1;
    uint64_t pairs[FEATURES][2] = {
        {word, one}, {suffix_hash(tokens, t, 2), one}, {suffix_hash(tokens, t, 3), one},
        {suffix_hash(tokens, t, 4), one}, {prefix_hash(tokens, t, 3), one}, {form, one},
        {codes, seen->genitive[row] != 0}, {low, one}, {named, low}, {length < 10 ? length : 10, one}, {prev, one},
        {next, one}, {prev2, prev}, {next, next2}, {prev2, one}, {opening, one}, {opening, low}, {neighbours, one},
        {kind * 8 + kind_of(seen, row + seen->words), neighbours}, {kind * 8 + kind_of(seen, i), neighbours},
        {dotted, one}, {prev, next}, {form, low}, {prev, named}, {next, named},
    };
    for (int feature = 0; feature < FEATURES; feature++) {
        out[feature] = number((uint64_t)feature, pairs[feature][0], pairs[feature][1]);
    }
}

PyObject *kernel_features(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"which", "lq", 8, 0}, {"first", "B", 1, 0}, {"last", "B", 1, 0}, {"place", "?", 1, 0}, {"genitive", "?", 1, 0},
        {"low", "B", 1, 0}, {"openers", "IL", 4, 0}, {"cased", "?", 1, 0}, {"out", "il", 4, 1},
    };
    Column columns[TOKEN_COLUMNS + 9], *own = columns + TOKEN_COLUMNS;
    PyObject *result = NULL;
    Tokens tokens;
    int good = 1;

    (void)self;
    if (tokens_take(&tokens, columns, args, wanted, 9)) {
        goto done;
    }
    Py_ssize_t words = own[0].length;
    for (int i = 1; i < 6; i++) {
        good = good && own[i].length % 3 == 0 && own[i].length / 3 == words;
    }
    if (!good || own[7].length != 1 || own[8].length % FEATURES || own[8].length / FEATURES != words) {
        PyErr_SetString(PyExc_ValueError, "features: arrays of other lengths");
        goto done;
    }
    Seen seen = {
        &tokens, own[1].data, own[2].data, own[3].data, own[4].data, own[5].data, own[6].data, own[6].length, words,
        ((const uint8_t *)own[7].data)[0] != 0,
    };
    const int64_t *which = own[0].data;
    int32_t *out = own[8].data;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; good && i < words; i++) {
        good = which[i] >= EDGE && which[i] < tokens.count - EDGE;
        if (good) {
            describe(&seen, i, (Py_ssize_t)which[i], out + i * FEATURES);
        }
    }
    Py_END_ALLOW_THREADS
    if (good) {
        result = Py_BuildValue("");
    } else {
        PyErr_SetString(PyExc_ValueError, "features: a token that is not there");
    }
done:
    columns_release(columns, TOKEN_COLUMNS + 9);
    return result;
}

PyObject *kernel_weighed(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {{"emission", "b", 1, 0}, {"features", "il", 4, 0}, {"out", "il", 4, 1}};
    Column columns[3];
    PyObject *result = NULL;
    int good = 1;

    (void)self;
    if (arguments_take(columns, args, wanted, 3)) {
        goto done;
    }
    Py_ssize_t size = columns[0].length / 2, words = columns[2].length / 2;
    Py_ssize_t width = words ? columns[1].length / words : 0;
    if (columns[0].length % 2 || columns[2].length % 2 || width * words != columns[1].length) {
        PyErr_SetString(PyExc_ValueError, "weighed: arrays of other lengths");
        goto done;
    }
    const int8_t *begin = columns[0].data, *inside = begin + size;
    const int32_t *features = columns[1].data;
    int32_t *out = columns[2].data;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; good && i < words; i++) {
        int32_t sums[2] = {0, 0};
        for (Py_ssize_t j = i * width; good && j < (i + 1) * width; j++) {
            good = features[j] >= 0 && features[j] < size;
            sums[0] += good ? begin[features[j]] : 0;
            sums[1] += good ? inside[features[j]] : 0;
        }
        out[2 * i] = sums[0];
        out[2 * i + 1] = sums[1];
    }
    Py_END_ALLOW_THREADS
    if (good) {
        result = Py_BuildValue("");
    } else {
        PyErr_SetString(PyExc_ValueError, "weighed: a feature that has no weight");
    }
done:
    columns_release(columns, 3);
    return result;
}

/* The first of the largest of three. */
static int largest(const float *values)
{
    int best = values[1] > values[0];
    return values[2] > values[best] ? 2 : best;
}

/* The best tags of the words of one run (Viterbi, 1967). `back`: the tag before, by word and tag. */
static void tag_run(const float *emission, const float *transition, Py_ssize_t words, uint8_t *back, uint8_t *tags)
{
    float score[TAGS], options[TAGS], after[TAGS];

    for (int tag = 0; tag < TAGS; tag++) {
        score[tag] = emission[tag] + transition[tag * (TAGS + 1) + START];
    }
    for (Py_ssize_t i = 1; i < words; i++) {
        for (int tag = 0; tag < TAGS; tag++) {
            for (int from = 0; from < TAGS; from++) {
                options[from] = score[from] + transition[tag * (TAGS + 1) + from];
            }
            int best = largest(options);
            back[i * TAGS + tag] = (uint8_t)best;
            after[tag] = options[best] + emission[i * TAGS + tag];
        }
        for (int tag = 0; tag < TAGS; tag++) {
            score[tag] = after[tag];
        }
    }
    int tag = largest(score);
    for (Py_ssize_t i = words - 1; i >= 0; i--) {
        tags[i] = (uint8_t)tag;
        tag = i > 0 ? back[i * TAGS + tag] : 0;
    }
}

PyObject *kernel_tags(PyObject *self, PyObject *args)
{
    static const Wanted wanted[] = {
        {"emission", "f", 4, 0}, {"run", "lq", 8, 0}, {"transition", "f", 4, 0}, {"back", "B", 1, 1}, {"tags", "B", 1, 1},
    };
    Column columns[5];
    PyObject *result = NULL;
    int good = 1;

    (void)self;
    if (arguments_take(columns, args, wanted, 5)) {
        goto done;
    }
    Py_ssize_t words = columns[4].length, runs = columns[1].length;
    if (columns[0].length % TAGS || columns[0].length / TAGS != words || columns[3].length != columns[0].length
        || columns[2].length != TAGS * (TAGS + 1)) {
        PyErr_SetString(PyExc_ValueError, "tags: arrays of other lengths");
        goto done;
    }
    const float *emission = columns[0].data, *transition = columns[2].data;
    const int64_t *run = columns[1].data;
    uint8_t *back = columns[3].data, *tags = columns[4].data;
    for (Py_ssize_t i = 0; i < runs; i++) {
        int64_t begin = run[i], end = i + 1 < runs ? run[i + 1] : words;
        good = good && begin >= 0 && begin < end && end <= words;
    }
    if (!good || (runs && run[0] != 0)) {
        PyErr_SetString(PyExc_ValueError, "tags: a run that is not there");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < runs; i++) {
        Py_ssize_t begin = (Py_ssize_t)run[i], end = i + 1 < runs ? (Py_ssize_t)run[i + 1] : words;
        tag_run(emission + begin * TAGS, transition, end - begin, back + begin * TAGS, tags + begin);
    }
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("");
done:
    columns_release(columns, 5);
    return result;
}
