from __future__ import annotations

import pytest

from rtseg.source.masking import masked


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("rtsp://user:pw@host:554/a", "rtsp://user:***@host:554/a"),
        ("rtsp://user:p@ss:w/rd@host/a", "rtsp://user:***@host/a"),
        ("rtsp://:pw@host", "rtsp://:***@host"),
        ("http://host:8080/a@2x.mp4", "http://host:8080/a@2x.mp4"),
        ("http://host/a?user=x&password=y&b=1", "http://host/a?user=x&password=***&b=1"),
        ("http://host/a?Token=y#t", "http://host/a?Token=***#t"),
        ("http://h/a?access_token=y&size=9", "http://h/a?access_token=***&size=9"),
        ("https://h/a?X-Amz-Signature=y&n=1", "https://h/a?X-Amz-Signature=***&n=1"),
        ("http://h/a?apikey=y?z", "http://h/a?apikey=***"),
        ("x264enc key-int-max=30 pass=qual ! x", "x264enc key-int-max=30 pass=*** ! x"),
        ("rtspsrc location=rtsp://u:p@h ! x", "rtspsrc location=rtsp://u:***@h ! x"),
        ("rtspsrc user-pw=q ! x", "rtspsrc user-pw=*** ! x"),
        ("clip.mp4", "clip.mp4"),
    ],
)
def test_passwords_are_masked(url: str, safe: str) -> None:
    assert masked(url) == safe
