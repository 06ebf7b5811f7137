# SPDX-License-Identifier: Apache-2.0
"""Score file: attention scores of the heads of a model as .npz, the input of calibration.

N is the number of positions of a row; it may be left out where all rows have the same length.

    scoresN    (heads, rows, N)   int8 codes, or real scores (float), which are quantised here
    scale      (heads,)           real score units a code; may be absent for real scores
    maskN      (rows, N) or (heads, rows, N), bool: True where a position is masked
    validN     (rows,) or (heads, rows), in place of a mask: number of positions, from the first
               on, that are not masked
    weightsN   (rows, N) or (heads, rows, N): weight of the error of a position, 0 or more
    layer, head  (heads,)         places in the network; default: layer 0, heads from 0
    about      text               JSON object: where the scores come from

Only `scores` is required, and `scale` for codes. A row that is masked everywhere is left out. Real
scores are QK^T/sqrt(d) before the mask.
"""

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from surmax.calibrate.scores import BoolArray, HeadScores, ScoreRows, make_head, seen_rows
from surmax.common.arrays import read_arrays
from surmax.common.errors import InputError, check_range, shown, shown_path
from surmax.common.reading import decoded, parse_json
from surmax.common.writing import write_whole
from surmax.golden.checks import number_array

FORMAT = "surmax-scores"
_KINDS = ("scores", "mask", "valid", "weights")
_NAME = re.compile(rf"({'|'.join(_KINDS)})([1-9][0-9]{{0,4}})?")
_PLAIN = ("scale", "layer", "head", "about")
MOST_POSITIONS = 4096
MOST_HEADS = 65536
# Largest real score of a position that counts; those of masked positions may be beyond it.
LARGEST_SCORE = 1e9
LARGEST_WEIGHT = 1e9


@dataclass(frozen=True)
class ScoreFile:
    """Content of a score file: its heads in file order, and `about`, where they come from."""

    heads: tuple[HeadScores, ...]
    about: Mapping[str, Any]

    def of_lengths(self, lengths: Sequence[int]) -> "ScoreFile":
        """Return the rows of these lengths only. Raises InputError for a length without rows."""
        there = sorted({rows.length for head in self.heads for rows in head.rows})
        for length in lengths:
            if length not in there:
                known = ", ".join(map(str, there))
                raise InputError(f"length must be one that the scores have, {known}, not {length}")
        heads = (
            replace(head, rows=tuple(rows for rows in head.rows if rows.length in lengths))
            for head in self.heads
        )
        return ScoreFile(tuple(heads), self.about)

    def of_layers(self, layers: Sequence[int]) -> "ScoreFile":
        """Return the heads of these layers only. Raises InputError for a layer without heads."""
        there = sorted({head.layer for head in self.heads})
        for layer in layers:
            if layer not in there:
                known = ", ".join(map(str, there))
                raise InputError(f"layer must be one that the scores have, {known}, not {layer}")
        return ScoreFile(tuple(head for head in self.heads if head.layer in layers), self.about)

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

        heads = (replace(head, rows=tuple(map(pick, head.rows))) for head in self.heads)
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
    """Write a score file, as a whole or not at all.

    Args:
        path: the file.
        scores: by row length, (heads, rows, length), int8 or float.
        scale: (heads,), real score units a code; None for float scores lets load_scores choose it.
        places: (layer, head) of each head; None is layer 0 and heads from 0.
        masks: by row length, (rows, length) or (heads, rows, length), True is masked.
        weights: by row length, of the same shapes, 0 or more.
        about: JSON-ready fields that say where the scores come from.

    Raises:
        InputError: load_scores would refuse the file.
    """
    arrays = {f"scores{n}": number_array(f"scores{n}", one, "iuf") for n, one in scores.items()}
    for length, array in (masks or {}).items():
        mask = number_array(f"mask{length}", array, "biu").astype(bool)
        valid = np.count_nonzero(~mask, axis=-1)
        # A mask of all positions behind some point is stored as one number for each row.
        if np.array_equal(mask, np.arange(length) >= valid[..., None]):
            arrays[f"valid{length}"] = valid.astype(np.uint16)
        else:
            arrays[f"mask{length}"] = mask
    for length, array in (weights or {}).items():
        with np.errstate(over="ignore"):
            weight = number_array(f"weights{length}", array, "iuf")
            arrays[f"weights{length}"] = weight.astype(np.float32)
    if scale is not None:
        arrays["scale"] = number_array("scale", scale, "iuf").astype(np.float64)
    if places is not None:
        arrays["layer"], arrays["head"] = np.array(places, dtype=np.int64).reshape(-1, 2).T
    try:
        arrays["about"] = np.array(
            json.dumps({"format": FORMAT} | dict(about or {}), allow_nan=False)
        )
    except (TypeError, ValueError, RecursionError):
        raise InputError(f"about must be JSON values, not {shown(about)}") from None
    _parse(arrays)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    write_whole(path, content.getvalue())


