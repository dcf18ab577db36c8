/* The strict reader's compiled core: the grammar of grammar.py, written a second time, by hand.
 *
 * Flows in: whole records as bytes. Flows out: typed columns in Arrow's memory layout, the places of the records
 * that are not exactly what the contract says, and the doubles that need a closer look. It allocates nothing, reads
 * nothing beyond `size` bytes and knows no file. core.py is its only caller; the patterns judge every rejected record
 * again (reader.py), and the tests compare both with an oracle.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef uint8_t u8;
typedef uint64_t u64;
typedef int64_t i64;
typedef unsigned __int128 u128;
typedef __int128 i128;

enum { STRING, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL };

typedef struct {
    int32_t kind;
    int32_t nullable;
    int32_t folder_bytes; /* of a partition column of strings: the longest text that can name its folder; else 0 */
    int32_t whole_digits; /* of a decimal: digits before the point */
    int32_t scale;
    int32_t has_last_day;
    int32_t max_bytes;    /* of a string: the longest text */
    u8 *values;          /* 8 bytes a value; 4 for dates, 16 for decimals, a bit for booleans, text for strings */
    int32_t *offsets;    /* of strings: one more than rows */
    u8 *validity;        /* bits, all set by the caller */
    i64 nulls;
    u8 last_day[16];     /* the date read last, and its day: neighbours share it */
    i64 last_day_number;
} Column;

typedef struct {
    const u8 *data;
    i64 size;
    Column *columns;
    const u8 *header;    /* a record of these bytes is rejected; none where header_size is 0 */
    i64 header_size;
    const u8 *nulls;     /* the null tokens, end to end */
    const int32_t *null_ends;
    int32_t column_count;
    int32_t null_count;
    int32_t crlf;
    int32_t quoted_newlines;
    i64 safe_size;       /* no text of a record that is not longer is too long */
    i64 row_capacity;
    i64 rejected_capacity;
    i64 doubt_capacity;
    i64 *rejected;       /* out: start, end, lines before, rows before */
    i64 *doubts;         /* out: row, column, start and end of the text, start and end of the record, lines before */
    i64 rows;            /* the rest is out */
    i64 rejected_count;
    i64 doubt_count;
    i64 lines;
    i64 consumed;
    i64 longest_start;
    i64 longest_size;
} Job;

#define REJECTED_WIDTH 4
#define DOUBT_WIDTH 7

/* What core.py must say too, in its order; it refuses a library that says otherwise. */
#define OF_COLUMN(field) (int32_t)offsetof(Column, field)
#define OF_JOB(field) (int32_t)offsetof(Job, field)
const int32_t core_layout[] = {
    STRING, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, DECIMAL, REJECTED_WIDTH, DOUBT_WIDTH,
    (int32_t)sizeof(Column), OF_COLUMN(kind), OF_COLUMN(nullable), OF_COLUMN(folder_bytes), OF_COLUMN(whole_digits),
    OF_COLUMN(scale), OF_COLUMN(has_last_day), OF_COLUMN(max_bytes), OF_COLUMN(values), OF_COLUMN(offsets), OF_COLUMN(validity),
    OF_COLUMN(nulls), OF_COLUMN(last_day), OF_COLUMN(last_day_number),
    (int32_t)sizeof(Job), OF_JOB(data), OF_JOB(size), OF_JOB(columns), OF_JOB(header), OF_JOB(header_size),
    OF_JOB(nulls), OF_JOB(null_ends), OF_JOB(column_count), OF_JOB(null_count), OF_JOB(crlf), OF_JOB(quoted_newlines),
    OF_JOB(safe_size), OF_JOB(row_capacity), OF_JOB(rejected_capacity), OF_JOB(doubt_capacity), OF_JOB(rejected), OF_JOB(doubts),
    OF_JOB(rows), OF_JOB(rejected_count), OF_JOB(doubt_count), OF_JOB(lines), OF_JOB(consumed),
    OF_JOB(longest_start), OF_JOB(longest_size)};
const int32_t core_layout_length = sizeof core_layout / sizeof *core_layout;

