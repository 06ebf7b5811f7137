# SPDX-License-Identifier: Apache-2.0
"""Wikipedia text in tokens of a tokenizer that is trained on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from surmax.train.data.text import read_wikipedia
from surmax.train.experiments.scratch.settings import CONTEXT, TEST_WINDOWS, VOCABULARY
from torch import Tensor


@dataclass(frozen=True)
class Corpus:
    """Tokens of a text, int64.

    Attributes:
        training: text to train on, (tokens,).
        test: windows to test on, (windows, length).
    """

    training: Tensor
    test: Tensor


def make_corpus(seed: int) -> Corpus:
    """Return Wikipedia text in tokens of a byte-level BPE that is trained on the training text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    text = read_wikipedia(seed)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.other, trainer)

    def tokens(sections: Sequence[str]) -> Tensor:
        encoded = tokenizer.encode_batch([f"{section}\n\n" for section in sections])
        return torch.tensor([token for section in encoded for token in section.ids])

    test = tokens(text.test)
    count = min(TEST_WINDOWS, len(test) // CONTEXT)
    return Corpus(tokens(text.other), test[: count * CONTEXT].view(count, CONTEXT))
