"""Planted mistakes: checks that would not see them would not see ours either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import which

import pytest
from host_kernels import compile_for_host, compile_variants_for_host

from rtseg.engine import kernels

MISTAKES = {
    "red_and_blue_swapped": ("swapped ? level[2 - channel]", "swapped ? level[channel]"),
    "order_of_channels_ignored": (
        ": level[channel];\n    value =",
        ": level[2 - channel];\n    value =",
    ),
    "slip_of_half_a_pixel": ("(2 * place + 1) * length - places", "2 * place * length"),
    "neighbour_beyond_the_last_pixel": ("clamped(whole + 1, length - 1)", "whole + 1"),
    "neighbour_beyond_the_last_but_one": ("(whole + 1, length - 1)", "(whole + 1, length)"),
    "first_before_the_picture": ("clamped(whole, length - 1)", "whole"),
    "weights_exchanged": (
        "upper = between(corner[channel], corner[channel + 3]",
        "upper = between(corner[channel + 3], corner[channel]",
    ),
    "rows_exchanged": ("corner + 6);", "corner + 9);"),
    "quotient_rounded_twice": ("bits % 2 == 0", "bits < 0"),
    "halves_to_even_in_two_by_two": ("factor == 2 ?", "factor == 1 ?"),
    "halves_up_everywhere": (": __float2int_rn(exact)", ": (int)(exact + 0.5f)"),
    "weights_cut_off": (
        "__float2int_rn((center - (float)whole) * 2048.0f)",
        "(int)((center - (float)whole) * 2048.0f)",
    ),
    "last_column_of_a_block_left_out": ("x < sampling.factor;", "x < sampling.factor - 1;"),
    "rounded_where_it_was_not_asked_for": (
        "sampling.rounded ? (float)whole : exact",
        "(float)whole",
    ),
    "pitch_of_the_picture_ignored": (
        "row * sampling.pitch + 3 * column",
        "row * 3 * sampling.columns + 3 * column",
    ),
    "no_bound_to_the_right": ("x >= sampling.width ||", ""),
    "no_bound_below": ("|| y >= sampling.height", ""),
    "bound_one_too_far": ("y >= sampling.height", "y > sampling.height"),
    "one_mean_for_all": ("levels.mean[channel]", "levels.mean[0]"),
    "planes_interleaved": ("target + channel * plane", "target + channel * sampling.width"),
    "letterbox_from_the_top": ("row = y - sampling.top", "row = y"),
    "letterbox_black": ("inside ? value : 0.0f", "inside ? value : -levels.mean[channel]"),
    "fields_exchanged": ("int rows, columns;", "int columns, rows;"),
    "field_too_wide": ("int rounded;", "long long rounded;"),
    "chroma_of_another_row": ("chroma + (size_t)(row / 2)", "chroma + (size_t)row"),
    "chroma_pairs_split": ("column / 2 * 2", "column"),
    "u_and_v_swapped": (
        "u = pair[0] - 128, v = pair[1] - 128",
        "u = pair[1] - 128, v = pair[0] - 128",
    ),
    "darker_than_black": ("max(level - conversion.black, 0)", "(level - conversion.black)"),
    "overflow_of_a_level": (
        "clamped((gray + conversion.blue_u * u) >> 20, 255)",
        "(gray + conversion.blue_u * u) >> 20 & 255",
    ),
    "palette_one_class_off": ("weights + 4 * labels", "weights + 4 + 4 * labels"),
    "palette_one_channel_off": ("weight[1 + channel]", "weight[channel]"),
    "labels_under_the_corner": ("stretch.step * (2 * place + 1)", "stretch.step * (2 * place)"),
    "pitch_of_the_labels_ignored": ("* blending.labels_pitch", "* blending.width"),
    "pitches_of_the_overlay_swapped": (
        "target + (size_t)y * blending.target_pitch",
        "target + (size_t)y * blending.source_pitch",
    ),
    "no_bound_to_the_overlay": ("if (x >= blending.width || y >= blending.height) return;", ""),
    "overlay_rounded_twice": (
        "from[channel] * weight[0] + weight[1 + channel]) >> 8",
        "from[channel] * weight[0] >> 8) + (weight[1 + channel] >> 8)",
    ),
}

needs_gpp = pytest.mark.skipif(which("g++") is None, reason="no g++ on this machine")


def check_sanitized(library, entries, options):
    """{entry: what it fails first} by kernel_checks.py, and all that the sanitizers said."""
    runtime = " ".join(  # libstdc++ too: OpenCV's exceptions pass through the sanitizer
        subprocess.check_output(["g++", f"-print-file-name={name}"], text=True).strip()
        for name in ("libasan.so", "libstdc++.so.6")
    )
    checks = Path(__file__).with_name("kernel_checks.py")
    ended = subprocess.run(
        [sys.executable, str(checks), str(library), *entries],
        env=os.environ | {"LD_PRELOAD": runtime, "ASAN_OPTIONS": f"detect_leaks=0:{options}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(map(json.loads, ended.stdout.splitlines())), ended.stderr


@needs_gpp
def test_the_kernels_give_the_sanitizers_nothing_to_say(tmp_path):
    flags = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    library = compile_for_host(tmp_path / "frame.so", *flags)
    failures, said = check_sanitized(library, ["launch_on_host"], "halt_on_error=1")
    assert failures == {"launch_on_host": None}
    assert not said


@needs_gpp
def test_every_planted_mistake_is_caught(tmp_path):
    def failures(part):
        names = list(MISTAKES)[part::2]
        flags = ["-O0", "-w", "-fsanitize=address", "-fsanitize-recover=address"]
        sources = {name: mistaken(*MISTAKES[name]) for name in names}
        library = compile_variants_for_host(tmp_path / f"part{part}.so", sources, *flags)
        return check_sanitized(library, names, "halt_on_error=0")[0]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(failures, (0, 1))
    found = first | second
    assert found.keys() == MISTAKES.keys()
    assert [name for name, failure in found.items() if failure is None] == []


def mistaken(old, new):
    source = kernels.source()
    assert source.count(old) == 1, f"{source.count(old)} times in frame.cu: {old}"
    return source.replace(old, new)