static const u64 POWERS[20] = {
    1ull, 10ull, 100ull, 1000ull, 10000ull, 100000ull, 1000000ull, 10000000ull, 100000000ull, 1000000000ull,
    10000000000ull, 100000000000ull, 1000000000000ull, 10000000000000ull, 100000000000000ull, 1000000000000000ull,
    10000000000000000ull, 100000000000000000ull, 1000000000000000000ull, 10000000000000000000ull};
static const double EXACT_POWERS[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static inline unsigned digit_of(u8 c) { return (unsigned)c - '0'; }

/* ---- numbers: each takes the text's start and gives its end, or NULL ---- */

/* Up to 8 bytes; what is behind the end reads as zeros, which are no digits. */
static inline u64 load8(const u8 *p, const u8 *end) {
    u64 word = 0;
    if (__builtin_expect(end - p >= 8, 1)) memcpy(&word, p, 8);
    else if (end > p) memcpy(&word, p, (size_t)(end - p));
    return word;
}

#define ONES 0x0101010101010101ull

/* The number of leading digits, at most 8, and their value; eight at once: faster than a loop from about four digits
 * on, slower for one or two. A byte's carry reaches only the bytes behind it. */
static inline int read_digits(const u8 *p, const u8 *end, u64 *value) {
    u64 digits = load8(p, end) ^ ONES * '0';
    u64 others = ((digits + ONES * 0x76) | digits) & ONES * 0x80;
    int count = others ? __builtin_ctzll(others) >> 3 : 8;
    if (__builtin_expect(count == 0, 0)) {
        *value = 0;
        return 0;
    }
    digits <<= 64 - 8 * count;
    digits = digits * 10 + (digits >> 8);
    *value = ((digits & 0x000000ff000000ffull) * 0x000f424000000064ull +
              (digits >> 16 & 0x000000ff000000ffull) * 0x0000271000000001ull) >> 32;
    return count;
}

/* Leading digits, as many as there are; the value is right where they are at most 19. */
static inline int read_whole(const u8 *p, const u8 *end, u64 *value) {
    u64 more;
    int count = read_digits(p, end, value), found = count;
    while (__builtin_expect(found == 8, 0)) {
        found = read_digits(p + count, end, &more);
        *value = *value * POWERS[found] + more;
        count += found;
        if (count > 1000) break;
    }
    return count;
}

static inline const u8 *read_bigint(const u8 *p, const u8 *end, i64 *out) {
    unsigned negative = *p == '-';
    p += negative;
    u64 value;
    int count = read_whole(p, end, &value);
    if (count == 0 || count > 19) return NULL;
    if (*p == '0' && (count > 1 || negative)) return NULL;
    if (value > (u64)INT64_MAX + negative) return NULL;
    *out = (i64)(negative ? 0 - value : value);
    return p + count;
}

/* Of any length; read_decimal does what is usual. */
static const u8 *read_long_decimal(const u8 *p, int whole_digits, int scale, u128 *out) {
    const u8 *first = p;
    unsigned d;
    u128 value = 0;
    if (*p == '0') {
        p++;
    } else {
        while ((d = digit_of(*p)) <= 9) {
            if (p - first >= whole_digits) return NULL;
            value = value * 10 + d;
            p++;
        }
    }
    int whole = (int)(p - first), fraction = 0;
    if (*p == '.') {
        p++;
        while ((d = digit_of(*p)) <= 9) {
            if (++fraction > scale) return NULL;
            value = value * 10 + d;
            p++;
        }
        if (fraction == 0) return NULL;
    } else if (whole == 0) {
        return NULL;
    }
    int missing = scale - fraction;
    if (missing > 19) value *= POWERS[19], missing -= 19;
    *out = value * POWERS[missing];
    return p;
}

static inline const u8 *read_decimal(const u8 *p, const u8 *end, int whole_digits, int scale, i64 out[2]) {
    unsigned negative = *p == '-';
    p += negative;
    u64 value, rest;
    int whole = read_digits(p, end, &value), fraction = 0;
    if (whole == 8 || scale > 7) {
        u128 large;
        p = read_long_decimal(p, whole_digits, scale, &large);
        if (!p) return NULL;
        i128 number = negative ? -(i128)large : (i128)large;
        out[0] = (i64)(u64)(u128)number;
        out[1] = (i64)(number >> 64);
        return p;
    }
    if (*p == '0' ? whole > 1 : whole > whole_digits) return NULL;
    p += whole;
    if (*p == '.') {
        fraction = read_digits(p + 1, end, &rest);
        if (fraction == 0 || fraction > scale) return NULL;
        value = value * POWERS[fraction] + rest;
        p += 1 + fraction;
    } else if (whole == 0) {
        return NULL;
    }
    value *= POWERS[scale - fraction];
    out[0] = (i64)(negative ? 0 - value : value);
    out[1] = negative && value ? -1 : 0;
    return p;
}

static inline double from_bits(u64 bits) {
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

/* numerator / POWERS[places], correctly rounded (half to even); numerator > 0. */
static inline double quotient(u64 numerator, int places) {
    int up = __builtin_clzll(numerator), up_power = __builtin_clzll(POWERS[places]);
    u64 high = (numerator << up) >> 1, low = (numerator << up) << 63, power = POWERS[places] << up_power, whole, rest;
#if defined(__x86_64__)
    __asm__("divq %4" : "=a"(whole), "=d"(rest) : "a"(low), "d"(high), "r"(power) : "cc");
#else
    u128 both = ((u128)high << 64) | low;
    whole = (u64)(both / power);
    rest = (u64)(both % power);
#endif
    int drop = 11 - __builtin_clzll(whole); /* bits below the 53 that a double holds */
    u64 kept = whole >> drop, half = 1ull << (drop - 1), tail = whole & (2 * half - 1);
    kept += tail > half || (tail == half && (rest || (kept & 1)));
    int exponent = drop - 63 + up_power - up;
    if (kept >> 53) kept >>= 1, exponent++;
    return from_bits((kept & ((1ull << 52) - 1)) | (u64)(exponent + 1075) << 52);
}

/* digits - value * 10**places, in units of 2**-k, where value = mantissa * 2**-k and 0 < k < 64. Modulo 2**64, which
 * shows it exactly as long as the value is within one unit of its last place: 1.5 * 10**18 < 2**63. */
static inline i64 residue(u64 digits, int places, u64 bits, int k) {
    u64 mantissa = (bits & ((1ull << 52) - 1)) | 1ull << 52;
    return (i64)((digits << k) - mantissa * POWERS[places]);
}

static inline u64 to_bits(double value) {
    u64 bits;
    memcpy(&bits, &value, 8);
    return bits;
}

static inline int scale_of(u64 bits) { return 1075 - (int)(bits >> 52 & 0x7ff); }

/* |digits - value * 10**places| <= 1/2: rounded to as many places the double, which is the nearest, says what the text
 * says. */
static inline int says_the_same(u64 digits, int places, double value) {
    u64 bits = to_bits(value);
    int k = scale_of(bits);
    if (k <= 0) return (u64)value * POWERS[places] == digits; /* a whole number: the difference is one too */
    if (k >= 64) return 1; /* the difference is at most 10**19 / 2 < 2**63 */
    i64 rest = residue(digits, places, bits, k);
    return (u64)(rest < 0 ? -rest : rest) <= 1ull << (k - 1);
}

/* digits / 10**places, correctly rounded, and whether it says the same. Dividing doubles is off by one unit of the last
 * place at most; what is left over says whether, and which way. */
static inline double nearest(u64 digits, int places, int *same) {
    double value = (double)(i64)digits / EXACT_POWERS[places];
    u64 bits = to_bits(value);
    int k = scale_of(bits);
    if (k > 0 && k < 64) {
        i64 rest = residue(digits, places, bits, k);
        u64 away = (u64)(rest < 0 ? -rest : rest);
        if (2 * away < POWERS[places]) {
            *same = away <= 1ull << (k - 1);
            return value;
        }
    }
    value = quotient(digits, places);
    *same = says_the_same(digits, places, value);
    return value;
}

/* Positive; *sure: the double says what the text says, otherwise somebody else must judge it and give the value. */
static inline double to_double(u64 digits, int power, int *sure) {
    if (digits == 0) return 0.0;
    if (digits <= 1ull << 53 && power >= -22 && power <= 22) {
        double value = power < 0 ? (double)digits / EXACT_POWERS[-power] : (double)digits * EXACT_POWERS[power];
        if (digits >= POWERS[15]) *sure = power <= 0 && power >= -19 && says_the_same(digits, -power, value);
        return value;
    }
    if (power <= 0 && power >= -18 && digits < 1ull << 63) {
        int same;
        double value = nearest(digits, -power, &same);
        if (digits >= POWERS[15]) *sure = same;
        return value;
    }
    if (power <= 0 && power >= -19) {
        double value = quotient(digits, -power);
        if (digits >= POWERS[15]) *sure = says_the_same(digits, -power, value);
        return value;
    }
    *sure = 0;
    return 0.0;
}

static const u8 *read_exponent(const u8 *p, const u8 *end, int *exponent) {
    int down = *p == '-';
    p += *p == '-' || *p == '+';
    u64 value;
    int count = read_digits(p, end, &value);
    if (count == 0 || count > 3) return NULL;
    *exponent = down ? -(int)value : (int)value;
    return p + count;
}

static inline const u8 *read_double(const u8 *p, const u8 *end, double *out, int *sure) {
    unsigned negative = *p == '-';
    p += negative;
    u64 digits, more;
    int whole = read_whole(p, end, &digits), places = 0, exponent = 0;
    if (*p == '0' && whole > 1) return NULL;
    p += whole;
    if (*p == '.') {
        const u8 *point = p++;
        int found;
        do {
            found = read_digits(p, end, &more);
            digits = digits * POWERS[found] + more;
            p += found;
        } while (found == 8);
        places = p - point - 1 > 1000 ? 1000 : (int)(p - point - 1);
        if (places == 0) return NULL;
    } else if (whole == 0) {
        return NULL;
    }
    if (*p == 'e' || *p == 'E') {
        p = read_exponent(p + 1, end, &exponent);
        if (!p) return NULL;
    }
    *sure = 1;
    double value = 0.0;
    if (whole + places > 19) *sure = 0; /* more digits than 64 bits are sure to hold */
    else value = to_double(digits, exponent - places, sure);
    *out = negative ? -value : value;
    return p;
}

/* ---- days and moments; q has at least 28 readable bytes ---- */

static inline unsigned two(const u8 *q) {
    unsigned tens = digit_of(q[0]), ones = digit_of(q[1]);
    return tens > 9 || ones > 9 ? 1000 : tens * 10 + ones;
}

static int read_day(const u8 *q, i64 *out) {
    unsigned high = two(q), low = two(q + 2), month = two(q + 5), day = two(q + 8);
    if (high > 99 || low > 99 || q[4] != '-' || q[7] != '-') return 0;
    unsigned year = high * 100 + low;
    if (year == 0 || month < 1 || month > 12 || day < 1) return 0;
    static const u8 LENGTHS[13] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > LENGTHS[month] + (unsigned)(month == 2 && leap)) return 0;
    /* years that begin in March, so that a leap day comes last */
    i64 y = (i64)year - (month <= 2), m = month > 2 ? month - 3 : month + 9;
    i64 era = y / 400, of_era = y - era * 400;
    *out = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719468;
    return 1;
}

static inline int known_day(Column *column, const u8 *q, i64 *out) {
    if (!column->has_last_day || memcmp(q, column->last_day, 10) != 0) {
        column->has_last_day = 0;
        if (!read_day(q, &column->last_day_number)) return 0;
        memcpy(column->last_day, q, 10);
        column->has_last_day = 1;
    }
    *out = column->last_day_number;
    return 1;
}

/* Bytes read, or 0. */
static inline int read_moment(Column *column, const u8 *q, i64 *out) {
    i64 day;
    if (!known_day(column, q, &day) || (q[10] != 'T' && q[10] != ' ')) return 0;
    u64 clock;
    memcpy(&clock, q + 11, 8);
    clock ^= 0x30303a30303a3030ull; /* hh:mm:ss, the first in the lowest byte */
    if ((((clock + ONES * 0x76) | clock) & ONES * 0x80) || (clock & 0x0000ff0000ff0000ull)) return 0;
    unsigned hour = (clock & 15) * 10 + (clock >> 8 & 15), minute = (clock >> 24 & 15) * 10 + (clock >> 32 & 15),
             second = (clock >> 48 & 15) * 10 + (clock >> 56 & 15);
    if (hour > 23 || minute > 59 || second > 59) return 0;
    int at = 19;
    i64 micros = 0;
    if (q[at] == '.') {
        int places = 0;
        unsigned d;
        while (places < 6 && (d = digit_of(q[at + 1 + places])) <= 9) micros = micros * 10 + d, places++;
        if (places == 0) return 0;
        at += 1 + places;
        micros *= (i64)POWERS[6 - places];
    }
    at += q[at] == 'Z';
    *out = ((day * 24 + hour) * 60 + minute) * 60000000 + (i64)second * 1000000 + micros;
    return at;
}

/* ---- text ---- */

static int is_utf8(const u8 *p, const u8 *end) {
    while (p < end) {
        u8 c = *p;
        int more;
        if (c < 0x80) {
            p++;
            continue;
        }
        u8 low = 0x80, high = 0xbf;
        if (c >= 0xc2 && c <= 0xdf) more = 1;
        else if (c >= 0xe0 && c <= 0xef) {
            more = 2;
            if (c == 0xe0) low = 0xa0;
            if (c == 0xed) high = 0x9f;
        } else if (c >= 0xf0 && c <= 0xf4) {
            more = 3;
            if (c == 0xf0) low = 0x90;
            if (c == 0xf4) high = 0x8f;
        } else return 0;
        if (end - p <= more) return 0;
        if (p[1] < low || p[1] > high) return 0;
        for (int i = 2; i <= more; i++)
            if ((p[i] & 0xc0) != 0x80) return 0;
        p += 1 + more;
    }
    return 1;
}

/* Copies what is neither a quote nor (as `stops` says) a comma, line end or NUL; p and to move on. The room at `to` is
 * 16 bytes more than the data could need. */
#define STOPS_BARE 1
#define STOPS_QUOTED 2
#define STOPS_QUOTED_LINES 3

static inline int stops(u8 c, int mode) {
    if (c == '"' || c == 0) return 1;
    if (mode == STOPS_QUOTED_LINES) return 0;
    if (c == '\n' || c == '\r') return 1;
    return mode == STOPS_BARE && c == ',';
}

static inline const u8 *copy_text(const u8 *p, const u8 *end, u8 **to_place, unsigned *high, const int mode) {
    u8 *to = *to_place;
#if defined(__SSE2__)
    while (end - p >= 16) {
        __m128i found = _mm_loadu_si128((const __m128i *)p);
        _mm_storeu_si128((__m128i *)to, found);
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(found, _mm_set1_epi8('"')), _mm_cmpeq_epi8(found, _mm_setzero_si128()));
        if (mode != STOPS_QUOTED_LINES) {
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(found, _mm_set1_epi8('\n')));
            hit = _mm_or_si128(hit, _mm_cmpeq_epi8(found, _mm_set1_epi8('\r')));
        }
        if (mode == STOPS_BARE) hit = _mm_or_si128(hit, _mm_cmpeq_epi8(found, _mm_set1_epi8(',')));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit), above = (unsigned)_mm_movemask_epi8(found);
        if (mask) {
            int taken = __builtin_ctz(mask);
            *high |= above & ((1u << taken) - 1);
            *to_place = to + taken;
            return p + taken;
        }
        *high |= above;
        p += 16;
        to += 16;
    }
