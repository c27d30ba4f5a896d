import threading
import time

import pytest
from clip_maker import noise, write_clip

from rtseg.errors import SourceError
from rtseg.source.growing import GrowingFile

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}


@pytest.mark.parametrize(("name", "muxer"), [("a.mp4", FRAGMENTED), ("a.mkv", {}), ("a.ts", {})])
def test_every_frame_of_a_file_that_grows_is_given_up_to_its_end(tmp_path, name, muxer):
    whole = write_clip(tmp_path / f"whole_{name}", noise(40), muxer=muxer).read_bytes()
    path = tmp_path / name
    pieces = [
        whole[at : at + 1 + len(whole) // 8] for at in range(0, len(whole), 1 + len(whole) // 8)
    ]

    def write():
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
                file.flush()
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    with GrowingFile(path, idle_seconds=0.6) as source:
        assert not source.info.live
        frames = list(source)
    writer.join()
    assert [frame.index for frame in frames] == list(range(40))
    times = [frame.pts for frame in frames]
    assert times == sorted(set(times))


def test_waiting_for_a_file_to_grow_can_be_ended(tmp_path):
    whole = write_clip(tmp_path / "a.ts", noise(40)).read_bytes()
    path = tmp_path / "b.ts"
    path.write_bytes(whole[: len(whole) // 2])
    source = GrowingFile(path, idle_seconds=60)
    closer = threading.Timer(0.3, source.close)
    closer.start()
    began = time.monotonic()
    with source:
        assert list(source) == []
    closer.join()
    assert time.monotonic() - began < 2


def test_a_file_that_never_comes_is_not_found(tmp_path):
    with pytest.raises(SourceError) as caught, GrowingFile(tmp_path / "a.ts", idle_seconds=0.2):
        pass
    assert caught.value.cause == "not found"


def test_an_mp4_that_is_not_fragmented_says_what_to_record_instead(tmp_path):
    path = write_clip(tmp_path / "a.mp4", noise(10))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"record \.mkv"), GrowingFile(path, idle_seconds=0.2):
        pass
