# SPDX-License-Identifier: Apache-2.0
"""`surmax errors`: row sums and errors of every HCCS mode, as a page of tables."""

import textwrap
from dataclasses import asdict
from pathlib import Path

import click

from surmax.calibrate.hccs.modes import (
    COMPARISONS,
    LENGTHS,
    MASK_FLOORS,
    MASK_LENGTH,
    VALID,
    Fits,
    Row,
    compare_masks,
    compare_modes,
    compare_sums,
    fit_lengths,
)
from surmax.console import markdown_table, out, print_json, say
from surmax.golden.hccs.samples import FIT_ROWS, KINDS, ROWS, SCALE, SEED
from surmax.options import as_json, output_file

TITLES = {
    "published": "The published forms",
    "rounding": "uint8: floor and nearest",
    "fraction": "int16: fraction bits in the reciprocal",
    "leading": "uint8: more leading bits of the sum in place of a divider",
    "leading16": "int16: more leading bits, and fraction bits",
}


@click.command(epilog="Example: surmax errors -o docs/hccs-errors.md")
@output_file("write the tables as Markdown, as in docs/hccs-errors.md")
@as_json
def errors(output_file: Path | None, json_output: bool) -> None:
    """Measure row sums and errors of every HCCS mode.

    The rows are flat, peaked and natural ones, from a fixed seed.
    """
    fits = fit_lengths()
    say("constants fitted")
    measured = {name: compare_modes(modes, fits) for name, modes in COMPARISONS.items()}
    say("modes measured")
    measured["sums"], measured["masks"] = compare_sums(), compare_masks()
    if output_file:
        output_file.write_text(_page(measured, fits))
    if json_output:
        constants = [{"n": n, "kl": one.kl} | asdict(one.constants) for n, one in fits.items()]
        print_json({"rows": KINDS, "scale": SCALE, "constants": constants, "tables": measured})
    elif not output_file:
        out.print(_page(measured, fits), markup=False)


def _page(measured: dict[str, list[Row]], fits: Fits) -> str:
    parts = [_introduction(fits)]
    for name, title in TITLES.items():
        rows = measured[name]
        parts.append(f"## {title}\n\n{_modes_table(rows)}\n\n{_CONCLUSIONS[name](rows)}")
    parts += [_sums(measured["sums"]), _masks(measured["masks"])]
    return "\n\n".join(parts) + "\n"


def _introduction(fits: Fits) -> str:
    kinds = "\n".join(_wrap(f"- **{kind}**: {text}.", indent="  ") for kind, text in KINDS.items())
    constants = markdown_table(
        ("n", "B", "S", "Dmax", "B - S*Dmax", "KL, nats"),
        [
            (n, c.B, c.S, c.Dmax, c.floor, f"{kl:.3f}")
            for n, c, kl in ((n, one.constants, one.kl) for n, one in fits.items())
        ],
    )
    rows = (
        f"{ROWS} rows of each kind and length, seed {SEED}. Errors on real scores are in "
        "[results.md](results.md)."
    )
    fitted = (
        f"Constants: least mean KL(softmax || s/Z) over the first {FIT_ROWS} natural rows, softmax "
        f"having {SCALE:g} real units a score code. The search covers all B, S and Dmax that are "
        "legal for rows of n without masks and a 15-bit sum. The tables use these for all kinds of "
        "rows; the last two fit their own."
    )
    cells = (
        "A cell is: least / mean / largest row sum over full scale; the largest error of an output "
        "against s/Z in real numbers, full scale being 1. `div`, `clb` (uint8), `div16` and "
        "`clb16` (int16) are the published forms; a name with more in it has just that changed."
    )
    return (
        "<!-- made by: surmax errors -o docs/hccs-errors.md -->\n# HCCS: what each mode loses\n\n"
        f"{rows}\n\n{kinds}\n\n{_wrap(fitted)}\n\n{constants}\n\n{_wrap(cells)}"
    )


def _modes_table(rows: list[Row]) -> str:
    modes = list(dict.fromkeys(row["mode"] for row in rows))
    lines = [
        (kind, n, *(_cell(_one(rows, kind=kind, n=n, mode=mode)) for mode in modes))
        for kind in KINDS
        for n in LENGTHS
    ]
    return markdown_table(("rows", "n", *modes), lines)


def _cell(row: Row) -> str:
    low, mean, high = (row[f"row_sum_{name}"] for name in ("min", "mean", "max"))
    return f"{low:.3f} / {mean:.3f} / {high:.3f}; {row['max_error']:.1e}"


def _published(rows: list[Row]) -> str:
    flat = ", ".join(
        f"{_one(rows, kind='flat', n=n, mode='div')['row_sum_mean']:.3f} at n = {n}"
        for n in LENGTHS
    )
    return _wrap(
        f"`div` loses up to a code a position: flat rows sum to {flat} on average. The reciprocal "
        f"of `div16` is a whole number: its row sums begin at {_least(rows, 'div16'):.3f}. rho of "
        "the leading-bits forms is up to twice too large: their row sums reach "
        f"{_largest(rows, 'clb'):.3f} (`clb`) and {_largest(rows, 'clb16'):.3f} (`clb16`)."
    )


