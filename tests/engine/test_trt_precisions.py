"""Engines of every precision through the program, on the fakes: what they say of real clips."""

import json
from itertools import islice

import numpy as np
import pytest
from PIL import Image
from test_trt import RTSEG, fakes, run  # noqa: F401 - a fixture

from rtseg.engine.backends import make_engine
from rtseg.engine.package import DEFAULT_MODEL, find_package
from rtseg.pipeline.segment import segment
from rtseg.source.video import VideoFile
from rtseg.stretch import stretched

pytestmark = pytest.mark.timeout(1200)  # pycuda is compiled where the cache is empty

CLIPS = ("lanedet_seattlestreet1_640x360.mp4", "udacity_highway_960x540_25fps.mp4")
FRAMES = 2
AT_LEAST = {"fp32": 0.999, "fp16": 0.999, "int8": 0.97}
"""Share of the pixels with the label of OpenVINO in FP32."""


@pytest.fixture(scope="module")
def expected(shared):
    """By clip, what OpenVINO says in FP32 of frames that the CPU has resized."""
    with make_engine("openvino", find_package(DEFAULT_MODEL), "fp32", depth=1) as engine:
        return {clip: labels_of(shared / "videos" / clip, engine) for clip in CLIPS}


def labels_of(path, engine):
    with VideoFile(path) as source:
        return np.stack(
            [
                stretched(segment(frame, engine).labels, *frame.picture.shape[:2])
                for frame in islice(source, FRAMES)
            ]
        )


@pytest.mark.shared
@pytest.mark.parametrize("precision", AT_LEAST)
def test_masks_of_real_clips_are_those_of_fp32_in_openvino(
    fakes,  # noqa: F811
    shared,
    tmp_path,
    expected,
    precision,
):
    env = fakes | {"RTSEG_HOME": str(tmp_path / "home")}
    how = ("--backend", "tensorrt", "--precision", precision)
    pictures = ("--calibration", shared / "images") if precision == "int8" else ()
    built = run(*RTSEG, "build", DEFAULT_MODEL, *how, *pictures, env=env)
    assert built.returncode == 0, built.stderr
    for clip, labels in expected.items():
        assert len(np.unique(labels)) >= 5
        masks = tmp_path / clip
        words = ("run", shared / "videos" / clip, *how, "--masks", masks, "-o", "null", "--json")
        ended = run(*RTSEG, *words, "--limit", FRAMES, env=env)
        assert ended.returncode == 0, ended.stderr
        assert json.loads(ended.stdout)["precision"] == precision
        found = np.stack([np.array(Image.open(path)) for path in sorted(masks.iterdir())])
        assert found.shape == labels.shape
        assert (found == labels).mean() >= AT_LEAST[precision]
