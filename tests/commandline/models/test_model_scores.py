# SPDX-License-Identifier: Apache-2.0
"""Scores of a model are kept, and collected again when the kept file was changed."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
from helpers.tiny_models import write_gguf
from surmax.train.models.llama import load_llama
from tokenizers import Tokenizer, models, pre_tokenizers

from surmax.commands.models import model_scores as command


def test_kept_scores_that_were_changed_are_collected_again(tmp_path, monkeypatch, capsys):
    model, _ = load_llama(write_gguf(tmp_path / "tiny.gguf"))
    tokenizer = Tokenizer(models.WordLevel({"a": 0, "b": 1, "[UNK]": 2}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    loads = []

    def load():
        loads.append(1)
        return model, tokenizer

    modules = SimpleNamespace(load_smollm2=load)
    monkeypatch.setattr(command, "import_module", lambda name: modules)
    monkeypatch.setattr(command, "SCORES", tmp_path / "scores")
    (tmp_path / "text").write_text("a b b a " * 20)
    options = {"lengths": [8], "rows": 16, "seed": 1, "real": False, "value_norms": False}

    def scores():
        return command.model_scores("smollm2", str(tmp_path / "text"), **options)

    path = scores()
    whole = path.read_bytes()
    assert scores() == path
    assert len(loads) == 1
    for content in (whole[:-10], b"", whole.replace(b"\0", b"\1", 1)):
        path.write_bytes(content)
        capsys.readouterr()
        assert scores() == path
        # A terminal of any width: lines break.
        assert "or that file was changed" in " ".join(capsys.readouterr().err.split())
        assert path.read_bytes() == whole
    assert len(loads) == 4
