# SPDX-License-Identifier: Apache-2.0
import pytest


@pytest.fixture(scope="session")
def bench_folder(tmp_path_factory):
    """Folder of compiled simulations, the same for all workers: each is compiled once."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return shared / "benches"
