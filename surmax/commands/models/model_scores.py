# SPDX-License-Identifier: Apache-2.0
"""Scores of models that are downloaded, collected once and kept in the build folder."""

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from surmax.common.digest import code_digest, digest_of
from surmax.common.extras import needs
from surmax.common.kept import keep_result, kept_result
from surmax.common.reading import read_text
from surmax.console import counter, say
from surmax.golden import check_choice, check_range
from surmax.options import BUILD

# Name on the command line: module and function that load the model and its tokenizer.
MODELS = {
    "minilm": ("surmax.train.models.bert", "load_minilm"),
    "smollm2": ("surmax.train.models.llama", "load_smollm2"),
}
SCORES = BUILD / "calibrate"
# Sections of the text that are joined; what is not needed of them is not read.
_SECTIONS = 1200


def model_scores(
    model: str,
    data: str,
    *,
    lengths: Sequence[int],
    rows: int,
    seed: int,
    real: bool,
    value_norms: bool,
) -> Path:
    """Return a file of scores of all heads of a model on whole windows of a text.

    The same request finds the file that is there, unless it was changed: NAME.json beside it has
    its checksum.

    Args:
        model: a key of MODELS.
        data: "wikipedia", sections in an order by `seed` without those that are kept for testing;
            or the path of a text file.
        lengths: tokens of the windows, of the same text each.
        rows: queries a head and length, rounded up to whole windows.
        seed: of the text.
        real: the scores themselves, in place of int8 codes.
        value_norms: |V| as weights beside them.

    Raises InputError when the extra `train` is missing, the text cannot be read or is too short.
    """
    check_choice("model", model, tuple(MODELS))
    for length in lengths:
        check_range("length", length, 4, 512)
    check_range("rows", rows, 1, 1 << 20)
    text = _text(data, seed)
    request = {
        "model": model,
        "data": data if data == "wikipedia" else Path(data).name,
        "seed": seed,
        "lengths": sorted(set(lengths)),
        "rows": rows,
        "real": real,
        "value_norms": value_norms,
    }
    code = code_digest(MODELS[model][0], "surmax.train.data.collect", prose=False)
    digest = digest_of(request, text, code)
    path = SCORES / f"{model}-{digest[:16]}.npz"
    note = path.with_suffix(".json")
    if kept_result(note, digest, say) is not None:
        say(f"scores: {path}")
        return path
    with needs("train"):
        from surmax.train.data.collect import collect, save_collected, text_windows

        module, function = MODELS[model]
        load: Callable[[], tuple[Any, Any]] = getattr(import_module(module), function)
        loaded, tokenizer = load()
    loaded.eval()
    collected = []
    for length in request["lengths"]:
        tokens = text_windows(tokenizer, text, length, -(-rows // length))
        say(f"{model}: {len(tokens)} windows of {length} tokens")
        show = counter("windows collected")
        collected.append(collect(loaded, tokens, value_norms=value_norms, progress=show))
    SCORES.mkdir(parents=True, exist_ok=True)
    save_collected(path, collected, real=real, about=request)
    keep_result(note, digest, request, beside=[path])
    say(f"scores: {path}")
    return path


def _text(data: str, seed: int) -> str:
    if data == "wikipedia":
        from surmax.train.data.text import read_wikipedia

        return "\n\n".join(read_wikipedia(seed).other[:_SECTIONS])
    return read_text(Path(data), "data (wikipedia or a text file)")
