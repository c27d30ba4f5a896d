// What frame.cu needs of CUDA, for g++: one thread of the grid after the other, so kernels with
// shared memory, barriers or warp functions do not run here, and races between threads do not show.
// Compile with -ffp-contract=off: the __f*_rn functions round after every operation.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>

#define __global__
#define __device__

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

struct Dimensions {
  unsigned x, y, z;
};

inline thread_local Dimensions blockIdx, threadIdx, blockDim, gridDim;

template <class To, class From>
inline To same_bits(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To result;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

inline int __float_as_int(float value) { return same_bits<int>(value); }
inline float __int_as_float(int bits) { return same_bits<float>(bits); }
inline int __float2int_rn(float value) { return (int)std::nearbyint(value); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }

#if defined(__x86_64__)
// the instruction itself: <immintrin.h> takes longer to compile than everything else together
__attribute__((target("f16c"))) inline unsigned short half_bits(float value) {
  typedef float Vector __attribute__((vector_size(16)));
  return __builtin_ia32_vcvtps2ph(Vector{value}, 0)[0];
}
#else
inline unsigned short half_bits(float value) { return same_bits<unsigned short>((__fp16)value); }
#endif
