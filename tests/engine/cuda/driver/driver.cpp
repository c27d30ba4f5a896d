// A libcuda.so.1 for machines without a GPU, written from the public cuda.h: the calls that rtseg
// makes through pycuda and ctypes, and no others. Every other symbol of cuda.h is in refusals.c.
#include "kernels.hpp"

#define CALL extern "C" __attribute__((visibility("default"))) CUresult
#define CONTROL extern "C" __attribute__((visibility("default")))

using namespace fake;
using Lock = std::lock_guard<std::recursive_mutex>;

struct CUctx_st { int retained = 0; };
static CUctx_st primary;
static thread_local std::vector<CUcontext> current;

enum Needs { NOTHING, CONTEXT, NO_CAPTURE };

static bool capturing() {
  for (auto each : streams) if (each->capturing) return true;
  return false;
}

// What every call has in common: counted, made to fail on request, in need of a context.
static CUresult enter(const char* function, Needs needs) {
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

#define ENTER(needs) Lock lock(state.mutex); if (CUresult refused = enter(__func__, needs)) return refused;

CALL cuInit(unsigned) {
  ENTER(NOTHING)
  if (!state.settings.devices) return CUDA_ERROR_NO_DEVICE;
  state.initialised = true;
  return CUDA_SUCCESS;
}
CALL cuDriverGetVersion(int* version) { *version = CUDA_VERSION; return CUDA_SUCCESS; }
CALL cuDeviceGetCount(int* count) { *count = state.settings.devices; return CUDA_SUCCESS; }
CALL cuDeviceGet(CUdevice* device, int ordinal) {
  ENTER(NOTHING)
  *device = ordinal;
  return ordinal >= 0 && ordinal < state.settings.devices ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE;
}
CALL cuDeviceGetName(char* name, int bytes, CUdevice) { snprintf(name, bytes, "fake GPU"); return CUDA_SUCCESS; }
CALL cuDeviceTotalMem(size_t* bytes, CUdevice) { *bytes = state.settings.memory; return CUDA_SUCCESS; }
CALL cuDeviceComputeCapability(int* major, int* minor, CUdevice) {
  *major = state.settings.capability / 10, *minor = state.settings.capability % 10;
  return CUDA_SUCCESS;
}
CALL cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  ENTER(NOTHING)
  switch (attribute) {
    case CU_DEVICE_ATTRIBUTE_INTEGRATED: *value = state.settings.integrated; return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR: *value = state.settings.capability / 10; return CUDA_SUCCESS;
    case CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR: *value = state.settings.capability % 10; return CUDA_SUCCESS;
    default: return refuse(CUDA_ERROR_INVALID_VALUE, "cuDeviceGetAttribute: attribute not known to the fake");
  }
}

// contexts: only the primary one
CALL cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  ENTER(NOTHING)
  ++primary.retained;
  *context = &primary;
  return CUDA_SUCCESS;
}
CALL cuDevicePrimaryCtxRelease(CUdevice) {
  ENTER(NOTHING)
  if (!primary.retained) return refuse(CUDA_ERROR_INVALID_CONTEXT, "the primary context was released too often");
  --primary.retained;
  return CUDA_SUCCESS;
}
CALL cuCtxPushCurrent(CUcontext context) {
  ENTER(NOTHING)
  if (!context || !context->retained) return CUDA_ERROR_INVALID_CONTEXT;
  current.push_back(context);
  return CUDA_SUCCESS;
}
CALL cuCtxPopCurrent(CUcontext* context) {
  ENTER(NOTHING)
  if (current.empty()) return CUDA_ERROR_INVALID_CONTEXT;
  if (context) *context = current.back();
  current.pop_back();
  return CUDA_SUCCESS;
}
CALL cuCtxGetDevice(CUdevice* device) { ENTER(CONTEXT) *device = 0; return CUDA_SUCCESS; }
#undef cuCtxSynchronize
CALL cuCtxSynchronize() {
  ENTER(NO_CAPTURE)
  for (auto each : streams) wait_for_stream(each);
  return state.lost;
}

