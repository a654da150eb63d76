/* The scanner's first look, compiled: where digits stand that may make a card number, and where words are long.

   It only names places; the patterns (`patterns.py`) judge the lines round them. It is built where there is a C
   compiler and a processor with SSE2; without it Hyperscan's automata look for the same (`compiled.py`). Sixty-four
   bytes are looked at together: of each kind of character a mask says where it stands, and most of a text is let go by
   a few questions about the masks. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#ifndef __SSE2__
#error "byte by byte this is slower than Hyperscan"
#endif
#include <emmintrin.h>

typedef unsigned char byte;
typedef uint64_t mask;

enum { WIDTH = 64, APART = 64 };          /* places nearer to each other than APART are one */
enum { FEWEST_DIGITS = 12, FEWEST = 14 }; /* of a track's number up to its divider; of a number */

enum { DIGIT = 1, LETTER = 2, SEPARATOR = 4, WORD = 8, QUOTE = 16, BLANK = 32, NEWLINE = 64 };

static byte kinds[256];

static void fill_kinds(void)
{
    for (int each = 0; each < 256; each++) {
        int digit = each >= '0' && each <= '9';
        int letter = (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
        int unseen = (each < ' ' && each != '\n' && each != '\r') || each >= 0x7f;
        kinds[each] = digit * DIGIT | letter * LETTER | (digit || letter) * WORD | unseen * SEPARATOR;
    }
    for (const char *each = " -./"; *each; each++) kinds[(byte)*each] |= SEPARATOR;
    for (const char *each = "+/_-"; *each; each++) kinds[(byte)*each] |= WORD;
    for (const char *each = "\"'`"; *each; each++) kinds[(byte)*each] |= QUOTE;
    for (const char *each = " \t"; *each; each++) kinds[(byte)*each] |= BLANK;
    kinds['\n'] |= NEWLINE;
}

/* Where in 64 bytes a kind stands: the lowest bit is the first byte. */
#define BETWEEN(bytes, first, last)                                                                                  \
    _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8((char)(0x80 - (first)))),                                       \
                   _mm_set1_epi8((char)(0x80 + (last) - (first) + 1)))
#define IS(character) _mm_cmpeq_epi8(these, _mm_set1_epi8(character))
#define OR _mm_or_si128
#define NOT(found) _mm_andnot_si128(found, _mm_set1_epi8(-1))
#define MASK(name, test)                                                                                             \
    static inline mask name(const byte *data)                                                                        \
    {                                                                                                                \
        mask all = 0;                                                                                                \
        for (int at = 0; at < WIDTH; at += 16) {                                                                     \
            __m128i these = _mm_loadu_si128((const __m128i *)(data + at));                                           \
            all |= (mask)(uint16_t)_mm_movemask_epi8(test) << at;                                                    \
        }                                                                                                            \
        return all;                                                                                                  \
    }

#define DIGITS BETWEEN(these, '0', '9')
#define LETTERS BETWEEN(OR(these, _mm_set1_epi8(0x20)), 'a', 'z')
#define MARKS OR(OR(IS('+'), IS('/')), OR(IS('_'), IS('-')))
#define SEEN _mm_andnot_si128(BETWEEN(these, '-', '/'), BETWEEN(these, '!', '~'))
MASK(digits_in, DIGITS)
MASK(letters_in, LETTERS)
MASK(words_in, OR(OR(DIGITS, LETTERS), MARKS))
MASK(in_row_in, OR(DIGITS, NOT(OR(SEEN, OR(IS('\n'), IS('\r'))))))
MASK(quotes_in, OR(IS('"'), OR(IS('\''), IS('`'))))
MASK(blanks_in, OR(IS(' '), IS('\t')))
MASK(newlines_in, IS('\n'))
MASK(beyond_in, these)

/* Sixty-four bytes from here. At the end of a block fewer are left: newlines stand for the rest. */
static inline const byte *whole(const byte *data, const byte *end, byte *padded)
{
    if (end - data >= WIDTH) return data;
    memset(padded, '\n', WIDTH);
    return memcpy(padded, data, (size_t)(end - data));
}

