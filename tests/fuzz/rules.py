# SPDX-License-Identifier: Apache-2.0
"""What must hold after any command, whatever it was given."""

import hashlib
import json
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from fuzz.process import Ended

LONGEST = 300
# Exit code of a case that ended where its work began; the commands have no such code.
WORK_BEGAN = 77
CODES = (0, 1, 2, WORK_BEGAN)
# Any command may fill them; relative to the current folder of a case, as its outputs are.
CACHES = (
    "build",
    "../../home/.cache",
    "../../home/.config",
    f"../../tmp/surmax-{os.getuid()}",
    f"../../tmp/surmax-logs-{os.getuid()}",
)
_PROGRESS = re.compile(r"\[ *\d+\.\d s\] ")
# A result that was kept and cannot be used is said in a line of its own.
_NOTICE = re.compile(r"kept results? .* made again$")
_LEFTOVER = re.compile(r"^(surmax-)?work-|\.partial$|\.tmp$|\.kept$")

Snapshot = dict[str, tuple[object, ...]]


def snapshot(folder: Path, here: Path) -> Snapshot:
    """Return kind, size, time and digest of each path below a folder, by its path from `here`."""
    found: Snapshot = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = os.path.join(place, name)
            status = os.lstat(path)
            about: tuple[object, ...] = (stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode))
            if stat.S_ISLNK(status.st_mode):
                about += (os.readlink(path),)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    digest = hashlib.blake2b(file.read()).hexdigest()
                about += (status.st_size, status.st_mtime_ns, digest)
            elif not stat.S_ISDIR(status.st_mode):
                about += (status.st_rdev,)
            found[os.path.relpath(path, here)] = about
    return found


def broken_rules(
    ended: Ended, before: Snapshot, after: Snapshot, outputs: Iterable[str], *, json_output: bool
) -> list[str]:
    """Return what does not hold, one line each."""
    found = []
    if ended.code is None:
        found.append(f"must end within 20 s, not after {ended.seconds:.0f} s")
    elif ended.code not in CODES:
        found.append(f"exit code must be 0, 1 or 2, not {ended.code}")
    if ended.left:
        found.append("no process may be left behind")
    found += _about_text(ended)
    found += _about_files(ended.code, before, after, tuple(outputs))
    if json_output and ended.code == 0:
        found += _about_json(ended.out)
    return found


def _about_text(ended: Ended) -> list[str]:
    text = ended.err.decode("utf-8", "replace")
    if "Traceback (most" in text:
        return [f"no traceback may be on standard error: {_last_of(text)}"]
    lines = [line for line in text.split("\n") if line]
    troubles = [one for one in lines if not (_PROGRESS.match(one) or _NOTICE.match(one))]
    found = []
    if ended.code == 2 and len(troubles) != 1:
        found.append(f"exit code 2 must come with one line, not {len(troubles)}")
    if ended.code == 1 and len(troubles) > 1:
        found.append(f"exit code 1 must come with at most one line, not {len(troubles)}")
    if ended.code in (0, WORK_BEGAN) and troubles:
        found.append("without trouble standard error must have progress only")
    longest = max((len(_PROGRESS.sub("", one)) for one in lines), default=0)
    if longest > LONGEST:
        found.append(f"a line must have at most {LONGEST} characters, not {longest}")
    odd = sorted({one for one in text if unicodedata.category(one) == "Cc" and one != "\n"})
    if odd:
        found.append(f"standard error must have no control characters, not {odd}")
    return found


def _last_of(text: str) -> str:
    """Return the place of a traceback in our sources and what was raised."""
    places = re.findall(r'File "([^"]+)", line (\d+)', text)
    ours = [one for one in places if "/lib/python" not in one[0] and one[0][0] != "<"]
    place = ":".join((os.path.basename(ours[-1][0]), ours[-1][1])) if ours else "elsewhere"
    return f"{place}: {text.rstrip().rpartition(chr(10))[2][:200]}"


def _about_files(
    code: int | None, before: Snapshot, after: Snapshot, outputs: tuple[str, ...]
) -> list[str]:
    changed = sorted(
        path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    )
    found = []
    for path in changed:
        name = os.path.basename(path)
        if _LEFTOVER.search(name):
            found.append(f"nothing may be left behind, not {path!r}")
        elif any(path == one or path.startswith(one + os.sep) for one in CACHES):
            continue
        elif code == 2 or not (_is_output(path, outputs) or _is_new_in_dots(path, before, outputs)):
            found.append(f"only outputs may be touched, not {path!r}")
    return found


def _is_output(path: str, outputs: tuple[str, ...]) -> bool:
    # A folder on the way to an output may have been made for it.
    return any(
        path == one or path.startswith(one + os.sep) or one.startswith(path + os.sep)
        for one in map(os.path.normpath, outputs)
    )


def _is_new_in_dots(path: str, before: Snapshot, outputs: tuple[str, ...]) -> bool:
    """Whether the current folder, or one above it, is the output, and this is new in it."""
    return path not in before and any(one and set(one) <= {".", "/"} for one in outputs)


def _about_json(out: bytes) -> list[str]:
    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(out, parse_constant=refuse)
    except ValueError as error:
        return [f"with --json standard output must be JSON: {error}"]
    return []
