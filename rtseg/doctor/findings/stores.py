"""What follows from models, engines, calibration sets and the folders."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from rtseg.doctor.facts.stores import KERNELS, Folder, Kept, Stores
from rtseg.doctor.finding import Finding, fine

LITTLE = 1 << 30
"""Bytes: a video of an hour, or a few engines, soon take more."""


def kept(stores: Stores) -> Iterator[Finding]:
    for each in stores.kept:
        if not each.trouble:
            yield fine("kept", f"the {each.kind} {each.name} is sound")
        elif each.kind == "model":
            yield _model(each, default=stores.default)
        elif each.kind == "engine":
            yield Finding(
                "warning",
                "engine-unfit",
                f"the engine {each.name} cannot run here",
                each.trouble,
                "--backend tensorrt and --backend auto pass it over",
                f"{each.command} --rebuild" if each.command else "rtseg engines prune",
            )
        else:
            yield Finding(
                "warning",
                "calibration-set-edited",
                f"the calibration set {each.name} cannot be trusted",
                each.trouble,
                "rtseg build --calibration refuses it (exit code 4)",
                f"{each.command} --replace".replace(" --replace --replace", " --replace")
                if each.command
                else f"rtseg calibrate {each.name} FOOTAGE --replace",
            )


def leftovers(stores: Stores) -> Iterator[Finding]:
    if not stores.leftovers:
        yield fine("leftovers", "no build left anything half done")
        return
    yield Finding(
        "hint",
        "leftovers",
        f"{len(stores.leftovers)} folders of builds that were killed are left",
        " ".join(stores.leftovers),
        "they take room",
        "rtseg engines prune",
    )


def folders(stores: Stores) -> Iterator[Finding]:
    for each in stores.folders:
        if not each.writable:
            yield _closed(each)
        elif each.free < LITTLE:
            yield Finding(
                "warning",
                "disk-full",
                f"{each.free >> 20} MiB are free for {each.use}: {each.path}",
                "the disk is nearly full",
                "writing ends early (exit code 1); what was written until then stays readable",
                f"du -xh {shlex.quote(each.path)} | sort -h | tail",
            )
        else:
            yield fine("folder", f"{each.free >> 30} GiB free for {each.use}: {each.path}")


def _closed(folder: Folder) -> Finding:
    """Numba refuses to work without a place for what it compiles."""
    kernels = folder.use == KERNELS
    return Finding(
        "error" if kernels else "warning",
        "folder-closed",
        f"cannot write {folder.use}: {folder.path}",
        "the folder, or what it would be made in, is not this user's, or is no folder",
        "rtseg run does not start" if kernels else "commands that write there fail (exit code 1)",
        _open(folder),
    )


def _open(folder: Folder) -> str:
    path = shlex.quote(folder.path)
    if folder.use.startswith("results"):
        return "cd ~   # or give -o another folder"
    if folder.use == KERNELS:
        return "export NUMBA_CACHE_DIR=/tmp/numba"
    return f"sudo mkdir -p {path} && sudo chown $USER {path}"


def _model(model: Kept, *, default: str) -> Finding:
    main = model.name == default
    return Finding(
        "error" if main else "warning",
        "model-damaged",
        f"the {'default ' if main else ''}model {model.name} is damaged",
        model.trouble,
        "rtseg run ends with exit code 4" + ("" if main else " where it is asked for"),
        "git checkout -- rtseg/weights   # or: pip install --force-reinstall --no-deps rtseg"
        if main
        else f"rm -r {shlex.quote(model.folder)}   # then export, import or copy it again",
    )
