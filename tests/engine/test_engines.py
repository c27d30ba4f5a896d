from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tiny import HEIGHT, WIDTH, tiny_package

from rtseg.engine.backends import BACKENDS, choose_precision, make_engine
from rtseg.engine.gate import accept, compare
from rtseg.engine.package import DEFAULT_MODEL, find_package, sha256_of
from rtseg.engine.trt_builder import MODULES
from rtseg.errors import EngineError, ManifestError, ThresholdError, UsageError
from rtseg.preprocess import prepare
from rtseg.source.images import ImageFolder
from rtseg.source.road import RoadSource
from rtseg.types import Frame

ON_CPU = [each for each in BACKENDS if each not in MODULES]


def random_tensor(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (1, HEIGHT, WIDTH, 3), np.uint8)


def infer(engine, tensor):
    engine.submit(tensor)
    return engine.collect()


@pytest.fixture(scope="session")
def street_tensors(shared):
    package = find_package(DEFAULT_MODEL)
    with ImageFolder(str(shared / "images")) as source:
        return [prepare(frame, package.spec).tensor for frame in source][::4]


@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_order_mean_and_deviation_of_the_manifest_are_applied(tmp_path, backend, order):
    mean, std = (100.0, 120.0, 90.0), (10.0, 40.0, 25.0)
    package = tiny_package(tmp_path, order=order, mean=mean, std=std)
    tensor = random_tensor()
    channels = tensor[0].astype(np.float64)[..., :: -1 if order == "bgr" else 1]
    expected = ((channels - mean) / std).argmax(-1)
    assert len(np.unique(expected)) == 3
    with make_engine(backend, package) as engine:
        np.testing.assert_array_equal(infer(engine, tensor), expected)


@pytest.mark.parametrize(("precision", "least"), [("fp32", 0.9999), ("int8", 0.99)])
def test_at_another_size_openvino_and_the_rewritten_onnx_file_agree(precision, least):
    package = find_package(DEFAULT_MODEL).at(160, 224)
    picture = RoadSource(height=360, width=640).picture(90)
    tensor = prepare(Frame(picture, 0, Fraction(0), 0), package.spec).tensor
    with make_engine("onnxruntime", package, precision) as engine:
        expected = infer(engine, tensor)
    with make_engine("openvino", package, precision) as engine:
        found = infer(engine, tensor)
        assert engine.spec == replace(package.manifest.spec, height=160, width=224)
    assert (found.shape, len(np.unique(expected)) >= 5) == ((80, 112), True)
    assert (found == expected).mean() >= least


@pytest.mark.parametrize("backend", ON_CPU)
def test_a_size_that_does_not_keep_the_proportions_is_refused(backend):
    package = find_package(DEFAULT_MODEL).at(300, 400)
    with (
        pytest.raises(EngineError, match=r"300 instead of 352 .* take a multiple of 32") as caught,
        make_engine(backend, package, "fp32"),
    ):
        pass
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("backend", ON_CPU)
def test_results_come_back_in_the_order_of_submission_and_belong_to_the_caller(tmp_path, backend):
    package = tiny_package(tmp_path)
    tensors = [random_tensor(seed) for seed in range(6)]
    found = []
    with make_engine(backend, package, depth=2) as engine:
        for number, tensor in enumerate(tensors):
            engine.submit(tensor)
            if number >= engine.depth - 1:
                found.append(engine.collect())
        while len(found) < len(tensors):
            found.append(engine.collect())
    for tensor, labels in zip(tensors, found, strict=True):
        np.testing.assert_array_equal(labels, tensor[0].argmax(-1))
        assert labels.dtype == np.uint8
        assert labels.flags.writeable or labels.base is None


def test_an_engine_says_what_really_runs(tmp_path):
    with make_engine("openvino", tiny_package(tmp_path)) as engine:
        assert engine.info.precision == "fp32"
        assert engine.info.backend == "openvino"
        assert engine.info.device
        assert engine.info.version[0].isdigit()


def test_an_engine_that_is_not_open_has_no_facts(tmp_path):
    with pytest.raises(EngineError, match="not open"):
        _ = make_engine("openvino", tiny_package(tmp_path)).info


@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", None])
def test_a_corrupt_onnx_file_is_one_clear_error(tmp_path, backend, content):
    package = tiny_package(tmp_path)
    path = tmp_path / "model.onnx"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    package.manifest.files["fp32"] = type(package.manifest.files["fp32"])(
        "model.onnx", sha256_of(path)
    )
    with pytest.raises(EngineError, match="cannot load") as caught, make_engine(backend, package):
        pass
    assert "\n" not in str(caught.value)