// memory
CALL cuMemAlloc(CUdeviceptr* address, size_t bytes) { ENTER(NO_CAPTURE) return allocate(address, bytes, false); }
CALL cuMemFree(CUdeviceptr address) { ENTER(NO_CAPTURE) return release(address, false, "cuMemFree"); }
CALL cuMemHostAlloc(void** address, size_t bytes, unsigned flags) {
  ENTER(NO_CAPTURE)
  return allocate((CUdeviceptr*)address, bytes, true, flags & CU_MEMHOSTALLOC_DEVICEMAP);
}
CALL cuMemFreeHost(void* address) { ENTER(NO_CAPTURE) return release((CUdeviceptr)address, true, "cuMemFreeHost"); }
CALL cuMemHostGetDevicePointer(CUdeviceptr* mapped, void* address, unsigned) {
  ENTER(CONTEXT)
  auto* found = allocation((CUdeviceptr)address, 1);
  if (!found || !found->second.mapped) return refuse(CUDA_ERROR_INVALID_VALUE, "this host memory was not mapped");
  *mapped = (CUdeviceptr)address;
  return CUDA_SUCCESS;
}
CALL cuMemGetInfo(size_t* free, size_t* total) {
  ENTER(CONTEXT)
  *total = state.settings.memory, *free = *total - live_bytes(false);
  return CUDA_SUCCESS;
}
static CUresult copy(std::string what, CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  bool down = pinned_arena().holds((void*)to);
  if (!real(down ? to : from)) return refuse(CUDA_ERROR_INVALID_VALUE, what + ": the host's memory is not pinned");
  if (!device_arena().holds((void*)(down ? from : to)) && !state.settings.integrated)
    return refuse(CUDA_ERROR_INVALID_VALUE, what + ": not between the host and the device");
  auto run = [=] { memcpy(real(to), real(from), bytes); return CUDA_SUCCESS; };
  return enqueue(stream, {what, {{from, bytes, false}, {to, bytes, true}}, run});
}
CALL cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  ENTER(CONTEXT)
  return copy("copy to the device", to, (CUdeviceptr)from, bytes, stream);
}
CALL cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  ENTER(CONTEXT)
  return copy("copy to the host", (CUdeviceptr)to, from, bytes, stream);
}

// streams
CALL cuStreamCreate(CUstream* stream, unsigned flags) {
  ENTER(NO_CAPTURE)
  static long number = 0;
  if (!(flags & CU_STREAM_NON_BLOCKING)) find("a stream that blocks on the default stream");
  streams.insert(*stream = new CUstream_st{++number, flags});
  return CUDA_SUCCESS;
}
CALL cuStreamDestroy(CUstream stream) {
  ENTER(CONTEXT)
  if (!streams.count(stream)) return refuse(CUDA_ERROR_INVALID_HANDLE, "a stream was destroyed twice");
  if (!Point{stream->number, stream->position, ""}.before(state.host) && stream->position)
    find("a stream was destroyed while nobody had waited for its work");
  if (!stream->queue.empty()) run_until(stream->queue.back());
  streams.erase(stream);
  return CUDA_SUCCESS;
}
CALL cuStreamSynchronize(CUstream stream) {
  ENTER(NO_CAPTURE)
  return streams.count(stream) ? wait_for_stream(stream) : CUDA_ERROR_INVALID_HANDLE;
}
CALL cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
  ENTER(CONTEXT)
  if (!streams.count(stream) || !events.count(event)) return CUDA_ERROR_INVALID_HANDLE;
  join(stream->clock, event->clock);
  return enqueue(stream, {"wait", {}, nullptr}, nullptr, event->marker);
}

// events
CALL cuEventCreate(CUevent* event, unsigned flags) {
  ENTER(NO_CAPTURE)
  events.insert(*event = new CUevent_st{nullptr, {}, flags});
  return CUDA_SUCCESS;
}
CALL cuEventDestroy(CUevent event) {
  ENTER(CONTEXT)
  return events.erase(event) ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_HANDLE, "an event was destroyed twice");
}
CALL cuEventRecord(CUevent event, CUstream stream) {
  ENTER(CONTEXT)
  if (!events.count(event) || !streams.count(stream)) return refuse(CUDA_ERROR_INVALID_HANDLE, "event or stream of cuEventRecord is gone");
  if (stream->capturing) return refuse(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "an event recorded into a graph");
  CUresult result = enqueue(stream, {"event", {}, nullptr}, &event->marker);
  event->clock = stream->clock;
  return result;
}
CALL cuEventSynchronize(CUevent event) {
  ENTER(NO_CAPTURE)
  return events.count(event) ? wait_for_event(event) : refuse(CUDA_ERROR_INVALID_HANDLE, "cuEventSynchronize: the event is gone");
}