#endif
    while (p < end && !stops(*p, mode)) {
        *high |= *p & 0x80;
        *to++ = *p++;
    }
    *to_place = to;
    return p;
}

/* ---- fields and records ---- */

static inline int is_null(const Job *job, const u8 *p, const u8 *end, const u8 **after) {
    int32_t start = 0;
    for (int32_t i = 0; i < job->null_count; i++) {
        int32_t length = job->null_ends[i] - start;
        if (end - p > length && memcmp(p, job->nulls + start, (size_t)length) == 0) {
            u8 next = p[length];
            if (next == ',' || next == '\n' || next == '\r') {
                *after = p + length;
                return 1;
            }
        }
        start = job->null_ends[i];
    }
    return 0;
}

static int names_folder(const u8 *text, i64 size, i64 longest) {
    static const char NULL_FOLDER[] = "__HIVE_DEFAULT_PARTITION__";
    if (size == 0 || size > longest) return 0;
    return size != sizeof NULL_FOLDER - 1 || memcmp(text, NULL_FOLDER, sizeof NULL_FOLDER - 1) != 0;
}

static inline const u8 *read_string(const Job *job, Column *column, const u8 *p, const u8 *end, i64 row, i64 *lines) {
    u8 *start = column->values + column->offsets[row], *to = start;
    unsigned high = 0;
    if (*p != '"') {
        p = copy_text(p, end, &to, &high, STOPS_BARE);
    } else {
        p++;
        for (;;) {
            const u8 *from = p;
            if (job->quoted_newlines) {
                p = copy_text(p, end, &to, &high, STOPS_QUOTED_LINES);
                for (const u8 *at = from; (at = memchr(at, '\n', (size_t)(p - at))) != NULL; at++) ++*lines;
            } else {
                p = copy_text(p, end, &to, &high, STOPS_QUOTED);
            }
            if (p >= end || *p != '"') return NULL;
            p++;
            if (p < end && *p == '"') {
                *to++ = '"';
                p++;
            } else break;
        }
    }
    if (column->folder_bytes && !names_folder(start, to - start, column->folder_bytes)) return NULL;
    if (high && !is_utf8(start, to)) return NULL;
    column->offsets[row + 1] = (int32_t)(to - column->values);
    return p;
}

