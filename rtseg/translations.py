"""Which class of one label set is which of another: names to names, literally.

What has no entry has no counterpart. A class that is wider than any of the target's goes to the
one that holds most of it; one that is split evenly (CamVid's bicyclist: rider and bicycle) has no
entry.
"""

from __future__ import annotations

HUB = "cityscapes19"
"""Two sets without a table of their own are translated by way of this one."""

TRANSLATIONS: dict[tuple[str, str], dict[str, str]] = {
    ("cityscapes19", "camvid11"): {
        "road": "road",
        "sidewalk": "pavement",
        "building": "building",
        "wall": "building",
        "fence": "fence",
        "pole": "pole",
        "traffic light": "sign",
        "traffic sign": "sign",
        "vegetation": "tree",
        "sky": "sky",
        "person": "pedestrian",
        "rider": "bicyclist",
        "car": "car",
        "truck": "car",
        "bus": "car",
        "train": "car",
        "motorcycle": "bicyclist",
        "bicycle": "bicyclist",
    },
    ("camvid11", "cityscapes19"): {
        "sky": "sky",
        "building": "building",
        "pole": "pole",
        "road": "road",
        "pavement": "sidewalk",
        "tree": "vegetation",
        "sign": "traffic sign",
        "fence": "fence",
        "car": "car",
        "pedestrian": "person",
    },
    ("cityscapes19", "voc21"): {
        "road": "background",
        "sidewalk": "background",
        "building": "background",
        "wall": "background",
        "fence": "background",
        "pole": "background",
        "traffic light": "background",
        "traffic sign": "background",
        "vegetation": "background",
        "terrain": "background",
        "sky": "background",
        "person": "person",
        "rider": "person",
        "car": "car",
        "truck": "background",
        "bus": "bus",
        "train": "train",
        "motorcycle": "motorbike",
        "bicycle": "bicycle",
    },
    ("voc21", "cityscapes19"): {
        "bicycle": "bicycle",
        "bus": "bus",
        "car": "car",
        "motorbike": "motorcycle",
        "person": "person",
        "train": "train",
    },
}