def _rounding(rows: list[Row]) -> str:
    gains = []
    for n in LENGTHS:
        before, after = (
            _one(rows, kind="natural", n=n, mode=mode)["row_sum_mean"]
            for mode in ("div", "div, nearest")
        )
        gains.append(f"{before:.3f} to {after:.3f} at n = {n}")
    worst = [255 * _worst(rows, mode) for mode in ("div", "div, nearest")]
    return _wrap(
        f"Nearest moves the mean sum of natural rows from {', '.join(gains)}. The largest error "
        f"goes from {worst[0]:.2f} to {worst[1]:.2f} codes. Where many positions are just above "
        f"half a code, the sum is too large: up to {_largest(rows, 'div, nearest'):.3f}. Where all "
        f"are below it, the row is empty: flat rows of {_empty(rows, 'div, nearest')}."
    )


def _empty(rows: list[Row], mode: str) -> str:
    found = [
        str(row["n"])
        for row in rows
        if row["mode"] == mode and row["kind"] == "flat" and row["row_sum_max"] == 0
    ]
    return ", ".join(found) or "no length here"


def _list_modes(rows: list[Row]) -> str:
    steps = "\n".join(
        f"- `{mode}`: {_least(rows, mode):.3f} to {_largest(rows, mode):.3f}, "
        f"{_worst(rows, mode):.1e}"
        for mode in dict.fromkeys(row["mode"] for row in rows)
    )
    return f"Row sums and largest error over all of these rows:\n\n{steps}"


_CONCLUSIONS = {
    "published": _published,
    "rounding": _rounding,
    "fraction": _list_modes,
    "leading": _list_modes,
    "leading16": _list_modes,
}


def _sums(rows: list[Row]) -> str:
    lines = [
        (
            row["n"],
            row["mode"],
            f"{row['B']}, {row['S']}, {row['Dmax']}",
            f"{row['kl']:.3f}",
            _cell(row),
            f"{row['total_variation']:.3f}",
        )
        for row in rows
    ]
    columns = ("n", "mode", "B, S, Dmax", "KL, nats", "row sums; error", "from softmax")
    longest = rows[-1]["n"]
    apart = {row["mode"]: f"{row['total_variation']:.3f}" for row in rows if row["n"] == longest}
    narrow, wide = (
        _one(rows, n=longest, mode=mode)["kl"] for mode in ("div", "u8, nearest, 22-bit sum")
    )
    about = (
        "Natural rows, constants fitted for each width of the sum. The last column is the mean "
        "over rows of half the sum of |output - softmax|: 0 is softmax itself, 0.5 an empty row."
    )
    said = ", ".join(f"{value} (`{mode}`)" for mode, value in apart.items())
    end = (
        f"At n = {longest} a 22-bit sum takes the constants from {narrow:.3f} to {wide:.3f} nats. "
        f"The distance from softmax is then {said}."
    )
    table = markdown_table(columns, lines)
    return f"## Long rows: a wider row sum\n\n{_wrap(about)}\n\n{table}\n\n{_wrap(end)}"


def _masks(rows: list[Row]) -> str:
    lines = [
        (
            f"{row['B']}, {row['S']}, {row['Dmax']}",
            row["floor"],
            row["mode"],
            f"{row['padded_leak_mean']:.1%} / {row['padded_leak_max']:.1%}",
            f"{row['padded_valid_mean']:.3f}",
            f"{row['masked_leak_mean']:.1%} / {row['masked_leak_max']:.1%}",
            f"{row['masked_valid_mean']:.3f}",
        )
        for row in rows
    ]
    columns = (
        "B, S, Dmax",
        "B - S*Dmax",
        "mode",
        "padded: leak, mean / largest",
        "padded: valid sum",
        "masked: leak",
        "masked: valid sum",
    )
    leaks = [row["padded_leak_mean"] for row in rows]
    kept = max(row["masked_leak_max"] for row in rows)
    about = (
        f"Natural rows of {MASK_LENGTH}, of which {VALID} positions are valid. Without a mask the "
        "padding has scores of -128; the leak is its share of the row sum. The valid sum is the "
        "mean sum of the valid positions over full scale. Constants: least divergence with a floor "
        f"of at least {', '.join(map(str, MASK_FLOORS))}; {MASK_FLOORS[0]} is the least legal one."
    )
    end = (
        f"Padding keeps {min(leaks):.1%} to {max(leaks):.1%} of the row sum on average; with a "
        f"mask, at most {kept:.1%} in any row."
    )
    return f"## Padding\n\n{_wrap(about)}\n\n{markdown_table(columns, lines)}\n\n{_wrap(end)}"


def _one(rows: list[Row], **wanted: object) -> Row:
    """Return the measurement that has all `wanted` fields."""
    (found,) = (row for row in rows if all(row[name] == value for name, value in wanted.items()))
    return found


def _least(rows: list[Row], mode: str) -> float:
    return min(row["row_sum_min"] for row in rows if row["mode"] == mode)


def _largest(rows: list[Row], mode: str) -> float:
    return max(row["row_sum_max"] for row in rows if row["mode"] == mode)


def _worst(rows: list[Row], mode: str) -> float:
    return max(row["max_error"] for row in rows if row["mode"] == mode)


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 100, subsequent_indent=indent, break_on_hyphens=False)
