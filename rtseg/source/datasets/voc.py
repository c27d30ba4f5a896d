"""PASCAL VOC 2012, alone and with the extra labels of Hariharan et al. (SBD, 2011)."""

from __future__ import annotations

from pathlib import Path

from rtseg.labels import VOC
from rtseg.source.datasets.pairs import files, first_folder, names_in, paired
from rtseg.source.label_file import read_sbd
from rtseg.source.sample import Dataset, Sample, id_table

SPLITS = ("train", "val", "trainval", "train_aug")
"""train_aug: 10582 pictures, VOC's and SBD's together without VOC's val."""

IDS = id_table({index: index for index in range(21)})


def voc(root: Path, split: str) -> Dataset:
    """The devkit's VOC2012, or a folder above it; 255 is the white border of objects."""
    home = first_folder(root, "VOCdevkit/VOC2012/JPEGImages", "VOC2012/JPEGImages", "JPEGImages")
    samples = _augmented(home.parent, root) if split == "train_aug" else _plain(home.parent, split)
    return Dataset("voc", split, VOC, samples)


def _plain(home: Path, split: str) -> tuple[Sample, ...]:
    pictures = files(home / "JPEGImages", ".jpg")
    truths = files(home / "SegmentationClass", ".png")
    pairs = paired(pictures, truths, names=names_in(_list(home, split)))
    return tuple(Sample(*pair, IDS) for pair in pairs)


def _augmented(home: Path, root: Path) -> tuple[Sample, ...]:
    """SegmentationClassAug where it is, otherwise SBD's MATLAB files.

    SBD labels pictures of VOC's val too: training on them would be training on the test.
    """
    held_out = set(names_in(_list(home, "val")))
    pictures = files(home / "JPEGImages", ".jpg")
    ready = home / "SegmentationClassAug"
    if ready.is_dir():
        truths = files(ready, ".png")
        pairs = paired(pictures, truths, names=set(truths) - held_out)
        return tuple(Sample(*pair, IDS) for pair in pairs)
    sbd = first_folder(
        root, "benchmark_RELEASE/dataset", "../benchmark_RELEASE/dataset", "sbd", "dataset"
    )
    own = _plain(home, "train")
    extra_names = files(sbd / "cls", ".mat")
    extra = set(extra_names) - held_out - {sample.name for sample in own}
    pairs = paired(files(sbd / "img", ".jpg"), extra_names, names=extra) if extra else []
    samples = own + tuple(Sample(*pair, IDS, read_sbd) for pair in pairs)
    return tuple(sorted(samples, key=lambda sample: sample.name))


def _list(home: Path, split: str) -> Path:
    return home / "ImageSets" / "Segmentation" / f"{split}.txt"