static inline const u8 *read_value(Job *job, Column *column, int place, const u8 *p, const u8 *end, i64 row) {
    switch (column->kind) {
        case BIGINT:
            return read_bigint(p, end, (i64 *)column->values + row);
        case DECIMAL:
            return read_decimal(p, end, column->whole_digits, column->scale, (i64 *)column->values + 2 * row);
        case DOUBLE: {
            int sure = 0;
            const u8 *after = read_double(p, end, (double *)column->values + row, &sure);
            if (after && !sure) {
                i64 *doubt = job->doubts + DOUBT_WIDTH * job->doubt_count++;
                doubt[0] = row;
                doubt[1] = place;
                doubt[2] = p - job->data;
                doubt[3] = after - job->data;
            }
            return after;
        }
        case BOOLEAN: {
            u8 *bits = column->values + row / 8, bit = (u8)(1 << row % 8);
            if (end - p >= 4 && memcmp(p, "true", 4) == 0) {
                *bits |= bit;
                return p + 4;
            }
            if (end - p < 5 || memcmp(p, "false", 5) != 0) return NULL;
            *bits &= (u8)~bit;
            return p + 5;
        }
        default: {
            u8 padded[32];
            const u8 *q = p;
            if (end - p < 32) {
                memset(padded, 0, sizeof padded);
                memcpy(padded, p, (size_t)(end - p));
                q = padded;
            }
            if (column->kind == TIMESTAMP) {
                int taken = read_moment(column, q, (i64 *)column->values + row);
                return taken ? p + taken : NULL;
            }
            i64 day;
            if (!known_day(column, q, &day)) return NULL;
            ((int32_t *)column->values)[row] = (int32_t)day;
            return p + 10;
        }
    }
}

