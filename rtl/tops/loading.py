# SPDX-License-Identifier: Apache-2.0
"""Writes that load a head's storage through the load_* ports of a stream top."""

from dataclasses import fields
from typing import Any

from surmax.golden import ConsmaxTables
from surmax.rtl.build import Build
from surmax.rtl.consmax.tables import bank_words


def load_writes(build: Build, head: int, content: Any) -> list[dict[str, int]]:
    """Return the values of the load_* ports (less load_valid), one dictionary a cycle.

    `content` is what a head of the unit holds: ConsmaxTables, or constants whose fields have the
    names of the ports. The mode of a 16-bit ConSmax unit is among the writes.
    """
    if not isinstance(content, ConsmaxTables):
        values = {f"load_{one.name}": getattr(content, one.name) for one in fields(content)}
        return [{"load_head": head, **values}]
    writes = [
        {"load_head": head, "load_table": table, "load_index": index, "load_word": word}
        for table, words in enumerate(bank_words(build.config, content))
        for index, word in enumerate(words)
    ]
    if build.config.score_bits == 16:
        wide = int(content.config.score_bits == 16)
        mode = {"load_table": build.config.tables, "load_index": 0, "load_word": wide}
        writes.append({"load_head": head, **mode})
    return writes
