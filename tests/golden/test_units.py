# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest
from surmax.golden import InputError, unit_entry, unit_names

from surmax import golden


def test_every_unit_has_a_law():
    assert unit_names()[:4] == ("consmax", "hccs", "softmax", "softermax")
    for name in unit_names():
        law = unit_entry("golden", name)
        assert law.default_preset in law.presets
        assert all(isinstance(config, law.config) for config in law.presets.values())


def test_an_unknown_unit_is_one_line():
    with pytest.raises(InputError, match=r"unit must be one of consmax, .*, not 'relu'"):
        unit_entry("golden", "relu")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("PRESETS", "CONSMAX_PRESETS"),
        ("preset", "consmax_preset"),
        ("HeadConstants", "ConsmaxHead"),
        ("ConstantsFile", "ConsmaxConstantsFile"),
    ],
)
def test_names_of_earlier_versions_work_with_a_warning(old, new):
    with pytest.warns(DeprecationWarning, match=rf"surmax\.golden\.{old} is now .*{new}"):
        assert getattr(golden, old) is getattr(golden, new)


def test_an_absent_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = golden.nothing


def test_names_are_found_without_reading_any_law():
    script = (
        "import sys; from surmax.golden.units import entry_module;"
        "entry_module('golden', 'hccs');"
        "assert 'surmax.golden.hccs.entry' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
