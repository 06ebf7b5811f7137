# SPDX-License-Identifier: Apache-2.0
"""What stands at which address behind the AXI4-Lite port of a unit, as the benches expect it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RegisterMap:
    """Addresses that mean something; every other access must answer SLVERR and change nothing.

    Attributes:
        registers: byte address and value of every register, as reset leaves it.
        status: address of the register whose bits are cleared by writing 1; None: there is none.
        stored: byte address and word of all that the heads hold.
        loadable: whether `stored` can be written.
        reads_back: whether `stored` can be read.
    """

    registers: Mapping[int, int]
    status: int | None = None
    stored: Mapping[int, int] = field(default_factory=dict)
    loadable: bool = False
    reads_back: bool = False

    @property
    def readable(self) -> dict[int, int]:
        """Byte address and value of every word that can be read."""
        return {**self.registers, **(self.stored if self.reads_back else {})}

    @property
    def writable(self) -> set[int]:
        """Byte address of every word that can be written."""
        status = set() if self.status is None else {self.status}
        return status | set(self.stored if self.loadable else ())
