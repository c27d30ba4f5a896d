"""What an engine gives besides labels, on a small network, on a GPU as on the fakes;
``test_trt.py`` runs this file."""

import json
from fractions import Fraction

import cv2
import numpy as np
import pytest
from brightness import brightness_package, grey_pictures
from PIL import Image
from trt_parts import in_flight

from rtseg.commands import main
from rtseg.engine.backends import choose_backend, make_engine
from rtseg.errors import EngineError
from rtseg.overlay import Look, render, weights
from rtseg.types import Frame, Segmentation

SIZES = ((90, 160), (41, 59), (90, 160), (16, 24))


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="module")
def package(desk):
    return brightness_package(desk / "brightness")


@pytest.fixture(scope="module")
def greys(desk):
    return grey_pictures(desk / "greys", 8)


@pytest.fixture(scope="module")
def said():
    """On stderr, by the words of a build: each is built once."""
    return {}


@pytest.fixture
def build(said, package, greys, desk, monkeypatch, capsys):
    """A store of its own for what ``rtseg build`` makes of it in FP32; what that said."""

    def build(*words):
        monkeypatch.setenv("RTSEG_HOME", str(desk / "-".join(["home", *words])))
        if words not in said:
            how = ("--precision", "fp32", "--calibration", str(greys), "--json")
            assert main(["build", str(package.folder), *how, *words]) == 0
            said[words] = capsys.readouterr().err
        return said[words]

    return build


