# SPDX-License-Identifier: Apache-2.0
"""PyTorch normalisers, training, and accuracy on real models.

The names below are the public interface. The module of a name, and PyTorch with it, is imported
when the name is first used.
"""

from importlib import import_module
from typing import Any

from surmax.common.extras import needs

_MODULES = {
    "ConsmaxNormaliser": "normalisers.consmax",
    "HccsNormaliser": "normalisers.hccs",
    "LessLogLength": "normalisers.row_length",
    "Normaliser": "normalisers.base",
    "Recorder": "normalisers.recorder",
    "SoftmaxNormaliser": "normalisers.softmax",
    "parameter_groups": "learn.optimiser_groups",
    "set_face": "normalisers.base",
    "transformers_attention": "models.huggingface",
}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    """Import a public name; raises InputError naming the extra where its packages are missing."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needs("train"):
        module = import_module(f"{__name__}.{_MODULES[name]}")
    return getattr(module, name)
