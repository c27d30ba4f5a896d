// Memory of the device and of the host, and copies between them.
#include "entry.hpp"

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
