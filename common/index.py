# SPDX-License-Identifier: Apache-2.0
"""Source archives from the package index, as bytes.

pip is not used for them: it runs the build code of a source archive to learn its name and what it
depends on, even where it is only to download it. pip's settings say which index is asked.
"""

import ast
import base64
import hashlib
import http.client
import json
import re
import ssl
import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener, url2pathname

from surmax.common.errors import NetworkError, shown
from surmax.common.processes import run
from surmax.common.reading import MIB, read_bytes

MOST_ARCHIVE = 512 * MIB

_DEFAULT_INDEX = "https://pypi.org/simple"
_MOST_PAGE = 64 * MIB
_TIMEOUT = 60.0  # seconds without a byte
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


def source_archive(requirement: str, sha256: str, *, most: int = MOST_ARCHIVE) -> bytes:
    """Return the source archive (.tar.gz) of NAME==VERSION that has this digest.

    Nothing of it is run or unpacked. It is looked for where pip would look, as its configuration
    files and the environment say: find-links, and index-url and extra-index-url unless no-index,
    through its proxy and with its cert.

    Raises NetworkError when no place has it, or it has more than `most` bytes.
    """
    name, _, version = requirement.partition("==")
    settings = pip_settings()
    download = _Download(settings)
    reasons = []
    for place in _places(settings, _normal(name)):
        try:
            archive = _found(download, place, name, version, most)
        except (OSError, http.client.HTTPException, LookupError, TypeError, ValueError) as error:
            reasons.append(f"{_label(place)}: {_reason(error)}")
            continue
        if archive is None:
            reasons.append(f"{_label(place)} has no source archive of this version")
        elif hashlib.sha256(archive).hexdigest() == sha256:
            return archive
        else:
            reasons.append(f"{_label(place)} has one with another sha256 than {sha256}")
    why = "; ".join(reasons) or "pip's setting no-index"
    raise NetworkError(
        f"{requirement} could not be downloaded from the package index ({why[:150]}): "
        "a network is needed once"
    )


def _places(settings: Mapping[str, str], project: str) -> list[str]:
    """Return the folders and the addresses of the pages that may have files of a project."""
    places = []
    for link in settings.get("find-links", "").split():
        parts = urlsplit(link)
        places.append(url2pathname(parts.path) if parts.scheme in ("", "file") else link)
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return places
    indexes = [settings.get("index-url", _DEFAULT_INDEX)]
    indexes += settings.get("extra-index-url", "").split()
    return places + [f"{index.rstrip('/')}/{project}/" for index in indexes]


def _found(download: "_Download", place: str, name: str, version: str, most: int) -> bytes | None:
    """Return the first source archive of this name and version in a place, None without one."""
    if urlsplit(place).scheme == "":
        for path in sorted(Path(place).glob("*.tar.gz")):
            if _is_source(path.name, name, version):
                return read_bytes(path, "package", most=most)
        return None
    for url in _links(download, download.without_user(place)):
        if _is_source(unquote(urlsplit(url).path).rpartition("/")[2], name, version):
            return download.get(url, most)[0]
    return None


def pip_settings() -> dict[str, str]:
    """Return pip's settings for a download; empty where there is no pip.

    The environment goes before the section of pip's command `download`, and that before `global`.
    """
    done = run([sys.executable, "-m", "pip", "config", "list"], timeout=60, apart=True)
    found: dict[str, dict[str, str]] = {}
    for line in done.stdout.splitlines():
        match = re.fullmatch(r"(global|download|:env:)\.([\w-]+)=(['\"].*)", line)
        if match:
            found.setdefault(match[1], {})[match[2]] = str(ast.literal_eval(match[3]))
    return {
        name: value
        for section in ("global", "download", ":env:")
        for name, value in found.get(section, {}).items()
    }


class _Download:
    """Reads addresses with the proxy and the certificates of pip's settings."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        context = ssl.create_default_context(cafile=settings.get("cert"))
        proxy = settings.get("proxy")
        proxies = {"http": proxy, "https": proxy} if proxy else None
        self._opener = build_opener(HTTPSHandler(context=context), ProxyHandler(proxies))
        self._users: dict[tuple[str, str], str] = {}

    def without_user(self, index: str) -> str:
        """Return an index without user and password, and keep those for its own host."""
        parts = urlsplit(index)
        user, _, place = parts.netloc.rpartition("@")
        if user:
            self._users[parts.scheme, place] = base64.b64encode(unquote(user).encode()).decode()
        return urlunsplit(parts._replace(netloc=place))

    def get(self, url: str, most: int) -> tuple[bytes, str]:
        """Return the content at an address, and its media type.

        Raises OSError, HTTPException or ValueError.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http"):
            raise ValueError(f"address must be https or http, not {shown(url)}")
        request = Request(url, headers={"Accept": _ACCEPT})
        user = self._users.get((parts.scheme, parts.netloc))
        if user:
            # Not to be sent on when the host redirects to another one.
            request.add_unredirected_header("Authorization", f"Basic {user}")
        with self._opener.open(request, timeout=_TIMEOUT) as answer:
            content = answer.read(most + 1)
            kind = answer.headers.get_content_type()
            length = answer.headers.get("Content-Length")
        if len(content) > most:
            raise ValueError(f"it must have at most {most // MIB} MiB")
        # A bounded read takes the end of a broken connection for the end of the content.
        if length is not None and int(length) != len(content):
            raise ValueError(f"{len(content)} of {length} bytes came")
        return content, kind


def _links(download: _Download, page: str) -> Iterator[str]:
    """Yield the addresses of the files that a project's page on an index lists."""
    content, kind = download.get(page, _MOST_PAGE)
    text = content.decode(errors="replace")
    if kind == _JSON:
        files = json.loads(text)["files"]
        links = [str(file["url"]) for file in files]
    else:
        parser = _Links()
        parser.feed(text)
        links = parser.found
    return (urljoin(page, link) for link in links)


class _Links(HTMLParser):
    """Targets of the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the target of a link."""
        self.found += [value for key, value in attrs if tag == "a" and key == "href" and value]


def _is_source(file: str, name: str, version: str) -> bool:
    """Return whether a file name is that of the source archive of this name and version."""
    stem = file.removesuffix(".tar.gz")
    found, _, its_version = stem.rpartition("-")
    return stem != file and its_version == version and _normal(found) == _normal(name)


def _normal(name: str) -> str:
    """Return the name of a project as the addresses of an index write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _label(place: str) -> str:
    """Return a place for a message: of an address its host, without user and password."""
    parts = urlsplit(place)
    return (parts.hostname or parts.path)[-60:]


def _reason(error: Exception) -> str:
    """Return why an index did not answer as it should, in a part of a line."""
    reason: object = error
    if isinstance(error, HTTPError):
        error.close()
    elif isinstance(error, URLError):
        reason = error.reason
    return " ".join(str(reason).split())[:120] or type(error).__name__
