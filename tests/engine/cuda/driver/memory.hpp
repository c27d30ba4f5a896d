// Two arenas, each mapped twice: as the application sees it, protected, and as the driver does.
// Device memory can never be touched by the host. Pinned memory can be read while an operation that
// reads it is in flight, and not at all while one that writes it is. A touch becomes a finding.
#pragma once
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "state.hpp"

namespace fake {

constexpr size_t ARENA = size_t(16) << 30, PAGE = 4096, GUARD = 65536;
constexpr unsigned char DEVICE_POISON = 0xCD, PINNED_POISON = 0xA5, CANARY = 0xFD;

struct Access {
  CUdeviceptr address;
  size_t bytes;  // 0: up to the end of the allocation
  bool writes;
};

struct Allocation {
  size_t bytes = 0;
  bool live = true, pinned = false, mapped = false;
  Point written;
  std::map<long, Point> read;  // by stream, the last
};

struct Arena {
  char *seen, *real;  // the application's mapping, the driver's
  size_t used = 0;
  explicit Arena(int protection) {
    int file = memfd_create("fake-cuda", 0);
    if (file < 0 || ftruncate(file, ARENA)) abort();
    int flags = MAP_SHARED | MAP_NORESERVE;
    seen = (char*)mmap(nullptr, ARENA, protection, flags, file, 0);
    real = (char*)mmap(nullptr, ARENA, PROT_READ | PROT_WRITE, flags, file, 0);
    if (seen == MAP_FAILED || real == MAP_FAILED) abort();
    close(file);
  }
  bool holds(const void* at) const { return at >= seen && at < seen + ARENA; }
};

inline Arena& device_arena() { static Arena arena(PROT_NONE); return arena; }
inline Arena& pinned_arena() { static Arena arena(PROT_READ | PROT_WRITE); return arena; }
inline std::map<CUdeviceptr, Allocation> allocations;

inline size_t pages(size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

inline std::string hex(CUdeviceptr address) {
  char text[32];
  snprintf(text, sizeof text, "0x%llx", (unsigned long long)address);
  return text;
}

inline char* real(CUdeviceptr address) {
  for (Arena* arena : {&device_arena(), &pinned_arena()})
    if (arena->holds((void*)address)) return arena->real + ((char*)address - arena->seen);
  return nullptr;
}

// The allocation that holds [address, address + bytes); live or not.
inline std::pair<const CUdeviceptr, Allocation>* allocation(CUdeviceptr address, size_t bytes) {
  auto found = allocations.upper_bound(address);
  if (found == allocations.begin()) return nullptr;
  --found;
  return address + std::max<size_t>(bytes, 1) <= found->first + found->second.bytes ? &*found : nullptr;
}

inline size_t live_bytes(bool pinned) {
  size_t sum = 0;
  for (auto& [address, each] : allocations) sum += each.live && each.pinned == pinned ? each.bytes : 0;
  return sum;
}

inline CUresult allocate(CUdeviceptr* address, size_t bytes, bool pinned, bool mapped = false) {
  Arena& arena = pinned ? pinned_arena() : device_arena();
  if (!bytes) return refuse(CUDA_ERROR_INVALID_VALUE, "an allocation of no bytes");
  bool full = !pinned && live_bytes(false) + bytes > state.settings.memory;
  if (full || arena.used + pages(bytes) + GUARD > ARENA) return CUDA_ERROR_OUT_OF_MEMORY;
  *address = (CUdeviceptr)arena.seen + arena.used;
  arena.used += pages(bytes) + GUARD;
  memset(real(*address), pinned ? PINNED_POISON : DEVICE_POISON, bytes);
  memset(real(*address) + bytes, CANARY, PAGE);
  allocations[*address] = Allocation{bytes, true, pinned, mapped, {}, {}};
  return CUDA_SUCCESS;
}

inline void check_canary(CUdeviceptr address, const Allocation& each, const std::string& what) {
  const char* end = real(address) + each.bytes;
  for (size_t at = 0; at < PAGE; ++at)
    if ((unsigned char)end[at] != CANARY) {
      find(what + ": wrote beyond the end of " + std::to_string(each.bytes) + " bytes at " + hex(address));
      memset((char*)end, CANARY, PAGE);
      return;
    }
}

// What may still use the allocation, as far as the host has waited.
inline const Point* pending(const Allocation& each, bool writes_only = false) {
  if (!each.written.before(state.host) && each.written.position) return &each.written;
  if (!writes_only)
    for (auto& [stream, point] : each.read)
      if (!point.before(state.host)) return &point;
  return nullptr;
}

inline void protect() {
  for (auto& [address, each] : allocations) {
    if (!each.pinned || !each.live) continue;
    int open = pending(each, true) ? PROT_NONE : pending(each) ? PROT_READ : PROT_READ | PROT_WRITE;
    mprotect((void*)address, pages(each.bytes), open);
  }
}

inline CUresult release(CUdeviceptr address, bool pinned, const std::string& what) {
  auto found = allocations.find(address);
  if (found == allocations.end() || !found->second.live || found->second.pinned != pinned)
    return refuse(CUDA_ERROR_INVALID_VALUE, what + ": " + hex(address) + " is no live allocation");
  Allocation& each = found->second;
  if (const Point* user = pending(each))
    find(what + ": freed while " + user->what + " may still use it: nobody waited for that");
  check_canary(address, each, what);
  each.live = false;
  madvise(real(address), pages(each.bytes), MADV_REMOVE);
  mprotect((void*)address, pages(each.bytes), PROT_NONE);
  return CUDA_SUCCESS;
}

// Is the access ordered behind whatever it must not overtake? Called once, when it is enqueued.
inline CUresult order(const Access& access, const Point& self, const Clock& known) {
  auto* found = allocation(access.address, access.bytes);
  if (!found || !found->second.live)
    return refuse(CUDA_ERROR_INVALID_VALUE, self.what + ": " + std::to_string(access.bytes) + " bytes at " +
                                                hex(access.address) + " are not inside a live allocation");
  Allocation& each = found->second;
  auto against = [&](const Point& other, const char* verb) {
    if (other.position && !other.before(known))
      find(self.what + " on stream " + std::to_string(self.stream) + ": nothing orders it behind " +
           other.what + " on stream " + std::to_string(other.stream) + ", which " + verb + " the same memory");
  };
  against(each.written, "writes");
  if (access.writes) {
    for (auto& [stream, point] : each.read) against(point, "reads");
    each.written = self;
    each.read.clear();
  } else {
    each.read[self.stream] = self;
  }
  return CUDA_SUCCESS;
}

inline struct sigaction previous_action;

inline void on_fault(int number, siginfo_t* info, void* context) {
  char* at = (char*)info->si_addr;
  bool device = device_arena().holds(at);
  if (!device && !pinned_arena().holds(at)) {
    sigaction(SIGSEGV, &previous_action, nullptr);  // not ours: fault again under the old rule
    return;
  }
  auto* found = allocation((CUdeviceptr)at, 1);
  const Point* user = found && found->second.live ? pending(found->second) : nullptr;
  if (device) find("the host touched device memory at " + hex((CUdeviceptr)at));
  else if (user) find("the host touched pinned memory while " + user->what + " may still use it");
  else find("the host touched pinned memory that was freed");
  char* page = (char*)((size_t)at / PAGE * PAGE);
  size_t bytes = found ? pages(found->second.bytes) : PAGE;
  mprotect(found ? (void*)found->first : page, bytes, PROT_READ | PROT_WRITE);
}

inline void watch_faults() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  struct sigaction current = {};
  sigaction(SIGSEGV, nullptr, &current);
  if (current.sa_sigaction == on_fault) return;
  previous_action = current;
  sigaction(SIGSEGV, &action, nullptr);
}

inline void forget_memory() {
  for (Arena* arena : {&device_arena(), &pinned_arena()}) {
    madvise(arena->real, ARENA, MADV_REMOVE);
    mprotect(arena->seen, ARENA, arena == &pinned_arena() ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
  allocations.clear();  // addresses are never given out twice: arena.used stays
}

}  // namespace fake
