# SPDX-License-Identifier: Apache-2.0
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
import numpy as np
from surmax.train.learn.memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(1 << 24)
before = faults()
for _ in range(4):
    np.ones(1 << 24)
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the GNU C library only")
def test_freed_memory_is_used_again_without_page_faults():
    def run(how: str) -> int:
        command = [sys.executable, "-c", SCRIPT, how]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    # Four times 128 MB; large pages or small ones.
    assert run("keep") < 16 < run("leave")
