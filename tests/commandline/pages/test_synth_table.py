# SPDX-License-Identifier: Apache-2.0
"""The table of `surmax synth`."""

import pytest
from helpers.synth_samples import REGISTERS, UNIT
from rich.console import Console
from surmax.synth import PnrResult, resolve_target, synthesise

from surmax.pages.synth_table import synth_table


def columns(table) -> dict[str, list[str]]:
    """Return the cells of each column by its title."""
    return {column.header: list(column.cells) for column in table.columns}


def test_a_row_for_each_part_and_columns_that_have_a_figure(cache):
    generic, ice40 = resolve_target("generic"), resolve_target("ice40")
    results = [
        synthesise(UNIT, "unit", generic, cache=cache),
        synthesise(UNIT, "unit", ice40, cache=cache),
        synthesise(REGISTERS, "registers", generic, cache=cache),
    ]
    table = columns(synth_table(results))
    assert table["part"] == 2 * ["total", "storage", "logic"] + ["total"]
    assert "um2" not in table  # the generic library has relative areas only
    total, storage, logic = results[0].total, results[0].parts["storage"], results[0].logic
    assert total.ge > 1000
    thousands, rest = divmod(round(total.ge), 1000)
    assert table["GE"][0] == f"{thousands} {rest:03}"
    assert table["GE"][1:3] == [f"{storage.ge:.0f}", f"{logic.ge:.0f}"]
    assert table["GE"][3:6] == ["-"] * 3
    assert table["LUT"][3] == str(results[1].total.lut)


@pytest.mark.parametrize(
    ("rates", "shown"), [((52.4, 50.1, 51.6), "50 / 52 / 52"), ((), "does not fit")]
)
def test_the_clock_rate_is_in_the_row_of_the_total(rates, shown, cache):
    counted = synthesise(REGISTERS, "registers", resolve_target("ecp5"), cache=cache)
    routed = PnrResult("registers", "ecp5", "", ("", ""), "", (1, 2, 3), rates, {}, {}, {}, 0)
    console = Console(width=120)
    with console.capture() as text:
        console.print(synth_table([counted], {"ecp5": routed}))
    assert shown in text.get()
