# SPDX-License-Identifier: Apache-2.0
"""The report as one HTML file that needs nothing else: no script, no style or picture outside."""

import re
from collections.abc import Mapping
from html import escape

from surmax.pages.report.tables import Section
from surmax.pages.report.text import TITLE

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
p { max-width: 50rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.2rem 0.7rem; text-align: left; border-bottom: 1px solid #e3e3e3; }
th { border-bottom: 2px solid #999; vertical-align: bottom; }
td.number { text-align: right; white-space: nowrap; }
tr:hover td { background: #f4f8fc; }
figure { margin: 1.5rem 0; } figcaption { font-weight: 600; font-size: 0.9rem; }
svg { max-width: 100%; height: auto; }
nav a { margin-right: 1rem; }
"""
_NUMBER = re.compile(r"-?[\d .]+(e[-+]?\d+)?( [(/].*)?$")


def html_report(sections: list[Section], drawings: Mapping[str, str], command: str) -> str:
    """Return the whole page; `drawings` are SVG texts by title, `command` is what made it."""
    links = [(f"s{number}", one.title) for number, one in enumerate(sections)]
    if drawings:
        links.insert(1, ("drawings", "Drawings"))
    body = [f"<h1>{escape(TITLE)}</h1>", "<nav>"]
    body += [f'<a href="#{name}">{escape(title)}</a>' for name, title in links]
    body.append("</nav>")
    for number, one in enumerate(sections):
        body.append(_section(f"s{number}", one))
        if number == 0 and drawings:
            body.append('<h2 id="drawings">Drawings</h2>')
            body += [_figure(title, text) for title, text in drawings.items()]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="{escape(command)}">\n'
        f"<title>{escape(TITLE)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _section(name: str, one: Section) -> str:
    lines = [f'<h2 id="{name}">{escape(one.title)}</h2>']
    lines += [f"<p>{_text(text)}</p>" for text in one.text]
    if one.rows:
        head = "".join(f"<th>{escape(title)}</th>" for title in one.columns)
        lines += ['<div class="wide"><table>', f"<thead><tr>{head}</tr></thead>", "<tbody>"]
        lines += [f"<tr>{''.join(map(_cell, row))}</tr>" for row in one.rows]
        lines.append("</tbody></table></div>")
    return "\n".join(lines)


def _cell(text: str) -> str:
    kind = ' class="number"' if _NUMBER.match(text) else ""
    return f"<td{kind}>{_text(text)}</td>"


def _text(text: str) -> str:
    """Escaped, with `code` as code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def _figure(title: str, svg: str) -> str:
    """A drawing without what only a file of its own needs."""
    return f"<figure><figcaption>{escape(title)}</figcaption>\n{svg[svg.index('<svg') :]}</figure>"