static inline void write_null(Column *column, i64 row) {
    column->validity[row / 8] &= (u8)~(1 << row % 8);
    column->nulls++;
    switch (column->kind) {
        case STRING:
            column->offsets[row + 1] = column->offsets[row];
            break;
        case DECIMAL:
            memset(column->values + 16 * row, 0, 16);
            break;
        case DATE:
            memset(column->values + 4 * row, 0, 4);
            break;
        case BOOLEAN:
            column->values[row / 8] &= (u8)~(1 << row % 8);
            break;
        default:
            memset(column->values + 8 * row, 0, 8);
    }
}

/* The record's end, or NULL and the number of columns touched. */
static inline const u8 *read_record(Job *job, const u8 *p, const u8 *end, i64 row, int *touched, i64 *lines) {
    int last = job->column_count - 1;
    for (int place = 0;; place++) {
        Column *column = job->columns + place;
        const u8 *after;
        *touched = place;
        if (*p == ',' || *p == '\n' || *p == '\r') {
            after = p;
            if (!column->nullable) return NULL;
            write_null(column, row);
        } else if (*p != '"' && job->null_count && is_null(job, p, end, &after)) {
            if (!column->nullable) return NULL;
            write_null(column, row);
        } else if (column->kind == STRING) {
            after = read_string(job, column, p, end, row, lines);
        } else if (*p != '"') {
            after = read_value(job, column, place, p, end, row);
        } else {
            after = read_value(job, column, place, p + 1, end, row);
            if (after) after = after < end && *after == '"' ? after + 1 : NULL;
        }
        if (!after || after >= end) {
            *touched = place + 1;
            return NULL;
        }
        p = after;
        *touched = place + 1;
        if (place == last) break;
        if (*p != ',') return NULL;
        p++;
    }
    if (job->crlf) {
        if (*p != '\r') return NULL;
        p++;
    }
    return *p == '\n' ? p + 1 : NULL;
}

