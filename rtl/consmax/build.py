# SPDX-License-Identifier: Apache-2.0
"""Build of a ConSmax unit."""

from dataclasses import dataclass
from typing import Any, ClassVar

from surmax.golden import CONSMAX_PRESETS, ConsmaxConfig, ConsmaxTables, check_choice
from surmax.rtl.build import TOPS, Build
from surmax.rtl.consmax.axi import ConsmaxAxiTop
from surmax.rtl.consmax.stream import ConsmaxStreamTop
from surmax.rtl.consmax.tables import bank_words
from surmax.rtl.consmax.unit import ConsmaxUnit

# Pipeline stages of a preset; 1 for all others. Presets "small" and "fast" have the same
# configuration: only their stages differ.
CONSMAX_PRESET_STAGES = {"fast": 3, "fpga": 5}


@dataclass(frozen=True)
class ConsmaxBuild(Build):
    """Parameters of ConsmaxUnit, and the top that is put around it.

    Raises InputError when a parameter is out of range (see ConsmaxUnit).
    """

    unit_name: ClassVar[str] = "consmax"
    parts: ClassVar[dict[str, str]] = {"table storage": "consmax_storage"}

    config: ConsmaxConfig
    lanes: int = 16
    heads: int = 1
    storage: str = "loadable"
    stages: int = 1
    adders: str = "operators"
    top: str = "stream"
    tables: tuple[ConsmaxTables, ...] | None = None

    def __post_init__(self) -> None:
        """Check the parameters as the unit does."""
        super().__post_init__()
        check_choice("top", self.top, TOPS)
        ConsmaxUnit.check_parameters(self.config, tag_bits=0, **self._parameters())

    def latency(self, beats: int = 1) -> int:
        """Cycles from an accepted beat to its output, without stalls, whatever its row."""
        return self.stages

    @property
    def preset(self) -> str:
        """Name of the preset with this configuration, or "custom".

        Of several presets with this configuration it is the one for these stages, otherwise the
        first one.
        """
        same = [name for name, config in CONSMAX_PRESETS.items() if config == self.config]
        meant = (name for name in same if CONSMAX_PRESET_STAGES.get(name, 1) == self.stages)
        return next(meant, same[0] if same else "custom")

    def unit(self) -> ConsmaxUnit:
        """Make the Amaranth component."""
        tag_bits = ConsmaxAxiTop.tag_bits(self.lanes, self.heads) if self.top == "axi" else 0
        return ConsmaxUnit(self.config, tag_bits=tag_bits, **self._parameters())

    def component(self) -> ConsmaxStreamTop | ConsmaxAxiTop:
        """Make the top component."""
        return (ConsmaxAxiTop if self.top == "axi" else ConsmaxStreamTop)(self.unit())

    @property
    def built_in(self) -> tuple[ConsmaxTables, ...] | None:
        """Tables of each head that are built in; None when they are loaded."""
        return self.tables

    def load_writes(self, head: int, content: ConsmaxTables) -> list[dict[str, int]]:
        """Return the values of the load_* ports that load `content`, one dictionary a cycle.

        One word a cycle. In a unit for 16-bit scores the mode of the head comes last.
        """
        writes = [
            {"load_head": head, "load_table": table, "load_index": index, "load_word": word}
            for table, words in enumerate(bank_words(self.config, content))
            for index, word in enumerate(words)
        ]
        if self.config.score_bits == 16:
            wide = int(content.config.score_bits == 16)
            mode = {"load_table": self.config.tables, "load_index": 0, "load_word": wide}
            writes.append({"load_head": head, **mode})
        return writes

    def describe(self) -> dict[str, Any]:
        """Everything that decides the Verilog, JSON-ready."""
        tables = self.tables and [
            {"scale": t.scale, "beta": t.beta, "gamma": t.gamma, "words": t.words.tolist()}
            for t in self.tables
        ]
        return {
            "unit": "consmax",
            "top": self.top_module,
            "preset": self.preset,
            "config": self.config.to_json(),
            "lanes": self.lanes,
            "heads": self.heads,
            "storage": self.storage,
            "stages": self.stages,
            "adders": self.adders,
            "tables": tables,
        }

    def headline(self) -> str:
        """Return a one-line description of the build."""
        return (
            f"preset {self.preset}: {self.lanes} lanes, {self.heads} heads, {self.storage} tables, "
            f"latency {self.stages}, one beat a cycle"
        )

    def figures(self) -> dict[str, Any]:
        """Figures of the unit that a user of its Verilog needs, JSON-ready."""
        return {
            "latency_cycles": self.stages,
            "interval_cycles": 1,
            "scores_per_cycle": self.lanes,
            "word_bits": [self.config.word_format(t).word_bits for t in range(self.config.tables)],
            "wrong_codes": self.tables and [t.wrong_codes for t in self.tables],
            "max_ulp": self.tables and [t.max_ulp for t in self.tables],
        }