@pytest.fixture
def run(package, greys, capsys, monkeypatch, tmp_path):
    """``rtseg run`` of its pictures; the report."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        assert main(["run", str(greys), "-m", str(package.folder), *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture(scope="module")
def pictures():
    """Stripes of all six greys and some noise, of sizes that change."""
    rng = np.random.default_rng(0)
    made = []
    for height, width in SIZES:
        stripes = np.repeat(np.linspace(0, 255, 6), -(-width // 6))[:width].reshape(1, width, 1)
        noise = rng.integers(-20, 20, (height, width, 3))
        made.append(np.clip(stripes + noise, 0, 255).astype(np.uint8))
    return made


def painted(engine, pictures):
    """Labels and images, with as many pictures in flight as the engine takes."""
    found, flying = [], 0
    for picture in pictures:
        if flying == engine.depth:
            found.append(engine.collect_painted())
            flying -= 1
        engine.submit(picture[None])
        flying += 1
    return found + [engine.collect_painted() for _ in range(flying)]


@pytest.mark.parametrize(
    ("seed", "integrated", "captures"),
    [(0, False, True), (1, False, True), (2, True, True), (3, False, False)],
)
def test_the_gpu_paints_byte_for_byte_as_the_cpu(
    gpu, build, package, pictures, seed, integrated, captures
):
    build()
    look = Look(opacity=0.7, hidden={"sky"}) if seed else Look("mask")
    if gpu:
        gpu.reset(seed=seed, integrated=integrated, captures=captures)
    engine = make_engine("tensorrt", package, "fp32", depth=2)
    engine.paint(*weights(package.labels, look))
    with engine:
        found = painted(engine, pictures)
    with make_engine("tensorrt", package, "fp32", depth=2) as engine:
        bare = in_flight(engine, [each[None] for each in pictures])
    assert len(np.unique(np.stack(bare))) == 6
    for picture, ours, labels in zip(pictures, found, bare, strict=True):
        np.testing.assert_array_equal(ours.labels, labels)
        segmentation = Segmentation(Frame(picture, 0, Fraction(0), 0), labels)
        np.testing.assert_array_equal(ours.image, render(segmentation, package.labels, look))


@pytest.mark.parametrize(
    ("words", "kernels"),
    [((), 2), (("--look", "mask"), 2), (("--look", "contours"), 1), (("--legend",), 1)],
)
def test_a_run_is_painted_on_the_gpu_where_a_blend_is_all_there_is(
    fake, build, run, package, greys, words, kernels
):
    build()
    fake.reset(captures=False)  # so that each launch of a kernel is a call
    run("--backend", "tensorrt", "-o", "p_%d.png", "--masks", "masks", *words)
    asked_for = 8 + 2 + 2  # frames; one in each slot as it opens; two that warm up
    assert fake.calls("cuLaunchKernel") == kernels * asked_for
    if words:
        return
    keep, add = weights(package.labels, Look())
    for number, path in enumerate(sorted(greys.iterdir())):
        picture = cv2.imread(str(path))[..., ::-1]
        mask = np.array(Image.open(f"masks/{path.stem}.png"))
        mixed = (picture * keep[mask][..., None].astype(int) + add[mask]) >> 8
        np.testing.assert_array_equal(cv2.imread(f"p_{number}.png")[..., ::-1], mixed)


def test_nothing_is_painted_that_nobody_looks_at(fake, build, run):
    build()
    fake.reset(captures=False)
    run("--backend", "tensorrt", "-o", "null", "--masks", "masks")
    assert fake.calls("cuLaunchKernel") == 8 + 2 + 2


@pytest.mark.parametrize(("seed", "integrated"), [(0, False), (1, False), (2, True)])
@pytest.mark.parametrize("batch", [(), ("--batch", "2", "--dynamic")])
def test_scores_are_those_of_openvino(gpu, build, package, pictures, seed, integrated, batch):
    build("--scores", *batch)
    tensors = [cv2.resize(each, (24, 16))[None] for each in pictures]
    with make_engine("openvino", package, "fp32", depth=1, scores=True) as engine:
        expected = [scored(engine, each) for each in tensors]
    if gpu:
        gpu.reset(seed=seed, integrated=integrated)
    with make_engine("tensorrt", package, "fp32", depth=1, scores=True) as engine:
        found = [scored(engine, each) for each in tensors]
    assert len(np.unique(np.stack([each.labels for each in expected]))) == 6
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.scores.dtype == np.float32
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-5)
        np.testing.assert_allclose(ours.scores.sum(0), 1, atol=1e-5)
        assert (ours.labels == theirs.labels).mean() >= 0.99  # ties


def scored(engine, tensor):
    engine.submit(tensor)
    return engine.collect_scored()


def test_smooth_labels_are_those_of_openvino(build, run):
    build("--scores")
    how = ("-o", "null", "--smooth", "flow", "--keyframe", "2", "--precision", "fp32")
    assert run(*how, "--masks", "gpu")["backend"] == "tensorrt"  # what auto takes
    run(*how, "--backend", "openvino", "--masks", "cpu")
    gpu, cpu = (
        np.stack([np.array(Image.open(f"{folder}/{n}.png")) for n in range(8)])
        for folder in ("gpu", "cpu")
    )
    assert len(np.unique(cpu)) >= 5
    assert (gpu == cpu).mean() >= 0.99


def test_without_scores_one_line_says_how_to_build_them(build, package):
    build()
    with pytest.raises(EngineError, match=r"it has no scores.*rtseg build brightness .*--scores"):
        make_engine("tensorrt", package, "fp32", scores=True)
    with make_engine("auto", package, "fp32", depth=1, scores=True) as engine:
        assert engine.info.backend == "openvino"


def test_an_engine_with_scores_serves_where_there_is_no_other(build, package, pictures):
    build("--scores")
    with make_engine("tensorrt", package, "fp32") as engine:
        assert len(in_flight(engine, [each[None] for each in pictures])) == 4
        with pytest.raises(EngineError, match="scores=True"):
            engine.collect_scored()


def test_an_engine_for_several_pictures_is_refused_in_one_line(build, package):
    assert "one picture at a time, this one takes 2" in build("--batch", "2")
    with pytest.raises(EngineError, match=r"takes 2 pictures at once, rtseg gives it one .*build"):
        make_engine("tensorrt", package, "fp32")
    assert choose_backend("auto", package, "fp32") == "openvino"


@pytest.mark.parametrize("backend", ["rtx", "auto"])
def test_an_rtx_engine_runs_like_any_other(fake, build, run, package, pictures, backend):
    build("--backend", "rtx", "--scores")
    report = run("--backend", backend, "--precision", "fp32", "-o", "null")
    assert (report["backend"], report["precision"]) == ("rtx", "fp32")
    with make_engine("openvino", package, "fp32", depth=1, scores=True) as engine:
        expected = scored(engine, pictures[-1][None])
    with make_engine(backend, package, "fp32", depth=1, scores=True) as engine:
        assert (engine.info.version, engine.info.device) == ("1.7.0", "fake GPU")
        found = scored(engine, pictures[-1][None])
    assert len(np.unique(expected.labels)) >= 5
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_an_rtx_engine_is_gated_by_running_it(fake, build, package, capsys):
    build("--backend", "rtx", "--scores")
    assert main(["engines", "show", "brightness-16x24-fp32-scores-rtx", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["report"]["executed"] is True
    assert told["report"]["on"] == "rtx 1.7.0, fake GPU"
    assert told["built_with"]["targets"] == ["CURRENT"]
