# SPDX-License-Identifier: Apache-2.0
"""The prose of an experiment on docs/accuracy.md, kept as Markdown beside the experiment's code."""

from importlib.resources import files
from types import ModuleType


def about_text(package: str, settings: ModuleType) -> str:
    """Return the file about.md of a package with its fields, such as {settings.BATCH}, filled in.

    The text decides no result. It is therefore read past surmax.common.digest, and a changed
    sentence does not make kept results void.
    """
    text = files(package).joinpath("about.md").read_text(encoding="utf-8")
    return text.format(settings=settings)
