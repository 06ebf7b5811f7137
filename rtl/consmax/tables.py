# SPDX-License-Identifier: Apache-2.0
"""Table storage that all lanes share: built in, or loadable flip-flops."""

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import ConsmaxConfig, ConsmaxTables, check_range
from surmax.golden.consmax.config import TABLE_ENTRIES
from surmax.rtl.parts.logic import choose, equals


def words_layout(config: ConsmaxConfig) -> data.StructLayout:
    """Return the layout of the tables of a head: `table0` (lowest nibble) and up, 16 words each."""
    return data.StructLayout(
        {
            f"table{t}": data.ArrayLayout(unsigned(config.word_format(t).word_bits), TABLE_ENTRIES)
            for t in range(config.tables)
        }
    )


def table_load_signature(config: ConsmaxConfig, heads: int) -> wiring.Signature:
    """Return the signature of the load port: `payload` is taken in every cycle with `valid`."""
    return wiring.Signature({"valid": Out(1), "payload": Out(table_load_layout(config, heads))})


def table_load_layout(config: ConsmaxConfig, heads: int) -> data.StructLayout:
    """Return the layout of a table write: `head`, `table`, `index` and `word`.

    Table 0 belongs to the lowest nibble, `index` is the unsigned value of the nibble, and `word` is
    the stored word. In a unit for 16-bit scores `table` 4 writes the mode of the head: bit 0 of
    `word` is 1 for 16-bit scores and 0 for 8-bit scores. The two tables of a head with 8-bit scores
    are then loaded twice, as tables 0 and 1 and as tables 2 and 3. Reset changes neither tables nor
    modes.
    """
    width = max(config.word_format(t).word_bits for t in range(config.tables))
    return data.StructLayout(
        {
            "head": range(max(heads, 2)),
            "table": range(config.tables + (config.score_bits == 16)),
            "index": range(TABLE_ENTRIES),
            "word": unsigned(width),
        }
    )


def bank_words(config: ConsmaxConfig, tables: ConsmaxTables) -> list[list[int]]:
    """Return the stored words of a head for every table of a unit, 16 a table.

    If the head has 8-bit scores and the unit can do 16-bit scores, its two tables are repeated for
    the odd lanes.
    """
    words = tables.words.tolist()
    return words * 2 if tables.config.tables < config.tables else words


class TableStorage(wiring.Component):
    """Tables of all heads, with a combinational read of one head.

    With `tables` they are built in and the storage is combinational. Otherwise `load` writes one
    word a cycle into flip-flops, with the decoded address as clock enable: nothing toggles while
    nothing is loaded. A write to one head does not disturb the others.

    Parameters:
        config: the datapath.
        heads: number of heads, 1 to 64.
        tables: tables of each head; None when they are loaded.

    Members:
        head: index of the head that is read.
        words: its tables (words_layout), in the same cycle.
        wide: whether it has 16-bit scores; only in a unit for 16-bit scores.
        load: `valid` and `payload` (table_load_layout); only without `tables`.

    Raises InputError when there are not 1 to 64 heads.
    """

    def __init__(
        self, config: ConsmaxConfig, heads: int, tables: Sequence[ConsmaxTables] | None
    ) -> None:
        heads = check_range("heads", heads, 1, 64)
        self.config, self.heads, self.tables = config, heads, tables
        self.combinational = tables is not None
        members = {"head": In(range(max(heads, 2))), "words": Out(words_layout(config))}
        if config.score_bits == 16:
            members["wide"] = Out(1)
        if tables is None:
            members["load"] = In(table_load_signature(config, heads))
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Build the banks and the head multiplexer."""
        m = Module()
        if self.tables is None:
            banks, modes = self._loadable(m)
        else:
            layout = words_layout(self.config)
            banks = [
                Cat(
                    *(
                        Const(word, self.config.word_format(t).word_bits)
                        for t, row in enumerate(bank_words(self.config, tables))
                        for word in row
                    )
                )
                for tables in self.tables
            ]
            assert all(len(bank) == layout.size for bank in banks)
            modes = [Const(tables.config.score_bits == 16, 1) for tables in self.tables]
        m.d.comb += self.words.as_value().eq(choose(banks, self.head))
        if self.config.score_bits == 16:
            m.d.comb += self.wide.eq(choose(modes, self.head))
        return m

    def _loadable(self, m: Module) -> tuple[list[Value], list[Value]]:
        banks: list[Value] = []
        modes: list[Value] = []
        write = self.load.payload
        # Gated, so that the data inputs of the banks do not toggle while nothing is loaded.
        word = Signal.like(write.word)
        m.d.comb += word.eq(Mux(self.load.valid, write.word, 0))
        for head in range(self.heads):
            mine = self.load.valid & equals(write.head, head) if self.heads > 1 else self.load.valid
            entries = []
            for table in range(self.config.tables):
                for index in range(TABLE_ENTRIES):
                    entry = Signal(
                        self.config.word_format(table).word_bits,
                        name=f"head{head}_table{table}_{index}",
                        reset_less=True,
                    )
                    with m.If(mine & equals(write.table, table) & equals(write.index, index)):
                        m.d.sync += entry.eq(word)
                    entries.append(entry)
            banks.append(Cat(*entries))
            mode = Signal(name=f"head{head}_wide", reset_less=True)
            if self.config.score_bits == 16:
                with m.If(mine & equals(write.table, self.config.tables)):
                    m.d.sync += mode.eq(word[0])
            modes.append(mode)
        return banks, modes
