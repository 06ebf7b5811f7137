# SPDX-License-Identifier: Apache-2.0
"""The test bench of an AXI4-Lite port, driven pin by pin.

The stock driver of AxiTB splits an unaligned access into aligned ones, sends address and data
together, and takes every answer at once. This driver does none of that. While a channel's valid is
low its payload changes at random in every cycle, because nothing may depend on it then.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, repeat
from typing import Any

import numpy as np
from surmax.tb.benches.axi_tb import AxiTB
from surmax.tb.benches.shared import COVERAGE, MODEL
from surmax.tb.core.model import Write

OKAY, SLVERR = 0, 2
WHOLE = 0xF  # strobe of a whole word
_PATIENCE = 500  # cycles without any progress after which the port counts as stuck
_QUIET = 8  # cycles after the last answer in which no other one may come
_NOISE = 1021  # a prime


@dataclass(frozen=True)
class Access:
    """One write: byte address, word and strobe."""

    address: int
    data: int
    strobe: int = WHOLE


@dataclass(frozen=True)
class Pauses:
    """Endless patterns, one for each channel: in which cycles its driver is not ready or valid."""

    aw: Iterator[bool] = field(default_factory=lambda: repeat(False))
    w: Iterator[bool] = field(default_factory=lambda: repeat(False))
    b: Iterator[bool] = field(default_factory=lambda: repeat(False))
    ar: Iterator[bool] = field(default_factory=lambda: repeat(False))
    r: Iterator[bool] = field(default_factory=lambda: repeat(False))

    @staticmethod
    def fixed(**cycles: int) -> "Pauses":
        """Return patterns of so many pauses before each cycle without one."""
        return Pauses(**{name: cycle([True] * n + [False]) for name, n in cycles.items()})

    @staticmethod
    def random(rng: np.random.Generator, rate: float) -> "Pauses":
        """Return patterns of pauses with probability `rate`."""
        return Pauses(*(cycle((rng.random(997) < rate).tolist()) for _ in range(5)))


class RegisterTB(AxiTB):
    """Drives AXI4-Lite pin by pin, and the streams as AxiTB does."""

    def attach_registers(self, drivers: Mapping[str, Any]) -> None:
        """Prepare the payloads of idle channels."""
        noise = np.random.default_rng(5).integers(0, 1 << 32, _NOISE)
        self._noise = cycle(noise.tolist())

    async def write_all(self, writes: Sequence[Write]) -> None:
        """Do writes one after the other; each has to be answered OKAY."""
        words = [Access(*MODEL.axi_write(one)) for one in writes]
        for one, answer in zip(words, (await self.transact(words))[0], strict=True):
            assert answer == OKAY, f"write to {one.address:#06x} was refused"

    async def transact(
        self, writes: Sequence[Access] = (), reads: Sequence[int] = (), pauses: Pauses | None = None
    ) -> tuple[list[int], list[tuple[int, int]]]:
        """Do writes and reads side by side; return the answers of each, in the order they came.

        Args:
            writes: each one's address and data are on offer as soon as those before it are taken.
            reads: byte addresses, likewise.
            pauses: of the five channels; None: none.

        Raises:
            AssertionError: an answer to nothing, one that changes or vanishes while it waits, a
                lost one, or one too many.
        """
        pauses = pauses or Pauses()
        ports = {
            "aw": [{"awaddr": one.address} for one in writes],
            "w": [{"wdata": one.data, "wstrb": one.strobe} for one in writes],
            "ar": [{"araddr": address} for address in reads],
        }
        asks = {name: _Requests(self.dut, name, items) for name, items in ports.items()}
        b = _Answers(self.dut, "b", ("bresp",), (asks["aw"], asks["w"]))
        r = _Answers(self.dut, "r", ("rresp", "rdata"), (asks["ar"],))
        idle = after = 0
        while after <= _QUIET:
            for ask in asks.values():
                ask.drive(next(getattr(pauses, ask.name)), self._noise)
            for answers in (b, r):
                answers.drive(next(getattr(pauses, answers.name)))
            await self.edge
            # Answers first: one belongs to a request that was taken in an earlier cycle.
            moved = [part.sample() for part in (b, r, *asks.values())]
            idle = 0 if any(moved) else idle + 1
            done = all(part.done for part in (*asks.values(), b, r))
            after = after + 1 if done else 0
            assert done or idle <= _PATIENCE, (
                f"AXI4-Lite is stuck: {len(b.found)} of {len(writes)} writes "
                f"and {len(r.found)} of {len(reads)} reads are answered"
            )
            COVERAGE.events(
                {
                    "write address before data": asks["aw"].taken > asks["w"].taken
                    or (asks["aw"].offered and not asks["w"].offered),
                    "write data before address": asks["w"].taken > asks["aw"].taken
                    or (asks["w"].offered and not asks["aw"].offered),
                    "write offered while an answer waits": b.held is not None
                    and asks["aw"].offered
                    and asks["w"].offered,
                    "read offered while an answer waits": r.held is not None and asks["ar"].offered,
                }
            )
        for ask in asks.values():
            ask.release()
        for answers in (b, r):
            answers.drive(True)
        return [resp for (resp,) in b.found], [(resp, word) for resp, word in r.found]


class _Requests:
    """Driver of a request channel: address of writes, data of writes, or address of reads."""

    def __init__(self, dut: Any, name: str, items: Sequence[Mapping[str, int]]) -> None:
        self.name, self._items = name, items
        payload = {"aw": ("awaddr",), "w": ("wdata", "wstrb"), "ar": ("araddr",)}[name]
        self._payload = {port: getattr(dut, f"s_axil_{port}") for port in payload}
        self._valid = getattr(dut, f"s_axil_{name}valid")
        self._ready = getattr(dut, f"s_axil_{name}ready")
        self.taken, self.offered = 0, False

    @property
    def done(self) -> bool:
        return self.taken == len(self._items)

    def drive(self, pause: bool, noise: Iterator[int]) -> None:
        """Offer the next request, unless there is none or this is a pause."""
        if not self.offered and not self.done and not pause:
            self.offered = True
            for port, value in self._items[self.taken].items():
                self._payload[port].value = value
        if not self.offered:
            for handle in self._payload.values():
                handle.value = next(noise) & ((1 << len(handle)) - 1)
        self._valid.value = self.offered

    def sample(self) -> bool:
        """Note whether the request was taken at this edge."""
        taken = self.offered and str(self._ready.value) == "1"
        self.taken += taken
        self.offered &= not taken
        return taken

    def release(self) -> None:
        self._valid.value = 0


class _Answers:
    """Driver and monitor of an answer channel."""

    def __init__(
        self, dut: Any, name: str, payload: Sequence[str], requests: Sequence[_Requests]
    ) -> None:
        self.name, self._requests = name, requests
        self._payload = [getattr(dut, f"s_axil_{port}") for port in payload]
        self._valid = getattr(dut, f"s_axil_{name}valid")
        self._ready = getattr(dut, f"s_axil_{name}ready")
        self.found: list[tuple[int, ...]] = []
        self.held: tuple[int, ...] | None = None
        self._open = False

    @property
    def done(self) -> bool:
        return all(len(self.found) == one.taken for one in self._requests)

    def drive(self, pause: bool) -> None:
        self._open = not pause
        self._ready.value = self._open

    def sample(self) -> bool:
        """Check what is on offer at this edge; note it when it is taken."""
        if str(self._valid.value) != "1":
            assert self.held is None, f"an answer vanished: {self.name}valid fell while it waited"
            return False
        taken = min(one.taken for one in self._requests)
        assert len(self.found) < taken, f"{self.name}valid is set with no request to answer"
        answer = tuple(int(handle.value) for handle in self._payload)
        assert self.held in (None, answer), f"an answer changed while it waited on {self.name}"
        self.held = None if self._open else answer
        if self._open:
            self.found.append(answer)
        return self._open
