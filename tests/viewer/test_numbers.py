import pytest

pytest.importorskip("qtpy")

from qtpy.QtWidgets import QLabel

from rtseg.board import BoardReading
from rtseg.engine.base import EngineInfo
from rtseg.stats import Percentiles
from rtseg.viewer import theme
from rtseg.viewer.numbers import NumbersPanel
from rtseg.viewer.stage_bars import StageBars
from rtseg.viewer.state_line import StateLine
from rtseg.viewer.verdict import Verdict

INT8 = EngineInfo("bisenet", "openvino", "int8", {}, "Xeon", "2024.4")
FP32 = EngineInfo("pidnet", "onnxruntime", "fp32", {}, "Xeon", "1.17")


@pytest.fixture
def panel(qtbot):
    panel = NumbersPanel()
    qtbot.addWidget(panel)
    return panel


def test_rates_latency_and_drops_are_told_with_their_units(panel, reading):
    panel.show_reading(
        reading(
            capture_fps=30.04,
            processed_fps=24.26,
            displayed_fps=0.0,
            latency=Percentiles(41.23, 50.0, 88.44, 99.0),
            dropped={"late": 1234, "source": 2, "teleport": 1},
        ),
        wanted_fps=30,
    )
    assert {"30.0", "24.3", "0.0"} <= texts(panel)
    assert "p50 41.2 ms, p99 88.4 ms" in texts(panel)
    assert "1,234 late, 2 lost by the source, 1 teleport" in texts(panel)


def test_a_run_without_drops_and_frames_says_so(panel, reading):
    nothing = Percentiles(*(float("nan"),) * 4)
    panel.show_reading(reading(latency=nothing, dropped={"late": 0}), wanted_fps=0)
    assert "none" in texts(panel)
    assert "p50 \N{EN DASH} ms, p99 \N{EN DASH} ms" in texts(panel)


def test_what_runs_is_told_as_the_engine_reports_it(panel):
    panel.show_engines((INT8, FP32))
    assert {"bisenet · INT8", "pidnet · FP32", "openvino · 2024.4 · Xeon"} <= texts(panel)
    panel.show_engines((INT8,))
    assert "Compared" not in seen(panel)
    panel.show_engines(())
    assert {"Engine", "Runs on"}.isdisjoint(seen(panel))


def test_a_board_is_told_of_as_far_as_it_is_known(panel):
    panel.show_board(BoardReading({"cpu": 48.5, "gpu": 51.06}, {"VDD_IN": 8.31}, 624.75, 0.873, 0))
    assert seen(panel)["Board"] == "51.1 °C (gpu) · 8.3 W · GPU 625 MHz (87 %)"
    panel.show_board(BoardReading({}, {}, 306.0, None, None))
    assert seen(panel)["Board"] == "GPU 306 MHz"
    panel.show_board(None)
    assert "Board" not in seen(panel)


def test_a_long_state_is_wrapped_and_never_widens_the_window(qtbot):
    line = StateLine()
    qtbot.addWidget(line)
    width = line.minimumSizeHint().width()
    line.show_verdict(Verdict("bad", "Source lost: " + "no packet for 20 s, " * 20))
    assert line.minimumSizeHint().width() == width
    assert line.accessibleDescription().startswith("Source lost")


@pytest.mark.parametrize("choice", ["dark", "light"])
def test_levels_differ_in_shape_and_not_in_colour_alone(qtbot, qapp, choice, restored_look):
    theme.apply(qapp, choice)
    line = StateLine()
    qtbot.addWidget(line)
    line.resize(40, 40)
    shapes = set()
    for level in ("good", "warning", "bad", "idle"):
        line.show_verdict(Verdict(level, ""))
        image = line.grab().toImage()
        ground = image.pixel(image.width() - 1, image.height() - 1)
        box = [(x, y) for x in range(image.width()) for y in range(image.height())]
        shapes.add(tuple(image.pixel(*point) != ground for point in box))
    assert len(shapes) == 4


def test_a_stage_that_takes_longer_than_a_frame_may_is_painted_as_trouble(
    qtbot, qapp, restored_look
):
    colors = theme.apply(qapp, "dark")
    bars = StageBars()
    qtbot.addWidget(bars)
    bars.show_stages({"capture": 2.0, "inference": 50.0}, wanted_fps=30)
    bars.resize(400, bars.sizeHint().height())
    assert colors_of(bars) >= {colors.bad, colors.accent}
    bars.show_stages({"capture": 2.0, "inference": 20.0}, wanted_fps=30)
    assert colors.bad not in colors_of(bars)
    assert colors.accent in colors_of(bars)


def test_bars_ask_for_a_line_of_room_each(qtbot):
    bars = StageBars()
    qtbot.addWidget(bars)
    bars.show_stages({"capture": 1.0}, wanted_fps=0)
    one = bars.sizeHint().height()
    bars.show_stages({"capture": 1.0, "inference": 1.0, "overlay": 1.0}, wanted_fps=0)
    assert bars.sizeHint().height() == 3 * one


def texts(panel):
    return {label.text() for label in panel.findChildren(QLabel) if not label.isHidden()}


def seen(panel):
    """Facts by name, blanks as blanks."""
    return {
        label.accessibleName(): label.text().replace("\N{NO-BREAK SPACE}", " ")
        for label in panel.findChildren(QLabel)
        if label.accessibleName() and not label.isHidden()
    }


def colors_of(widget):
    image = widget.grab().toImage()
    return {
        image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())
    }
