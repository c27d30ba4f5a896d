// Streams, events and graphs. Nothing runs by itself: an operation runs when somebody waits for it
// or, with a seed, when the dice say so during some other call. So a seed is one exact interleaving.
#pragma once
#include <deque>
#include <functional>
#include <set>

#include "memory.hpp"

namespace fake {

struct Work {
  std::string what;
  std::vector<Access> accesses;
  std::function<CUresult()> run;
};

struct Queued {
  Work work;
  CUstream stream;
  std::shared_ptr<Queued> awaited;  // of another stream, before this one may run
  bool done = false;
};

}  // namespace fake

struct CUgraph_st { std::vector<fake::Work> nodes; };
struct CUgraphExec_st { std::vector<fake::Work> nodes; std::shared_ptr<fake::Queued> last; };
struct CUevent_st { std::shared_ptr<fake::Queued> marker; fake::Clock clock; unsigned flags; };

struct CUstream_st {
  long number;
  unsigned flags;
  long position = 0;
  fake::Clock clock;
  std::deque<std::shared_ptr<fake::Queued>> queue;
  CUgraph capturing = nullptr;
  bool spoilt = false;
};

namespace fake {

inline std::set<CUstream> streams;
inline std::set<CUevent> events;
inline std::set<CUgraph> graphs;
inline std::set<CUgraphExec> executables;

inline void lose(CUresult result) { if (!state.lost) state.lost = result; }

inline void run(Queued& next) {
  if (!state.lost) {
    for (const Access& access : next.work.accesses) {
      auto* found = allocation(access.address, access.bytes);
      if (found && found->second.live) continue;
      find(next.work.what + ": its memory was freed before it ran");
      lose(CUDA_ERROR_ILLEGAL_ADDRESS);
    }
  }
  if (!state.lost && next.work.run)
    if (CUresult result = next.work.run()) lose(result);
  for (const Access& access : next.work.accesses)
    if (access.writes)
      if (auto* found = allocation(access.address, 1)) check_canary(found->first, found->second, next.work.what);
  next.done = true;
}

inline void run_until(std::shared_ptr<Queued> target) {
  while (target && !target->done) {
    CUstream stream = target->stream;
    std::shared_ptr<Queued> next = stream->queue.front();
    if (next->awaited && !next->awaited->done) run_until(next->awaited);
    stream->queue.pop_front();
    run(*next);
  }
}

inline void drift() {
  if (!state.settings.seed || streams.empty()) return;
  for (unsigned turns = state.random() % 4; turns; --turns) {
    auto chosen = streams.begin();
    std::advance(chosen, state.random() % streams.size());
    if (!(*chosen)->queue.empty()) run_until((*chosen)->queue.front());
  }
}

inline CUresult enqueue(CUstream stream, Work work, std::shared_ptr<Queued>* queued = nullptr,
                        std::shared_ptr<Queued> awaited = nullptr) {
  if (!streams.count(stream))
    return refuse(CUDA_ERROR_INVALID_HANDLE, work.what + ": not on a stream of its own that is alive");
  if (stream->capturing) {
    stream->capturing->nodes.push_back(std::move(work));
    return CUDA_SUCCESS;
  }
  Point self{stream->number, ++stream->position, work.what};
  join(stream->clock, state.host);
  stream->clock[stream->number] = self.position;
  for (const Access& access : work.accesses)
    if (CUresult result = order(access, self, stream->clock)) return result;
  auto next = std::make_shared<Queued>(Queued{std::move(work), stream, std::move(awaited)});
  stream->queue.push_back(next);
  if (queued) *queued = next;
  protect();
  return CUDA_SUCCESS;
}

inline CUresult wait_for_stream(CUstream stream) {
  if (!stream->queue.empty()) run_until(stream->queue.back());
  join(state.host, stream->clock);
  protect();
  return state.lost;
}

inline CUresult wait_for_event(CUevent event) {
  run_until(event->marker);
  join(state.host, event->clock);
  protect();
  return state.lost;
}

inline void forget_work() {
  for (auto each : streams) each->queue.clear();  // handles stay valid memory: somebody may hold them
  streams.clear(), events.clear(), graphs.clear(), executables.clear();
}

}  // namespace fake
