// Modules, their functions, and launches.
#include "entry.hpp"

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
