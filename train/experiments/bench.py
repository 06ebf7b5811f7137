# SPDX-License-Identifier: Apache-2.0
"""The loop that accuracy experiments share: train what arms have in common, test each arm."""

import time
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from surmax.train.experiments.records import Arm, Keep

Trained = TypeVar("Trained")
# Metrics and details of one arm, as `Keep` takes them.
Measured = tuple[dict[str, float], dict[str, Any]]


class Bench(ABC, Generic[Trained]):
    """Base of the bench of each experiment; `Trained` is what it trains for a group of arms.

    Arms with equal `weights_of` are tested on the same weights. The arms of `reference_of` are
    trained too, whether they are measured or not, because others are compared with them.
    """

    def measure(self, arms: Sequence[Arm], keep: Keep) -> None:
        """Train and test; `keep` is called as soon as an arm is done.

        The CPU seconds of training count for the first arm that uses the weights.
        """
        wanted = ((self.reference_of(arm), self.weights_of(arm)) for arm in arms)
        for weights in dict.fromkeys(key for pair in wanted for key in pair):
            start = time.process_time()
            trained = self.train(weights)
            seconds = time.process_time() - start
            self.prepare_tests(weights, trained)
            for arm in arms:
                if self.weights_of(arm) != weights:
                    continue
                start = time.process_time()
                metrics, details = self.test_arm(arm, trained)
                keep(arm, metrics, details, seconds + time.process_time() - start)
                seconds = 0.0

    @abstractmethod
    def weights_of(self, arm: Arm) -> Hashable:
        """Return the name of the weights that the arm is tested on."""

    @abstractmethod
    def reference_of(self, arm: Arm) -> Hashable:
        """Return the name of the weights that give the outputs which the arm is compared with."""

    @abstractmethod
    def train(self, weights: Hashable) -> Trained:
        """Train the weights of that name."""

    @abstractmethod
    def prepare_tests(self, weights: Hashable, trained: Trained) -> None:
        """Compute what the tests of several arms need; its CPU seconds count for none of them."""

    @abstractmethod
    def test_arm(self, arm: Arm, trained: Trained) -> Measured:
        """Return metrics and details of an arm; the trained weights stay as they are."""
