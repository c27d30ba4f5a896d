// Streams, events and graphs.
#include "entry.hpp"

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
