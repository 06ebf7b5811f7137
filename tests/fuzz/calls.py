# SPDX-License-Identifier: Apache-2.0
"""Draw calls of public functions and classes from their signatures.

Those that surmax.golden and surmax.rtl offer, with values of any kind, and those of calibration and
common that say they raise InputError, with values of the right kind: our own code calls them most.
"""

import dataclasses
import inspect
import pkgutil
import types
import typing
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import surmax.golden as golden
import surmax.rtl as rtl
from fuzz.hostile import array, file_name, number, scalar, text
from fuzz.rules import LONGEST
from fuzz.stubs import WorkBegins
from surmax.calibrate.scores import HeadScores, ScoreRows, make_head
from surmax.common.errors import SurmaxError, shown
from surmax.golden.units import unit_entry, unit_names

PACKAGES = ("surmax.calibrate", "surmax.common")
# Beside them what these offer, not what it is made of.
OFFERED = (golden, rtl)
_PLAIN = (int, float, str, bool, Path, object, Any)
_CODES = np.arange(-32, 32, dtype=np.int8).reshape(4, 16)


@dataclasses.dataclass(frozen=True)
class Call:
    """A public function or class, and the values that its parameters get."""

    name: str
    function: Callable[..., Any]
    parameters: Mapping[str, Any]  # name: annotation

    @property
    def users(self) -> list[str]:
        """The parameters that a user's values go into."""
        checks = self.function.__module__.startswith("surmax.common")
        given = [name for name, each in self.parameters.items() if _is_value(each)]
        return [name for name in given if not (checks and name in _OWN)]

    @property
    def open_to_all(self) -> bool:
        """Whether values of any kind are to be refused in one line."""
        return self.function.__module__.startswith(("surmax.golden", "surmax.rtl"))


def public_calls() -> list[Call]:
    """Return every public function and class of PACKAGES that values can be drawn for."""
    found: dict[str, Any] = {}
    for package in map(import_module, PACKAGES):
        modules = [package.__name__]
        modules += [one.name for one in pkgutil.walk_packages(package.__path__, f"{modules[0]}.")]
        # What a protocol names is given by our own code.
        for module in (import_module(one) for one in modules if "protocol" not in one):
            for name, one in vars(module).items():
                own = getattr(one, "__module__", "") == module.__name__
                if own and callable(one) and not name.startswith("_") and _promises(one):
                    found[f"{module.__name__}.{name}"] = one
    for package in OFFERED:
        found |= {f"{package.__name__}.{name}": vars(package)[name] for name in package.__all__}
    for kind, made in _objects().items():
        for name, one in inspect.getmembers(made, inspect.ismethod):
            if not name.startswith("_") and _promises(one):
                found[f"{kind.__name__}().{name}"] = one
    calls = (_described(name, one) for name, one in sorted(found.items()))
    return [call for call in calls if call is not None]


def _promises(one: Any) -> bool:
    return "InputError" in (one.__doc__ or "")


# Parameters that are no user's: a message's first words, bounds that our own code gives.
_OWN = {"name", "what", "low", "high", "allowed", "most", "mode", "layer"}


def _described(name: str, function: Callable[..., Any]) -> Call | None:
    if not callable(function) or (
        isinstance(function, type)
        and (issubclass(function, BaseException) or inspect.isabstract(function))
    ):
        return None
    try:
        signature = inspect.signature(function, eval_str=True)
    except (TypeError, ValueError, NameError):
        return None
    parameters = {
        one.name: one.annotation
        for one in signature.parameters.values()
        if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD, one.POSITIONAL_ONLY)
    }
    samples = Samples(Random(0), Path())
    if len(parameters) < len(signature.parameters) or not all(
        samples.has(each) for each in parameters.values()
    ):
        return None
    call = Call(name, function, parameters)
    return call if call.users else None


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return tuple(part for one in typing.get_args(annotation) for part in _parts(one))
    return (annotation,)


def _is_array(annotation: Any) -> bool:
    """Whether values of an annotation are arrays, or what NumPy makes arrays of."""
    holders = Mapping, dict, Sequence, list, tuple
    parts = (str(one) for one in _parts(annotation) if typing.get_origin(one) not in holders)
    return any(word in one for one in parts for word in ("ndarray", "_SupportsArray"))


def _is_value(annotation: Any) -> bool:
    """Whether an annotation is of a value that a user may get wrong, and no object of ours."""
    return _is_array(annotation) or any(one in _PLAIN for one in _parts(annotation))


