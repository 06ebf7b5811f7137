# SPDX-License-Identifier: Apache-2.0
"""The page of `surmax errors`: row sums and errors of every HCCS mode, as tables."""

from surmax.calibrate.hccs.modes import LENGTHS, MASK_FLOORS, MASK_LENGTH, VALID, Fits, Row
from surmax.console import markdown_table
from surmax.golden.hccs.samples import FIT_ROWS, KINDS, ROWS, SCALE, SEED
from surmax.pages.prose import fill, wrapped

_PAGE = "hccs_errors"
TITLES = {
    "published": "The published forms",
    "rounding": "uint8: floor and nearest",
    "fraction": "int16: fraction bits in the reciprocal",
    "leading": "uint8: more leading bits of the sum in place of a divider",
    "leading16": "int16: more leading bits, and fraction bits",
}


def errors_page(measured: dict[str, list[Row]], fits: Fits) -> str:
    """Return docs/hccs-errors.md of the rows of each comparison and the constants by length."""
    parts = [_introduction(fits)]
    for name, title in TITLES.items():
        rows = measured[name]
        parts.append(f"## {title}\n\n{_modes_table(rows)}\n\n{_CONCLUSIONS[name](rows)}")
    parts += [_sums(measured["sums"]), _masks(measured["masks"])]
    return "\n\n".join(parts) + "\n"


def _introduction(fits: Fits) -> str:
    kinds = "\n".join(fill(f"- **{kind}**: {text}.", indent="  ") for kind, text in KINDS.items())
    constants = markdown_table(
        ("n", "B", "S", "Dmax", "B - S*Dmax", "KL, nats"),
        [
            (n, c.B, c.S, c.Dmax, c.floor, f"{kl:.3f}")
            for n, c, kl in ((n, one.constants, one.kl) for n, one in fits.items())
        ],
    )
    fitted = wrapped(_PAGE, "constants", fit_rows=FIT_ROWS, scale=SCALE)
    return "\n\n".join(
        (
            "<!-- made by: surmax errors -o docs/hccs-errors.md -->\n# HCCS: what each mode loses",
            wrapped(_PAGE, "rows", rows=ROWS, seed=SEED),
            kinds,
            fitted,
            constants,
            wrapped(_PAGE, "cells"),
        )
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
    return wrapped(
        _PAGE,
        "published",
        flat=flat,
        div16=_least(rows, "div16"),
        clb=_largest(rows, "clb"),
        clb16=_largest(rows, "clb16"),
    )


def _rounding(rows: list[Row]) -> str:
    gains = []
    for n in LENGTHS:
        before, after = (
            _one(rows, kind="natural", n=n, mode=mode)["row_sum_mean"]
            for mode in ("div", "div, nearest")
        )
        gains.append(f"{before:.3f} to {after:.3f} at n = {n}")
    floor, nearest = (255 * _worst(rows, mode) for mode in ("div", "div, nearest"))
    return wrapped(
        _PAGE,
        "rounding",
        gains=", ".join(gains),
        floor=floor,
        nearest=nearest,
        largest=_largest(rows, "div, nearest"),
        empty=_empty(rows, "div, nearest"),
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
    distances = ", ".join(f"{value} (`{mode}`)" for mode, value in apart.items())
    end = wrapped(_PAGE, "sums end", n=longest, narrow=narrow, wide=wide, distances=distances)
    about = wrapped(_PAGE, "sums")
    return f"## Long rows: a wider row sum\n\n{about}\n\n{markdown_table(columns, lines)}\n\n{end}"


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
    about = wrapped(
        _PAGE,
        "masks",
        length=MASK_LENGTH,
        valid=VALID,
        floors=", ".join(map(str, MASK_FLOORS)),
        least=MASK_FLOORS[0],
    )
    end = wrapped(_PAGE, "masks end", low=min(leaks), high=max(leaks), kept=kept)
    return f"## Padding\n\n{about}\n\n{markdown_table(columns, lines)}\n\n{end}"


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
