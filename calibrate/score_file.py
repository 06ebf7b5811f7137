# SPDX-License-Identifier: Apache-2.0
"""Attention scores of heads in an .npz file: what calibration reads, of any model.

Arrays, with N the positions of a row (N may be left out where all rows are of one length):

    scoresN    (heads, rows, N)   int8 codes, or real scores (float) that are quantised here
    scale      (heads,)           real score units a code; real scores may come without
    maskN      (rows, N) or (heads, rows, N), bool: True where a position is masked
    validN     (rows,) or (heads, rows), in place of a mask: positions from the first that count
    weightsN   (rows, N) or (heads, rows, N): what a position's error counts, 0 or more
    layer, head  (heads,)         places in the network; without: layer 0, heads from 0
    about      text               JSON object: where the scores are from

Only `scores` is needed, and `scale` where they are codes. A row that is masked everywhere is left
out. Real scores are QK^T/sqrt(d), before the mask.
"""

import json
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.calibrate.scores import BoolArray, HeadScores, ScoreRows, make_head, seen_rows
from surmax.golden import InputError, check_range

FORMAT = "surmax-scores"
_KINDS = ("scores", "mask", "valid", "weights")
_NAME = re.compile(rf"({'|'.join(_KINDS)})(\d*)")
_PLAIN = ("scale", "layer", "head", "about")
MOST_POSITIONS = 4096


@dataclass(frozen=True)
class ScoreFile:
    """What a file of scores holds: its heads in file order, and where they are from."""

    heads: tuple[HeadScores, ...]
    about: Mapping[str, Any]

    def of_lengths(self, lengths: Sequence[int]) -> "ScoreFile":
        """Return the rows of these lengths only; raises InputError for one that is not there."""
        there = sorted({rows.length for one in self.heads for rows in one.rows})
        for length in lengths:
            if length not in there:
                raise InputError(
                    f"length is {length}: rows of {', '.join(map(str, there))} are in the scores"
                )
        heads = (
            replace(one, rows=tuple(rows for rows in one.rows if rows.length in lengths))
            for one in self.heads
        )
        return ScoreFile(tuple(heads), self.about)

    def of_layers(self, layers: Sequence[int]) -> "ScoreFile":
        """Return the heads of these layers only; raises InputError for one that is not there."""
        there = sorted({one.layer for one in self.heads})
        for layer in layers:
            if layer not in there:
                raise InputError(
                    f"layer is {layer}: heads of layers {', '.join(map(str, there))} are in the "
                    "scores"
                )
        return ScoreFile(tuple(one for one in self.heads if one.layer in layers), self.about)

    def some_rows(self, count: int, seed: int) -> "ScoreFile":
        """Return at most `count` rows of each length, the same seeded choice for all heads."""
        check_range("rows", count, 1, 1 << 24)
        picked: dict[tuple[int, int], npt.NDArray[np.int64]] = {}

        def pick(rows: ScoreRows) -> ScoreRows:
            if len(rows) <= count:
                return rows
            key = rows.length, len(rows)
            if key not in picked:
                rng = np.random.default_rng((seed, *key))
                picked[key] = np.sort(rng.permutation(len(rows))[:count])
            return rows[picked[key]]

        heads = (replace(one, rows=tuple(map(pick, one.rows))) for one in self.heads)
        return ScoreFile(tuple(heads), self.about)