def load_scores(path: Path) -> ScoreFile:
    """Read and check a score file.

    Raises InputError, one line that names the file, the array and what must hold.
    """
    arrays = read_arrays(Path(path), "scores")
    try:
        return _parse(arrays)
    except InputError as error:
        raise InputError(f"scores {shown_path(path)}: {error}") from None


def _parse(arrays: Mapping[str, npt.NDArray[Any]]) -> ScoreFile:
    by_length: dict[int, dict[str, npt.NDArray[Any]]] = {}
    for name, array in arrays.items():
        match = _NAME.fullmatch(name)
        if match:
            suffix = int(match[2] or 0)
            by_length.setdefault(suffix, {})[match[1]] = array
        elif name not in _PLAIN:
            allowed = ", ".join((*_KINDS, *_PLAIN))
            raise InputError(f"array must be one of {allowed}, not {shown(name)}")
    if not any("scores" in group for group in by_length.values()):
        raise InputError("array scores must be there")
    for suffix, group in by_length.items():
        _check_shape(suffix, group)
    counts = {group["scores"].shape[0] for group in by_length.values()}
    if len(counts) != 1:
        found = " and ".join(map(str, sorted(counts)))
        raise InputError(f"scores of all lengths must have the same number of heads, not {found}")
    (heads,) = counts
    rows = [_rows_of(suffix, group, heads) for suffix, group in sorted(by_length.items())]
    lengths = [heads_rows[0].length for heads_rows in rows]
    if len(set(lengths)) != len(lengths):
        twice = max(lengths, key=lengths.count)
        raise InputError(f"rows of {twice} positions must be in one array only")
    places = _places(arrays, heads)
    scales = _scales(arrays, heads)
    made = []
    for index, (layer, head) in enumerate(places):
        own = tuple(heads_rows[index] for heads_rows in rows)
        try:
            made.append(make_head(layer, head, own, None if scales is None else scales[index]))
        except InputError as error:
            raise InputError(f"layer {layer} head {head}: {error}") from None
    return ScoreFile(tuple(made), _about(arrays))


def _rows_of(suffix: int, group: Mapping[str, npt.NDArray[Any]], heads: int) -> list[ScoreRows]:
    """Return the rows of one length, a ScoreRows for each head.

    `suffix` is the N of the arrays' names, 0 where it is left out.
    """
    end = str(suffix or "")
    scores = group["scores"]
    real = scores.dtype.kind == "f"
    mask = _mask_of(end, group, scores.shape)
    if real:
        _check_real(f"scores{end}", scores, mask)
    weights = _weights_of(end, group, mask)
    of_heads = []
    for index in range(heads):
        rows = ScoreRows(
            np.zeros(scores.shape[1:], np.int8) if real else scores[index],
            None if mask is None else mask[index],
            None if weights is None else weights[index],
            scores[index].astype(np.float32) if real else None,
        )
        of_heads.append(seen_rows(rows))
    return of_heads


