# SPDX-License-Identifier: Apache-2.0
"""Claims of the report, and what it does not claim, beside the published figures."""

from collections.abc import Sequence

from surmax.pages.prose import prose
from surmax.pages.report.tables import Section, number
from surmax.synth.report.matrix import BASELINE, Measurement

# Flow and node; mm2 and pJ an operation of ConSmax, Softermax and softmax (arXiv 2402.10930 and its
# ICCAD 2024 version, one unit each).
_PUBLISHED = (
    ("commercial, 16 nm", (0.0008, 0.0022, 0.011), (0.2, 0.7, 1.5)),
    ("commercial, 130 nm", (0.007, 0.029, 0.18), (4.0, 25.5, 178.5)),
    ("OpenROAD, 16 nm", (0.0009, 0.0019, 0.011), (0.3, 1.4, 2.7)),
    ("OpenROAD, sky130", (0.015, 0.033, 0.2), (16.7, 73.5, 255.3)),
)
_COLUMNS = (
    "against ConSmax",
    "softmax area",
    "softmax energy",
    "Softermax area",
    "Softermax energy",
)


def claims(measured: Sequence[Measurement]) -> Section:
    """Return the section: text, the published ratios, and those of the widest designs measured."""
    rows = [
        (f"published: {flow}", *_both(area, energy, 2), *_both(area, energy, 1))
        for flow, area, energy in _PUBLISHED
    ]
    lanes = max((one["design"]["lanes"] for one in measured), default=0)
    for one in measured:
        here = one["design"]["name"] == "ConSmax" and one["design"]["lanes"] == lanes
        if here and one["derived"]["ge"]:
            rows.append(_own(one, measured))
    return Section(
        "What is claimed, and what is not", prose("report", "claims"), _COLUMNS, tuple(rows)
    )


def _both(area: Sequence[float], energy: Sequence[float], other: int) -> tuple[str, str]:
    return number(area[other] / area[0]), number(energy[other] / energy[0])


def _own(consmax: Measurement, measured: Sequence[Measurement]) -> tuple[str, ...]:
    design, cells = consmax["design"], []
    for name in (BASELINE, "Softermax"):
        other = next((m for m in measured if _matches(m, name, consmax)), None)
        for figure in ("ge", "pj"):
            own, its = (m and m["derived"][figure] for m in (consmax, other))
            cells.append(number(its / own if own and its else None))
    place = f"{consmax['target']}, {design['lanes']} lanes, rows of {design['length']}"
    return (f"ours: {place}", *cells)


def _matches(one: Measurement, name: str, like: Measurement) -> bool:
    design, other = one["design"], like["design"]
    same = all(design[field] == other[field] for field in ("lanes", "length"))
    return same and design["name"] == name and one["target"] == like["target"]
