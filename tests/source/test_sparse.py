"""Frames here and there are those of the whole source."""

import cv2
import numpy as np
import pytest
from clip_maker import noise, write_clip

from rtseg.errors import SourceError, UsageError
from rtseg.source.sparse import SparseFrames, SparsePictures, SparseVideo, open_sparse
from rtseg.source.uri import open_source


def all_frames(reference):
    with open_source(str(reference)) as source:
        return [(frame.index, frame.pts, frame.picture) for frame in source]


def assert_same(frames, whole):
    assert frames
    for frame in frames:
        index, pts, picture = whole[frame.index]
        assert (frame.index, frame.pts) == (index, pts)
        np.testing.assert_array_equal(frame.picture, picture)


def test_frames_of_a_video_are_those_of_the_whole(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", noise(25))  # key frames 0, 10 and 20
    sparse = open_sparse(str(clip))
    assert isinstance(sparse, SparseVideo)
    assert sparse.places(12) == [0, 10, 20]
    assert list(sparse.places(20)) == [25 * place // 20 for place in range(20)]
    whole = all_frames(clip)
    for places in ([0, 10, 20], [3, 4, 24]):
        frames = list(sparse.at(places))
        assert [frame.index for frame in frames] == places
        assert_same(frames, whole)
    assert sparse.warnings == ()


def test_a_video_that_was_cut_off_says_so_and_gives_the_rest(tmp_path):
    clip = write_clip(tmp_path / "clip.mp4", noise(25), muxer={"movflags": "faststart"})
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    sparse = open_sparse(str(clip))
    assert "the file" in sparse.warnings[0]
    assert 0 < len(list(sparse.at(sparse.places(40)))) < 25


def test_pictures_are_read_alone_and_a_broken_one_is_named(tmp_path):
    for number, picture in enumerate(noise(4)):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture)
    (tmp_path / "2.png").write_bytes(b"no picture")
    sparse = open_sparse(str(tmp_path))
    assert isinstance(sparse, SparsePictures)
    assert [frame.index for frame in sparse.at(sparse.places(9))] == [0, 1, 3]
    assert sparse.warnings == ("'2.png' could not be decoded",)
    assert sparse.origin(3) == str(tmp_path / "3.png")


def test_the_synthetic_road_with_an_end_is_read_up_to_the_last_place():
    reference = "test://road?size=48x64&frames=9"
    sparse = open_sparse(reference)
    assert isinstance(sparse, SparseFrames)
    assert sparse.places(3) == [0, 3, 6]
    assert_same(list(sparse.at([3, 6])), all_frames(reference))


def test_what_has_no_end_or_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="record it to a file first"):
        open_sparse("test://road?size=48x64")
    with pytest.raises(SourceError):
        open_sparse(str(tmp_path / "none.mp4"))
