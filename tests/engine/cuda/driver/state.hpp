// What the fake driver knows: who may have seen what, and everything it found wrong.
#pragma once
#include <cuda.h>

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace fake {

// A vector clock: for every stream, how many of its operations are known to have ended.
using Clock = std::map<long, long>;

inline void join(Clock& into, const Clock& other) {
  for (auto [stream, position] : other) into[stream] = std::max(into[stream], position);
}

// One operation of one stream.
struct Point {
  long stream = 0, position = 0;
  std::string what;
  bool before(const Clock& clock) const {
    auto found = clock.find(stream);
    return found != clock.end() && found->second >= position;
  }
};

struct Settings {
  unsigned seed = 0;  // 0: nothing runs before it is waited for
  bool integrated = false;
  size_t memory = size_t(4) << 30;
  int capability = 86, devices = 1;
  bool captures = true;
};

struct Failure {  // the nth call of a function, or of any if it has no name
  std::string function;
  long nth = 0;
  CUresult result = CUDA_SUCCESS;
};

struct State {
  std::recursive_mutex mutex;
  Settings settings;
  Failure failure;
  std::mt19937 random;
  std::vector<std::string> findings;
  std::map<std::string, long> calls;
  long all_calls = 0;
  bool initialised = false;
  CUresult lost = CUDA_SUCCESS;  // sticky: what every later call returns
  Clock host;                    // what the host has waited for
};

inline State state;

inline void find(std::string what) { state.findings.push_back(std::move(what)); }

inline CUresult refuse(CUresult result, std::string what) {
  find(std::move(what));
  return result;
}

}  // namespace fake
