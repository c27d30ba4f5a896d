"""TwinLiteNet: two heads become one map, and agree with a reference that is not ours."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from rtseg.models.export import export_onnx
from rtseg.models.importing import load_published
from rtseg.models.networks.twinlitenet import ChannelAttention, TwinLiteNet, one_map


@pytest.mark.parametrize(
    ("areas", "lines", "label"),
    [
        ((0.0, -1.0), (2.0, 1.0), 0),
        ((0.0, 3.0), (2.0, 1.0), 1),
        ((0.0, 3.0), (1.0, 2.0), 2),  # a line, however sure the other head is of the road
        ((5.0, -9.0), (-4.0, -3.9), 2),
        ((5.0, -9.0), (-3.9, -4.0), 0),
    ],
)
def test_a_line_hides_the_road_and_the_road_the_background(
    areas: tuple[float, float], lines: tuple[float, float], label: int
) -> None:
    logits = one_map(torch.tensor(areas).view(1, 2, 1, 1), torch.tensor(lines).view(1, 2, 1, 1))
    assert logits.argmax(1).item() == label


def test_one_map_is_zero_d_and_l_plus_the_positive_part_of_d() -> None:
    areas = torch.tensor([1.0, 3.5]).view(1, 2, 1, 1)  # d = 2.5
    lines = torch.tensor([4.0, 3.0]).view(1, 2, 1, 1)  # l = -1
    logits = one_map(areas, lines).flatten()
    assert (logits - logits[0]).tolist() == [0, 2.5, 1.5]


def test_a_channel_sees_those_least_like_it() -> None:
    attention = ChannelAttention()
    torch.nn.init.ones_(attention.gamma)
    x = torch.tensor([[[[3.0, 0.0]], [[0.0, 3.0]]]])
    # Likeness is 9 on the diagonal and 0 beside it; softmax(0, -9) is 0.999877 and 0.000123.
    expected = torch.tensor([[[[3.00037, 2.99963]], [[2.99963, 3.00037]]]])
    torch.testing.assert_close(attention(x), expected, atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def published(shared: Path) -> TwinLiteNet:
    network = load_published("twinlitenet", shared / "weights/twinlitenet/best.pth", 3)
    assert isinstance(network, TwinLiteNet)
    return network


@pytest.mark.shared
def test_published_weights_answer_as_the_reference_file_does(
    published: TwinLiteNet, shared: Path
) -> None:
    reference = onnxruntime.InferenceSession(
        str(shared / "weights/twinlitenet/twinlitenet_best.onnx")
    )
    for path in sorted((shared / "images").glob("twinlitenet__*.jpg"))[:2]:
        picture = _picture(path)
        areas, lines = reference.run(["da", "ll"], {"images": picture})
        with torch.inference_mode():
            found = published.heads(torch.from_numpy(picture))
            labels = published(torch.from_numpy(picture)).argmax(1).numpy()
        expected = np.where(areas[:, 1] > areas[:, 0], 1, 0)
        expected[lines[:, 1] > lines[:, 0]] = 2
        assert np.bincount(expected.ravel(), minlength=3).min() > 100
        np.testing.assert_allclose(found[0].numpy(), areas, rtol=0, atol=1e-3)
        np.testing.assert_allclose(found[1].numpy(), lines, rtol=0, atol=1e-3)
        np.testing.assert_array_equal(labels, expected)


@pytest.mark.shared
def test_the_authors_size_of_360_rows_exports(
    published: TwinLiteNet, shared: Path, tmp_path: Path
) -> None:
    export_onnx(published, tmp_path / "model.onnx", height=360, width=640, shrink=1)
    picture = _picture(sorted((shared / "images").glob("twinlitenet__*.jpg"))[0])
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    labels = session.run(["labels"], {"picture": picture})[0]
    with torch.inference_mode():
        expected = published(torch.from_numpy(picture)).argmax(1).numpy()
    assert labels.shape == (1, 360, 640)
    assert (labels == expected).mean() > 0.9999


def _picture(path: Path) -> np.ndarray:
    rgb = cv2.cvtColor(cv2.resize(cv2.imread(str(path)), (640, 360)), cv2.COLOR_BGR2RGB)
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255)
