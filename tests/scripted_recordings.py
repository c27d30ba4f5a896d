"""Recordings whose every moment is written by hand."""

from __future__ import annotations

from rtseg.bench.recording import Recording

MS = 1_000_000
SECOND = 1_000_000_000
FACTS = {
    "model": "m",
    "backend": "openvino",
    "precision": "fp32",
    "precisions": {"fp32": 3},
    "device": "cpu",
    "version": "1",
    "network": [8, 16],
    "in_flight": 2,
    "source": "scripted",
    "picture": [24, 32],
    "source_fps": 10.0,
    "mode": "offline",
    "energy_from": None,
    "warnings": [],
}
COUNTS = {"frames_read": 0, "dropped": {}, "first_frame_seconds": 0.5, "peak_rss_mb": 100.0}


def recording(done_ms, *, latency_ms=None, warm_up=0, indices=None, warped=None, **more):
    """done_ms: when each frame left the last sink. Every frame takes 5 ms of CPU."""
    count = len(done_ms)
    latency_ms = latency_ms or [50] * count
    indices = list(indices or range(count))
    facts = FACTS | more.pop("facts", {})
    frames = {
        "frame": indices,
        "captured_nanos": [(d - t) * MS for d, t in zip(done_ms, latency_ms, strict=True)],
        "done_nanos": [each * MS for each in done_ms],
        "warped": warped or [0] * count,
        "cpu_nanos": [5 * MS * (each + 1) for each in range(count)],
    }
    arrivals = more.pop("arrivals", None) or {"frame": indices, "nanos": frames["captured_nanos"]}
    counts = COUNTS | {"frames_read": count} | more.pop("counts", {})
    return Recording(facts, counts, warm_up, frames=frames, arrivals=arrivals, **more)


def alone(collected_ms, *, taking_ms=20, warm_up=0):
    """The engine by itself, each inference as long as the others."""
    collected = [each * MS for each in collected_ms]
    return Recording(
        FACTS,
        {"peak_rss_mb": 50.0},
        warm_up,
        engine={
            "submitted_nanos": [each - taking_ms * MS for each in collected],
            "collected_nanos": collected,
        },
    )


def reading(ms, **values):
    """Of the sensors, at that moment."""
    none = dict.fromkeys(("clock_mhz", "celsius", "joules", "rss_mb"))
    return {"nanos": ms * MS, **none, **values}
