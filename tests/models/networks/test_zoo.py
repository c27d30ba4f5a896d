"""What holds for every network of the catalogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from rtseg.errors import UsageError
from rtseg.models.catalogue import CATALOGUE, entry
from rtseg.models.export import Labelled, export_onnx
from rtseg.models.networks.blocks import Heads
from rtseg.models.zoo import build_network, multiply_accumulates, parameter_count

HEIGHT, WIDTH = 128, 192

WIDER_OR_DEEPER = {
    *("roadnet-m", "roadlite-1", "roadlite-2", "ddrnet-23", "pidnet-m", "stdc2-seg"),
    *("pp-liteseg-b", "ffnet-78s", "espnetv2-1.0", "espnetv2-1.5", "espnetv2-2.0"),
}
"""What another entry's graph has already: `benchmarks/zoo.py` exports them all."""


@pytest.mark.parametrize("name", CATALOGUE)
def test_one_step_of_training_reaches_every_parameter(name: str) -> None:
    torch.manual_seed(0)
    network = build_network(name, 7).train()
    heads = network(torch.rand(2, 3, 64, 128))
    assert isinstance(heads, Heads)
    every = [heads.logits, *heads.auxiliary]
    assert all(each.shape[:2] == (2, 7) for each in every)
    loss = sum((each.square().mean() for each in every), torch.zeros(()))
    if heads.boundary is not None:
        assert heads.boundary.shape[:2] == (2, 1)
        loss = loss + heads.boundary.square().mean()
    loss.backward()  # type: ignore[no-untyped-call]
    idle = [name for name, value in network.named_parameters() if value.grad is None]
    assert idle == []


@pytest.mark.parametrize("name", [name for name in CATALOGUE if CATALOGUE[name].parameters])
def test_a_network_weighs_what_its_paper_says_or_the_catalogue_says_why_not(name: str) -> None:
    facts = entry(name)
    network = build_network(name, facts.classes)
    assert facts.parameters is not None
    ours = [parameter_count(network) / 1e6]
    theirs = [facts.parameters]
    if facts.gmacs is not None:
        ours.append(multiply_accumulates(network, *facts.size) / 1e9)
        theirs.append(facts.gmacs)
    near = all(abs(mine / other - 1) <= 0.03 for mine, other in zip(ours, theirs, strict=True))
    assert near != bool(facts.deviation), (ours, theirs, facts.deviation)


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in WIDER_OR_DEEPER])
def test_the_exported_graph_gives_the_logits_of_torch(name: str, tmp_path: Path) -> None:
    network = lively(build_network(name, 11))
    picture = torch.randn(1, 3, HEIGHT, WIDTH)
    with torch.inference_mode():
        expected, logits = Labelled(network, 2).eval()(picture)
    assert len(expected.unique()) >= 3
    export_onnx(network, tmp_path / "model.onnx", height=HEIGHT, width=WIDTH)
    compiled = openvino.compile_model(
        tmp_path / "model.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    found, scores = compiled([picture.numpy()]).values()
    np.testing.assert_allclose(scores, logits.numpy(), rtol=2e-2, atol=2e-3 * float(logits.std()))
    assert (found == expected.numpy()).mean() > 0.999


def lively(network: torch.nn.Module) -> torch.nn.Module:
    """Fresh weights answer one class everywhere; batch norms that have seen pictures do not."""
    torch.manual_seed(1)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(layer.weight, 0.5, 1.5)
            layer.momentum = None  # an average over all that follows
    with torch.no_grad():
        for _ in range(3):
            network.train()(torch.randn(2, 3, HEIGHT, WIDTH))
    return network.eval()


def test_every_graph_that_is_not_tried_is_of_a_family_that_is() -> None:
    tried = {entry(name).module for name in CATALOGUE.keys() - WIDER_OR_DEEPER}
    assert {entry(name).module for name in WIDER_OR_DEEPER} <= tried


def test_an_unknown_network_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'roadnet-l'.*roadnet-s, roadnet-m"):
        build_network("roadnet-l", 11)
