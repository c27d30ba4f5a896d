"""ENet's own: unpooling without indices."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from rtseg.models.export import export_onnx
from rtseg.models.networks.enet import ENet, unpool


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    levels=st.sampled_from([1, 2, 4, 10**6]),
    extent=st.tuples(*(st.integers(1, size) for size in (2, 5, 6, 7))),
)
def test_unpooling_puts_values_where_max_pooling_took_them(
    seed: int, levels: int, extent: tuple[int, int, int, int]
) -> None:
    """With few levels most windows hold ties, which torch resolves to the first."""
    torch.manual_seed(seed)
    batch, width, height, columns = extent
    source = torch.randint(-levels, levels, (batch, width, 2 * height, 2 * columns)).float()
    pooled, indices = functional.max_pool2d(source, 2, return_indices=True)
    values = torch.randn_like(pooled)
    expected = functional.max_unpool2d(values, indices, 2)
    torch.testing.assert_close(unpool(values, source), expected, rtol=0, atol=0)


def test_a_tie_goes_to_the_earlier_pixel() -> None:
    source = torch.tensor([[1.0, 3.0, 5.0, 5.0], [3.0, 2.0, 0.0, 5.0]])[None, None]
    placed = unpool(torch.tensor([[[[7.0, 9.0]]]]), source)
    assert placed.tolist() == [[[[0, 7, 9, 0], [0, 0, 0, 0]]]]


def test_gradients_reach_only_the_values() -> None:
    source = torch.tensor([[[[1.0, 2.0], [0.0, 0.0]]]], requires_grad=True)
    values = torch.tensor([[[[3.0]]]], requires_grad=True)
    unpool(values, source).square().sum().backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert values.grad.item() == 6
    assert source.grad is None


def test_logits_come_at_full_size() -> None:
    network = ENet(5).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 40, 72)).shape == (1, 5, 40, 72)


def test_the_encoder_is_that_of_table_1() -> None:
    kernels = [
        (block.branch[3].kernel_size, block.branch[3].dilation) for block in ENet(5).sections
    ]
    dilated = [((3, 3), (step, step)) for step in (1, 2, 4, 1, 8, 16)]
    long = ((1, 5), (1, 1))
    section = [*dilated[:2], long, *dilated[2:5], long, dilated[5]]
    assert kernels == section * 2


def test_the_exported_graph_places_values_without_indices(tmp_path: Path) -> None:
    export_onnx(ENet(5), tmp_path / "model.onnx", height=32, width=48)
    operators = {node.op_type for node in onnx.load(str(tmp_path / "model.onnx")).graph.node}
    assert {"DepthToSpace", "Equal"} <= operators
    indexed = {name for name in operators if name.startswith(("Scatter", "Gather", "MaxUnpool"))}
    assert not indexed | (operators & {"NonZero", "TopK", "Where", "If", "Loop"})
