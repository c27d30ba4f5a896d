// Modules and launches: an image must hold the kernel that is asked of it, then the same source,
// compiled for the CPU, is executed.
#pragma once
#include <dlfcn.h>

#include <array>

#include "work.hpp"

struct CUmod_st { std::string image; std::map<std::string, CUfunction> functions; };
struct CUfunc_st { std::string name; CUmodule module; };

namespace fake {

// launch_on_host of host.cpp: 0, 1 for an unknown kernel, 2 for arguments of another size.
using Launcher = int (*)(const char* kernel, const unsigned* grid, const unsigned* block,
                         const void* packed, size_t bytes);

// The addresses that each kernel's parameters begin with: r for read, w for written.
inline const std::map<std::string, std::string> POINTERS = {
    {"prepare_packed_fp32", "rw"}, {"prepare_packed_fp16", "rw"}, {"prepare_nv12_fp32", "rrw"},
    {"prepare_nv12_fp16", "rrw"},  {"overlay", "rwrr"},
};

inline std::set<CUmodule> modules;
inline Launcher launcher;

// kernels.so lies beside this library.
inline void find_kernels() {
  Dl_info self;
  if (launcher || !dladdr((void*)&find_kernels, &self)) return;
  std::string path = self.dli_fname;
  void* handle = dlopen((path.substr(0, path.rfind('/') + 1) + "kernels.so").c_str(), RTLD_NOW);
  launcher = handle ? (Launcher)dlsym(handle, "launch_on_host") : nullptr;
}

inline size_t image_bytes(const void* image) {
  const char* bytes = (const char*)image;
  if (memcmp(bytes, "\177ELF", 4)) return strlen(bytes);
  unsigned long long sections;
  unsigned short size, count;
  memcpy(&sections, bytes + 40, 8), memcpy(&size, bytes + 58, 2), memcpy(&count, bytes + 60, 2);
  return sections + size_t(size) * count;
}

inline CUresult load(CUmodule* module, const void* image) {
  std::string text((const char*)image, image_bytes(image));
  if (text.compare(0, 4, "\177ELF") && text.find(".entry ") == std::string::npos)
    return CUDA_ERROR_INVALID_IMAGE;
  modules.insert(*module = new CUmod_st{std::move(text), {}});
  return CUDA_SUCCESS;
}

inline CUresult get_function(CUfunction* function, CUmodule module, const char* name) {
  const std::string& image = module->image;
  bool held = image.find(std::string(".text.") + name + '\0') != std::string::npos ||
              image.find(std::string(".entry ") + name + "(") != std::string::npos;
  if (!held) return CUDA_ERROR_NOT_FOUND;
  CUfunction& known = module->functions[name];
  if (!known) known = new CUfunc_st{name, module};
  *function = known;
  return CUDA_SUCCESS;
}

inline std::string packed(void** extra) {
  const char* buffer = nullptr;
  size_t bytes = 0;
  for (void** each = extra; each && *each != CU_LAUNCH_PARAM_END; each += 2)
    if (*each == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = (char*)each[1];
    else if (*each == CU_LAUNCH_PARAM_BUFFER_SIZE) bytes = *(size_t*)each[1];
  return buffer ? std::string(buffer, bytes) : std::string();
}

inline CUresult launch(CUfunction function, const unsigned (&grid)[3], const unsigned (&block)[3],
                       CUstream stream, void** extra) {
  const std::string& name = function->name;
  if (!modules.count(function->module))
    return refuse(CUDA_ERROR_INVALID_HANDLE, name + ": its module was unloaded");
  unsigned long threads = 1ul * block[0] * block[1] * block[2];
  bool empty = !threads || !grid[0] || !grid[1] || !grid[2];
  if (empty || threads > 1024 || block[2] > 64 || grid[1] > 65535 || grid[2] > 65535)
    return refuse(CUDA_ERROR_INVALID_VALUE, name + ": no GPU has such a grid or block");
  find_kernels();
  std::string arguments = packed(extra);
  const unsigned none[3] = {};  // only the size of the arguments is checked
  if (!launcher || !POINTERS.count(name) ||
      launcher(name.c_str(), none, block, arguments.data(), arguments.size()))
    return refuse(CUDA_ERROR_INVALID_VALUE, name + ": its parameters are not " +
                                                std::to_string(arguments.size()) + " bytes");
  std::vector<Access> accesses;
  const std::string& pointers = POINTERS.at(name);
  for (size_t each = 0; each < pointers.size(); ++each) {
    CUdeviceptr address;
    memcpy(&address, &arguments[8 * each], 8);
    accesses.push_back({address, 0, pointers[each] == 'w'});
  }
  std::array<unsigned, 3> blocks{grid[0], grid[1], grid[2]}, lanes{block[0], block[1], block[2]};
  auto run = [=] {
    std::string translated = arguments;
    for (size_t each = 0; each < accesses.size(); ++each) {
      char* address = real(accesses[each].address);
      memcpy(&translated[8 * each], &address, 8);
    }
    launcher(name.c_str(), blocks.data(), lanes.data(), translated.data(), translated.size());
    return CUDA_SUCCESS;
  };
  return enqueue(stream, {"kernel " + name, accesses, run});
}

}  // namespace fake
