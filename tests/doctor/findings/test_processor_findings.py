import pytest
from machines import bad, bare, changed, only


@pytest.mark.parametrize("feature", ["avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm"])
def test_int8_has_instructions_of_its_own(feature):
    machine = changed(bare(), "processor", features=("avx2", feature))
    assert bad(machine).keys() == {"no-viewer"}


def test_avx2_alone_is_a_hint_that_int8_gains_less():
    machine = changed(bare(), "processor", features=("sse4_2", "avx2"))
    found = only(machine, "no-vnni", "hint")
    assert "--precision int8" in found.command
    assert "--precision fp32" in found.command


def test_an_old_processor_is_slow():
    only(changed(bare(), "processor", features=("sse4_2",)), "no-avx2")


def test_features_that_nothing_tells_are_no_finding():
    assert bad(changed(bare(), "processor", features=())).keys() == {"no-viewer"}


def test_a_quota_below_the_cores():
    machine = changed(bare(), "processor", quota=2.5)
    assert only(machine, "cpu-quota").command == "rtseg run VIDEO -o out.mp4 --threads 2"
    machine = changed(machine, "system", container="docker")
    assert "docker update --cpus 8" in only(machine, "cpu-quota").command
    assert bad(changed(bare(), "processor", quota=8.0)).keys() == {"no-viewer"}


def test_fewer_cores_than_there_are():
    machine = changed(bare(), "processor", allowed=2)
    assert "--cpu-list 0-7" in only(machine, "cpu-affinity", "hint").command


def test_powersave_holds_the_clock_low_but_under_drivers_that_adapt():
    machine = changed(bare(), "processor", governors=("powersave",))
    assert "scaling_governor" in only(machine, "cpu-governor").command
    machine = changed(machine, "processor", scaling="intel_pstate")
    assert bad(machine).keys() == {"no-viewer"}


def test_little_memory_by_other_programs_or_by_a_container():
    found = only(changed(bare(), "processor", available=1 << 30), "little-memory")
    assert "other programs" in found.cause
    found = only(changed(bare(), "processor", limit=1 << 30), "little-memory")
    assert "docker update --memory" in found.command
    assert bad(changed(bare(), "processor", limit=4 << 30)).keys() == {"no-viewer"}
