// A libcuda.so.1 for machines without a GPU, written from the public cuda.h: the calls that rtseg
// makes through pycuda and ctypes, and no others. Every other symbol of cuda.h is in refusals.c.
// Here: devices, contexts (only the primary one) and the names of errors.
#include "entry.hpp"

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
