// For the tests: settings, failures, findings; and a way into a stream for the fake TensorRT.
#include "entry.hpp"

CONTROL int fake_refuse(const char* function) {
  Lock lock(state.mutex);
  return refuse(CUDA_ERROR_NOT_SUPPORTED, std::string(function) + " is not a call that rtseg makes");
}
CONTROL void fake_find(const char* what) { Lock lock(state.mutex); find(what); }
CONTROL void fake_reset(unsigned seed, int integrated, size_t memory, int devices, int captures) {
  Lock lock(state.mutex);
  forget_work(), forget_memory(), modules.clear();
  primary.retained = 0, current.clear();
  state.settings = {seed, integrated != 0, memory, 86, devices, captures != 0};
  state.failure = {}, state.random.seed(seed);
  state.findings.clear(), state.calls.clear(), state.host.clear();
  state.all_calls = 0, state.initialised = false, state.lost = CUDA_SUCCESS;
  watch_faults();
}
CONTROL void fake_fail(const char* function, long nth, int result) {
  Lock lock(state.mutex);
  long made = *function ? state.calls[function] : state.all_calls;
  state.failure = {function, made + nth, (CUresult)result};
}
CONTROL long fake_calls(const char* function) { return *function ? state.calls[function] : state.all_calls; }
CONTROL size_t fake_device_bytes() { return live_bytes(false); }
CONTROL const char* fake_findings() {
  static std::string text;
  text.clear();
  for (auto& each : state.findings) text += each + "\n";
  return text.c_str();
}
CONTROL const char* fake_leaks() {
  static std::string text;
  text.clear();
  auto add = [&](size_t count, const char* what) { if (count) text += std::to_string(count) + " " + what + "; "; };
  add(live_bytes(false), "bytes on the device"), add(live_bytes(true), "pinned bytes");
  add(streams.size(), "streams"), add(events.size(), "events"), add(modules.size(), "modules");
  add(graphs.size() + executables.size(), "graphs"), add(primary.retained, "primary contexts");
  return text.c_str();
}
CONTROL void* fake_real(CUdeviceptr address, size_t bytes) {
  auto* found = allocation(address, bytes);
  return found && found->second.live ? real(address) : nullptr;
}
CONTROL int fake_enqueue(CUstream stream, const char* what, int (*function)(void*), int count,
                         const CUdeviceptr* addresses, const size_t* bytes, const int* writes) {
  Lock lock(state.mutex);
  if (CUresult refused = enter("fake_enqueue", CONTEXT)) return refused;
  std::vector<Access> accesses;
  for (int each = 0; each < count; ++each) accesses.push_back({addresses[each], bytes[each], writes[each] != 0});
  auto run = [=] { return (CUresult)function(nullptr); };
  return enqueue(stream, {what, accesses, run});
}

// For programs that know nothing of this driver: a seed, and where to write what was found.
__attribute__((constructor)) static void begin() {
  const char* seed = getenv("FAKE_CUDA_SEED");
  if (seed) state.settings.seed = atoi(seed), state.random.seed(atoi(seed));
  watch_faults();
}
struct Report {  // the last object that is made, so the first that goes
  ~Report() {
    const char* path = getenv("FAKE_CUDA_REPORT");
    FILE* file = path && state.all_calls ? fopen(path, "a") : nullptr;
    if (!file) return;
    fprintf(file, "%ld calls\n%s", state.all_calls, fake_findings());
    if (*fake_leaks()) fprintf(file, "leaked: %s\n", fake_leaks());
    fclose(file);
  }
};
static Report report;
