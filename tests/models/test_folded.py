from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from rtseg.engine.quantize import store_as_half
from rtseg.errors import EngineError
from rtseg.models.export import export_onnx
from rtseg.models.folded import load_folded
from rtseg.models.networks.roadlite import RoadLite
from rtseg.models.networks.roadnet import RoadNet

HEIGHT, WIDTH = 64, 96


def pictures(count: int, *, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(2, 3, HEIGHT, WIDTH, generator=generator) for _ in range(count)]


def trained(network: nn.Module) -> nn.Module:
    """Scales, shifts and statistics of batch norms as training leaves them: none is 0 or 1."""
    torch.manual_seed(3)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.3)
            layer.momentum = None
            layer.train()
    with torch.no_grad():
        for each in pictures(4):
            network(each)
    return network.eval()


def exported(network: nn.Module, path: Path) -> Path:
    export_onnx(network, path, height=HEIGHT, width=WIDTH)
    return path


@pytest.fixture(scope="module")
def roadlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    network = trained(RoadLite(5))
    return network, exported(network, tmp_path_factory.mktemp("folded") / "model.onnx")


def test_the_network_computes_what_the_graph_computed(roadlite: tuple[nn.Module, Path]) -> None:
    original, path = roadlite
    again = RoadLite(5).eval()
    fresh = load_folded(again, path, pictures(3))
    assert fresh == ["auxiliary.0.0", "auxiliary.1"]  # in no exported graph
    with torch.inference_mode():
        expected, found = (each(pictures(1, seed=9)[0]) for each in (original, again))
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_training_on_the_same_pictures_sees_nearly_the_same_logits(
    roadlite: tuple[nn.Module, Path],
) -> None:
    """In training a norm takes the statistics of its batch: they must be those that were set."""
    _, path = roadlite
    network = RoadLite(5)
    batch = pictures(3)
    load_folded(network, path, batch)
    everything = torch.cat(batch)
    with torch.inference_mode():
        evaluated = network.eval()(everything)
        trained_on = network.train()(everything).logits
    assert (trained_on - evaluated).abs().mean() < 0.02 * evaluated.abs().mean()


def test_weights_stored_as_half_are_read_too(
    roadlite: tuple[nn.Module, Path], tmp_path: Path
) -> None:
    original, path = roadlite
    half = tmp_path / "half.onnx"
    half.write_bytes(path.read_bytes())
    store_as_half(half)
    assert half.stat().st_size < 0.6 * path.stat().st_size
    again = RoadLite(5).eval()
    load_folded(again, half, pictures(2))
    with torch.inference_mode():
        expected, found = (each(pictures(1, seed=9)[0]) for each in (original, again))
    assert (found - expected).abs().mean() < 0.02 * expected.abs().mean()


def test_a_wider_network_of_other_classes_takes_what_fits_and_names_the_rest(
    roadlite: tuple[nn.Module, Path],
) -> None:
    _, path = roadlite
    network = RoadLite(7, fine_width=8)
    head = network.head.weight.detach().clone()
    fresh = load_folded(network, path, pictures(2))
    assert fresh == [
        *("fine.narrow.0", "fine.lateral.0", "fine.fuse.0"),
        *("head", "auxiliary.0.0", "auxiliary.1"),
    ]
    assert torch.equal(network.head.weight, head)


def test_another_network_s_file_is_refused(tmp_path: Path) -> None:
    small = RoadNet(4, widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), decoder_width=8).eval()
    path = exported(small, tmp_path / "model.onnx")
    with pytest.raises(EngineError, match="no layer of this network"):
        load_folded(RoadLite(4, decoder_width=16), path, pictures(1))


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(EngineError, match=r"model\.onnx"):
        load_folded(RoadLite(4), path, pictures(1))
