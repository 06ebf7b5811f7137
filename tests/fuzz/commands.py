# SPDX-License-Identifier: Apache-2.0
"""Draw command lines from click's own tree, so that a new command or option is drawn as well."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import click
from fuzz.documents import spoil
from fuzz.hostile import NUMBERS, WORDS, file_name, text
from surmax.synth.mapping.sky130 import SKY130

from surmax.app import app

# What an option or argument of this name reads; one that is not here reads any of them.
FORMATS = {
    "constants": ("hccs.json", "nearest.json", "consmax.json"),
    "score_path": ("codes.npz", "real.npz"),
    "liberty": ("timed.lib", "generic.lib"),
    "file": ("sweep.toml",),
    "heads_file": ("heads.json",),
    "data": ("text.txt",),
    "directory": ("hccs-vectors", "consmax-vectors"),
    "folder": ("hccs-vectors", "consmax-vectors", "hccs-graph", "consmax-graph"),
    "output": ("hccs-output", "consmax-output"),
}
# Options that name what is written; every other path is read.
OUTPUTS = {"output_file", "folder", "plots"}
# How often a command is drawn beside the others: those that read files have the most to refuse.
WEIGHTS = {
    "solve consmax": 14, "calibrate": 24, "sweep": 14, "aie header": 10, "aie vectors": 10,
    "accuracy": 1, "aie replay": 6, "aie plio": 10, "aie compare": 10, "aie check": 4, "report": 4,
}  # fmt: skip
# Options without which a command has little to do, or more than a test has time for.
USUAL = {
    "calibrate": ("--scores", "--rows"),
    "solve consmax": ("--heads-file",),
    "synth": ("--liberty",),
    "time": ("--liberty",),
    "energy": ("--liberty",),
}
LISTED = 0.3


@dataclass
class Line:
    """A command line and the files that it is given.

    Attributes:
        command: words that name the command.
        words: the rest of the command line.
        outputs: paths that it may write, relative to its folder.
        sound: whether nothing in it was drawn to be wrong.
    """

    command: tuple[str, ...]
    words: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    sound: bool = True


def leaves(
    command: click.Command = app, name: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that is no group, with the words that name it."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    context = click.Context(command, info_name=(name or ("surmax",))[-1])
    for each in command.list_commands(context):
        below = command.get_command(context, each)
        if below is not None:
            yield from leaves(below, (*name, each))


def weight(name: tuple[str, ...]) -> int:
    """Return how often a command is drawn."""
    return WEIGHTS.get(" ".join(name), 2)


def odd_thing(random: Random, path: Path) -> None:
    """Make something at `path` that is neither a file with content nor a folder with files."""
    kind = random.randrange(6)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        endless = "/dev/zero", "/dev/null", "/dev/full", "/proc/self"
        path.symlink_to(random.choice(endless))
    elif kind == 3:
        path.symlink_to(path.name)
    elif kind == 4:
        path.symlink_to("nowhere")
    else:
        path.touch()


def odd_places(random: Random, folder: Path, materials: Path) -> None:
    """Put something odd where results or cell libraries are kept."""
    build = folder / "build"
    kind = random.randrange(4)
    if kind == 0:
        odd_thing(random, build)
        return
    build.mkdir()
    if kind == 1:
        odd_thing(random, build / random.choice(("synth", "tasks", "aie", "cells", "accuracy")))
        return
    (build / "cells").mkdir()
    (member,) = SKY130.members
    library = build / "cells" / member.name
    if kind == 2:
        odd_thing(random, library)
    else:
        library.write_bytes(spoil(random, "x.lib", (materials / "generic.lib").read_bytes()))


class Drawer:
    """Draw command lines for `folder`, whose inputs come from `materials`."""

    def __init__(self, random: Random, materials: Path, folder: Path) -> None:
        self.random, self.materials, self.folder = random, materials, folder

    def draw(self, leaf: tuple[tuple[str, ...], click.Command]) -> Line:
        """Make the inputs of a command and return its line."""
        name, command = leaf
        line = Line(name)
        usual = USUAL.get(name[0], USUAL.get(" ".join(name), ()))
        parts: list[list[str]] = []
        given: list[list[str]] = []
        # Of the faults of a line the first hides the others: mostly there is one.
        faults = self.random.choice((0, 0, 1, 1, 1, 2, 4))
        optional = [one for one in command.params if isinstance(one, click.Option)]
        odd = set(self.random.sample(range(len(command.params)), min(faults, len(command.params))))
        for number, one in enumerate(command.params):
            wrong = number in odd and self.random.random() < 0.5
            if isinstance(one, click.Argument):
                if (one.required or self.random.random() < 0.5) and not (
                    wrong and self.random.random() < 0.1
                ):
                    given.append([self._value(one, line, wrong)])
                continue
            wanted = one.required or wrong or any(flag in usual for flag in one.opts)
            if wanted or self.random.random() < 2 / max(4, len(optional)):
                for _ in range(self.random.choice((1, 1, 1, 2)) if one.multiple else 1):
                    parts.append(self._option(one, line, wrong))
        if self.random.random() < 0.04:
            parts.append([text(self.random)])
            line.sound = False
        self.random.shuffle(parts)
        # A name that begins with a dash is an option to click unless this goes before it.
        ends = [["--"], *given] if given and self.random.random() < 0.9 else given
        line.words = [word for part in (*parts, *ends) for word in part]
        return line

    def _option(self, option: click.Option, line: Line, wrong: bool) -> list[str]:
        flag = self.random.choice(option.opts)
        if option.is_flag:
            return [flag]
        value = self._value(option, line, wrong)
        if flag.startswith("--") and self.random.random() < 0.7:
            return [f"{flag}={value}"]
        return [flag, value]

    def _value(self, one: click.Parameter, line: Line, wrong: bool) -> str:
        kind = one.type
        if isinstance(kind, click.Path):
            if isinstance(one, click.Option) and one.name in OUTPUTS:
                return self._output(line, wrong, is_file=kind.name != "directory")
            return self._input(one.name or "", line, wrong)
        if wrong:
            line.sound = False
            if kind.name == "target" and self.random.random() < 0.6:
                return f"liberty:{self._input('liberty', line, True)}"
            return text(self.random)
        if isinstance(kind, click.Choice):
            return str(self.random.choice(tuple(kind.choices)))
        if isinstance(kind, click.IntRange):
            low = 0 if kind.min is None else kind.min
            # A legal number that is larger means work for longer than a case may take.
            high = low + 40 if kind.max is None else min(kind.max, low + 65_536)
            return str(self.random.choice((low, low, low + 1, min(low + 3, high), high)))
        if kind.name == "boolean":
            return self.random.choice(("true", "false"))
        if kind.name in ("float", "float range"):
            return self.random.choice(("0.05", "1", "9.4", "10", "1e-3"))
        if kind.name == "count":
            return self.random.choice(("1", "1e3", "1e8"))
        if kind.name == "target":
            return self.random.choice(("generic", "sky130", "ecp5", "ice40"))
        return self.random.choice(WORDS)

    def _input(self, name: str, line: Line, wrong: bool) -> str:
        """Put a file or folder into place and return its path; a wrong one is spoilt."""
        formats = FORMATS.get(name, tuple(each for kind in FORMATS.values() for each in kind))
        chosen = self.random.choice(formats)
        end = f".{chosen.partition('.')[2]}" if "." in chosen else ""
        label = file_name(self.random, end) if self.random.random() < 0.1 else chosen
        path = self.folder / "in" / label
        if os.path.lexists(path):
            return f"in/{label}"
        source = self.materials / chosen
        if source.is_dir():
            shutil.copytree(source, path)
        else:
            shutil.copyfile(source, path)
        # The content of files is where most that goes wrong comes from.
        if wrong or self.random.random() < 0.5:
            line.sound = False
            self._spoil(path)
        return f"in/{label}"

    def _spoil(self, path: Path) -> None:
        if self.random.random() < 0.12:
            self._replace(path)
        elif path.is_dir():
            file = self.random.choice(sorted(one for one in path.rglob("*") if one.is_file()))
            if self.random.random() < 0.3:
                self._replace(file)
            else:
                self._change(file)
        else:
            self._change(path)

    def _change(self, path: Path) -> None:
        path.write_bytes(spoil(self.random, path.name, path.read_bytes()))

    def _replace(self, path: Path) -> None:
        """Put something else in the place of a file or folder."""
        aside = path.with_name(f"aside-{path.name[:200]}")
        path.rename(aside)
        if self.random.random() < 0.1:
            path.symlink_to(aside.name)
        else:
            odd_thing(self.random, path)

    def _output(self, line: Line, wrong: bool, *, is_file: bool) -> str:
        """Return a path to write to; a wrong one cannot or must not be written."""
        made = self.folder / "out"
        label = file_name(self.random) if self.random.random() < 0.1 else "made"
        if os.path.lexists(made / label):  # of another option
            label = "other"
        path, shown = made / label, f"out/{label}"
        if not wrong:
            if self.random.random() < 0.2:
                (path.write_text if is_file else lambda _: path.mkdir())("old")
            line.outputs.append(shown)
            return shown
        line.sound = False
        kind = self.random.randrange(12)
        there = sorted((self.folder / "in").iterdir())
        if kind == 0 and there:
            return f"in/{self.random.choice(there).name}"
        if kind == 1:
            # To another folder: that is allowed, as for a build folder on another disk.
            (self.folder / "elsewhere").mkdir(exist_ok=True)
            path.symlink_to("../elsewhere")
            line.outputs.append("elsewhere")
        elif kind == 2 and there:
            path.symlink_to(f"../in/{self.random.choice(there).name}")
        elif kind == 3:
            path.symlink_to("nowhere")
        elif kind == 4:
            os.mkfifo(path)
        elif kind == 5:
            self._device(path)
        elif kind == 6:
            path.mkdir()
            (path / "kept").write_text("old")
        elif kind == 7:
            path.write_text("old")
        elif kind == 8:
            shown = self.random.choice(("", " ", ".", "..", "out/", "missing/x", "out/made/x/y"))
        elif kind == 9:
            shown = f"out/{'a' * self.random.choice((250, 300, 5000))}"
        elif kind == 10:
            # Not the root: whoever runs this may have the right to write there.
            shown = self.random.choice([one for one in (*WORDS, *NUMBERS) if one != "/"])
        else:
            path.symlink_to(path.name)
        line.outputs.append(shown)
        return shown

    def _device(self, path: Path) -> None:
        """Make a device of this folder's own: what replaces it harms nobody."""
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, self.random.choice((3, 5, 7))))
        except OSError:  # without the right to make one
            os.mkfifo(path)
