import subprocess
import sys

FAULTS = """
import resource, sys
import numpy as np
from rtseg.commands.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def take(times):
    for _ in range(times):
        pictures = [np.ones((720, 1280, 3), np.uint8) for _ in range(8)]
        del pictures
take(10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
take(50)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    command = [sys.executable, "-c", FAULTS, how]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(ended.stdout)


def test_pictures_that_were_freed_are_taken_again_without_page_faults():
    pages = 720 * 1280 * 3 // 4096
    assert faults("given back") > 50 * pages  # glibc's own way: why the setting exists
    assert faults("kept") < 50 * 8 * pages / 100
