# SPDX-License-Identifier: Apache-2.0
"""Perplexity of a small GPT trained from nothing on Wikipedia text, softmax against ConSmax."""

from surmax.train.experiments.page_text import about_text
from surmax.train.experiments.scratch import settings
from surmax.train.experiments.scratch.bench import measure
from surmax.train.experiments.scratch.settings import COLUMNS, CONTRAST, arms

ABOUT = about_text(__name__, settings)

__all__ = ["ABOUT", "COLUMNS", "CONTRAST", "arms", "measure"]