/* Behind the LF that ends the record at p (with newlines in quotes, the first one after an even number of quotes);
 * NULL where there is none. */
static const u8 *record_end(const u8 *p, const u8 *end, int quoted_newlines) {
    const u8 *counted = p;
    for (i64 quotes = 0;;) {
        const u8 *found = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
        if (!found || !quoted_newlines) return found ? found + 1 : NULL;
        for (; (counted = memchr(counted, '"', (size_t)(found - counted))) != NULL; counted++) quotes++;
        if (quotes % 2 == 0) return found + 1;
        /* an odd number so far: the field goes on at least to the next quote */
        p = counted = memchr(found, '"', (size_t)(end - found));
        if (!p) return NULL;
    }
}

static int holds_long_text(const Job *job, i64 row) {
    for (int place = 0; place < job->column_count; place++) {
        const Column *column = job->columns + place;
        if (column->kind == STRING && column->offsets[row + 1] - column->offsets[row] > column->max_bytes) return 1;
    }
    return 0;
}

/* Reads records until the data, a capacity or a record without end stops it: `consumed` says where. `data` ends with
 * LF; row_capacity bounds the good rows, and each string column has room for the whole data. */
void read_records(Job *job) {
    const u8 *p = job->data, *end = p + job->size;
    i64 row = 0;
    job->lines = job->rejected_count = job->doubt_count = job->longest_size = job->longest_start = 0;
    while (p < end && row < job->row_capacity && job->rejected_count < job->rejected_capacity &&
           job->doubt_count + job->column_count <= job->doubt_capacity) {
        i64 doubts = job->doubt_count, lines = 0;
        int touched = 0;
        const u8 *after = NULL;
        int again = job->header_size && end - p >= job->header_size &&
                    memcmp(p, job->header, (size_t)job->header_size) == 0;
        if (!again) after = read_record(job, p, end, row, &touched, &lines);
        if (after && after - p > job->safe_size && holds_long_text(job, row)) {
            after = NULL;
            touched = job->column_count;
        }
        i64 start = p - job->data;
        if (after) {
            for (i64 i = doubts; i < job->doubt_count; i++) {
                i64 *doubt = job->doubts + DOUBT_WIDTH * i;
                doubt[4] = start;
                doubt[5] = after - job->data;
                doubt[6] = job->lines;
            }
            row++;
            job->lines += lines + 1;
        } else {
            job->doubt_count = doubts;
            for (int place = 0; place < touched; place++) { /* take the row's nulls back */
                Column *column = job->columns + place;
                u8 bit = (u8)(1 << row % 8);
                if (!(column->validity[row / 8] & bit)) {
                    column->validity[row / 8] |= bit;
                    column->nulls--;
                }
            }
            after = record_end(p, end, job->quoted_newlines);
            if (!after) break;
            i64 *place = job->rejected + REJECTED_WIDTH * job->rejected_count++;
            place[0] = start;
            place[1] = after - job->data;
            place[2] = job->lines;
            place[3] = row;
            for (const u8 *at = p; (at = memchr(at, '\n', (size_t)(after - at))) != NULL; at++) job->lines++;
        }
        if (after - p > job->longest_size) {
            job->longest_size = after - p;
            job->longest_start = start;
        }
        p = after;
    }
    job->rows = row;
    job->consumed = p - job->data;
}

