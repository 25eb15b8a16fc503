// What this build's kernels need of a processor, and what the present one has.
#ifndef CONVTOP_PROCESSOR_H
#define CONVTOP_PROCESSOR_H

// One bit a feature, in the order of `PROCESSOR_FEATURES`: name, the macro that says that the compiler may use it, the
// cpuid leaf and subleaf that tell of it, the register (0 to 3: a, b, c, d) and the bit, and what the operating system
// must save of it (0 nothing, 6 AVX's registers, 0xe6 AVX-512's).
#define PROCESSOR_FEATURES(X) \
  X(SSE3, 1, 0, 2, 0, 0) X(SSSE3, 1, 0, 2, 9, 0) X(SSE4_1, 1, 0, 2, 19, 0) X(SSE4_2, 1, 0, 2, 20, 0) \
  X(POPCNT, 1, 0, 2, 23, 0) X(MOVBE, 1, 0, 2, 22, 0) X(LZCNT, 0x80000001, 0, 2, 5, 0) X(BMI, 7, 0, 1, 3, 0) \
  X(BMI2, 7, 0, 1, 8, 0) X(AVX, 1, 0, 2, 28, 6) X(F16C, 1, 0, 2, 29, 6) X(FMA, 1, 0, 2, 12, 6) \
  X(AVX2, 7, 0, 1, 5, 6) X(GFNI, 7, 0, 2, 8, 0) X(VAES, 7, 0, 2, 9, 6) X(VPCLMULQDQ, 7, 0, 2, 10, 6) \
  X(AVXVNNI, 7, 1, 0, 4, 6) X(AVXIFMA, 7, 1, 0, 23, 6) X(AVXNECONVERT, 7, 1, 3, 5, 6) \
  X(AVXVNNIINT8, 7, 1, 3, 4, 6) X(AVXVNNIINT16, 7, 1, 3, 10, 6) X(AVX512F, 7, 0, 1, 16, 0xe6) \
  X(AVX512DQ, 7, 0, 1, 17, 0xe6) X(AVX512IFMA, 7, 0, 1, 21, 0xe6) X(AVX512CD, 7, 0, 1, 28, 0xe6) \
  X(AVX512BW, 7, 0, 1, 30, 0xe6) X(AVX512VL, 7, 0, 1, 31, 0xe6) X(AVX512VBMI, 7, 0, 2, 1, 0xe6) \
  X(AVX512VBMI2, 7, 0, 2, 6, 0xe6) X(AVX512VNNI, 7, 0, 2, 11, 0xe6) X(AVX512BITALG, 7, 0, 2, 12, 0xe6) \
  X(AVX512VPOPCNTDQ, 7, 0, 2, 14, 0xe6) X(AVX512VP2INTERSECT, 7, 0, 3, 8, 0xe6) X(AVX512FP16, 7, 0, 3, 23, 0xe6) \
  X(AVX512BF16, 7, 1, 0, 5, 0xe6)

#define PROCESSOR_INDEX(name, leaf, subleaf, word, bit, state) processor_index_##name,
enum { PROCESSOR_FEATURES(PROCESSOR_INDEX) processor_feature_count };
#undef PROCESSOR_INDEX

// Of the features, those that the compiler took for granted: a macro that is defined expands to 1, another stays a word.
#define PROCESSOR_TEXT(word) #word
#define PROCESSOR_IS_DEFINED(word) (PROCESSOR_TEXT(word)[0] == '1')

static inline __attribute__((always_inline)) unsigned long long processor_features_built(void) {
  unsigned long long features = 0;
#if defined(__x86_64__)
#define PROCESSOR_BUILT(name, leaf, subleaf, word, bit, state) \
  features |= (unsigned long long)PROCESSOR_IS_DEFINED(__##name##__) << processor_index_##name;
  PROCESSOR_FEATURES(PROCESSOR_BUILT)
#undef PROCESSOR_BUILT
#endif
  return features;
}

// Of the features, those that the processor has and whose registers the operating system saves.
static inline unsigned long long processor_features_present(void) {
  unsigned long long features = 0;
#if defined(__x86_64__)
  unsigned words[4], highest, highest_extended, state = 0;
#define PROCESSOR_ASK(leaf, subleaf) \
  __asm__ volatile("cpuid" : "=a"(words[0]), "=b"(words[1]), "=c"(words[2]), "=d"(words[3]) : "a"(leaf), "c"(subleaf))
  PROCESSOR_ASK(0, 0);
  highest = words[0];
  PROCESSOR_ASK(0x80000000, 0);
  highest_extended = words[0];
  PROCESSOR_ASK(1, 0);
  if (words[2] >> 27 & 1) {
    unsigned high;
    __asm__ volatile("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  }
#define PROCESSOR_PRESENT(name, leaf, subleaf, word, bit, needed) \
  if ((leaf) <= ((leaf) & 0x80000000 ? highest_extended : highest)) { \
    PROCESSOR_ASK(leaf, subleaf); \
    if ((words[word] >> (bit) & 1) && (state & (needed)) == (needed)) features |= 1ull << processor_index_##name; \
  }
  PROCESSOR_FEATURES(PROCESSOR_PRESENT)
#undef PROCESSOR_PRESENT
#undef PROCESSOR_ASK
#endif
  return features;
}

// The system's own declaration is not there for Swift; the set is given as bytes.
int sched_getaffinity(int process, unsigned long bytes, void *set);

// How many processors this process is bound to; 0 when the system does not say.
static inline int processor_affinity(void) {
  unsigned char set[1024] = {0};
  if (sched_getaffinity(0, sizeof set, set) != 0) return 0;
  int count = 0;
  for (unsigned long i = 0; i < sizeof set; i++) count += __builtin_popcount(set[i]);
  return count;
}

// A feature's name, as processors list it.
static inline const char *processor_feature_name(int index) {
#define PROCESSOR_NAME(name, leaf, subleaf, word, bit, state) #name,
  static const char *const names[] = {PROCESSOR_FEATURES(PROCESSOR_NAME)};
#undef PROCESSOR_NAME
  return names[index];
}

#endif
