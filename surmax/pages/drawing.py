# SPDX-License-Identifier: Apache-2.0
"""Drawings in one style, as SVG text."""

import io
from collections.abc import Callable
from typing import Any

from surmax.common.extras import needs

_STYLE = {
    "axes.edgecolor": "#555555",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "font.size": 9,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "svg.fonttype": "none",
    # Identifiers in the file from this, not from a random number: the same bytes each time.
    "svg.hashsalt": "surmax",
}


def need_matplotlib() -> None:
    """Raise MissingToolError when matplotlib is not installed."""
    with needs("report"):
        import matplotlib.figure  # noqa: F401


def draw_svg(size: tuple[float, float], draw: Callable[[Any], None], creator: str) -> str:
    """Return the SVG text of a matplotlib figure of `size` inches that `draw` fills.

    The same drawing gives the same bytes; `creator` is named in them. Raises InputError when
    matplotlib is not installed.
    """
    need_matplotlib()
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(matplotlib.rcParamsDefault):
        matplotlib.rcParams.update(_STYLE)
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": creator})
        return text.getvalue()


def log_scales(axes: Any) -> None:
    """Make both axes logarithmic, with a few plain numbers on them."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    axes.set(xscale="log", yscale="log")
    for axis, digits in ((axes.xaxis, (1, 2, 5)), (axes.yaxis, (1, 2, 3, 5, 7))):
        axis.set_major_locator(LogLocator(subs=digits))
        axis.set_major_formatter(FormatStrFormatter("%g"))
        axis.set_minor_formatter(NullFormatter())
