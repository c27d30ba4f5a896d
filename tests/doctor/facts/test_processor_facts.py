import pytest

from rtseg.doctor.facts.processor import read_processor

XEON = {
    "/proc/cpuinfo": "processor\t: 0\nmodel name\t: Intel(R) Xeon(R)\nflags\t\t: fpu sse4_2 avx2 "
    "avx512f avx512_vnni avx512_bf16\n\nprocessor\t: 1\nmodel name\t: Intel(R) Xeon(R)\n",
    "/proc/meminfo": "MemTotal:       16384 kB\nMemFree:  1 kB\nMemAvailable:   8192 kB\n",
    "/proc/self/status": "Name:\tpython\nCpus_allowed:\t5\nCpus_allowed_list:\t0,2-3\n",
    "/sys/devices/system/cpu/online": "0-3\n",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "schedutil\n",
    "/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "powersave\n",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver": "acpi-cpufreq\n",
}
ORIN = {
    "/proc/cpuinfo": "processor\t: 0\nFeatures\t: fp asimd evtstrm aes asimdhp asimddp\n"
    "CPU part\t: 0xd42\n\nprocessor\t: 1\nFeatures\t: fp asimd\n\n",
}


def test_a_desktops_processor(laid_out):
    found = read_processor(laid_out(XEON))
    assert found.name == "Intel(R) Xeon(R)"
    assert (found.cores, found.allowed) == (4, 3)
    assert found.features == ("sse4_2", "avx2", "avx512f", "avx512_vnni", "avx512_bf16")
    assert found.governors == ("powersave", "schedutil")
    assert found.scaling == "acpi-cpufreq"
    assert (found.total, found.available, found.limit) == (16 << 20, 8 << 20, None)
    assert found.quota is None


def test_an_arm_processor_without_a_name_or_a_count_of_cores(laid_out):
    found = read_processor(laid_out(ORIN, architecture="aarch64"))
    assert (found.name, found.cores, found.allowed) == ("aarch64", 2, 2)
    assert found.features == ("asimd", "asimddp")


@pytest.mark.parametrize(
    ("files", "quota", "limit"),
    [
        (  # version 2, seen from inside of a container
            {
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/cpu.max": "150000 100000\n",
                "/sys/fs/cgroup/memory.max": "1073741824\n",
            },
            1.5,
            1 << 30,
        ),
        (  # version 2: a slice above limits more than the scope itself
            {
                "/proc/self/cgroup": "0::/user.slice/a.scope\n",
                "/sys/fs/cgroup/user.slice/cpu.max": "50000 100000\n",
                "/sys/fs/cgroup/user.slice/a.scope/cpu.max": "max 100000\n",
                "/sys/fs/cgroup/user.slice/a.scope/memory.max": "max\n",
            },
            0.5,
            None,
        ),
        (  # version 1: the group's name is that of the host, its folder is the root here
            {
                "/proc/self/cgroup": "5:cpu,cpuacct:/docker/1f\n4:memory:/docker/1f\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "2147483648\n",
            },
            2.0,
            2 << 30,
        ),
        (  # version 1 without limits
            {
                "/proc/self/cgroup": "5:cpu:/\n4:memory:/\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            },
            None,
            None,
        ),
    ],
)
def test_limits_of_control_groups(laid_out, files, quota, limit):
    found = read_processor(laid_out(files))
    assert (found.quota, found.limit) == (quota, limit)