static inline int first_of(mask some) { return __builtin_ctzll(some); }
static inline int last_of(mask some) { return WIDTH - 1 - __builtin_clzll(some); }
static inline int count_of(mask some) { return __builtin_popcountll(some); }
static inline mask below(int bit) { return bit < WIDTH ? ((mask)1 << bit) - 1 : ~(mask)0; }

/* Where so many of `some` begin that follow each other at once. */
static inline mask runs_of(mask some, int size)
{
    for (int done = 1; done < size;) {
        int step = done < size - done ? done : size - done;
        some &= some >> step;
        done += step;
    }
    return some;
}

static inline int runs_in(mask some, int size)
{
    mask runs = runs_of(some, size);
    return count_of(runs & ~(runs << 1));
}

/* The places found, in a Python list; NULL after an error. */
typedef struct {
    PyObject *list;
    const byte *start, *told;
} Places;

static void tell(Places *places, const byte *end)
{
    if (!places->list || (places->told && end - places->told < APART && end >= places->told)) return;
    places->told = end;
    PyObject *place = PyLong_FromSsize_t(end - places->start);
    if (!place || PyList_Append(places->list, place) < 0) Py_CLEAR(places->list);
    Py_XDECREF(place);
}

/* Whether a string that this digit begins is joined to one that a digit ends: `"4" + "2"`, over two lines perhaps. */
static int is_joined(const byte *start, const byte *digit)
{
    const byte *at = digit - 2;
    while (at > start && digit - at < WIDTH && memchr(" \t\r\n+.&\\|", *at, 9)) at--;
    return digit - at >= 3 && at > start && kinds[*at] & QUOTE && kinds[at[-1]] & DIGIT;
}

/* Groups of digits without a letter between them, one after the other. The counts are of what fits so far, this group
   with it: digits with usual dividers; groups of one digit, of two, of three. */
static void in_segment(Places *places, const byte *first, const byte *last, const byte *end)
{
    Py_ssize_t row = 0, ones = 0, twos = 0, threes = 0, before[3] = {0, 0, 0};
    const byte *group_end = NULL;
    for (const byte *at = first; at < last;) {
        if (!(kinds[*at] & DIGIT)) {
            at++;
            continue;
        }
        const byte *group = at;
        while (at < last && kinds[*at] & DIGIT) at++;
        Py_ssize_t size = at - group, gap = group_end ? group - group_end : 0;
        byte all = SEPARATOR;
        for (const byte *each = group - gap; each < group; each++) all &= kinds[*each];
        int one_line = gap <= 12 && !memchr(group - gap, '\n', (size_t)gap);
        row = (all ? row : 0) + size;
        ones = gap <= 8 ? ones + 1 : 1;
        twos = gap <= 3 ? twos + 1 : 1;
        threes = (gap == 1 || gap == 3) && size >= 3 ? threes + 1 : 0;
        if (!one_line) memset(before, 0, sizeof before);
        int fours = before[0] == 4 && before[1] == 4 && before[2] >= 4;
        int sixes = before[0] == 6 && before[1] >= 4;
        int on_track = row >= FEWEST_DIGITS && at < end && (*at == '^' || *at == '=');
        if (size >= FEWEST) tell(places, group + FEWEST);
        if (row >= FEWEST || on_track || (size >= 4 && (fours || sixes)) || ones >= 12 || twos >= 11 || threes >= 4)
            tell(places, at);
        if (size != 1) ones = 1;
        if (size != 2) twos = size > 2;
        if (size != 3) threes = 0;
        before[2] = before[1];
        before[1] = before[0];
        before[0] = size;
        group_end = at;
    }
}