// graphs
CALL cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode mode) {
  ENTER(CONTEXT)
  if (!state.settings.captures) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  if (!streams.count(stream) || stream->capturing) return CUDA_ERROR_ILLEGAL_STATE;
  if (mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL) find("a capture that other threads can spoil");
  graphs.insert(stream->capturing = new CUgraph_st);
  stream->spoilt = false;
  return CUDA_SUCCESS;
}
CALL cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  ENTER(CONTEXT)
  if (!streams.count(stream) || !stream->capturing) return CUDA_ERROR_ILLEGAL_STATE;
  *graph = stream->capturing;
  stream->capturing = nullptr;
  if (!stream->spoilt) return CUDA_SUCCESS;
  graphs.erase(*graph);
  *graph = nullptr;
  return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
}
CALL cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  ENTER(CONTEXT)
  if (!graphs.count(graph)) return refuse(CUDA_ERROR_INVALID_HANDLE, "a graph that is gone was instantiated");
  executables.insert(*executable = new CUgraphExec_st{graph->nodes, nullptr});
  return CUDA_SUCCESS;
}
CALL cuGraphDestroy(CUgraph graph) {
  ENTER(CONTEXT)
  return graphs.erase(graph) ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_HANDLE, "a graph was destroyed twice");
}
CALL cuGraphLaunch(CUgraphExec executable, CUstream stream) {
  ENTER(CONTEXT)
  if (!executables.count(executable) || !streams.count(stream)) return refuse(CUDA_ERROR_INVALID_HANDLE, "graph or stream of cuGraphLaunch is gone");
  for (const Work& node : executable->nodes)
    if (CUresult result = enqueue(stream, node, &executable->last)) return result;
  return CUDA_SUCCESS;
}
CALL cuGraphExecDestroy(CUgraphExec executable) {
  ENTER(CONTEXT)
  if (!executables.erase(executable)) return refuse(CUDA_ERROR_INVALID_HANDLE, "a graph was destroyed twice");
  if (executable->last && !executable->last->done) find("a graph was destroyed while it ran");
  return CUDA_SUCCESS;
}

// kernels
CALL cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, CUjit_option*, void**) {
  ENTER(NO_CAPTURE)
  return load(module, image);
}
CALL cuModuleUnload(CUmodule module) {
  ENTER(NO_CAPTURE)
  return modules.erase(module) ? CUDA_SUCCESS : refuse(CUDA_ERROR_INVALID_HANDLE, "a module was unloaded twice");
}
CALL cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  ENTER(CONTEXT)
  return modules.count(module) ? get_function(function, module, name) : CUDA_ERROR_INVALID_HANDLE;
}
CALL cuFuncSetBlockShape(CUfunction, int, int, int) { return CUDA_SUCCESS; }
CALL cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                    unsigned bz, unsigned, CUstream stream, void**, void** extra) {
  ENTER(CONTEXT)
  return launch(function, {gx, gy, gz}, {bx, by, bz}, stream, extra);
}

static const std::map<int, std::pair<const char*, const char*>> ERRORS = {
    {0, {"CUDA_SUCCESS", "no error"}},
    {1, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
    {2, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
    {100, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
    {201, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
    {700, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
    {719, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
};
CALL cuGetErrorString(CUresult result, const char** text) {
  *text = ERRORS.count(result) ? ERRORS.at(result).second : "another error";
  return CUDA_SUCCESS;
}
CALL cuGetErrorName(CUresult result, const char** text) {
  *text = ERRORS.count(result) ? ERRORS.at(result).first : "CUDA_ERROR_OTHER";
  return CUDA_SUCCESS;
}

// For the tests: settings, failures, findings; and a way into a stream for the fake TensorRT.
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