/* ---- scans ---- */

/* How often `wanted` is there. */
i64 count_byte(const u8 *data, i64 size, u8 wanted) {
    i64 count = 0, at = 0;
#if defined(__SSE2__)
    __m128i sought = _mm_set1_epi8((char)wanted), total = _mm_setzero_si128();
    while (size - at >= 16 * 255) {
        __m128i few = _mm_setzero_si128();
        for (int i = 0; i < 255; i++, at += 16)
            few = _mm_sub_epi8(few, _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(data + at)), sought));
        total = _mm_add_epi64(total, _mm_sad_epu8(few, _mm_setzero_si128()));
    }
    count = _mm_cvtsi128_si64(total) + _mm_cvtsi128_si64(_mm_srli_si128(total, 8));
#endif
    for (; at < size; at++) count += data[at] == wanted;
    return count;
}

/* Behind the last LF that ends a record, in data that starts at a record; 0 where there is none. */
i64 last_record_end(const u8 *data, i64 size, int32_t quoted_newlines) {
    i64 at = size;
    if (!quoted_newlines) {
        while (at > 0 && data[at - 1] != '\n') at--;
        return at;
    }
    i64 quotes = count_byte(data, size, '"');
    while (at > 0) {
        u8 c = data[at - 1];
        if (c == '\n' && quotes % 2 == 0) return at;
        quotes -= c == '"';
        at--;
    }
    return 0;
}

