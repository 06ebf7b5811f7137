# SPDX-License-Identifier: Apache-2.0
"""Text is read and written in an encoding that is named: the locale changes nothing."""

import ast

import pytest
from helpers.repository import ROOT

_FOLDERS = "aiengine calibrate common golden rtl scripts surmax synth tb train"


def without_encoding(text):
    """Yield the line and the name of each call that reads or writes text in the locale's way."""
    for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
        method = isinstance(call.func, ast.Attribute)
        name = call.func.attr if method else getattr(call.func, "id", "")
        named = {one.arg: one.value for one in call.keywords}
        if None in named or "encoding" in named:
            continue
        mode = [
            one.value for one in (*call.args, named.get("mode")) if isinstance(one, ast.Constant)
        ]
        mode = [one for one in mode if isinstance(one, str) and set(one) <= set("rwaxbt+")]
        opens = name in ("fdopen", "NamedTemporaryFile", "TemporaryFile") or (
            name == "open" and (mode or not method)
        )
        texts = method and name in ("read_text", "write_text")
        texts |= opens and not any("b" in one for one in mode)
        texts |= name in ("run", "Popen", "check_output") and bool({"text", "errors"} & set(named))
        if texts:
            yield call.lineno, name


def test_every_text_has_an_encoding():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for folder in _FOLDERS.split()
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, name in without_encoding(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    [
        "path.read_text()",
        "path.write_text('x')",
        "open(path)",
        "open(path, 'w')",
        "path.open('a')",
        "os.fdopen(1, mode='w')",
        "subprocess.run(command, text=True)",
    ],
)
def test_the_check_sees(text):
    assert len(list(without_encoding(text))) == 1
    named = f"{text[:-1]}, encoding='utf-8')".replace("(, ", "(")
    assert list(without_encoding(named)) == []


def test_the_check_lets_bytes_pass():
    for text in ("open(path, 'rb')", "path.read_bytes()", "os.open(path, 1)", "run(command)"):
        assert list(without_encoding(text)) == []
