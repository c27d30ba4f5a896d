from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from rtseg.errors import UsageError
from rtseg.sink.base import Sink
from rtseg.sink.labels_video import LabelVideo
from rtseg.types import LabelMap, Picture

MakePicture = Callable[..., Picture]


def read(path: Path) -> list[tuple[float, LabelMap]]:
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "ffv1"
        return [(frame.time or 0.0, frame.to_ndarray()) for frame in container.decode(video=0)]


def test_all_256_ids_come_back_exactly(tmp_path: Path, picture: MakePicture) -> None:
    maps = [np.random.default_rng(seed).permutation(256).reshape(16, 16) for seed in range(3)]
    with LabelVideo(tmp_path / "labels.mkv", fps=Fraction(30)) as sink:
        for index, ids in enumerate(maps):
            sink.write(picture(index, labels=ids, image=np.zeros((48, 64, 3), np.uint8)))
    assert isinstance(sink, Sink)
    assert not sink.wants_image
    for index, (seconds, ids) in enumerate(read(sink.outputs[0])):
        assert seconds == pytest.approx(index / 30, abs=0.0005)
        assert np.array_equal(ids, maps[index].repeat(3, axis=0).repeat(4, axis=1))


def test_opencv_reads_the_same_ids(tmp_path: Path, picture: MakePicture) -> None:
    ids = np.arange(256).reshape(16, 16)
    with LabelVideo(tmp_path / "labels.mkv", fps=Fraction(30)) as sink:
        sink.write(picture(labels=ids, image=np.zeros((16, 16, 3), np.uint8)))
    capture = cv2.VideoCapture(str(sink.outputs[0]))
    read_one, shown = capture.read()
    capture.release()
    assert read_one
    assert np.array_equal(shown[..., 0], ids)


def test_a_larger_frame_is_stretched_to_the_first_ones_size(
    tmp_path: Path, picture: MakePicture
) -> None:
    with LabelVideo(tmp_path / "labels.mkv", fps=Fraction(0)) as sink:
        for index, side in enumerate((2, 4)):
            image = np.zeros((side, side, 3), np.uint8)
            sink.write(picture(index, labels=[[1, 2]], image=image))
    assert [ids.tolist() for _, ids in read(sink.outputs[0])] == [[[1, 2], [1, 2]]] * 2
    assert sink.warnings == ("1 frames were resized to the first one's 2x2",)


def test_another_container_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.mkv"):
        LabelVideo(tmp_path / "labels.mp4", fps=Fraction(30))
    assert list(tmp_path.iterdir()) == []
