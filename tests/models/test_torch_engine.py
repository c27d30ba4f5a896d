from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from rtseg.engine.base import Engine
from rtseg.engine.ort import OnnxRuntimeEngine
from rtseg.engine.package import FORMAT, Manifest, ModelFile, sha256_of, write_package
from rtseg.errors import EngineError, UsageError
from rtseg.models.catalogue import CATALOGUE, Entry
from rtseg.models.export import export_onnx
from rtseg.models.feed import MEAN, STD
from rtseg.models.recipe import Recipe
from rtseg.models.torch_engine import TorchEngine, checkpoint_engine
from rtseg.models.train import Trainer
from rtseg.models.zoo import build_network
from rtseg.source.dataset import Dataset, open_dataset
from rtseg.types import ModelSpec, Rgb

PLAIN = ModelSpec(4, 6, "rgb", (10.0, 20.0, 30.0), (2.0, 1.0, 1.0), "camvid11")
HEIGHT, WIDTH = 64, 96


@pytest.fixture(autouse=True)
def small_network(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"widths": (8, 8, 16, 16), "depths": (1, 1, 1, 1), "decoder_width": 8}
    monkeypatch.setitem(CATALOGUE, "roadnet-xs", Entry("roadnet", "RoadNet", "a test", sizes))


@pytest.mark.parametrize(("order", "expected"), [("rgb", 0), ("bgr", 1)])
def test_the_label_is_the_largest_normalised_channel_in_the_networks_order(
    order: str, expected: int
) -> None:
    # R G B of 30, 21, 9: as rgb (30-10)/2, 21-20, 9-30; as bgr (9-10)/2, 21-20, 30-30.
    spec = ModelSpec(4, 6, order, PLAIN.mean, PLAIN.std, PLAIN.labels)  # type: ignore[arg-type]
    with TorchEngine(nn.Identity(), spec, name="identity") as engine:
        engine.submit(np.full((1, 4, 6, 3), (30, 21, 9), np.uint8))
        labels = engine.collect()
    assert labels.tolist() == [[expected] * 3] * 2
    assert labels.dtype == np.uint8


def test_it_is_an_engine_that_says_what_it_is() -> None:
    engine = TorchEngine(nn.Identity(), PLAIN, name="mine")
    assert isinstance(engine, Engine)
    info = engine.info
    assert (info.model, info.backend, info.precision) == ("mine", "torch", "fp32")


def test_a_closed_engine_refuses() -> None:
    engine = TorchEngine(nn.Identity(), PLAIN, name="mine")
    engine.submit(np.zeros((1, 4, 6, 3), np.uint8))
    with pytest.raises(EngineError, match="not open"):
        engine.collect()


def test_a_failing_network_is_an_engine_error() -> None:
    with TorchEngine(nn.Conv2d(5, 2, 1), PLAIN, name="five channels") as engine:
        engine.submit(np.zeros((1, 4, 6, 3), np.uint8))
        with pytest.raises(EngineError, match="PyTorch failed"):
            engine.collect()


def test_it_says_what_the_exported_network_says(tmp_path: Path) -> None:
    network = _varied_network()
    spec = ModelSpec(HEIGHT, WIDTH, "rgb", MEAN, STD, "camvid11")
    export_onnx(network, tmp_path / "model.onnx", height=HEIGHT, width=WIDTH)
    package = write_package(
        tmp_path,
        Manifest(
            format=FORMAT,
            name="exported",
            network="roadnet-xs",
            spec=spec,
            files={"fp32": ModelFile("model.onnx", sha256_of(tmp_path / "model.onnx"))},
            licence="Apache-2.0",
            data="none",
            made={},
            accuracy=[],
        ),
    )
    with (
        TorchEngine(network, spec, name="checkpoint") as ours,
        OnnxRuntimeEngine(package, "fp32") as exported,
    ):
        tensor = _picture(7)[None]
        ours.submit(tensor)
        exported.submit(tensor)
        found, expected = ours.collect(), exported.collect()
    assert len(np.unique(expected)) >= 5
    assert found.shape == expected.shape == (HEIGHT // 2, WIDTH // 2)
    assert (found == expected).mean() > 0.999


def test_a_checkpoint_of_training_opens_with_its_averaged_network(
    tmp_path: Path, dataset: Dataset
) -> None:
    trainer = Trainer(Recipe(network="roadnet-xs"), dataset, tmp_path)
    trainer.average = _varied_network()
    trainer.save()
    path = tmp_path / "checkpoint.pt"
    with (
        checkpoint_engine(path, HEIGHT, WIDTH) as engine,
        TorchEngine(_varied_network(), engine.spec, name="direct") as direct,
    ):
        assert engine.spec.labels == "camvid11"
        assert engine.info.model == str(path)
        tensor = _picture(7)[None]
        engine.submit(tensor)
        direct.submit(tensor)
        found, expected = engine.collect(), direct.collect()
    assert len(np.unique(expected)) >= 5
    assert (found == expected).all()


def test_a_size_that_the_network_cannot_take_is_refused(tmp_path: Path, dataset: Dataset) -> None:
    Trainer(Recipe(network="roadnet-xs"), dataset, tmp_path).save()
    with pytest.raises(UsageError, match="multiples of 32, not 65x96"):
        checkpoint_engine(tmp_path / "checkpoint.pt", 65, 96)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """One picture, for a trainer that is never run."""
    for folder in ("train", "trainannot"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "train" / "0.png"), _picture(0))
    cv2.imwrite(str(tmp_path / "trainannot" / "0.png"), _picture(0)[..., 0] % 11)
    return open_dataset(f"camvid:{tmp_path}", "train")


def _varied_network() -> nn.Module:
    """Untrained, but with the statistics of a picture and a head whose classes all get a say."""
    torch.manual_seed(4)
    network = build_network("roadnet-xs", 11)
    picture = torch.from_numpy(_picture(0)).permute(2, 0, 1)[None].float() / 64 - 2
    with torch.no_grad():
        for _ in range(20):
            network(picture.repeat(2, 1, 1, 1))
        network.eval()
        head = network.get_submodule("head")
        assert isinstance(head, nn.Conv2d)
        assert head.bias is not None
        head.bias -= network(picture).mean((0, 2, 3))
    return network


def _picture(seed: int) -> Rgb:
    """Blocks of 8 x 8 in random colours."""
    blocks = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return blocks.repeat(8, 0).repeat(8, 1)
