from machines import bad, bare, changed, only


def test_a_clock_in_the_past():
    found = only(changed(bare(), "clock", year=1970, synchronised=False), "clock-wrong")
    assert found.command == "sudo timedatectl set-ntp true"


def test_a_clock_that_nothing_keeps_right_is_a_hint():
    only(changed(bare(), "clock", synchronised=False), "clock-not-synchronised", "hint")
    assert bad(changed(bare(), "clock", synchronised=None)).keys() == {"no-viewer"}


def test_a_jump_forwards_or_backwards():
    assert "+2.5 s" in only(changed(bare(), "clock", stepped=2.5), "clock-stepped").title
    assert "-8.0 s" in only(changed(bare(), "clock", stepped=-8.0), "clock-stepped").title
    assert bad(changed(bare(), "clock", stepped=0.002)).keys() == {"no-viewer"}
