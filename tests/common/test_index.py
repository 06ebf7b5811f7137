# SPDX-License-Identifier: Apache-2.0
"""Source archives come from an index of HTTP as pip's settings name it; nothing of them is run."""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from surmax.common import index as index_module
from surmax.common.errors import NetworkError
from surmax.common.index import pip_settings, source_archive
from surmax.common.packages import Member, Package, fetch

JSON = "application/vnd.pypi.simple.v1+json"


def digest(data):
    return hashlib.sha256(data).hexdigest()


BYTES = digest(b"bytes")


def source(marker):
    """A source archive whose build code leaves a mark, and a file of data in it."""
    file = io.BytesIO()
    build = f"open({str(marker)!r}, 'w')\nimport setuptools\nsetuptools.setup(name='pack')\n"
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, text in {"setup.py": build, "words.txt": "words"}.items():
            info = tarfile.TarInfo(f"pack_age-1.0/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


@pytest.fixture
def served(monkeypatch):
    """An index on this machine: path -> (media type, content), and the requests that it got."""
    pages, requests = {}, []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append((self.path, self.headers.get("Authorization")))
            kind, content, *length = pages.get(self.path, ("text/html", None))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length[0] if length else len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"127.0.0.1:{server.server_address[1]}"
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX", "PIP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setattr(index_module, "pip_settings", lambda: {"index-url": f"http://{host}/at/"})
    yield pages, requests, host
    server.shutdown()
    server.server_close()


def html(*links):
    text = "".join(f'<a href="{link}">file</a>' for link in links)
    return "text/html", f"<html>{text}</html>".encode()


def files(*links):
    return JSON, json.dumps({"files": [{"url": link} for link in links]}).encode()


@pytest.mark.parametrize("page", [html, files])
def test_the_archive_of_the_version_is_taken(served, page):
    pages, requests, _ = served
    others = ("pack_age-1.0-py3-none-any.whl", "pack_age-1.0.1.tar.gz", "pack-age-2-1.0.tar.gz")
    pages["/at/pack-age/"] = page(*others, "../../f/Pack.Age-1.0.tar.gz#sha256=0")
    pages["/f/Pack.Age-1.0.tar.gz"] = "application/gzip", b"bytes"
    assert source_archive("pack.Age==1.0", BYTES) == b"bytes"
    assert [path for path, _ in requests] == ["/at/pack-age/", "/f/Pack.Age-1.0.tar.gz"]


def test_no_code_of_a_package_is_run(served, tmp_path):
    pages, _, _ = served
    data = source(tmp_path / "marker")
    pages["/at/pack-age/"] = html("pack_age-1.0.tar.gz")
    pages["/at/pack-age/pack_age-1.0.tar.gz"] = "application/gzip", data
    member = Member(("pack_age-1.0/words.txt",), digest(b"words"))
    folder = tmp_path / "models"
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1 has one with another sha256 than 0{64}"):
        fetch(Package("pack_age==1.0", "0" * 64, True, (member,), "MIT"), folder, "models folder")
    assert not list(folder.iterdir())
    (path,) = fetch(
        Package("pack_age==1.0", digest(data), True, (member,), "MIT"), folder, "models folder"
    )
    assert path.read_text() == "words"
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("page", "archive", "reason"),
    [
        (None, None, "HTTP Error 404"),
        (html("other-1.0.tar.gz"), None, "no source archive of this version"),
        (html("file:///etc/pack-1.0.tar.gz"), None, "address must be https or http"),
        ((JSON, b"{"), None, "Expecting property name"),
        ((JSON, b"[]"), None, "list indices"),
        ((JSON, b"{}"), None, "files"),
        (html("pack-1.0.tar.gz"), ("x", b"other"), f"another sha256 than {BYTES}"),
        (html("pack-1.0.tar.gz"), ("x", b"bytes", 9), "5 of 9 bytes came"),
        (html("pack-1.0.tar.gz"), ("x", b"b" * 3000), "at most 0 MiB"),
    ],
)
def test_what_goes_wrong_is_one_line(served, page, archive, reason):
    pages, _, _ = served
    if page:
        pages["/at/pack/"] = page
    if archive:
        pages["/at/pack/pack-1.0.tar.gz"] = archive
    with pytest.raises(NetworkError, match=reason) as caught:
        source_archive("pack==1.0", BYTES, most=2000)
    line = str(caught.value)
    assert line.startswith("pack==1.0 could not be downloaded from the package index (")
    assert len(line) < 300
    assert "\n" not in line


def test_pip_says_which_indexes(served, monkeypatch):
    pages, requests, host = served
    settings = {
        "index-url": f"http://u%40x:secret@{host}/at",
        "extra-index-url": f"http://{host.replace('127.0.0.1', 'localhost')}/b",
    }
    monkeypatch.setattr(index_module, "pip_settings", lambda: settings)
    pages["/b/pack/"] = html("pack-1.0.tar.gz")
    pages["/b/pack/pack-1.0.tar.gz"] = "x", b"bytes"
    assert source_archive("pack==1.0", BYTES) == b"bytes"
    basic = "Basic " + base64.b64encode(b"u@x:secret").decode()
    # Only the host that the user and password are for sees them.
    assert requests[0] == ("/at/pack/", basic)
    assert [user for path, user in requests[1:]] == [None, None]
    with pytest.raises(NetworkError) as caught:
        source_archive("other==1", BYTES)
    assert "secret" not in str(caught.value)
    settings["no-index"] = "true"
    with pytest.raises(NetworkError, match="no-index"):
        source_archive("pack==1.0", BYTES)


def test_folders_of_find_links(served, monkeypatch, tmp_path):
    _, requests, _ = served
    folder = tmp_path / "it's here"
    folder.mkdir()
    settings = {"find-links": f"missing {folder.as_uri()}", "no-index": "1"}
    monkeypatch.setattr(index_module, "pip_settings", lambda: settings)
    with pytest.raises(NetworkError, match="here has no source archive of this version"):
        source_archive("pack==1.0", BYTES)
    (folder / "pack-1.0.tar.gz").write_bytes(b"bytes")
    assert source_archive("pack==1.0", BYTES) == b"bytes"
    assert not requests
    settings["find-links"] = ""
    with pytest.raises(NetworkError, match="setting no-index"):
        source_archive("pack==1.0", BYTES)


def test_the_next_place_is_asked(served, monkeypatch, tmp_path):
    """A place that has other bytes under the name does not hide the right ones."""
    pages, _, host = served
    (tmp_path / "pack-1.0.tar.gz").write_bytes(b"other")
    settings = {"find-links": str(tmp_path), "index-url": f"http://{host}/at"}
    monkeypatch.setattr(index_module, "pip_settings", lambda: settings)
    pages["/at/pack/"] = html("pack-1.0.tar.gz")
    pages["/at/pack/pack-1.0.tar.gz"] = "x", b"bytes"
    assert source_archive("pack==1.0", BYTES) == b"bytes"


def test_settings_of_pip(monkeypatch, tmp_path):
    has_pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if has_pip.returncode:
        assert pip_settings() == {}
        pytest.skip("pip is missing")
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://one/simple\nproxy = http://p:1\n"
        "[download]\nindex-url = https://two/simple\n[install]\nproxy = no\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    found = pip_settings()
    assert (found["index-url"], found["proxy"]) == ("https://two/simple", "http://p:1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://three/it's")
    assert pip_settings()["index-url"] == "https://three/it's"
