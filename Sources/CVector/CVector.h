// The few vector facts and instructions that Swift cannot promise.
#ifndef CONVTOP_CVECTOR_H
#define CONVTOP_CVECTOR_H

// Swift imports this type as SIMD16<Float>.
typedef float lanes16 __attribute__((ext_vector_type(16)));

// a * b + c, rounded once. SIMD16.addProduct is not reliably one instruction; this is, on every processor that has it.
static inline __attribute__((always_inline)) lanes16 lanes_multiply_add(lanes16 a, lanes16 b, lanes16 c) {
  return __builtin_elementwise_fma(a, b, c);
}

// Whether one register holds all sixteen lanes and there are 32 of them: decides the size of a register tile.
#ifdef __AVX512F__
enum { lanes_fill_one_register = 1 };
#else
enum { lanes_fill_one_register = 0 };
#endif

#endif
