# SPDX-License-Identifier: Apache-2.0
"""Contents of ConSmax tables that show faults of the storage: random words."""

import numpy as np
from surmax.golden import ConsmaxConfig, ConsmaxTables
from surmax.golden.consmax.config import TABLE_ENTRIES


def random_words(config: ConsmaxConfig, rng: np.random.Generator) -> ConsmaxTables:
    """Return tables of random words; small shifts more often, because large ones give code 0."""
    mantissas = np.zeros((config.tables, TABLE_ENTRIES), dtype=np.int64)
    exponents = np.zeros_like(mantissas)
    for table in range(config.tables):
        form = config.word_format(table)
        mantissas[table] = rng.integers(form.min_mantissa, form.max_mantissa + 1, TABLE_ENTRIES)
        shift = rng.integers(0, form.max_exponent + 1, TABLE_ENTRIES)
        exponents[table] = shift >> rng.integers(0, 5, TABLE_ENTRIES)
    return ConsmaxTables(config, 1.0, 0.0, 1.0, mantissas, exponents)


def shown_words(config: ConsmaxConfig, table: int, rng: np.random.Generator) -> list[ConsmaxTables]:
    """Return a head with random words in one table, and one with the inverse of these words.

    A bit that is stuck shows in one of the two, a bit that is tied to another one in one of several
    such pairs. The other tables hold large words, with all shifts in turns in one of them, so that
    some score brings each word close to full scale, where its lowest bits show.
    """
    words = np.zeros((config.tables, TABLE_ENTRIES), dtype=np.int64)
    for other in range(config.tables):
        form = config.word_format(other)
        stored = form.mantissa_bits - form.hidden_bit
        mantissas = rng.integers(1 << stored >> 1, 1 << stored, TABLE_ENTRIES)
        shifts = rng.permutation(TABLE_ENTRIES) * (other == table ^ 1) % (form.max_exponent + 1)
        words[other] = shifts << stored | mantissas
    bits = config.word_format(table).word_bits
    words[table] = rng.integers(0, 1 << bits, TABLE_ENTRIES)
    inverse = words.copy()
    inverse[table] ^= (1 << bits) - 1
    head = {"scale": 1.0, "beta": 0.0, "gamma": 1.0}
    return [ConsmaxTables.from_words(config, one, **head) for one in (words, inverse)]
