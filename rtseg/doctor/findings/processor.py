"""What follows from the processor, its limits, and the memory."""

from __future__ import annotations

from collections.abc import Iterator

from rtseg.doctor.facts.processor import Processor
from rtseg.doctor.facts.system import System
from rtseg.doctor.finding import Finding, fine

VNNI = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
"""Any of them multiplies bytes and adds up in 32 bits, in one instruction."""

BF16 = ("avx512_bf16", "amx_bf16", "bf16")

ADAPTIVE = ("intel_pstate", "amd-pstate", "amd-pstate-epp", "amd_pstate")
"""Under these drivers the governor "powersave" still follows the load."""

PEAK = 661 << 20
"""What a 1920x1080 run with H.264 output takes at most: README."""

COMPARE = "rtseg run 'test://road?frames=300' -o null --json --precision"


def int8(processor: Processor) -> Iterator[Finding]:
    there = [name for name in VNNI if name in processor.features]
    if there:
        yield fine("int8", f"INT8 has instructions of its own here: {' '.join(there)}")
    elif not processor.features:
        yield fine("int8", "the processor's features cannot be read")
    elif "avx2" in processor.features or "asimd" in processor.features:
        yield Finding(
            "hint",
            "no-vnni",
            f"{processor.name} has no instruction for INT8 (VNNI, dot product)",
            f"it has {' '.join(processor.features)}",
            "labels in INT8 are as good (weights of 7 bits, nothing overflows); it gains less than "
            "published rates say, which were measured with AVX512-VNNI",
            f"{COMPARE} int8; {COMPARE} fp32",
        )
    else:
        yield Finding(
            "warning",
            "no-avx2",
            f"{processor.name} has no AVX2",
            f"it has {' '.join(processor.features)}",
            "inference takes several times as long; INT8 may gain nothing",
            f"{COMPARE} int8; {COMPARE} fp32",
        )


def bf16(processor: Processor) -> Iterator[Finding]:
    there = [name for name in BF16 if name in processor.features]
    words = f"bf16 is computed in hardware: {' '.join(there)}" if there else "no bf16 in hardware"
    yield fine("bf16", f"{words}; rtseg takes it only where --precision bf16 asks for it")


def quota(processor: Processor, system: System) -> Iterator[Finding]:
    """Threads beyond a quota stop all of them until its next period, 100 ms by default."""
    if processor.quota is None or processor.quota >= processor.allowed:
        yield fine("cpu-quota", "no container limits the processor's time")
        return
    threads = max(1, int(processor.quota))
    docker = system.container == "docker"
    yield Finding(
        "warning",
        "cpu-quota",
        f"{processor.quota:g} of {processor.allowed} cores' time is allowed to this container",
        "its CPU quota (cgroup) is below the cores that it sees",
        "too many threads use the quota up, then all of them wait: latency p99 jumps",
        f"docker update --cpus {processor.allowed} CONTAINER   # or: rtseg run --threads {threads}"
        if docker
        else f"rtseg run VIDEO -o out.mp4 --threads {threads}",
    )


def affinity(processor: Processor) -> Iterator[Finding]:
    if processor.allowed >= processor.cores:
        yield fine("cpu-cores", f"{processor.cores} cores: {processor.name}")
        return
    yield Finding(
        "hint",
        "cpu-affinity",
        f"{processor.allowed} of {processor.cores} cores may be used",
        "this process was bound to them (taskset, a container's cpuset, a scheduler)",
        "rates are those of the cores allowed",
        f"taskset --cpu-list 0-{processor.cores - 1} rtseg run VIDEO -o out.mp4",
    )


def governor(processor: Processor) -> Iterator[Finding]:
    slow = "powersave" in processor.governors and processor.scaling not in ADAPTIVE
    if not slow:
        words = " ".join(processor.governors) or "not to be seen"
        yield fine("cpu-governor", f"the processor's governor: {words}")
        return
    yield Finding(
        "warning",
        "cpu-governor",
        "the processor is held at its lowest clock",
        f"its governor is powersave, its driver {processor.scaling or 'unknown'}",
        "everything takes several times as long",
        "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
    )


def memory(processor: Processor) -> Iterator[Finding]:
    within = min(processor.available, processor.limit or processor.available)
    if not processor.total or within >= 2 * PEAK:
        yield fine("memory", f"{within >> 20} MiB of memory are to be had")
        return
    limited = processor.limit is not None and processor.limit < processor.available
    yield Finding(
        "warning",
        "little-memory",
        f"{within >> 20} MiB of memory are to be had",
        f"the container's limit is {within >> 20} MiB"
        if limited
        else f"other programs hold the rest of {processor.total >> 20} MiB",
        f"a 1920x1080 run takes {PEAK >> 20} MiB, an engine's build more: the kernel may kill it",
        "docker update --memory 4g --memory-swap 4g CONTAINER"
        if limited
        else "ps -eo rss,pid,comm --sort=-rss | head",
    )
