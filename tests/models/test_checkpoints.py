from __future__ import annotations

import hashlib
import re
import subprocess
import sys

import pytest

from rtseg.errors import UsageError
from rtseg.models.catalogue import CATALOGUE
from rtseg.models.checkpoints import CHECKPOINTS, checkpoint
from rtseg.models.published import PUBLISHED, published

ALIKE = {
    "espnet": "espnet/espnet_decoder_p2_q8_camvid.pth",
    "espnet-cityscapes": "espnet/espnet_decoder_p2_q8.pth",
    "espnetv2-0.5": "espnetv2/espnetv2_s_0.5_city_1024x512.pth",
    "espnetv2-1.0": "espnetv2/espnetv2_s_1.0_city_1024x512.pth",
    "espnetv2-1.5": "espnetv2/espnetv2_s_1.5_city_1024x512.pth",
    "espnetv2-2.0": "espnetv2/espnetv2_s_2.0_city_1024x512.pth",
    "cgnet": "cgnet/cgnet_m3n21_camvid_trainval_model_800.pth",
    "twinlitenet": "twinlitenet/best.pth",
}


@pytest.mark.shared
def test_hashes_and_lengths_are_those_of_the_files_that_were_measured(shared):
    assert ALIKE.keys() == CHECKPOINTS.keys()
    for name, file in ALIKE.items():
        content = (shared / "weights" / file).read_bytes()
        wanted = CHECKPOINTS[name]
        assert hashlib.sha256(content).hexdigest() == wanted.sha256, name
        assert len(content) == wanted.size_bytes, name


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_an_address_names_one_commit_and_the_weights_a_known_network(name):
    found = CHECKPOINTS[name]
    commit = r"https://raw\.githubusercontent\.com/[\w-]+/\w+/[0-9a-f]{40}/[\w./-]+\.pth"
    assert re.fullmatch(commit, found.url)
    assert re.fullmatch("[0-9a-f]{64}", found.sha256)
    assert published(found.network, found.labels).network == name
    assert CATALOGUE[name].licence
    owner = re.search(r"github\.com/([\w-]+/\w+)", found.page)[1]
    assert f"/{owner}/" in found.url


def test_everything_that_can_be_fetched_can_be_imported():
    imported = {(name, labels) for name, sets in PUBLISHED.items() for labels in sets}
    fetched = {(each.network, each.labels) for each in CHECKPOINTS.values()}
    assert len(fetched) >= 8
    assert fetched <= imported


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("swiftnet-r18", "see https://github.com/orsic/swiftnet; `rtseg import` cannot read them"),
        ("roadnet-m", "no published weights of roadnet-m are known"),
        ("nothing", "no weights named 'nothing'; these can be fetched: espnet, "),
    ],
)
def test_weights_without_an_address_are_an_error_that_says_where_they_are(name, message):
    with pytest.raises(UsageError) as raised:
        checkpoint(name)
    assert message in str(raised.value)


def test_weights_that_must_be_downloaded_by_hand_come_with_the_line_to_type_next():
    with pytest.raises(UsageError, match=r"download them .*/PIDNet, then `rtseg import pidnet-s F"):
        checkpoint("pidnet-s")


def test_the_zoo_is_told_without_torch_or_video():
    code = (
        "import sys; from rtseg.commands import main; main(['models', 'zoo']); "
        "sys.exit(bool({'torch', 'openvino', 'av'} & sys.modules.keys()))"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pidnet-s" in child.stdout
