# SPDX-License-Identifier: Apache-2.0
"""The report as Markdown."""

from surmax.console import markdown_table
from surmax.pages.prose import fill
from surmax.pages.report.tables import Section

TITLE = "What it costs: ConSmax, HCCS and two softmax baselines"


def markdown_report(sections: list[Section], command: str) -> str:
    """Return the report as one page of Markdown; `command` is what made it."""
    parts = [f"<!-- made by: {command} -->\n# {TITLE}"]
    for one in sections:
        parts.append(f"## {one.title}")
        parts += [fill(line) for line in one.text]
        if one.rows:
            rows = [[cell.replace("|", "\\|") for cell in row] for row in one.rows]
            columns = [name.replace("|", "\\|") for name in one.columns]
            parts.append(markdown_table(columns, rows))
    return "\n\n".join(parts) + "\n"
