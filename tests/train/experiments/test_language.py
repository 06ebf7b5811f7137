# SPDX-License-Identifier: Apache-2.0
"""The store of an accuracy comparison, its page, and the language part on a random model."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.tiny_models import LAYERS, write_gguf
from surmax.common.digest import _without_prose, code_digest
from surmax.golden import HccsConfig, HccsConstants, InputError, exact_softmax, hccs
from surmax.train import HccsNormaliser, SoftmaxNormaliser
from surmax.train.data.text import Wikipedia
from surmax.train.experiments import language
from surmax.train.experiments.language import bench as language_bench
from surmax.train.experiments.language import settings as language_settings
from surmax.train.experiments.language.bench import LanguageBench
from surmax.train.experiments.records import (
    _SHOWN,
    Arm,
    Contrast,
    Store,
    over_seeds,
    paired,
    write_json,
)
from surmax.train.learn.tune_hccs import Tuning, tune
from surmax.train.models.attention import causal_mask
from surmax.train.models.llama import load_llama
from surmax.train.normalisers.leaking_mask import LeakingMask
from surmax.train.normalisers.observer import Observer, RowFigures

from surmax.pages.accuracy import document_of, draw_parts, page, table_of

ARM = Arm("language", "hccs", "HCCS", True, {"windows": 2})


def make_store(folder, **options):
    return Store(folder, "surmax.train.experiments.records", **options)


def test_a_record_is_found_again(tmp_path):
    store = make_store(tmp_path / "kept")
    assert store.find(ARM, 1) is None
    record = store.keep(ARM, 1, {"perplexity": 20.5}, {"constants": [[0, 0]]}, 3.21)
    assert store.find(ARM, 1) == record
    assert record.seconds == 3.2
    assert store.find(replace(ARM, title="another"), 1) == replace(record, title="another")
    for other in (replace(ARM, settings={"windows": 3}), replace(ARM, exact=False)):
        assert store.find(other, 1) is None
    assert store.find(ARM, 2) is None


def test_results_of_other_code_are_found_when_asked_for(tmp_path):
    kept = make_store(tmp_path)
    kept.code = "f" * 64
    kept.keep(ARM, 1, {"perplexity": 20.5}, {}, 1)
    assert make_store(tmp_path).find(ARM, 1) is None
    found = make_store(tmp_path, any_code=True).find(ARM, 1)
    assert found.code == "f" * 64
    own = make_store(tmp_path).keep(ARM, 1, {"perplexity": 21.0}, {}, 1)
    assert make_store(tmp_path, any_code=True).find(ARM, 1) == own


@pytest.mark.parametrize("any_code", [False, True])
def test_a_record_that_was_edited_is_not_found(tmp_path, any_code, capsys):
    store = make_store(tmp_path, any_code=any_code)
    store.keep(ARM, 1, {"perplexity": 20.5}, {}, 1)
    (path,) = tmp_path.glob("*.json")
    whole = path.read_text()
    for text in (whole.replace("20.5", "19.5"), whole[:-20], "", "{}"):
        path.write_text(text)
        assert store.find(ARM, 1) is None
        lines = capsys.readouterr().err.splitlines()
        assert lines
        assert all(line.startswith(f"kept result {path} ") for line in lines)
    path.write_text(whole)
    assert store.find(ARM, 1).metrics == {"perplexity": 20.5}
    # The file of another arm.
    other = store.keep(replace(ARM, name="other"), 1, {"perplexity": 30.5}, {}, 1)
    path.rename(next(tmp_path.glob("language-other-*")))
    assert store.find(replace(ARM, name=other.name), 1) is None
    assert "belongs to other inputs" in capsys.readouterr().err


def test_the_digest_is_of_code_and_not_of_comments(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    names = ("digest_first", "digest_second", "digest_third")
    texts = (
        '"""One."""\nABOUT = "it"\nX = 1  # why\n',
        '"""Other."""\n\n\nX = 1\n',
        '"""One."""\nX = 2\n',
    )
    for name, text in zip(names, texts, strict=True):
        (tmp_path / f"{name}.py").write_text(text)
    codes = [_without_prose((tmp_path / f"{name}.py").read_text(), _SHOWN) for name in names]
    assert codes[0] == codes[1] != codes[2]
    assert code_digest("surmax.train.models.llama") != code_digest("surmax.train.models.bert")


def test_means_have_errors_from_two_seeds_on(tmp_path):
    store = make_store(tmp_path)
    records = [
        store.keep(ARM, seed, {"accuracy": value}, {}, 1) for seed, value in ((1, 4), (2, 6))
    ]
    mean = over_seeds(records, "accuracy")
    assert (mean.value, mean.error, mean.seeds) == (5, pytest.approx(1), 2)
    assert over_seeds(records[:1], "accuracy").error is None
    assert over_seeds(records, "perplexity") is None


def test_contrasts_are_paired_by_seed(tmp_path):
    store = make_store(tmp_path)
    control, own = (
        [store.keep(arm, seed, {"accuracy": value}, {}, 1) for seed, value in enumerate(values)]
        for arm, values in (
            (Arm("language", "softmax", "softmax", False), (0.5, 0.9, 0.7)),
            (ARM, (0.49, 0.87)),
        )
    )
    by = Contrast("points", "accuracy", False, lambda _: "softmax")
    mean = paired(own, control, by)
    assert (mean.value, mean.error) == (pytest.approx(-2), pytest.approx(1))
    mean = paired(own[:1], control, replace(by, relative=True))
    assert (mean.value, mean.error) == (pytest.approx(-2), None)
    assert paired(own, [], by) is None


def test_a_document_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [one.name for one in path.parent.iterdir()] == ["a.json"]


def test_page_and_drawing(tmp_path):
    store = make_store(tmp_path)
    other = Arm("language", "softmax", "softmax", False)
    records = [store.keep(other, 1, {"perplexity": 17.0}, {}, 2)]
    records += [
        store.keep(
            ARM, seed, {"perplexity": 20.0 + seed, "row_sum_mean": 1.0}, {"constants": []}, 4
        )
        for seed in (1, 2)
    ]
    document = document_of(records)
    assert all("constants" not in one["details"] for one in document["records"])
    columns = (("perplexity", "perplexity"), ("row_sum_mean", "mean sum"))
    contrast = Contrast("against softmax, %", "perplexity", True, lambda _: "softmax")
    lines = table_of(document, "language", columns, contrast).splitlines()
    assert lines[0].startswith("| attention |  | perplexity | against softmax, % | mean sum |")
    assert lines[2:] == [
        "| softmax |  | 17.00 |  |  | 1 | 2 |",
        "| HCCS | exact | 21.50 ± 0.5 | +23.53 | 1.000 ± 0 | 2 | 4 |",
    ]
    modules = {"language": SimpleNamespace(COLUMNS=columns, CONTRAST=contrast, ABOUT="About it.\n")}
    text = page(document, modules)
    assert "About it.\n\n1 to 2 seeds a row.\n\n| attention" in text
    (drawing,) = draw_parts(document, modules).values()
    assert "HCCS" in drawing
    assert drawing == draw_parts(document, modules)["accuracy-language"]


def test_observer_measures_rows():
    rng = np.random.default_rng(1)
    scores = torch.from_numpy(rng.normal(size=(2, 3, 5, 5)).astype(np.float32))
    mask = causal_mask(5)
    constants = [HccsConstants(300, 6, 40)] * 3
    config = HccsConfig(rounding="nearest")
    made = HccsNormaliser(3, constants, 0.03, config, length=5, face="exact")
    sums = RowFigures()
    with torch.no_grad():
        got = Observer(made, sums, least=0.5 / 255)(scores, mask)
    codes = np.clip(np.rint(scores.numpy() / np.float32(0.03)), -128, 127).astype(np.int8)
    wanted = hccs(codes, constants, config, mask.numpy())
    np.testing.assert_array_equal(got.numpy(), wanted / np.float32(255))
    p = exact_softmax(scores.double().numpy(), scale=1.0, mask=mask.numpy())
    seen = np.broadcast_to(~mask.numpy(), p.shape)
    q = np.where(seen, np.maximum(wanted, 0.5), 0)
    q = q / q.sum(axis=-1, keepdims=True)
    kl = (p[seen] * np.log(p[seen] / q[seen])).sum() / 30
    found = sums.metrics()
    assert found["attention_kl"] == pytest.approx(kl, rel=1e-4)
    assert found["row_sum_min"] == pytest.approx(wanted.sum(axis=-1).min() / 255)
    assert found["row_sum_mean"] == pytest.approx(wanted.sum(axis=-1).mean() / 255)
    sums = RowFigures()
    Observer(SoftmaxNormaliser(3), sums)(scores, torch.ones(5, 5, dtype=torch.bool))
    assert sums.metrics() == {}
    Observer(SoftmaxNormaliser(3), sums)(scores)
    assert sums.metrics()["attention_kl"] == pytest.approx(0, abs=1e-6)


def test_a_leaking_mask_keeps_the_floor():
    scores = torch.zeros(1, 1, 4, 4)
    constants = HccsConstants(300, 2, 100)
    made = HccsNormaliser(1, [constants], 0.05, HccsConfig(min_sum=64), length=4, face="exact")
    with torch.no_grad():
        exact, leaking = (one(scores, causal_mask(4)) for one in (made, LeakingMask(made)))
    codes = np.where(causal_mask(4).numpy(), -128, 0)
    wanted = hccs(codes, constants, HccsConfig(min_sum=64)) / np.float32(255)
    np.testing.assert_array_equal(leaking[0, 0].numpy(), wanted)
    # Rounded down, as published.
    np.testing.assert_array_equal(exact[0, 0, 0].numpy(), np.array([254, 0, 0, 0], "f4") / 255)
    assert leaking[0, 0, 0, 0] < 0.6


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """The language part on a random model, short rows, and text of its letters."""
    path = write_gguf(tmp_path / "tiny.gguf")
    rng = np.random.default_rng(1)
    words = ["".join(rng.choice(list("abcdefghij"), 4)) for _ in range(3000)]
    text = Wikipedia((" ".join(words[:1000]),), (" ".join(words[1000:]),))
    monkeypatch.setattr(language_bench, "load_smollm2", lambda: load_llama(path))
    monkeypatch.setattr(language_bench, "read_wikipedia", lambda _: text)
    for module in (language_bench, language_settings):
        monkeypatch.setattr(module, "LENGTH", 32)
    learned = language_settings.Learning("learned", tuning=Tuning(steps=12, batch=2), long=False)
    monkeypatch.setattr(language_settings, "LEARNED", {"learned": learned})


def test_language_arms_on_a_random_model(tiny):
    # One form is as good as another here, and each is searched for.
    forms = [f"hccs-{name}" for name in language_settings.FORMS | language_settings.MORE_FORMS]
    every = language.arms(tokens=256, long=True)
    arms = [arm for arm in every if arm.name not in forms]
    found, said = {}, []

    def keep(arm, metrics, details, seconds):
        json.dumps([metrics, details, dict(arm.settings)], allow_nan=False)
        assert seconds >= 0
        found[arm.name] = metrics, details

    language.measure(arms, 1, keep, said.append)
    assert list(found) == [arm.name for arm in arms]
    metrics = {name: one for name, (one, _) in found.items()}
    assert metrics["softmax"]["agreement"] == 1
    assert metrics["softmax"]["output_kl"] == pytest.approx(0, abs=1e-6)
    assert 0 <= metrics["softmax-int8"]["output_kl"] < metrics["hccs-head"]["output_kl"]
    kl = [metrics[f"hccs-{name}"]["attention_kl"] for name in ("head", "layer", "global")]
    assert kl[0] < kl[1] < kl[2]
    assert metrics["hccs-leaking"]["perplexity"] != metrics["hccs-head"]["perplexity"]
    assert metrics["hccs-head"]["row_sum_max"] < 1.01
    assert len(found["hccs-head"][1]["constants"]) == 9 * LAYERS
    for row in found["hccs-learned"][1]["constants"]:
        HccsConstants(*row[3:]).check(language_settings.WIDE, 32, masked=True)
    losses = found["hccs-learned"][1]["losses"]
    assert len(losses) == 12
    assert np.mean(losses[-4:]) < np.mean(losses[:4])
    assert metrics["hccs-learned"]["output_kl"] < metrics["hccs-head"]["output_kl"]


def test_what_is_printed_is_the_perplexity_of_the_integers(tiny):
    """The softmax of a layer replaced by golden itself gives the same figures."""
    (arm,) = (a for a in language.arms(tokens=256) if a.name == "hccs-clb")
    bench = LanguageBench(8, 1, lambda _: None)
    made, _ = bench.normalisers(arm)

    class Golden(torch.nn.Module):
        def __init__(self, like):
            super().__init__()
            self.like = like

        def forward(self, scores, mask):
            scale = self.like.scale.view(-1, 1, 1)
            codes = (scores / scale).round().clamp(-128, 127).to(torch.int8).numpy()
            out = hccs(codes, self.like.constants(), self.like.config, mask.numpy())
            return torch.from_numpy(out / np.float32(self.like.config.max_code))

    options = {"half": True, "full_scale": 255}
    got = bench.evaluate(made, **options)
    assert got == bench.evaluate([Golden(one) for one in made], **options)


def test_refusals(tiny):
    with pytest.raises(InputError, match="tokens must be 32 to 40000"):
        language.arms(tokens=31)
    for bad, line in (
        ({"steps": 0}, "steps must be 1 to 1048576, not 0"),
        ({"rate": 0.0}, "rate must be above 0 and at most 1, not 0.0"),
        ({"face": "smooth"}, "face"),
    ):
        with pytest.raises(InputError, match=line):
            Tuning(**bad)
    bench = LanguageBench(8, 1, lambda _: None)
    (arm,) = (a for a in language.arms(tokens=256) if a.name == "hccs-head")
    frozen, _ = bench.normalisers(arm)
    with pytest.raises(InputError, match="normalisers must be made with learn=True"):
        tune(bench.model, frozen, frozen, bench.test, Tuning())


def test_tuning_trains_constants_alone(tiny):
    bench = LanguageBench(8, 1, lambda _: None)
    (arm,) = (a for a in language.arms(tokens=256) if a.name == "hccs-learned")
    before = {name: one.clone() for name, one in bench.model.state_dict().items()}
    made, _ = bench.normalisers(arm)
    for name, one in bench.model.state_dict().items():
        assert name not in before or torch.equal(one, before[name])
    assert {one.face for one in made} == {"exact"}
    again, _ = LanguageBench(8, 1, lambda _: None).normalisers(arm)
    assert [one.export(0) for one in made] == [one.export(0) for one in again]