/* A fast look at a segment of at most 64 bytes: whether `in_segment` may tell of anything. */
static int is_promising(const byte *first, const byte *last, const byte *end)
{
    int size = (int)(last - first);
    byte padded[WIDTH];
    const byte *these = whole(first, end, padded);
    mask digits = digits_in(these) & below(size), in_row = in_row_in(these) & below(size);
    int groups = count_of(digits & ~(digits << 1)), of_four = runs_in(digits, 4);
    if (groups >= 11 || of_four >= 4 || (of_four >= 3 && runs_of(digits, 6))) return 1;
    if (groups >= 5 && runs_in(digits, 3) >= 4) return 1;
    for (mask rows = runs_of(in_row, FEWEST_DIGITS); rows;) {
        int row = first_of(rows), row_end = size;
        mask others = ~in_row & ~below(row);
        if (others) row_end = first_of(others);
        int found = count_of(digits & below(row_end) & ~below(row));
        if (found >= FEWEST || (found >= FEWEST_DIGITS && first + row_end < end && memchr("^=", first[row_end], 2)))
            return 1;
        rows &= ~below(row_end);
    }
    return 0;
}

static void segment(Places *places, const byte *first, const byte *last, const byte *end)
{
    if (last - first > WIDTH || is_promising(first, last, end)) in_segment(places, first, last, end);
}

/* Two digits that a joint of strings stands between, or the fold of a line. */
static void pairs(Places *places, const byte *at, const byte *these, mask digits)
{
    byte before[2] = {at > places->start ? kinds[at[-1]] : 0, at > places->start + 1 ? kinds[at[-2]] : 0};
    mask quoted = digits & (quotes_in(these) << 1 | ((before[0] & QUOTE) != 0));
    for (; quoted; quoted &= quoted - 1) {
        const byte *digit = at + first_of(quoted);
        if (digit - places->start >= 3 && is_joined(places->start, digit)) tell(places, digit + 1);
    }
    mask folded = digits & (blanks_in(these) << 1 | ((before[0] & BLANK) != 0));
    if (folded) folded &= newlines_in(these) << 2 | (mask)((before[0] & NEWLINE) != 0) << 1 | ((before[1] & NEWLINE) != 0);
    for (; folded; folded &= folded - 1) {
        const byte *digit = at + first_of(folded), *line = digit - 2;
        if (line > places->start && line[-1] == '\r') line--;
        if (line > places->start && kinds[line[-1]] & DIGIT) tell(places, digit + 1);
    }
}

/* The segments that end in these bytes, of which `first` begins before them and has `found` digits so far. */
static void segments(Places *places, const byte *first, Py_ssize_t found, const byte *at, mask digits, mask letters,
                     const byte *end)
{
    int from = first_of(letters), to = last_of(letters);
    if (found + count_of(digits & below(from)) >= FEWEST_DIGITS) segment(places, first, at + from, end);
    mask wide = runs_of(~letters, FEWEST_DIGITS) & below(to) & ~below(from);
    while (wide) {
        int begins = first_of(wide), ends = first_of(letters & ~below(begins));
        if (count_of(digits & below(ends) & ~below(begins)) >= FEWEST_DIGITS)
            segment(places, at + begins, at + ends, end);
        wide &= ~below(ends);
    }
}

static PyObject *digits(PyObject *module, PyObject *block)
{
    (void)module;
    Py_buffer view;
    if (PyObject_GetBuffer(block, &view, PyBUF_SIMPLE) < 0) return NULL;
    const byte *start = view.buf, *end = start + view.len, *first = start;
    Places places = {PyList_New(0), start, NULL};
    byte padded[WIDTH];
    Py_ssize_t found = 0; /* digits since the last letter */
    for (const byte *at = start; at < end && places.list; at += WIDTH) {
        const byte *these = whole(at, end, padded);
        mask digits = digits_in(these), letters = letters_in(these);
        if (digits) pairs(&places, at, these, digits);
        if (letters && found + count_of(digits) >= FEWEST_DIGITS)
            segments(&places, first, found, at, digits, letters, end);
        if (letters) {
            int last = last_of(letters);
            first = at + last + 1;
            found = 0;
            digits &= ~below(last + 1);
        }
        found += count_of(digits);
    }
    if (found >= FEWEST_DIGITS) segment(&places, first, end, end);
    PyBuffer_Release(&view);
    return places.list;
}