def test_a_file_with_the_wrong_hash_never_reaches_the_runtime(tmp_path):
    package = tiny_package(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(ManifestError, match="sha256"), make_engine("openvino", package):
        pass


def test_unknown_backends_and_precisions_list_the_known_ones(tmp_path):
    package = tiny_package(tmp_path)
    with pytest.raises(UsageError, match="auto, openvino, onnxruntime"):
        make_engine("tensorflow", package)
    with pytest.raises(UsageError, match="it has: auto, fp32"):
        make_engine("openvino", package, "int8")
    assert choose_precision("auto", package) == "fp32"


def test_auto_takes_int8_where_a_package_has_it():
    package = find_package(DEFAULT_MODEL)
    assert choose_precision("auto", package) == "int8"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("backend", "precision", "least"),
    [("openvino", "fp32", 0.9995), ("openvino", "int8", 0.95), ("onnxruntime", "int8", 0.95)],
)
def test_every_engine_agrees_with_the_reference_on_real_streets(
    street_tensors, backend, precision, least
):
    package = find_package(DEFAULT_MODEL)
    with (
        make_engine("onnxruntime", package, "fp32") as reference,
        make_engine(backend, package, precision, depth=1) as candidate,
    ):
        agreement = compare(reference, candidate, street_tensors)
    assert agreement.classes >= 8
    accept(agreement, at_least=least, of_classes=11)


@pytest.mark.shared
def test_the_shipped_int8_engine_really_runs_int8_convolutions(street_tensors):
    package = find_package(DEFAULT_MODEL)
    with make_engine("openvino", package, "int8") as engine:
        histogram = engine.info.precisions
    assert histogram["int8"] >= 0.9 * sum(histogram.values())


def test_fp32_asked_for_is_fp32_found_also_where_the_cpu_would_choose_bf16():
    with make_engine("openvino", find_package(DEFAULT_MODEL), "fp32") as engine:
        assert set(engine.info.precisions) == {"fp32"}


def test_the_gate_refuses_low_agreement_and_empty_agreement(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    with (
        make_engine("onnxruntime", tiny_package(one)) as reference,
        make_engine("onnxruntime", tiny_package(other, order="bgr")) as candidate,
    ):
        agreement = compare(reference, candidate, [random_tensor()])
    assert agreement.classes == 3
    with pytest.raises(ThresholdError, match="only 3 classes"):
        accept(agreement, at_least=0.1, of_classes=11)
    many = type(agreement)(share=0.9, classes=9, pictures=1)
    with pytest.raises(ThresholdError, match=r"90.00% of pixels, expected at least 97.00%"):
        accept(many, at_least=0.97, of_classes=11)
    accept(many, at_least=0.9, of_classes=11)


def test_of_equal_logits_the_first_class_wins_as_in_numpy(tmp_path):
    package = tiny_package(tmp_path)
    tensor = np.random.default_rng(1).integers(0, 3, (1, HEIGHT, WIDTH, 3), np.uint8)
    expected = tensor[0].argmax(-1)
    ties = (tensor[0] == tensor[0].max(-1, keepdims=True)).sum(-1) > 1
    assert ties.sum() > 10
    for backend in ON_CPU:
        with make_engine(backend, package) as engine:
            np.testing.assert_array_equal(infer(engine, tensor), expected)


@pytest.mark.parametrize("backend", ON_CPU)
def test_an_engine_closes_quietly_with_tensors_still_in_flight(backend):
    package = find_package(DEFAULT_MODEL)
    empty = np.zeros((1, package.spec.height, package.spec.width, 3), np.uint8)
    with make_engine(backend, package, "fp32", depth=2) as engine:
        for _ in range(engine.depth):
            engine.submit(empty)


@pytest.mark.parametrize("backend", ON_CPU)
@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_scores_are_the_softmax_of_the_logits_beside_the_same_labels(tmp_path, backend, order):
    mean, std = (100.0, 120.0, 90.0), (40.0, 60.0, 50.0)
    package = tiny_package(tmp_path, order=order, mean=mean, std=std)
    first, second = random_tensor(1), random_tensor(2)
    with make_engine(backend, package, scores=True) as engine:
        engine.submit(first)
        found = engine.collect_scored()
        engine.submit(second)
        labels = engine.collect()
    channels = first[0].astype(np.float64)[..., :: -1 if order == "bgr" else 1]
    logits = (channels - mean) / std
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert len(np.unique(found.labels)) == 3
    np.testing.assert_allclose(found.scores, expected.transpose(2, 0, 1), atol=1e-5)
    np.testing.assert_array_equal(found.labels, expected.argmax(-1))
    assert (found.scores.dtype, found.scores.shape) == (np.float32, (3, HEIGHT, WIDTH))
    second_channels = second[0].astype(np.float64)[..., :: -1 if order == "bgr" else 1]
    np.testing.assert_array_equal(labels, ((second_channels - mean) / std).argmax(-1))


@pytest.mark.parametrize("backend", ON_CPU)
def test_an_engine_without_scores_says_how_to_get_them(tmp_path, backend):
    with make_engine(backend, tiny_package(tmp_path)) as engine:
        engine.submit(random_tensor())
        with pytest.raises(EngineError, match="scores=True"):
            engine.collect_scored()
