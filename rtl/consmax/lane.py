# SPDX-License-Identifier: Apache-2.0
"""Arithmetic of a ConSmax lane, or of two lanes that can carry one 16-bit score."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from surmax.golden import ConsmaxConfig, WordFormat, check_choice, check_range
from surmax.golden.consmax.config import TABLE_ENTRIES
from surmax.rtl.consmax.tables import words_layout
from surmax.rtl.parts import multiplier
from surmax.rtl.parts.hierarchy import place
from surmax.rtl.parts.logic import equals
from surmax.rtl.parts.parameters import ADDER_KINDS


def register_steps(config: ConsmaxConfig, stages: int, adders: str) -> frozenset[str]:
    """Return the steps that end with a register in a pipeline of `stages` stages.

    The steps, in the order of the datapath: "read" (table words), "compress" (the product as two
    rows), "product", "chain" (16-bit scores only), "shift" (8-bit scores only), "round" (the
    output, which always has a register). With each stage a register is added where it saves most
    delay for its cost.

    Raises:
        InputError: there are more stages than steps, or `adders` is unknown.
    """
    check_choice("adders", adders, ADDER_KINDS)
    if config.score_bits == 16:
        order = ["round", "product", "chain", "read"]
        order += ["compress"] if adders == "cells" else []
    elif adders == "cells":
        # A register after "compress" cuts the tree of adders in the middle; one after "product"
        # is nearer to the end.
        order = ["round", "compress", "read", "product", "shift"]
    else:
        order = ["round", "product", "read", "compress", "shift"]
    check_range("stages", stages, 1, len(order))
    return frozenset(order[:stages])


class WordSelect(wiring.Component):
    """Selection of one of 16 words: word = words[index]. Combinational.

    It is a Verilog module of its own: synthesis finds it by name and maps it to the cells that
    suit the library best.

    Parameters:
        width: bits of a word.

    Members:
        words: the words, word 0 in the low bits.
        index: index, 0 to 15.
        word: the word with that index.
    """

    combinational = True

    def __init__(self, width: int) -> None:
        self.width = width
        words = In(width * TABLE_ENTRIES)
        super().__init__({"words": words, "index": In(4), "word": Out(width)})

    def elaborate(self, platform: object) -> Module:
        """Halve the words four times, each time by one bit of the index."""
        m = Module()
        words = self.words
        for bit in (3, 2, 1, 0):
            half = len(words) // 2
            chosen = Signal(half, name=f"of_{1 << bit}") if bit else self.word
            m.d.comb += chosen.eq(Mux(self.index[bit], words[half:], words[:half]))
            words = chosen
        return m


class ConsmaxLane(wiring.Component):
    """One byte lane for 8-bit scores, or two byte lanes that can also carry one 16-bit score.

    Computes surmax.golden.consmax for each lane, bit for bit. Latency `stages` cycles, one score a
    lane and cycle. `register_steps` says where the registers are.

    Parameters:
        config: the datapath.
        stages: pipeline registers, 1 to 5 (see register_steps).
        adders: "operators" writes the product with Verilog operators (carry chains on FPGA, fast to
            simulate), "cells" as a tree of full-adder modules (least area in standard cells).

    Members:
        scores: one byte for each lane.
        mask: bit k is set where lane k is masked.
        words: tables of the head, for all lanes (words_layout).
        wide: the head has 16-bit scores; only with two lanes.
        advance: bit k is set in cycles in which register k takes data.
        codes: one code for each lane.
    """

    def __init__(self, config: ConsmaxConfig, stages: int, adders: str) -> None:
        self.config, self.stages, self.adders = config, stages, adders
        self.lanes = config.tables // 2
        self.steps = register_steps(config, stages, adders)
        out_bits = config.narrow.output_bits
        members = {
            "scores": In(data.ArrayLayout(unsigned(8), self.lanes)),
            "mask": In(self.lanes),
            "words": In(words_layout(config)),
            "advance": In(stages),
            "codes": Out(data.ArrayLayout(unsigned(out_bits), self.lanes)),
        }
        if self.lanes == 2:
            members["wide"] = In(1)
        super().__init__(members)
        self._registers = 0

    def _step(self, m: Module, step: str, **values: Value) -> dict[str, Value]:
        """End a step: return its values as named signals, behind a register if one belongs here."""
        result: dict[str, Value] = {}
        if step not in self.steps:
            for name, value in values.items():
                result[name] = Signal(len(value), name=name)
                m.d.comb += result[name].eq(value)
            return result
        number, self._registers = self._registers, self._registers + 1
        with m.If(self.advance[number]):
            for name, value in values.items():
                result[name] = Signal(len(value), name=f"{name}_r", reset_less=True)
                m.d.sync += result[name].eq(value)
        return result

    def elaborate(self, platform: object) -> Module:
        """Read table words, multiply, shift and round; for 16-bit scores chain two products."""
        m = Module()
        config, lanes = self.config, range(self.lanes)
        self._registers = 0
        side = {"mask": Value.cast(self.mask)}
        if self.lanes == 2:
            side["wide"] = Value.cast(self.wide)

        reads = {}
        for lane in lanes:
            for half, table in (("low", 2 * lane), ("high", 2 * lane + 1)):
                nibble = self.scores[lane].word_select(half == "high", 4)
                form = config.word_format(table)
                read = WordSelect(form.word_bits)
                place(m, platform, f"read_{half}{lane}", read, f"surmax_select{form.word_bits}")
                words = self.words[f"table{table}"].as_value()
                m.d.comb += [read.words.eq(words), read.index.eq(nibble)]
                reads[f"{half}{lane}"] = read.word
        state = self._step(m, "read", **reads, **side)
        side = {name: state[name] for name in side}

        upper = [_split(config.upper, state[f"high{lane}"]) for lane in lanes]
        lower = [_split(config.lower, state[f"low{lane}"]) for lane in lanes]
        shifts = {f"shift{k}": _sum(upper[k][1], lower[k][1]) for k in lanes}
        products = {}
        if self.adders == "cells":
            trees = [self._tree(m, platform, upper[k], lower[k][0], f"tree{k}") for k in lanes]
            rows = {f"rows{k}": multiplier.flatten(trees[k]) for k in lanes}
            state = self._step(m, "compress", **rows, **shifts, **side)
            shifts = {name: state[name] for name in shifts}
            side = {name: state[name] for name in side}
            for k in lanes:
                tree = multiplier.unflatten(trees[k], state[f"rows{k}"])
                final = multiplier.reduce_columns(m, platform, tree, rows=1, name=f"add{k}")
                products[f"product{k}"] = multiplier.true_sum(final)
        elif "compress" in self.steps:
            # Add three rows at a time so that no DSP block is inferred; its internal delay could
            # not be pipelined.
            rows = multiplier.masked_rows(upper[0][0], lower[0][0], config.dropped_columns)
            sums = [sum(rows[n + 1 : n + 3], rows[n]) for n in range(0, len(rows), 3)]
            parts = {f"rows{n}": total for n, total in enumerate(sums)}
            state = self._step(m, "compress", **parts, **shifts, **side)
            shifts = {name: state[name] for name in shifts}
            side = {name: state[name] for name in side}
            product = sum((state[name] for name in parts), Const(config.compensation))
            products["product0"] = product[: config.product_bits]
        else:
            for k in lanes:
                product = multiplier.truncated_product(
                    upper[k][0], lower[k][0], config.dropped_columns
                )
                products[f"product{k}"] = product + config.compensation
        state = self._step(m, "product", **products, **shifts, **side)
        side = {name: state[name] for name in side}

        narrow = config.narrow
        if self.lanes == 1:
            folded = self._folds_half()
            shifted = _shift(narrow, state["product0"], state["shift0"], half_added=folded)
            state = self._step(m, "shift", shifted=shifted, **side)
            code = _round(m, "code0", narrow, state["shifted"], half_added=folded)
            kept = Mux(state["mask"], 0, code)
            m.d.comb += self.codes[0].eq(self._step(m, "round", code0=kept)["code0"])
            return m

        cut = config.product_bits - config.chain_bits
        # The operands of the chain are held at zero in 8-bit mode: its multiplier does not toggle.
        low, high = (
            Mux(side["wide"], state[f"product{k}"][cut : config.product_bits], 0) for k in lanes
        )
        values = {name: state[name] for name in ("product0", "product1", "shift0", "shift1")}
        chained = {"chain": low * high, "chain_shift": _sum(values["shift0"], values["shift1"])}
        state = self._step(m, "chain", **chained, **values, **side)
        shifted = _shift(config, state["chain"], state["chain_shift"], half_added=False)
        wide_code = _round(m, "wide", config, shifted, half_added=False)
        outputs = {}
        for k in lanes:
            shifted = _shift(narrow, state[f"product{k}"], state[f"shift{k}"], half_added=False)
            code = _round(m, f"code{k}", narrow, shifted, half_added=False)
            both = Mux(state["wide"], wide_code[8 * k : 8 * k + 8], code)
            masked = Mux(state["wide"], state["mask"].any(), state["mask"][k])
            outputs[f"code{k}"] = Mux(masked, 0, both)
        state = self._step(m, "round", **outputs)
        m.d.comb += [self.codes[k].eq(state[f"code{k}"]) for k in lanes]
        return m

    def _folds_half(self) -> bool:
        """Return whether the tree adds the half that rounds the code.

        The shift comes after the product, so the half has one place for each shift: one bit for
        each in the tree. That pays only where the shifts are few.
        """
        config = self.config
        few = config.upper.max_exponent <= 3 and config.lower_exponent_bits == 0
        return self.adders == "cells" and few and config.score_bits == 8

    def _tree(
        self,
        m: Module,
        platform: object,
        upper: tuple[Value, Value],
        lower: Value,
        name: str,
    ) -> multiplier.Columns:
        """Return the columns of the truncated product and its constants, at most two rows of bits
        where a register follows."""
        config = self.config
        columns = multiplier.partial_products(
            upper[0], lower, config.dropped_columns, config.product_bits + 1
        )
        multiplier.add_constant(columns, config.compensation)
        if self._folds_half():
            # Half an output code, seen before the shift: the shift decides its column.
            for shift in range(config.upper.max_exponent + 1):
                column = config.point_bits - 1 + shift * config.exponent_step
                multiplier.add_bit(columns, column, equals(upper[1], shift))
        if "compress" not in self.steps:
            return columns
        return multiplier.reduce_columns(m, platform, columns, rows=2, name=name)


def _split(form: WordFormat, word: Value) -> tuple[Value, Value]:
    """Return (mantissa, exponent) of a stored word."""
    stored = form.mantissa_bits - form.hidden_bit
    mantissa = Cat(word[:stored], Const(1, 1)) if form.hidden_bit else word[:stored]
    return mantissa, word[stored:]


def _sum(a: Value, b: Value) -> Value:
    """Return a + b, where a value without bits counts as 0."""
    if not len(a) or not len(b):
        return a if len(a) else b
    return a + b


def _shift(config: ConsmaxConfig, product: Value, shift: Value, *, half_added: bool) -> Value:
    """Shift a product right by the fixed point and the exponents.

    One bit below the last place is kept for rounding, unless the half is added already.
    """
    whole = product[config.point_bits - (not half_added) :]
    if not len(shift):
        return whole
    distance = shift * config.exponent_step
    if config.exponent_step in (2, 4):
        distance = Cat(Const(0, config.exponent_step // 2), shift)
    return whole >> distance


def _round(
    m: Module, name: str, config: ConsmaxConfig, shifted: Value, *, half_added: bool
) -> Value:
    """Round half up, unless the half is added already, and saturate."""
    bits = config.output_bits
    whole = shifted if half_added else (shifted + 1)[1:]
    rounded = Signal(max(len(whole), bits + 1), name=f"{name}_rounded")
    overflow = Signal(name=f"{name}_overflow")
    m.d.comb += [rounded.eq(whole), overflow.eq(rounded[bits:].any())]
    return rounded[:bits] | overflow.replicate(bits)
