/* A sieve before the tables of pairs: 32 bytes at once are looked up as the byte before a match, as its first and as its
   second, each in eight sets (`pii_scan.detect.sieve`). What stays is looked at as without it: the sieve lets through more
   than can begin, never less.

   For processors with AVX2, where the compiler can be told of them. */

#include "_kernel_starts.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

enum { WIDTH = 32, ROWS = 8, OTHER = 128, SEPARATOR = 129, MOST_OF_BLOCK = SIEVE_BLOCK / 5, USUAL_DEPTH = 5 };

typedef struct {
    uint8_t before[SIEVE_BLOCK + WIDTH], first[SIEVE_BLOCK + WIDTH], second[SIEVE_BLOCK + WIDTH];
} Looked;

int sieve_runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

/* The sets that a byte is in in a role: each byte of ASCII is a class of its own, all others but what is between texts
   are one. */
static uint8_t sets_of(const uint8_t *sieve, int role, uint8_t byte)
{
    return sieve[role * SIEVE_CLASSES + (byte < OTHER ? byte : byte < 0xFF ? OTHER : SEPARATOR)];
}

/* The sets of each byte of a block in its three roles, and of the two bytes behind it. */
WIDE static void look_up(const uint8_t *bytes, const uint8_t *sieve, Looked *looked)
{
    __m256i tables[SIEVE_ROLES][ROWS], other[SIEVE_ROLES], separator[SIEVE_ROLES];

    for (int role = 0; role < SIEVE_ROLES; role++) {
        other[role] = _mm256_set1_epi8((char)sets_of(sieve, role, OTHER));
        separator[role] = _mm256_set1_epi8((char)sets_of(sieve, role, 0xFF));
        for (int row = 0; row < ROWS; row++) {
            const uint8_t *of = sieve + role * SIEVE_CLASSES + row * 16;
            tables[role][row] = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)of));
        }
    }
    for (int i = 0; i < SIEVE_BLOCK; i += WIDTH) {
        const __m256i own = _mm256_loadu_si256((const __m256i *)(bytes + i));
        const __m256i high = _mm256_cmpgt_epi8(_mm256_setzero_si256(), own);
        const __m256i apart = _mm256_cmpeq_epi8(own, _mm256_set1_epi8((char)0xFF));
        __m256i before = _mm256_and_si256(high, _mm256_blendv_epi8(other[0], separator[0], apart));
        __m256i first = _mm256_and_si256(high, _mm256_blendv_epi8(other[1], separator[1], apart));
        __m256i second = _mm256_and_si256(high, _mm256_blendv_epi8(other[2], separator[2], apart));
        for (int row = 0; row < ROWS; row++) {
            /* 0x70 to 0x7F for the bytes of the row; above 0x7F for the others, for which a shuffle gives 0 */
            const __m256i within = _mm256_xor_si256(own, _mm256_set1_epi8((char)(row << 4)));
            const __m256i place = _mm256_adds_epu8(within, _mm256_set1_epi8(0x70));
            before = _mm256_or_si256(before, _mm256_shuffle_epi8(tables[0][row], place));
            first = _mm256_or_si256(first, _mm256_shuffle_epi8(tables[1][row], place));
            second = _mm256_or_si256(second, _mm256_shuffle_epi8(tables[2][row], place));
        }
        _mm256_storeu_si256((__m256i *)(looked->before + i), before);
        _mm256_storeu_si256((__m256i *)(looked->first + i), first);
        _mm256_storeu_si256((__m256i *)(looked->second + i), second);
    }
    looked->first[SIEVE_BLOCK] = sets_of(sieve, 1, bytes[SIEVE_BLOCK]);
    looked->second[SIEVE_BLOCK] = sets_of(sieve, 2, bytes[SIEVE_BLOCK]);
    looked->second[SIEVE_BLOCK + 1] = sets_of(sieve, 2, bytes[SIEVE_BLOCK + 1]);
}

/* A bit for each place of the block from `at` on, WIDTH of them, that stays in any set. */
WIDE static uint32_t staying(const Looked *looked, int at)
{
    const __m256i before = _mm256_loadu_si256((const __m256i *)(looked->before + at));
    const __m256i first = _mm256_loadu_si256((const __m256i *)(looked->first + at + 1));
    const __m256i second = _mm256_loadu_si256((const __m256i *)(looked->second + at + 2));
    const __m256i all = _mm256_and_si256(_mm256_and_si256(before, first), second);
    return ~(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(all, _mm256_setzero_si256()));
}

static inline uint64_t clusters_at(const uint64_t *table, const uint8_t *bytes, Py_ssize_t depth)
{
    uint64_t clusters = table[pair_at(bytes, 0)];

    for (Py_ssize_t row = 1; row < depth; row++) {
        clusters &= table[row * PAIRS + pair_at(bytes, row)];
    }
    return clusters;
}

/* The places of SIEVE_BLOCK bytes from `begin` on; -1 where too many stay for the sieve to be of use. */
WIDE Py_ssize_t sieved_block(const Places *places, Py_ssize_t begin, int64_t *at, uint64_t *kept)
{
    const uint8_t *bytes = places->body + begin;
    const uint64_t *table = places->table; /* own copies: what is written could else change them */
    const Py_ssize_t depth = places->depth;
    uint64_t stay[SIEVE_BLOCK / 64];
    Py_ssize_t count = 0;
    int staying_of_all = 0;
    Looked looked;

    look_up(bytes, places->sieve, &looked);
    for (int i = 0; i < SIEVE_BLOCK / 64; i++) {
        stay[i] = staying(&looked, 64 * i) | (uint64_t)staying(&looked, 64 * i + WIDTH) << WIDTH;
        staying_of_all += __builtin_popcountll(stay[i]);
    }
    if (staying_of_all > MOST_OF_BLOCK) {
        return -1;
    }
    for (int i = 0; i < SIEVE_BLOCK / 64; i++) {
        for (uint64_t left = stay[i]; left; left &= left - 1) {
            const Py_ssize_t place = 64 * i + __builtin_ctzll(left);
            const uint64_t clusters = depth == USUAL_DEPTH ? clusters_at(table, bytes + place, USUAL_DEPTH)
                                                           : clusters_at(table, bytes + place, depth);
            at[count] = begin + place;
            kept[count] = clusters;
            count += clusters != 0;
        }
    }
    return count;
}

#else

int sieve_runs_here(void)
{
    return 0;
}

Py_ssize_t sieved_block(const Places *places, Py_ssize_t begin, int64_t *at, uint64_t *kept)
{
    (void)places, (void)begin, (void)at, (void)kept;
    return -1;
}

#endif
