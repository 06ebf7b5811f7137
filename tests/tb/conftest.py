# SPDX-License-Identifier: Apache-2.0
import pytest


def shared(tmp_path_factory, name):
    """Return a folder that all workers have in common: what one compiles no other does."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if base.name.startswith("popen-") else base) / name


@pytest.fixture(scope="session")
def bench_folder(tmp_path_factory):
    """Folder of compiled simulations."""
    return shared(tmp_path_factory, "benches")


@pytest.fixture(scope="session")
def volume_folder(tmp_path_factory):
    """Folder of compiled models."""
    return shared(tmp_path_factory, "volume")