/* Where a word of at least `fewest` letters begins, and in `word_end` where it ends; NULL when there is none. */
static const byte *next_word(const byte *at, const byte *end, int fewest, const byte **word_end)
{
    byte padded[WIDTH];
    for (; end - at >= fewest; at += WIDTH - fewest + 1) {
        mask begins = runs_of(words_in(whole(at, end, padded)), fewest);
        if (!begins) continue;
        const byte *word = at + first_of(begins), *last = word + fewest;
        while (last < end && kinds[*last] & WORD) last++;
        *word_end = last;
        return word;
    }
    return NULL;
}

static PyObject *words(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer view;
    int fewest, many;
    if (!PyArg_ParseTuple(args, "y*ii", &view, &fewest, &many)) return NULL;
    PyObject *found = NULL, *spans = PyList_New(0);
    const byte *start = view.buf, *end = start + view.len, *word, *last;
    Py_ssize_t most = fewest > 0 ? view.len / fewest + 1 : 0, size = 0, count = 0;
    char *text = PyMem_Malloc((size_t)(view.len + most + 1));
    uint32_t *places = PyMem_Malloc((size_t)(most + 1) * 2 * sizeof(uint32_t));
    if (fewest < 1 || fewest > WIDTH / 2 || view.len > UINT32_MAX / 2) {
        PyErr_SetString(PyExc_ValueError, "words of 1 to 32 letters are sought, in at most 2 GiB");
    } else if (!spans || !text || !places) {
        PyErr_NoMemory();
    } else {
        for (const byte *at = start; (word = next_word(at, end, fewest, &last)); at = last) {
            places[2 * count] = (uint32_t)size;
            places[2 * count++ + 1] = (uint32_t)(word - start);
            memcpy(text + size, word, (size_t)(last - word));
            size += last - word;
            text[size++] = '\n';
            if (last - word < many) continue;
            PyObject *span = Py_BuildValue("(nn)", word - start, last - start);
            int failed = !span || PyList_Append(spans, span) < 0;
            Py_XDECREF(span);
            if (failed) break;
        }
        if (!PyErr_Occurred())
            found = Py_BuildValue("(y#y#O)", text, size, places, count * 2 * (Py_ssize_t)sizeof(uint32_t), spans);
    }
    PyMem_Free(text);
    PyMem_Free(places);
    Py_XDECREF(spans);
    PyBuffer_Release(&view);
    return found;
}

static PyObject *beyond_ascii(PyObject *module, PyObject *args)
{
    (void)module;
    Py_buffer view;
    Py_ssize_t size, across;
    if (!PyArg_ParseTuple(args, "y*nn", &view, &size, &across)) return NULL;
    PyObject *starts = NULL;
    byte padded[WIDTH];
    if (size < 1 || across < 0) {
        PyErr_SetString(PyExc_ValueError, "a chunk has a byte at least");
    } else {
        starts = PyList_New(0);
        const byte *start = view.buf, *end = start + view.len;
        for (const byte *chunk = start; starts && chunk < end; chunk = end - chunk > size ? chunk + size : end) {
            const byte *last = end - chunk - size > across ? chunk + size + across : end, *at = chunk;
            while (at < last && !beyond_in(whole(at, last, padded))) at += last - at > WIDTH ? WIDTH : last - at;
            if (at == last) continue;
            PyObject *place = PyLong_FromSsize_t(chunk - start);
            if (!place || PyList_Append(starts, place) < 0) Py_CLEAR(starts);
            Py_XDECREF(place);
        }
    }
    PyBuffer_Release(&view);
    return starts;
}

static PyMethodDef methods[] = {
    {"beyond_ascii", beyond_ascii, METH_VARARGS,
     "beyond_ascii(block, size, across): which chunks of this size, with so much behind, hold what is no ASCII."},
    {"digits", digits, METH_O, "digits(block): where to look for digits that make a number."},
    {"words", words, METH_VARARGS, "words(block, fewest, many): the words of so many letters or more."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_runs", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__runs(void)
{
    fill_kinds();
    return PyModule_Create(&module);
}
