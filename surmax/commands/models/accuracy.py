# SPDX-License-Identifier: Apache-2.0
"""`surmax accuracy`: what the units do to real models, on real text."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from surmax.common.errors import shown
from surmax.common.extras import needs
from surmax.common.writing import check_output, check_output_folder, write_whole
from surmax.console import out, print_json, say
from surmax.golden import (
    HccsConfig,
    HccsConstants,
    HccsHead,
    InputError,
    save_constants,
)
from surmax.options import BUILD, as_json, output_file
from surmax.pages.accuracy import document_of, draw_parts, page, table_of
from surmax.train.experiments.records import PARTS, Arm, Record, Store, write_json
from surmax.train.learn.memory import keep_freed_memory

FOLDER = BUILD / "accuracy"


@click.command(epilog="Example: surmax accuracy language --arms list")
@click.argument("part", type=click.Choice((*PARTS, "all")), default="all")
@click.option(
    "--seeds",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="seeds of every arm: 1, 2 and so on",
)
@click.option(
    "--arms",
    metavar="NAMES",
    help="only these arms, with commas between their names; `list` prints them",
)
@click.option(
    "--tokens",
    type=click.IntRange(1, 10**7),
    help="language: length of the test text  [default: 4096]",
)
@click.option(
    "--steps", type=click.IntRange(1, 10**7), help="scratch: training steps  [default: of the part]"
)
@click.option("--long", is_flag=True, help="language: arms too that take more than minutes")
@click.option(
    "--device",
    type=click.Choice(("cpu", "cuda")),
    default="cpu",
    show_default=True,
    help="scratch: where the model is trained",
)
@click.option(
    "--any-code", is_flag=True, help="take results of other versions of the code too, marked"
)
@click.option("--kept-only", is_flag=True, help="measure nothing: show the results that are there")
@output_file("write the page as Markdown, as docs/accuracy.md; its .json and figures/ beside it")
@as_json
def accuracy(
    part: str,
    seeds: int,
    arms: str | None,
    any_code: bool,
    kept_only: bool,
    output_file: Path | None,
    json_output: bool,
    **options: Any,
) -> None:
    """Measure perplexity and accuracy of real models.

    Softmax stands against HCCS and ConSmax. PART is language (SmolLM2-135M, no training), sentiment
    (MiniLM-L6, fine-tuned), scratch (a small GPT, trained) or all. Models and texts are downloaded
    once (190 MB, needs the extra `train`). Each arm is kept as it is done, so that an interrupted
    run goes on where it was. HCCS constants of each arm of the language part are written as
    head-constants files too, all in build/accuracy.
    """
    if output_file:
        if output_file.suffix == ".json":
            raise InputError(f"output file {output_file} must not end in .json: that is beside it")
        check_output(output_file.with_suffix(".json"))
        check_output_folder(output_file.parent / "figures")
    wanted = PARTS if part == "all" else (part,)
    with needs("train"):
        if options["device"] == "cuda" and not import_module("torch").cuda.is_available():
            raise InputError("device must be cpu here, not 'cuda': PyTorch finds no CUDA device")
        modules = {one: import_module(f"surmax.train.experiments.{one}") for one in wanted}
    chosen = _choose(
        {
            one: module.arms(**{key: options[key] for key in ("tokens", "steps", "long")})
            for one, module in modules.items()
        },
        arms,
    )
    if arms == "list":
        for one in (one for group in chosen.values() for one in group):
            out.print(f"{one.part:10} {one.name:24} {one.title}")
        return
    records: list[Record] = []
    keep_freed_memory()
    for one, module in modules.items():
        store = Store(FOLDER, module.__name__, any_code=any_code)
        for seed in range(1, seeds + 1):
            if not kept_only:
                _measure(module, store, chosen[one], seed, options["device"])
            found = (store.find(arm, seed) for arm in chosen[one])
            records += [record for record in found if record is not None]
    document = document_of(records)
    write_json(FOLDER / "accuracy.json", document)
    drawings = draw_parts(document, modules)
    for name, text in drawings.items():
        write_whole(FOLDER / f"{name}.svg", text)
    if output_file:
        folder = output_file.parent / "figures"
        folder.mkdir(exist_ok=True)
        for name, text in drawings.items():
            write_whole(folder / f"{name}.svg", text)
        write_json(output_file.with_suffix(".json"), document)
        write_whole(output_file, page(document, modules))
    if json_output:
        print_json(document)
        return
    for one, module in modules.items():
        table = table_of(document, one, module.COLUMNS, module.CONTRAST)
        out.print(f"\n{table}")


def _choose(known: Mapping[str, list[Arm]], names: str | None) -> dict[str, list[Arm]]:
    """Return the arms of each part that --arms names, all without it."""
    if names in (None, "list"):
        return dict(known)
    wanted = [name.strip() for name in names.split(",")]
    there = {arm.name for group in known.values() for arm in group}
    for name in wanted:
        if name not in there:
            raise InputError(f"arm must be one of {', '.join(sorted(there))}, not {shown(name)}")
    return {part: [arm for arm in group if arm.name in wanted] for part, group in known.items()}


def _measure(module: Any, store: Store, arms: Sequence[Arm], seed: int, device: str) -> None:
    """Measure the arms of a part that are not kept."""
    missing = [arm for arm in arms if store.find(arm, seed) is None]
    if not missing:
        return
    part = missing[0].part
    say(f"{part}, seed {seed}: {len(missing)} of {len(arms)} arms to measure")

    def keep(arm: Arm, metrics: Any, details: Any, seconds: float) -> None:
        record = store.keep(arm, seed, metrics, details, seconds)
        _write_constants(record)
        name, heading = module.COLUMNS[0]
        say(
            f"{part}, seed {seed}: {arm.title}: {heading} {record.metrics[name]:.4g}, "
            f"{seconds:.0f} CPU s"
        )

    # Shared epochs are kept there too, by the parts that train.
    module.measure(missing, seed, keep, say, device=device, weights=FOLDER / "weights")


def _write_constants(record: Record) -> None:
    """Write the HCCS constants of a record, if it has any, as a head-constants file."""
    rows = record.details.get("constants")
    if rows:
        heads = [HccsHead(*row[:3], HccsConstants(*row[3:])) for row in rows]
        config = HccsConfig.from_json(record.settings["config"])
        path = FOLDER / f"constants-{record.name}-{record.seed}.json"
        save_constants(path, config, heads, length=record.settings["length"])
