from machines import bad, changed, jetpack_6, jetpack_7, only

SUPER = ((0, "15W"), (1, "25W"), (2, "MAXN_SUPER"), (3, "7W"))


def test_all_is_well_on_jetpack_6_and_7():
    assert bad(jetpack_6()) == {}
    assert bad(jetpack_7()) == {}


def test_the_fastest_power_mode_is_found_by_its_name_not_its_number():
    found = only(changed(jetpack_6(), "jetson", mode="25W", modes=SUPER), "power-mode", "hint")
    assert found.command == "sudo nvpmodel -m 2"
    assert bad(changed(jetpack_6(), "jetson", mode="MAXN_SUPER", modes=SUPER)) == {}
    both = ((0, "MAXN"), (4, "MAXN_SUPER"), (1, "15W"))
    found = only(changed(jetpack_6(), "jetson", mode="15W", modes=both), "power-mode", "hint")
    assert found.command == "sudo nvpmodel -m 4"


def test_a_board_without_such_a_mode_has_no_faster_one():
    assert bad(changed(jetpack_6(), "jetson", mode="15W", modes=((0, "15W"),))) == {}


def test_clocks_that_follow_the_load_are_a_hint():
    found = only(changed(jetpack_6(), "jetson", locked=False), "clocks-vary", "hint")
    assert found.command == "sudo jetson_clocks"
    assert bad(changed(jetpack_6(), "jetson", locked=None)) == {}
