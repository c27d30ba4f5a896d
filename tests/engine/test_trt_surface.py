"""Every member of TensorRT that the builder's types name exists in the real bindings.

The bindings are wheels of a megabyte each, kept in the user's cache; the libraries behind them,
gigabytes with a GPU behind those, are replaced by empty functions: nothing is called.
"""

import ast
import json
import re
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import platformdirs
import pytest

TYPES = Path(__file__).parents[2] / "typings" / "tensorrt.pyi"
CACHE = Path(platformdirs.user_cache_dir("rtseg")) / "tensorrt-bindings"

RTX_ONLY = {
    "ComputeCapability",
    "IBuilderConfig.num_compute_capabilities",
    "IBuilderConfig.set_compute_capability",
}
SINCE_9 = {
    "IProgressMonitor",
    "IBuilderConfig.progress_monitor",
    "ParserError.node_name",
    "ParserError.node_operator",
}
UNTIL_10 = {"BuilderFlag.FP16", "BuilderFlag.INT8"}
ABSENT = {
    "tensorrt-bindings==8.6.1": RTX_ONLY | SINCE_9,
    "tensorrt_cu12_bindings==10.3.0": RTX_ONLY,
    "tensorrt_cu12_bindings==10.7.0": RTX_ONLY,
    "tensorrt_cu12_bindings==10.13.3.9": RTX_ONLY,
    "tensorrt_cu12_bindings==10.16.1.11": RTX_ONLY,
    "tensorrt_cu12_bindings==11.4.0.106": RTX_ONLY | UNTIL_10,
}
"""What a version lacks; the builder asks for each of these before it uses it."""

OURS = re.compile(r"_INTERNAL$|^(init|get)\w*(Nv|Infer|Plugin)\w*$|nvcaffe|nvuff|[pP]rotobuf")


def named():
    """``Class.member`` and the names of arguments that are passed by keyword."""
    found = {}
    for group in ast.parse(TYPES.read_text("utf-8")).body:
        if not isinstance(group, ast.ClassDef):
            continue
        found[group.name] = []
        for each in group.body:
            if isinstance(each, ast.AnnAssign):
                found[f"{group.name}.{each.target.id}"] = []
            elif isinstance(each, ast.FunctionDef) and not each.name.startswith("__"):
                words = [argument.arg for argument in each.args.args if argument.arg != "self"]
                found[f"{group.name}.{each.name}"] = words
    return found


ASK = """
import importlib, json, sys
module = importlib.import_module(sys.argv[1])
def find(path):
    found = module
    for part in path.split("."):
        found = getattr(found, part, None)
    return found
names = json.load(sys.stdin)
missing = [path for path in names if find(path) is None]
wrong = [
    f"{path}({word})" for path, words in names.items() for word in words
    if path not in missing and f"{word}:" not in (find(path).__doc__ or "")
]
print(json.dumps([missing, wrong]))
"""


def missing_in(module, *, folder="", libraries=""):
    ended = subprocess.run(
        [sys.executable, "-c", ASK, module],
        input=json.dumps(named()),
        env={"PYTHONPATH": str(folder), "LD_LIBRARY_PATH": str(libraries)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    missing, wrong = json.loads(ended.stdout)
    assert wrong == []
    return set(missing)


@pytest.fixture(params=ABSENT)
def bindings(request):
    """Folders of one version's module and of the empty libraries that it loads."""
    if not which("gcc") or not which("readelf"):
        pytest.skip("no gcc and readelf to stand in for TensorRT's libraries")
    folder = CACHE / f"{request.param.replace('==', '-')}-{sys.version_info[1]}"
    if not (folder / "done").exists():
        _download(request.param, folder)
        _stand_in(folder)
        (folder / "done").touch()
    return request.param, folder


def _download(requirement, folder):
    folder.mkdir(parents=True, exist_ok=True)
    words = ["download", "-q", "--no-deps", "--only-binary=:all:", "-d", str(folder), requirement]
    ended = subprocess.run(
        [sys.executable, "-m", "pip", *words], capture_output=True, check=False, timeout=120
    )
    wheels = list(folder.glob("*.whl"))
    if ended.returncode or not wheels:
        pytest.skip(f"{requirement} cannot be downloaded for this Python")
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extract("tensorrt_bindings/tensorrt.so", folder)


def _stand_in(folder):
    module = folder / "tensorrt_bindings" / "tensorrt.so"
    symbols = _read("-sW", "--dyn-syms", module)
    wanted = {line.split()[-1].split("@")[0] for line in symbols.splitlines() if " UND " in line}
    empty = "".join(
        f"void *{name}(void) {{ return 0; }}\n" for name in sorted(filter(OURS.search, wanted))
    )
    (folder / "empty.c").write_text(empty, "utf-8")
    for library in re.findall(r"\[(libnv\w+\.so\.\d+)\]", _read("-d", module)):
        target = ["-o", str(folder / library), f"-Wl,-soname,{library}"]
        subprocess.run(["gcc", "-w", "-shared", str(folder / "empty.c"), *target], check=True)


def _read(*words):
    return subprocess.run(
        ["readelf", *map(str, words)], capture_output=True, text=True, check=True
    ).stdout


def test_the_real_bindings_have_every_member_but_those_that_are_asked_for(bindings):
    version, folder = bindings
    assert (
        missing_in("tensorrt", folder=folder / "tensorrt_bindings", libraries=folder)
        == ABSENT[version]
    )


@pytest.mark.skipif(not find_spec("tensorrt_rtx"), reason="TensorRT-RTX is not installed")
def test_rtx_has_every_member_but_the_flags_of_old():
    assert missing_in("tensorrt_rtx") == UNTIL_10


FILES = ("trt_builder.py", "plan.py", "slot.py")


def test_the_types_name_what_the_builder_and_the_runner_use():
    engine = TYPES.parents[1] / "rtseg" / "engine"
    source = "".join((engine / each).read_text("utf-8") for each in FILES)
    members = [path for path in named() if "." in path]
    assert len(members) > 40
    unused = [path for path in members if not re.search(rf"\b{path.split('.')[1]}\b", source)]
    assert unused == []
