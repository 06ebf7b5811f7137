# SPDX-License-Identifier: Apache-2.0
"""The packages of the extra `train`, and what is said where one is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from surmax.common.errors import InputError

PACKAGES = ("torch", "safetensors", "tokenizers", "gguf")


@contextmanager
def needs_extra() -> Iterator[None]:
    """Around an import: a missing package of the extra raises InputError naming it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in PACKAGES:
            raise
        raise InputError(
            f"package {error.name} is not installed: it is needed for models and training "
            "(pip install 'surmax[train]')"
        ) from None
