"""Reads a report's page as a browser would, and is stricter than one."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

import cv2
import numpy as np

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """text: what is seen. images: decoded, with their ``alt``. Raises on tags that do not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.images, self.words, self.references = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []
        self.text = " ".join(self.words)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.references += [given[key] for key in ("src", "href") if key in given]
        if tag == "img":
            content = base64.b64decode(given["src"].partition(",")[2])
            image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
            self.images.append((given["alt"], image[..., ::-1]))
        elif tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data.strip())
