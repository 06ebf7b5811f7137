# SPDX-License-Identifier: Apache-2.0
"""What all tests share: folders of kept results, the same for all workers, and the cells.

A result is kept by its content: what one test or worker has compiled or synthesised, no other does
again.
"""

import pytest
from surmax.common.errors import NetworkError
from surmax.synth import resolve_target


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory):
    """Folder of all that is built, laid out as the command's `build`."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return shared / "build"


@pytest.fixture(scope="session")
def cache(build_folder):
    """Folder of kept synthesis results."""
    return build_folder / "synth"


@pytest.fixture(scope="session")
def sim_folder(build_folder):
    """Folder of compiled simulations and models."""
    return build_folder / "sim"


@pytest.fixture
def workplace(tmp_path, cache, sim_folder):
    """A folder to run the command in: its `build` is fresh but for what is kept by its content."""
    (tmp_path / "build").mkdir()
    for kept in (cache, sim_folder):
        kept.mkdir(parents=True, exist_ok=True)
        (tmp_path / "build" / kept.name).symlink_to(kept)
    return tmp_path


@pytest.fixture(scope="session")
def sky130():
    """The sky130 target, fetched if need be."""
    try:
        return resolve_target("sky130")
    except NetworkError as error:
        pytest.skip(f"no sky130 library: {error}")
