# SPDX-License-Identifier: Apache-2.0
"""accuracy.json: its content, its tables, its drawings and the page that is made of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from surmax.console import markdown_table
from surmax.pages.drawing import draw_svg
from surmax.pages.prose import wrapped
from surmax.train.experiments.records import Contrast, Record, over_seeds, paired

FORMAT = "surmax-accuracy"
_TITLES = {
    "language": "A language model without training: SmolLM2-135M",
    "sentiment": "A classifier, fine-tuned: MiniLM-L6",
    "scratch": "A language model from scratch",
}
# Details that are only kept with the single results: long.
_KEPT_ONLY = ("constants", "heads", "scales", "gains", "wrong_codes")
_BLUE, _GREY = "#1f66a8", "#8a8a8a"


def document_of(records: Iterable[Record]) -> dict[str, Any]:
    """Return the content of accuracy.json: one entry a record."""
    found = []
    for record in records:
        one = asdict(record)
        one["details"] = {k: v for k, v in one["details"].items() if k not in _KEPT_ONLY}
        found.append(one)
    return {"format": FORMAT, "version": 1, "records": found}


def table_of(
    document: Mapping[str, Any],
    part: str,
    columns: Sequence[tuple[str, str]],
    contrast: Contrast,
) -> str:
    """Return the part's table in Markdown: one row an arm; columns are (metric, heading).

    The second one is the contrast with the arm's control. Where arms have different numbers of
    seeds, a column says how many.
    """
    groups = _by_arm(document, part)
    by_name = {records[0].name: records for records in groups}
    differ = len(set(map(len, groups))) > 1
    rows = []
    for records in groups:
        cells = [_cell(records, metric) for metric, _ in columns]
        cells.insert(1, _contrast(records, by_name, contrast))
        seconds = sum(one.seconds for one in records) / len(records)
        first = records[0]
        seeds = [str(len(records))] if differ else []
        exact = "exact" if first.exact else ""
        rows.append([first.title, exact, *cells, *seeds, f"{seconds:.0f}"])
    headings = [heading for _, heading in columns] + ["seeds"] * differ
    headings.insert(1, contrast.heading)
    return markdown_table(("attention", "", *headings, "CPU s"), rows)


def page(document: Mapping[str, Any], modules: Mapping[str, Any]) -> str:
    """Return docs/accuracy.md: for each part its module's ABOUT, table and drawings."""
    sections = ["# Accuracy on real models and text", wrapped("accuracy", "introduction")]
    for part, module in modules.items():
        groups = _by_arm(document, part)
        if not groups:
            continue
        least, most = min(map(len, groups)), max(map(len, groups))
        sections += [
            f"## {_TITLES[part]}",
            module.ABOUT.strip(),
            f"{_span(least, most)} seed{'s' if most > 1 else ''} a row.",
            table_of(document, part, module.COLUMNS, module.CONTRAST),
            f"![{module.COLUMNS[0][1]} by arm](figures/accuracy-{part}.svg)",
        ]
    return "\n\n".join(sections) + "\n"


def draw_parts(document: Mapping[str, Any], modules: Mapping[str, Any]) -> dict[str, str]:
    """Return SVG text by name: the first column's metric of every arm, part by part.

    Raises InputError when matplotlib is not installed.
    """
    found = {}
    for part, module in modules.items():
        groups = _by_arm(document, part)
        if groups:
            metric, heading = module.COLUMNS[0]
            size = (8, 0.8 + 0.26 * len(groups))
            found[f"accuracy-{part}"] = draw_svg(
                size,
                lambda figure, g=groups, m=metric, h=heading: _draw(figure, g, m, h),
                "surmax accuracy",
            )
    return found


def _draw(figure: Any, groups: Sequence[Sequence[Record]], metric: str, heading: str) -> None:
    axes = figure.subplots()
    shown = [(records, over_seeds(records, metric)) for records in groups]
    shown = [(records, mean) for records, mean in shown if mean is not None]
    values = [mean.value for _, mean in shown]
    for at, (records, mean) in enumerate(shown):
        colour = _BLUE if records[0].exact else _GREY
        axes.errorbar(mean.value, at, xerr=mean.error, fmt="o", color=colour, markersize=4)
    axes.set_yticks(range(len(shown)), [records[0].title for records, _ in shown])
    axes.invert_yaxis()
    if max(values) > 4 * min(values) > 0:
        axes.set_xscale("log")
    axes.set_xlabel(f"{heading} (blue: through the integers of the hardware)")


def _by_arm(document: Mapping[str, Any], part: str) -> list[list[Record]]:
    """Return the part's records, arm by arm in the order of the document."""
    groups: dict[str, list[Record]] = {}
    for one in document["records"]:
        if one["part"] == part:
            groups.setdefault(one["name"], []).append(Record(**one))
    return list(groups.values())


def _span(least: int, most: int) -> str:
    return str(most) if least == most else f"{least} to {most}"


def _contrast(
    records: Sequence[Record], by_name: Mapping[str, Sequence[Record]], contrast: Contrast
) -> str:
    control = contrast.control(records[0].name)
    if control == records[0].name:
        return ""
    mean = paired(records, by_name.get(control, ()), contrast)
    if mean is None:
        return ""
    return f"{mean.value:+.2f}" + ("" if mean.error is None else f" ± {mean.error:.2f}")


def _cell(records: Sequence[Record], metric: str) -> str:
    mean = over_seeds(records, metric)
    if mean is None:
        return ""
    text = f"{mean.value:#.4g}"
    return text if mean.error is None else f"{text} ± {mean.error:.1g}"