class Samples:
    """Legal values by annotation."""

    def __init__(self, random: Random, folder: Path) -> None:
        self.random, self.folder = random, folder

    def has(self, annotation: Any) -> bool:
        """Whether there is a legal value for an annotation."""
        return _is_value(annotation) or any(
            self._made(one) is not None for one in _parts(annotation)
        )

    def legal(self, annotation: Any, name: str) -> Any:
        """Return a legal value, or one that is legal at other times."""
        if _is_array(annotation):
            return self.random.choice((_CODES, _CODES[0], _CODES.astype(float)))
        chosen = self.random.choice([one for one in _parts(annotation) if self.has(one)])
        if chosen is type(None):
            return None
        if chosen in (object, Any):
            return self.random.choice((8, 0.5, "div"))
        if chosen is bool:
            return self.random.random() < 0.5
        if chosen is int:
            return self.random.choice((0, 1, 2, 8, 15, 16, 64, 256))
        if chosen is float:
            return self.random.choice((0.05, 1.0, 9.4))
        if chosen is str:
            return self.random.choice(("div", "floor", "u8", "hccs", "consmax", "head", "small"))
        if chosen is Path:
            return self.folder / "made"
        return self._made(chosen)

    def hostile(self, annotation: Any, *, any_kind: bool) -> Any:
        """Return a bad value in place of one, of any kind or of the kind that is wanted."""
        if Path in _parts(annotation):
            return self.folder / self.random.choice((file_name(self.random), "", "a\0b", "x/y"))
        if _is_array(annotation) and (not any_kind or self.random.random() < 0.7):
            return array(self.random)
        if any_kind:
            return scalar(self.random)
        return text(self.random) if str in _parts(annotation) else number(self.random)

    def _made(self, kind: Any) -> Any:
        origin = typing.get_origin(kind)
        if kind is type(None):
            return True  # there is one: None
        if origin in (Sequence, list, tuple):
            inner = [one for one in typing.get_args(kind) if one is not Ellipsis]
            if not all(map(self.has, inner)):
                return None
            values = [self.legal(one, "") for one in inner]
            return tuple(values) if origin is tuple else values
        if origin in (Mapping, dict) and typing.get_args(kind)[0] in (int, str):
            key, value = typing.get_args(kind)
            return {self.legal(key, ""): self.legal(value, "")} if self.has(value) else None
        return _objects().get(kind)


_OBJECTS: dict[Any, Any] = {}


def _objects() -> dict[Any, Any]:
    if not _OBJECTS:
        for unit in unit_names():
            for config in unit_entry("golden", unit).presets.values():
                _OBJECTS.setdefault(type(config), config)
        rows = ScoreRows(_CODES, None, None, None)
        small = golden.consmax_preset("small")
        made = (
            golden.HccsConstants(500, 7, 60),
            golden.SoftmaxConstants(1000),
            golden.solve_tables(small, scale=0.05, beta=1.0, gamma=5.0),
            rows,
            make_head(0, 0, (rows,), 0.05),
        )
        _OBJECTS.update({type(one): one for one in made})
        _OBJECTS[golden.HccsHead] = golden.HccsHead(0, 0, 0.05, made[0])
        _OBJECTS[golden.ConsmaxHead] = golden.ConsmaxHead(0, 0, made[2])
        assert HeadScores in _OBJECTS
    return _OBJECTS


def draw_values(random: Random, call: Call, folder: Path) -> dict[str, Any]:
    """Draw legal values for a call, one or two of them hostile."""
    samples = Samples(random, folder)
    values = {name: samples.legal(annotation, name) for name, annotation in call.parameters.items()}
    names = call.users
    for name in random.sample(names, min(len(names), random.choice((1, 1, 2)))):
        values[name] = samples.hostile(call.parameters[name], any_kind=call.open_to_all)
    return values


def trouble_of(call: Call, values: Mapping[str, Any]) -> str | None:
    """Call it; return what is wrong, None where it returns or refuses in one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = call.function(**values)
            if inspect.isgenerator(result):
                next(result, None)
        except WorkBegins:
            return None
        except SurmaxError as error:
            message = str(error)
            if len(message) > LONGEST or "\n" in message:
                return f"message must be one line of at most {LONGEST}: {message[:400]!r}"
        except Exception as error:
            last = error.__traceback__
            while last is not None and last.tb_next is not None:
                last = last.tb_next
            place = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}"
            kind, text = type(error).__name__, str(error)[:200]
            return f"must return or raise InputError, not {kind} at {place}: {text}"
    return None


def written(values: Mapping[str, Any]) -> str:
    """Return the values of a call for a message."""
    return ", ".join(f"{name}={shown(value)}" for name, value in values.items())
