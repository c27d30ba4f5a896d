// What every call of the fake driver begins with, and the contexts that it may need.
#pragma once
#include "kernels.hpp"

#include <cstdlib>
#include <cstring>
#include <unistd.h>

#define CALL extern "C" __attribute__((visibility("default"))) CUresult
#define CONTROL extern "C" __attribute__((visibility("default")))

using namespace fake;
using Lock = std::lock_guard<std::recursive_mutex>;

struct CUctx_st { int retained = 0; };

namespace fake {

inline CUctx_st primary;
inline thread_local std::vector<CUcontext> current;

enum Needs { NOTHING, CONTEXT, NO_CAPTURE };

inline bool capturing() {
  for (auto each : streams) if (each->capturing) return true;
  return false;
}

// What every call has in common: counted, made to fail on request, in need of a context.
inline CUresult enter(const char* function, Needs needs) {
  static const char* hanging = getenv("FAKE_CUDA_HANGS");  // the function that never returns
  while (hanging && !strcmp(function, hanging)) pause();
  long nth = ++state.calls[function], all = ++state.all_calls;
  const Failure& failure = state.failure;
  long at = failure.function.empty() ? all : failure.function == function ? nth : 0;
  bool full = failure.result == CUDA_ERROR_OUT_OF_MEMORY && at > failure.nth;  // and stays so
  if (failure.nth && (at == failure.nth || full)) {
    if (failure.result >= CUDA_ERROR_ILLEGAL_ADDRESS) lose(failure.result);
    return failure.result;
  }
  if (needs == NOTHING) return CUDA_SUCCESS;
  if (!state.initialised) return CUDA_ERROR_NOT_INITIALIZED;
  if (current.empty()) return refuse(CUDA_ERROR_INVALID_CONTEXT, std::string(function) + ": no context in this thread");
  if (!current.back()->retained) return CUDA_ERROR_CONTEXT_IS_DESTROYED;
  if (needs == NO_CAPTURE && capturing()) {
    for (auto each : streams) each->spoilt |= each->capturing != nullptr;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  drift();
  return state.lost;
}

}  // namespace fake

#define ENTER(needs) Lock lock(state.mutex); if (CUresult refused = enter(__func__, needs)) return refused;
