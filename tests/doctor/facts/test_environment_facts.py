import pytest

from rtseg.doctor.facts.environment import read_environment


def test_our_variables_and_those_that_limit_threads(laid_out):
    environment = {
        "RTSEG_HOEM": "/x",
        "OMP_NUM_THREADS": "1",
        "HOME": "/root",
        "NOT_RTSEG_HOME": "",
    }
    found = read_environment(laid_out({}, environment))
    assert found.ours == {"RTSEG_HOEM": "/x"}
    assert found.threads == {"OMP_NUM_THREADS": "1"}
    assert found.home == ""


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("", "empty"),
        ("data/rtseg", "relative"),
        ("s3://key:secret@bucket", "relative"),
        ("/data/none", "missing"),
        ("/data/file", "file"),
        ("/data", "folder"),
    ],
)
def test_where_the_home_leads(laid_out, value, state):
    place = laid_out({"/data/file": ""}, {"RTSEG_HOME": value})
    assert read_environment(place).home == state
