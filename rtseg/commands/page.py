"""A report as one HTML file that needs nothing beside it: no script, no font, no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

import cv2
import numpy as np

from rtseg import __version__
from rtseg.commands.fraction import percent
from rtseg.labels import IGNORE, LabelSet
from rtseg.sink.png import palette_png
from rtseg.stretch import stretched
from rtseg.types import LabelMap, Rgb

PICTURE_WIDTH = 640
"""Of embedded pictures, in pixels at most: eight rows of four stay near 2 MB."""

WRONG = (226, 61, 61)

Value = float | None

_STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1240px; padding: 40px 32px 64px; background: #fff;
  color: #1c2430; font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif }
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px }
h2 { font-size: 18px; margin: 44px 0 12px }
p, figcaption { color: #5a6675; margin: 0 0 12px; max-width: 80ch }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
.figures { display: flex; flex-wrap: wrap; gap: 12px; margin: 24px 0 0 }
.figures div { border: 1px solid #dfe4ea; border-radius: 10px; padding: 12px 18px;
  min-width: 150px }
.figures b { display: block; font-size: 27px; line-height: 1.25 }
.figures span { color: #5a6675; font-size: 13px }
.classes { width: 100%; max-width: 900px }
.classes th, .classes td { text-align: right; padding: 4px 10px; white-space: nowrap }
.classes th { font-weight: 500; color: #5a6675; font-size: 13px }
.classes td { border-top: 1px solid #edf0f3 }
.classes th:first-child, .classes td:first-child { text-align: left; padding-left: 0 }
.classes .bar { width: 40%; text-align: left }
.bar i { display: block; height: 12px; border-radius: 3px; background: #3a6fc4 }
.chip { display: inline-block; width: 13px; height: 13px; border-radius: 3px; margin-right: 9px;
  border: 1px solid #0003; vertical-align: -2px }
.none { color: #9aa4b1 }
.wide { overflow-x: auto }
.matrix { font-size: 12px }
.matrix td { min-width: 42px; height: 30px; text-align: center; border: 1px solid #fff }
.matrix th { font-weight: 500; text-align: right; padding: 0 8px; white-space: nowrap }
.matrix thead th { text-align: center; vertical-align: bottom; padding: 0 0 6px }
.matrix thead span { display: inline-block; writing-mode: vertical-rl; transform: rotate(180deg) }
figure { margin: 0 0 26px }
figure div { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px }
figure img { width: 100%; display: block; border-radius: 4px }
figure small { color: #5a6675; font-size: 12px }
svg { width: 100%; height: auto; display: block }
footer { margin-top: 48px; color: #9aa4b1; font-size: 13px }
@media (max-width: 760px) { figure div { grid-template-columns: repeat(2, 1fr) } }
@media print { figure { break-inside: avoid } }
"""


def page(title: str, lead: str, sections: Sequence[str]) -> str:
    """The whole document. title, lead: plain text; sections: HTML."""
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(lead)}</p>\n"
        + "\n".join(sections)
        + f"\n<footer>rtseg {__version__}</footer>\n</body>\n</html>\n"
    )


def section(heading: str, words: str, content: str) -> str:
    return f"<h2>{escape(heading)}</h2>\n<p>{escape(words)}</p>\n{content}"


def figures(named: Mapping[str, str]) -> str:
    """The headline: words below large numbers, which may be any text."""
    boxes = (
        f"<div><b>{escape(n)}</b><span>{escape(word)}</span></div>" for word, n in named.items()
    )
    return f'<div class="figures">{"".join(boxes)}</div>'


def class_table(labels: LabelSet, columns: Mapping[str, Sequence[Value]]) -> str:
    """One row a class, fractions as per cent; the first column has a bar."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = []
    for index, name in enumerate(labels.names):
        values = [column[index] for column in columns.values()]
        cells = "".join(f"<td>{_percent(value)}</td>" for value in values)
        color = "#" + bytes(labels.colors[index]).hex()
        rows.append(
            f'<tr><td><span class="chip" style="background:{color}"></span>{escape(name)}</td>'
            f'<td class="bar"><i style="width:{100 * (values[0] or 0):.1f}%"></i></td>{cells}</tr>'
        )
    return (
        f'<table class="classes"><thead><tr><th>class</th><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def curve(points: Sequence[tuple[float, float]], what: str) -> str:
    """A line of (seconds, fraction) from the lowest fraction to 1."""
    points = [(x, y) for x, y in points if y == y]
    if len(points) < 2:
        return ""
    left, right = points[0][0], points[-1][0]
    low = min(y for _, y in points)
    span, height = max(right - left, 1e-9), max(1 - low, 1e-9)
    path = " ".join(
        f"{60 + 1120 * (x - left) / span:.1f},{10 + 150 * (1 - y) / height:.1f}" for x, y in points
    )
    label = 'font-size="13" fill="#5a6675"'
    return (
        f'<svg viewBox="0 0 1200 190" role="img" aria-label="{escape(what)}">'
        '<path d="M60 10H1180M60 160H1180" stroke="#dfe4ea" fill="none"/>'
        f'<polyline points="{path}" fill="none" stroke="#3a6fc4" stroke-width="1.6"/>'
        f'<text x="52" y="14" text-anchor="end" {label}>100</text>'
        f'<text x="52" y="164" text-anchor="end" {label}>{100 * low:.1f}</text>'
        f'<text x="60" y="182" {label}>{left:.1f} s</text>'
        f'<text x="1180" y="182" text-anchor="end" {label}>{right:.1f} s</text></svg>'
    )


def gallery(caption: str, pictures: Mapping[str, str]) -> str:
    """One row of pictures, by what is written below each; as ``photo`` and the like give them."""
    shown = "".join(
        f'<span><img src="{source}" alt="{escape(name)}"><small>{escape(name)}</small></span>'
        for name, source in pictures.items()
    )
    return f"<figure><figcaption>{escape(caption)}</figcaption><div>{shown}</div></figure>"


def photo(picture: Rgb) -> str:
    """As a ``data:`` address of a JPEG, shrunk to the page."""
    height, width = _fitted(*picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, 82]
    _, content = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
    return _address("image/jpeg", content.tobytes())


def label_picture(picture: Rgb, ids: LabelMap, labels: LabelSet) -> str:
    """In the colours of the label set and the picture's shape; black where nothing is labelled."""
    small = stretched(ids, *_fitted(*picture.shape[:2]))
    return _address("image/png", palette_png(np.ascontiguousarray(small), labels))


def difference_picture(picture: Rgb, first: LabelMap, second: LabelMap) -> str:
    """The picture in dark grey, red where the maps differ; what either ignores is left black."""
    height, width = _fitted(*picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY) // 2 + 30
    shown = np.repeat(grey[..., None], 3, axis=2)
    first, second = stretched(first, height, width), stretched(second, height, width)
    shown[first != second] = WRONG
    shown[(first == IGNORE) | (second == IGNORE)] = 0
    return photo(np.asarray(shown, np.uint8))


def _percent(value: Value) -> str:
    return percent(value) if value is not None else f'<span class="none">{percent(value)}</span>'


def _fitted(height: int, width: int) -> tuple[int, int]:
    factor = min(1.0, PICTURE_WIDTH / width)
    return max(1, round(height * factor)), max(1, round(width * factor))


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
