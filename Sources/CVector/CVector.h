// The few vector facts and instructions that Swift cannot promise.
#ifndef CONVTOP_CVECTOR_H
#define CONVTOP_CVECTOR_H

// Swift imports this type as SIMD16<Float>.
typedef float lanes16 __attribute__((ext_vector_type(16)));

// a * b + c, rounded once. SIMD16.addProduct is not reliably one instruction; this is, on every processor that has it.
static inline __attribute__((always_inline)) lanes16 lanes_multiply_add(lanes16 a, lanes16 b, lanes16 c) {
  return __builtin_elementwise_fma(a, b, c);
}

// Asks for a cache line that is going to be read.
static inline __attribute__((always_inline)) void lanes_prefetch(const void *line) { __builtin_prefetch(line); }

// Leaves the processor's other thread its resources for some dozens of cycles.
static inline __attribute__((always_inline)) void processor_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// The square roots: Swift's method takes the lanes one by one, each with a test for a negative one.
static inline __attribute__((always_inline)) lanes16 lanes_square_root(lanes16 a) {
  return __builtin_elementwise_sqrt(a);
}

// Whether one register holds all sixteen lanes and there are 32 of them, which decides the size of a register tile; and
// what a register holds of the lanes. No result depends on it; a build may ask for the one or the other, as tests do.
#ifndef CONVTOP_WIDE_TILES
#ifdef __AVX512F__
#define CONVTOP_WIDE_TILES 1
#else
#define CONVTOP_WIDE_TILES 0
#endif
#endif
#if CONVTOP_WIDE_TILES
enum { lanes_fill_one_register = 1 };
typedef float lanes_register __attribute__((ext_vector_type(16)));
#else
enum { lanes_fill_one_register = 0 };
typedef float lanes_register __attribute__((ext_vector_type(8)));
#endif

// The lanes in double precision, for sums that are long.
typedef double doubles16 __attribute__((ext_vector_type(16)));
typedef int integers16 __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) doubles16 lanes_to_doubles(lanes16 a) {
  return __builtin_convertvector(a, doubles16);
}
static inline __attribute__((always_inline)) lanes16 lanes_from_doubles(doubles16 a) {
  return __builtin_convertvector(a, lanes16);
}
static inline __attribute__((always_inline)) lanes16 lanes_from_integers(integers16 a) {
  return __builtin_convertvector(a, lanes16);
}

// Sixteen bytes in a row, which may lie anywhere.
static inline __attribute__((always_inline)) lanes16 lanes_from_bytes(const unsigned char *from) {
  typedef unsigned char bytes16 __attribute__((ext_vector_type(16), aligned(1)));
  return __builtin_convertvector(*(const bytes16 *)from, lanes16);
}

typedef float lanes8 __attribute__((ext_vector_type(8)));

// Sixteen lanes where Swift has put them: it aligns SIMD16<Float> to 16 bytes (on the stack, in InlineArray, in an
// array), while a C pointer to lanes16 promises 64, and the compiler's aligned moves fault on anything less. So memory
// is only ever read and written through this type.
typedef lanes16 lanes16_in_memory __attribute__((aligned(16)));

// to[16 * j + i] = from[step * i + j]: sixteen rows become sixteen columns. Shuffles inside each quarter of a vector
// first, then of whole quarters. Rows lie at multiples of 16 bytes; Swift does not import pointers to vectors.
static inline __attribute__((always_inline)) void lanes_transpose(const float *from, long step, float *to) {
  lanes16 pairs[16], quads[16];
  for (int i = 0; i < 16; i += 2) {
    lanes16 a = *(const lanes16_in_memory *)(from + i * step), b = *(const lanes16_in_memory *)(from + (i + 1) * step);
    pairs[i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    pairs[i + 1] = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; j++) {
      lanes16 a = pairs[i + j], b = pairs[i + j + 2];
      quads[i + 2 * j] = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      quads[i + 2 * j + 1] = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
#define LANES_QUARTER(q, a, b) \
  __builtin_shufflevector(a, b, 4 * q, 4 * q + 1, 4 * q + 2, 4 * q + 3, 16 + 4 * q, 17 + 4 * q, 18 + 4 * q, 19 + 4 * q)
#define LANES_QUARTERS(q) \
  for (int j = 0; j < 4; j++) { \
    lanes8 low = LANES_QUARTER(q, quads[j], quads[4 + j]), high = LANES_QUARTER(q, quads[8 + j], quads[12 + j]); \
    *(lanes16_in_memory *)(to + 16 * (4 * q + j)) = \
      __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); \
  }
  LANES_QUARTERS(0)
  LANES_QUARTERS(1)
  LANES_QUARTERS(2)
  LANES_QUARTERS(3)
#undef LANES_QUARTERS
#undef LANES_QUARTER
}

#endif
