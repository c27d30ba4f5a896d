"""``rtseg import``, from an author's file to a package that runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from rtseg.commands import main
from rtseg.engine.backends import make_engine
from rtseg.engine.package import read_package
from rtseg.models.zoo import build_network
from rtseg.pipeline.evaluate import evaluate
from rtseg.source.dataset import open_dataset

ESPNET = "weights/espnet/espnet_decoder_p2_q8_camvid.pth"
CGNET = "weights/cgnet/cgnet_m3n21_camvid_trainval_model_800.pth"


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.fixture
def espnet(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(build_network("espnet", 12).state_dict(), tmp_path / "espnet.pth")
    return tmp_path / "espnet.pth"


def test_without_pictures_a_package_of_fp32_with_the_authors_preprocessing_comes_out(
    capsys: pytest.CaptureFixture[str], espnet: Path, tmp_path: Path
) -> None:
    model = tmp_path / "mine"
    words = ("import", "espnet", espnet, "-o", model, "--size", "72x104", "--shrink", 2)
    code, out, err = call(capsys, *words)
    assert code == 0, err
    assert "FP32 only" in out
    package = read_package(model)
    assert set(package.manifest.files) == {"fp32"}
    spec = package.spec
    assert (spec.height, spec.width, spec.channel_order) == (72, 104, "bgr")
    assert spec.std[0] == pytest.approx(78.4 * 255)
    assert package.manifest.made["from"] == "https://github.com/sacmehta/ESPNet"
    with make_engine("openvino", package, "fp32", depth=1) as engine:
        engine.submit(np.zeros((1, 72, 104, 3), np.uint8))
        labels = engine.collect()
    assert labels.shape == (36, 52)
    assert labels.max() < 11  # the twelfth output is "unlabelled"


def test_labels_come_out_in_the_order_of_the_label_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The authors of PIDNet call bicyclist 0; here it is the last of CamVid's eleven."""
    network = build_network("pidnet-s", 11)
    torch.nn.init.zeros_(network.final_layer.conv2.weight)
    with torch.no_grad():
        network.final_layer.conv2.bias.copy_(torch.tensor([9.0] + [0.0] * 10))
    state = {f"model.{key}": value for key, value in network.state_dict().items()}
    torch.save(state | {"sb_loss.criterion.weight": torch.ones(11)}, tmp_path / "pidnet.pt")
    words = ("import", "pidnet-s", tmp_path / "pidnet.pt", "-o", tmp_path / "mine")
    code, _, err = call(capsys, *words, "--labels", "camvid11", "--size", "64x96")
    assert code == 0, err
    package = read_package(tmp_path / "mine")
    assert package.manifest.made["from"] == "https://github.com/XuJiacong/PIDNet"
    assert package.spec.mean == (123.675, 116.28, 103.53)
    with make_engine("openvino", package, "fp32", depth=1) as engine:
        engine.submit(np.zeros((1, 64, 96, 3), np.uint8))
        assert np.unique(engine.collect()).tolist() == [10]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import", "roadnet-m", "FILE", "-o", "x"], 2, "there are: cgnet, espnet"),
        (["import", "espnet", "FILE", "-o", "x", "--labels", "voc21"], 2, "camvid11, cityscapes19"),
        (["import", "espnet", "FILE", "-o", "x", "--size", "100x96"], 2, "multiples of 8"),
        (["import", "espnet", "none.pth", "-o", "x"], 4, "there is no checkpoint"),
        (["import", "cgnet", "FILE", "-o", "x"], 4, "does not fit cgnet with 11 outputs"),
        (["import", "espnet", "FILE", "-o", "x", "--calibration", "/none"], 2, "is not a data set"),
    ],
)
def test_wrong_words_end_in_one_line_and_write_nothing(
    capsys: pytest.CaptureFixture[str],
    espnet: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    message: str,
) -> None:
    monkeypatch.chdir(espnet.parent)
    found, out, err = call(capsys, *[word.replace("FILE", str(espnet)) for word in words])
    assert found == code, err
    assert message in err
    assert err.count("\n") == 1
    assert out == ""
    assert not Path("x").exists()


@pytest.mark.shared
def test_data_of_another_label_set_are_refused(
    capsys: pytest.CaptureFixture[str], shared: Path, tmp_path: Path
) -> None:
    file = shared / "weights/twinlitenet/best.pth"
    words = ("import", "twinlitenet", file, "-o", tmp_path / "x")
    code, _, err = call(capsys, *words, "--data", f"camvid:{shared / 'camvid'}")
    assert code == 2
    assert "speak bdd_drivable3" in err
    assert "labelled in camvid11" in err


@pytest.mark.shared
@pytest.mark.parametrize(("least", "files"), [(0.0, {"fp32", "int8"}), (1.0, {"fp32"})])
def test_int8_is_kept_where_it_agrees_and_left_out_where_not(
    capsys: pytest.CaptureFixture[str],
    shared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    least: float,
    files: set[str],
) -> None:
    monkeypatch.setattr("rtseg.commands.import_model.PICTURES", 2)
    model = tmp_path / "model"
    words = ("import", "espnet", shared / ESPNET, "-o", model, "--size", "96x128")
    pictures = shared / "camvid/val"
    code, out, err = call(capsys, *words, "--calibration", pictures, "--min-agreement", least)
    assert code == 0, err
    kept = "int8" in files
    assert ("INT8 agrees with FP32 on" if kept else "INT8 was refused, labels agree on") in out
    package = read_package(model)
    assert set(package.manifest.files) == files
    assert (model / "model.int8.onnx").exists() == kept
    assert ("int8_agreement" in package.manifest.made) == kept


@pytest.mark.shared
def test_cgnet_reaches_its_figure_on_every_fourth_picture(
    capsys: pytest.CaptureFixture[str], shared: Path, tmp_path: Path
) -> None:
    """All 233 pictures give 64.98 %; the authors' own program gives 65.0 %."""
    code, _, err = call(capsys, "import", "cgnet", shared / CGNET, "-o", tmp_path / "cgnet")
    assert code == 0, err
    samples = open_dataset(f"camvid:{shared / 'camvid'}", "test").samples[::4]
    with make_engine("openvino", read_package(tmp_path / "cgnet"), "fp32", depth=1) as engine:
        found = evaluate(samples, engine).miou
    assert len(samples) == 59
    assert found == pytest.approx(0.6525, abs=0.002)
