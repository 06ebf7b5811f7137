# SPDX-License-Identifier: Apache-2.0
"""Perplexity of SmolLM2-135M on Wikipedia text, softmax against HCCS, without training a weight."""

from surmax.train.experiments.language import settings
from surmax.train.experiments.language.bench import measure
from surmax.train.experiments.language.settings import COLUMNS, CONTRAST, arms
from surmax.train.experiments.page_text import about_text

ABOUT = about_text(__name__, settings)

__all__ = ["ABOUT", "COLUMNS", "CONTRAST", "arms", "measure"]
