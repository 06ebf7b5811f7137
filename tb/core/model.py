# SPDX-License-Identifier: Apache-2.0
"""Bench model of a unit: its answers to a stream of beats, and how its heads are loaded.

Each unit has one subclass. Test benches, plan and runner know nothing else about the unit.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from surmax.tb.core.beats import Beats, Bits, Codes
from surmax.tb.core.registers import RegisterMap

# One write to a head's storage: the values of Model.load_ports.
Write = tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """Expected output of a stream of beats.

    Attributes:
        codes: (outputs, lanes).
        source: (outputs,), which input beat each output beat answers.
        last: (outputs,), TLAST.
        due: (beats + 1,), how many outputs may have come when so many beats have gone in.
        overlong: (beats,), True where the unit reports an over-long row; None: it never does.
    """

    codes: Codes
    source: npt.NDArray[np.int64]
    last: Bits
    due: Sequence[int]
    overlong: Bits | None


@dataclass(frozen=True)
class Observation:
    """Conditions that one stream of beats met on its way, for the coverage.

    Attributes:
        contents: what each slot held; a head has one slot for each content during the stream.
        slots: (beats,), index into `contents`.
        beats: as sent.
        answer: as expected; the first outputs of it came out and were right.
        held_in, gap: (beats,), True where the beat had to wait at the input, or came after a pause.
        held_out: (outputs that came out,), True where one had to wait at the output.
    """

    contents: Sequence[Any]
    slots: npt.NDArray[np.int64]
    beats: Beats
    answer: Answer
    held_in: Bits
    held_out: Bits
    gap: Bits


class Model(ABC):
    """A unit as the benches see it: the reference that its outputs are compared with.

    `build` is what is simulated. The compiled unit of a volume run is
    surmax.tb.volume.library.CompiledTop.

    Attributes:
        benches: package with a module of cocotb tests for each top, named after it, and one,
            `coverage`, whose COVERAGES has a Coverage for each top.
        load_ports: ports of the stream top that take one write, in the order of a Write.
        rules: C++ header, in the unit's own folder, that checks the handshake in the volume run.
        lane_modules: Verilog modules that the unit has once a lane.
        code_bits: bits of a lane's code at the port, 8 or 16.
    """

    benches: ClassVar[str]
    load_ports: tuple[str, ...]
    rules: ClassVar[Path]
    lane_modules: ClassVar[tuple[str, ...]]
    code_bits: int

    def __init__(self, build: Any) -> None:
        self.build = build

    @property
    def loadable(self) -> bool:
        """True if heads hold something that can be loaded."""
        return self.build.storage == "loadable"

    @property
    def code_dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Type of a lane's code at the port."""
        return np.uint8 if self.code_bits == 8 else np.uint16

    @property
    @abstractmethod
    def quiet(self) -> int:
        """Cycles after which, with no input, nothing can come out any more."""

    @abstractmethod
    def defines(self) -> dict[str, int]:
        """Return the macros that `rules` needs."""

    @abstractmethod
    def pool(self) -> tuple[Any, ...]:
        """Contents of heads that reach every corner: those built in, or else some to load."""

    def drawn(self, count: int, rng: np.random.Generator) -> list[Any]:
        """Return `count` contents for a loadable unit, so different that every stored bit shows."""
        pool = self.pool()
        return [pool[index] for index in rng.integers(0, len(pool), count)]

    @abstractmethod
    def answer(self, beats: Beats, contents: Sequence[Any]) -> Answer:
        """Return what comes out for `beats`; their heads are indices into `contents`."""

    def writes(self, head: int, content: Any) -> list[Write]:
        """Return the writes that put `content` into storage of `head`."""
        writes = self.build.load_writes(head, content)
        return [tuple(write[port] for port in self.load_ports) for write in writes]

    @abstractmethod
    def axi_write(self, write: Write) -> tuple[int, int]:
        """Return byte address and word of `write` at the AXI4-Lite port."""

    def register_map(self, contents: Sequence[Any]) -> RegisterMap | None:
        """Return the addresses of the AXI top while heads hold `contents`; None: it has no map."""
        return None

    @abstractmethod
    def count(self, answer: Answer, slots: npt.NDArray[np.int64], contents: Sequence[Any]) -> int:
        """Return how many scores the codes of `answer` stand for."""
