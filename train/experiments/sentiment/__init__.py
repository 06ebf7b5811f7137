# SPDX-License-Identifier: Apache-2.0
"""Accuracy of MiniLM-L6 on movie-review sentences, all arms trained for equally many epochs."""

from surmax.train.experiments.page_text import about_text
from surmax.train.experiments.sentiment import settings
from surmax.train.experiments.sentiment.bench import measure
from surmax.train.experiments.sentiment.settings import COLUMNS, CONTRAST, arms

ABOUT = about_text(__name__, settings)

__all__ = ["ABOUT", "COLUMNS", "CONTRAST", "arms", "measure"]
