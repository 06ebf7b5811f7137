# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from surmax.golden import InputError
from surmax.synth import resolve_target


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """Folder of kept results, the same for all workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return shared / "synth"


@pytest.fixture(scope="session")
def sky130():
    """The sky130 target, fetched if need be."""
    try:
        return resolve_target("sky130")
    except InputError as error:
        pytest.skip(f"no sky130 library: {error}")
