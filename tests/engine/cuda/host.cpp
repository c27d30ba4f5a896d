// frame.cu as a library for the CPU: g++ -shared -DFRAME='"/path/to/frame.cu"' host.cpp
// Several of them: include this file once for each, in a namespace and with a LAUNCH of its own.

#include "shim.h"

#include FRAME

#include <tuple>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#ifndef LAUNCH
#define LAUNCH launch_on_host
#endif

namespace {

int reports;  // of the address sanitizer, where it goes on after one

template <class Argument>
size_t begin_of(size_t end) {
  return (end + alignof(Argument) - 1) / alignof(Argument) * alignof(Argument);
}

template <class Argument>
Argument next(const char* packed, size_t& end) {
  Argument argument;
  size_t begin = begin_of<Argument>(end);
  std::memcpy(&argument, packed + begin, sizeof argument);
  end = begin + sizeof argument;
  return argument;
}

template <class... Arguments>
int run(void (*kernel)(Arguments...), const void* packed, size_t bytes) {
  size_t size = 0, end = 0;
  ((size = begin_of<Arguments>(size) + sizeof(Arguments)), ...);
  if (size != bytes) return 2;
  std::tuple<Arguments...> arguments{next<Arguments>((const char*)packed, end)...};
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
        for (threadIdx.z = 0; threadIdx.z < blockDim.z; ++threadIdx.z)
          for (threadIdx.y = 0; threadIdx.y < blockDim.y; ++threadIdx.y)
            for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x)
              std::apply(kernel, arguments);
  return 0;
}

}  // namespace

// packed: the parameter buffer of cuLaunchKernel. Returns 0; 1 for an unknown kernel, 2 for a
// buffer of another size than its parameters have, 3 where the address sanitizer objected.
extern "C" int LAUNCH(const char* kernel, const unsigned* grid, const unsigned* block,
                      const void* packed, size_t bytes) {
  gridDim = {grid[0], grid[1], grid[2]};
  blockDim = {block[0], block[1], block[2]};
#ifdef __SANITIZE_ADDRESS__
  __asan_set_error_report_callback([](const char*) { ++reports; });
#endif
  int before = reports, result = 1;
#define TRY(name) \
  if (!std::strcmp(kernel, #name)) result = run(name, packed, bytes);
  TRY(prepare_packed_fp32)
  TRY(prepare_packed_fp16)
  TRY(prepare_nv12_fp32)
  TRY(prepare_nv12_fp16)
  TRY(overlay)
#undef TRY
  return reports > before ? 3 : result;
}
