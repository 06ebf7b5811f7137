# SPDX-License-Identifier: Apache-2.0
"""Description of a unit for the command line: help, options, and how they make a build.

An entry module (surmax.units.UNIT.entry) imports the golden layer only; hardware is imported when a
build is asked for. So `surmax calibrate` and `surmax solve` need nothing but NumPy.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from surmax.lazy_group import Listed
from surmax.options import Command

if TYPE_CHECKING:
    from surmax.calibrate.plan import Plan, Result
    from surmax.calibrate.scores import ScoreRows
    from surmax.rtl import Build


@dataclass(frozen=True)
class ConfigOption:
    """One field of a unit's configuration as an option of the command line.

    Attributes:
        field: name of the field.
        type: its values; click shows them in the help and completes them.
        text: its help.
    """

    field: str
    type: click.ParamType
    text: str

    @property
    def flag(self) -> str:
        """Return the option's name: that of the field, but --format for the format of a code."""
        return "--format" if self.field == "output" else f"--{self.field.replace('_', '-')}"


@dataclass(frozen=True)
class CalibrationOption:
    """An option of `surmax calibrate` that one unit has.

    Attributes:
        name: name of its value; the flag is the same with dashes.
        text: its help.
        default: its value where it is not given.
        type: its values; None for a switch.
    """

    name: str
    text: str
    default: Any = False
    type: click.ParamType | None = None

    @property
    def flag(self) -> str:
        """Return the option's name."""
        return f"--{self.name.replace('_', '-')}"


@dataclass(frozen=True)
class UnitCalibrationCommand:
    """One unit in `surmax calibrate`.

    Attributes:
        title: name of the unit in drawings.
        columns: of the table: field of a result, heading, format.
        options: options that only this unit has.
        plan: (config, length, values) -> what is to be done, and a description of it, JSON-ready;
            `values` are those of `options`, `length` is the longest row in positions.
        probabilities: (plan, result, rows) -> the unit's codes on score rows over full scale.
    """

    title: str
    columns: tuple[tuple[str, str, str], ...]
    options: tuple[CalibrationOption, ...]
    plan: "Callable[[Any, int, dict[str, Any]], tuple[Plan, dict[str, Any]]]"
    probabilities: "Callable[[Any, Result, ScoreRows], Any]"


@dataclass(frozen=True)
class UnitCommand:
    """One unit on the command line.

    Attributes:
        text: what it computes, one line of help.
        options: adds the options of its build to a command.
        take: take(options, adders=...) removes them from a dictionary and returns the build;
            `adders` is the kind where --adders is not given.
        flow: rows of `surmax flow`: preset and lanes of each.
        exactness: config -> counts of codes that are not correctly rounded (see
            surmax.golden.wrong_codes), None for a unit that claims no correct rounding.
        config_options: options of its configuration, for commands that need no build.
        calibration: MODULE:NAME of its UnitCalibrationCommand; None for a unit without one.
        commands: commands that it has below `surmax solve` and `surmax explore`, by these names.
    """

    text: str
    options: Callable[[Command], Command]
    take: "Callable[..., Build]"
    flow: tuple[tuple[str, int], ...] = ()
    exactness: Callable[[Any], dict[str, int]] | None = None
    config_options: tuple[ConfigOption, ...] = ()
    calibration: str | None = None
    commands: Mapping[str, Listed] = field(default_factory=dict)