def save_scores(
    path: Path,
    scores: Mapping[int, npt.ArrayLike],
    *,
    scale: npt.ArrayLike | None = None,
    places: Sequence[tuple[int, int]] | None = None,
    masks: Mapping[int, npt.ArrayLike] | None = None,
    weights: Mapping[int, npt.ArrayLike] | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a file of scores, all of it or nothing.

    Args:
        path: of the file.
        scores: by row length, (heads, rows, length), int8 or float.
        scale: (heads,); float scores may do without.
        places: layer and head of each.
        masks: by row length, (rows, length) or (heads, rows, length), True is masked.
        weights: by row length, of such a shape.
        about: JSON-ready.

    Raises InputError when load_scores would.
    """
    arrays = {f"scores{length}": np.asarray(one) for length, one in scores.items()}
    for length, one in (masks or {}).items():
        mask = np.asarray(one, dtype=bool)
        valid = np.count_nonzero(~mask, axis=-1)
        # What is masked from some position on takes a number a row.
        if np.array_equal(mask, np.arange(length) >= valid[..., None]):
            arrays[f"valid{length}"] = valid.astype(np.uint16)
        else:
            arrays[f"mask{length}"] = mask
    for length, one in (weights or {}).items():
        arrays[f"weights{length}"] = np.asarray(one, dtype=np.float32)
    if scale is not None:
        arrays["scale"] = np.asarray(scale, dtype=np.float64)
    if places is not None:
        arrays["layer"], arrays["head"] = np.array(places, dtype=np.int64).reshape(-1, 2).T
    arrays["about"] = np.array(json.dumps({"format": FORMAT} | dict(about or {})))
    _parse(arrays)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(partial, path)


def load_scores(path: Path) -> ScoreFile:
    """Read and check a file of scores.

    Raises InputError, one line that names the file, the array and what is needed.
    """
    try:
        file = np.load(path, allow_pickle=False)
        if not isinstance(file, np.lib.npyio.NpzFile):
            raise InputError("it is one array: an .npz file is needed")
        with file:
            return _parse({name: file[name] for name in file.files})
    except InputError as error:
        raise InputError(f"scores {path}: {error}") from None
    except OSError as error:
        raise InputError(f"scores {path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"scores {path} are no .npz file: {error}") from None


def _parse(arrays: Mapping[str, npt.NDArray[Any]]) -> ScoreFile:
    by_length: dict[int, dict[str, npt.NDArray[Any]]] = {}
    for name, array in arrays.items():
        match = _NAME.fullmatch(name)
        if match:
            suffix = int(match[2] or 0)
            by_length.setdefault(suffix, {})[match[1]] = array
        elif name not in _PLAIN:
            allowed = ", ".join((*_KINDS, *_PLAIN))
            raise InputError(f"unknown array {name!r}: one of {allowed} is allowed")
    if not any("scores" in group for group in by_length.values()):
        raise InputError("array scores is missing")
    counts = {group["scores"].shape[0] for group in by_length.values() if "scores" in group}
    if len(counts) != 1:
        raise InputError(f"scores are of {' and '.join(map(str, sorted(counts)))} heads")
    (heads,) = counts
    rows = [_rows_of(suffix, group, heads) for suffix, group in sorted(by_length.items())]
    lengths = [one[0].length for one in rows]
    if len(set(lengths)) != len(lengths):
        raise InputError(f"rows of {max(lengths, key=lengths.count)} positions come twice")
    places = _places(arrays, heads)
    scales = _scales(arrays, heads)
    found = []
    for index, (layer, head) in enumerate(places):
        own = tuple(one[index] for one in rows)
        try:
            found.append(make_head(layer, head, own, None if scales is None else scales[index]))
        except InputError as error:
            raise InputError(f"layer {layer} head {head}: {error}") from None
    return ScoreFile(tuple(found), _about(arrays))


def _rows_of(suffix: int, group: Mapping[str, npt.NDArray[Any]], heads: int) -> list[ScoreRows]:
    """Return the rows of every head of one length."""
    end = str(suffix or "")
    if "scores" not in group:
        raise InputError(f"array {next(iter(group))}{end} comes without scores{end}")
    scores = group["scores"]
    if scores.ndim != 3 or 0 in scores.shape:
        raise InputError(f"scores{end} have shape {scores.shape}: (heads, rows, length) is needed")
    real = scores.dtype.kind == "f"
    if scores.dtype != np.int8 and not real:
        raise InputError(f"scores{end} have dtype {scores.dtype}: int8 or float is needed")
    length = scores.shape[2]
    if suffix not in (0, length):
        raise InputError(f"scores{end} have rows of {length} positions")
    check_range(f"positions of scores{end}", length, 1, MOST_POSITIONS)
    if real and not np.isfinite(scores).all():
        raise InputError(f"scores{end} hold a number that is not finite: give a mask in its place")
    mask = _mask_of(end, group, scores.shape)
    weights = None
    if "weights" in group:
        weights = _spread(f"weights{end}", group["weights"], scores.shape)
        if weights.dtype.kind != "f" or not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise InputError(f"weights{end} hold something that is no number from 0 up")
    found = []
    for index in range(heads):
        one = ScoreRows(
            np.zeros(scores.shape[1:], np.int8) if real else scores[index],
            None if mask is None else mask[index],
            None if weights is None else weights[index],
            scores[index].astype(np.float32) if real else None,
        )
        found.append(seen_rows(one))
    return found


def _mask_of(
    end: str, group: Mapping[str, npt.NDArray[Any]], shape: tuple[int, ...]
) -> BoolArray | None:
    if "mask" in group and "valid" in group:
        raise InputError(f"mask{end} and valid{end} are both there: one says it all")
    if "mask" in group:
        if group["mask"].dtype != np.bool_:
            raise InputError(f"mask{end} has dtype {group['mask'].dtype}: bool is needed")
        return _spread(f"mask{end}", group["mask"], shape)
    if "valid" not in group:
        return None
    valid = group["valid"]
    if valid.dtype.kind not in "iu" or valid.min() < 0 or valid.max() > shape[2]:
        raise InputError(f"valid{end} holds something else than integers from 0 to {shape[2]}")
    return _spread(f"valid{end}", np.arange(shape[2]) >= valid[..., None], shape)


def _spread(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    if array.shape not in (shape, shape[1:]):
        raise InputError(f"{name} is for shape {array.shape}: {shape} or {shape[1:]} is needed")
    return np.broadcast_to(array, shape)


def _places(arrays: Mapping[str, npt.NDArray[Any]], heads: int) -> list[tuple[int, int]]:
    columns = []
    for name, default in (("layer", np.zeros(heads, int)), ("head", np.arange(heads))):
        column = arrays.get(name, default)
        if column.shape != (heads,) or column.dtype.kind not in "iu":
            raise InputError(f"{name} is no list of {heads} integers")
        columns.append([check_range(name, int(one), 0, 65535) for one in column])
    places = list(zip(*columns, strict=True))
    for place in places:
        if places.count(place) > 1:
            raise InputError(f"layer {place[0]} head {place[1]} comes twice")
    return places


def _scales(arrays: Mapping[str, npt.NDArray[Any]], heads: int) -> list[float] | None:
    if "scale" not in arrays:
        if any(one.dtype == np.int8 for name, one in arrays.items() if name.startswith("scores")):
            raise InputError("array scale is missing: int8 scores need it")
        return None
    scale = arrays["scale"]
    if scale.shape != (heads,) or scale.dtype.kind != "f":
        raise InputError(f"scale has shape {scale.shape}, {scale.dtype}: {heads} floats are needed")
    return [float(one) for one in scale]


def _about(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    if "about" not in arrays:
        return {}
    text = arrays["about"]
    content = text.tobytes().decode(errors="replace") if text.dtype == np.uint8 else str(text)
    try:
        about = json.loads(content)
    except ValueError as error:
        raise InputError(f"about is no JSON: {error}") from None
    if not isinstance(about, dict):
        raise InputError(f"about is {type(about).__name__}: an object is needed")
    return about