def _check_shape(suffix: int, group: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise InputError unless the scores of one length are there, in their shape and type."""
    end = str(suffix or "")
    if "scores" not in group:
        raise InputError(f"array {next(iter(group))}{end} must come with scores{end}")
    scores = group["scores"]
    if scores.ndim != 3 or 0 in scores.shape:
        raise InputError(f"scores{end} must have shape (heads, rows, length), not {scores.shape}")
    if scores.dtype != np.int8 and scores.dtype.kind != "f":
        raise InputError(f"scores{end} must be int8 or float, not {scores.dtype}")
    heads, _, length = scores.shape
    check_range(f"heads of scores{end}", heads, 1, MOST_HEADS)
    if suffix not in (0, length):
        raise InputError(f"scores{end} must have rows of {suffix} positions, not {length}")
    check_range(f"positions of scores{end}", length, 1, MOST_POSITIONS)


def _check_real(name: str, scores: npt.NDArray[Any], mask: BoolArray | None) -> None:
    """Raise InputError, naming the first score that is not finite or too large to count."""
    if not np.isfinite(scores).all():
        at = _first(~np.isfinite(scores))
        raise InputError(
            f"{name} must be finite: give a mask in place of other numbers, not {scores[at]:g} "
            f"(head, row, position {', '.join(map(str, at))})"
        )
    # NumPy's scalars keep float16 scores from being compared with a limit that float16 has not.
    size, most = np.abs(scores), np.float64(np.finfo(np.float32).max)
    wrong = size > (most if mask is not None else np.float64(LARGEST_SCORE))
    if mask is not None:
        wrong |= (size > np.float64(LARGEST_SCORE)) & ~mask
    if wrong.any():
        at = _first(wrong)
        raise InputError(
            f"{name} must be {-LARGEST_SCORE:g} to {LARGEST_SCORE:g}, not {scores[at]:g} "
            f"(head, row, position {', '.join(map(str, at))})"
        )


def _first(wrong: BoolArray) -> tuple[int, ...]:
    """Return the place of the first True."""
    return tuple(int(index) for index in np.unravel_index(int(wrong.argmax()), wrong.shape))


def _weights_of(
    end: str, group: Mapping[str, npt.NDArray[Any]], mask: BoolArray | None
) -> npt.NDArray[Any] | None:
    """Return the weights of one length; raises InputError where those of a head are all 0."""
    if "weights" not in group:
        return None
    name, shape = f"weights{end}", group["scores"].shape
    weights = _spread(name, group["weights"], shape)
    if (
        weights.dtype.kind != "f"
        or not ((weights >= 0) & (weights <= np.float64(LARGEST_WEIGHT))).all()
    ):
        raise InputError(f"{name} must be finite numbers from 0 up, at most {LARGEST_WEIGHT:g}")
    for index in range(shape[0]):
        seen = weights[index] if mask is None else weights[index][~mask[index]]
        if seen.size and not seen.any():
            raise InputError(f"{name} must not all be 0, as those of head {index} are")
    return weights


def _mask_of(
    end: str, group: Mapping[str, npt.NDArray[Any]], shape: tuple[int, ...]
) -> BoolArray | None:
    if "mask" in group and "valid" in group:
        raise InputError(f"mask{end} and valid{end} must not both be there")
    if "mask" in group:
        if group["mask"].dtype != np.bool_:
            raise InputError(f"mask{end} must be bool, not {group['mask'].dtype}")
        return _spread(f"mask{end}", group["mask"], shape)
    if "valid" not in group:
        return None
    valid = group["valid"]
    if valid.shape not in (shape[:2], shape[1:2]):
        raise InputError(
            f"valid{end} must have shape {shape[:2]} or {shape[1:2]}, not {valid.shape}"
        )
    if valid.dtype.kind not in "iu" or valid.min() < 0 or valid.max() > shape[2]:
        raise InputError(f"valid{end} must be integers from 0 to {shape[2]}")
    return _spread(f"valid{end}", np.arange(shape[2]) >= valid[..., None], shape)


def _spread(name: str, array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    if array.shape not in (shape, shape[1:]):
        raise InputError(f"{name} must be for shape {shape} or {shape[1:]}, not {array.shape}")
    return np.broadcast_to(array, shape)


def _places(arrays: Mapping[str, npt.NDArray[Any]], heads: int) -> list[tuple[int, int]]:
    columns = []
    for name, default in (("layer", np.zeros(heads, int)), ("head", np.arange(heads))):
        column = arrays.get(name, default)
        if column.shape != (heads,) or column.dtype.kind not in "iu":
            raise InputError(f"{name} must be a list of {heads} integers")
        columns.append([check_range(name, int(number), 0, 65535) for number in column])
    places = list(zip(*columns, strict=True))
    seen = set()
    for place in places:
        if place in seen:
            raise InputError(f"layer {place[0]} head {place[1]} must be there once only")
        seen.add(place)
    return places


def _scales(arrays: Mapping[str, npt.NDArray[Any]], heads: int) -> list[float] | None:
    if "scale" not in arrays:
        scores = (array for name, array in arrays.items() if name.startswith("scores"))
        if any(array.dtype == np.int8 for array in scores):
            raise InputError("array scale must be there for int8 scores")
        return None
    scale = arrays["scale"]
    if scale.shape != (heads,) or scale.dtype.kind != "f":
        raise InputError(f"scale must be {heads} floats, not {scale.dtype} of shape {scale.shape}")
    return [float(number) for number in scale]


def _about(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    if "about" not in arrays:
        return {}
    text = arrays["about"]
    if text.dtype == np.uint8:
        content = decoded(text.tobytes(), "about")
    elif text.ndim == 0 and text.dtype.kind == "U":
        content = str(text)
    else:
        raise InputError(f"about must be one text, not {text.dtype} of shape {text.shape}")
    about = parse_json(content, "about")
    if not isinstance(about, dict):
        raise InputError(f"about must be an object, not {type(about).__name__}")
    return about