/* ---- checksums, as lake/ledger/entry.py defines them ---- */

#define GOLDEN 0x9E3779B97F4A7C15ull
#define NULL_HASH 0xA5A5F00D5EED0001ull

static inline u64 mix(u64 x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9ull;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBull;
    return x ^ x >> 31;
}

static inline int valid_at(const u8 *validity, i64 place) {
    return !validity || (validity[place / 8] >> place % 8 & 1);
}

/* Adds weight * hash of each value to `rows`, gives the sum of the hashes. Words are `stride` apart; with `both`, two
 * words are one value. */
u64 hash_words(const u64 *words, i64 stride, int32_t both, const u8 *validity, i64 offset, i64 count, u64 weight,
               u64 *rows) {
    u64 sum = 0;
    words += offset * stride;
    for (i64 i = 0; i < count; i++) {
        u64 hash = NULL_HASH;
        if (valid_at(validity, offset + i)) {
            const u64 *word = words + i * stride;
            hash = both ? mix(16 + mix(word[0] + GOLDEN) + mix(word[1] + 2 * GOLDEN)) : mix(word[0] + GOLDEN);
        }
        sum += hash;
        rows[i] += weight * hash;
    }
    return sum;
}

u64 hash_days(const int32_t *days, const u8 *validity, i64 offset, i64 count, u64 weight, u64 *rows) {
    u64 sum = 0;
    for (i64 i = 0; i < count; i++) {
        u64 hash = valid_at(validity, offset + i) ? mix((u64)(i64)days[offset + i] + GOLDEN) : NULL_HASH;
        sum += hash;
        rows[i] += weight * hash;
    }
    return sum;
}

u64 hash_bits(const u8 *bits, const u8 *validity, i64 offset, i64 count, u64 weight, u64 *rows) {
    u64 sum = 0;
    for (i64 i = 0; i < count; i++) {
        i64 at = offset + i;
        u64 hash = valid_at(validity, at) ? mix((u64)(bits[at / 8] >> at % 8 & 1) + GOLDEN) : NULL_HASH;
        sum += hash;
        rows[i] += weight * hash;
    }
    return sum;
}

u64 hash_texts(const u8 *text, const int32_t *offsets, const u8 *validity, i64 offset, i64 count, u64 weight,
               u64 *rows) {
    u64 sum = 0;
    for (i64 i = 0; i < count; i++) {
        u64 hash = NULL_HASH;
        if (valid_at(validity, offset + i)) {
            i64 start = offsets[offset + i], length = offsets[offset + i + 1] - start, at = 0;
            const u8 *bytes = text + start;
            u64 words = (u64)length, step = GOLDEN;
            for (; at + 8 <= length; at += 8, step += GOLDEN) {
                u64 word;
                memcpy(&word, bytes + at, 8);
                words += mix(word + step);
            }
            if (at < length) {
                u64 word = 0;
                for (i64 b = length - 1; b >= at; b--) word = word << 8 | bytes[b];
                words += mix(word + step);
            }
            hash = mix(words);
        }
        sum += hash;
        rows[i] += weight * hash;
    }
    return sum;
}

/* mix() of each word, in place; gives their sum. */
u64 mix_all(u64 *words, i64 count) {
    u64 sum = 0;
    for (i64 i = 0; i < count; i++) sum += words[i] = mix(words[i]);
    return sum;
}
