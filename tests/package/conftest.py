# SPDX-License-Identifier: Apache-2.0
import pytest
from helpers.distribution import built


@pytest.fixture(scope="session")
def distribution(build_folder):
    """Folder with the wheel and the source archive of the tree, built once for all workers."""
    return built(build_folder / "distribution")
