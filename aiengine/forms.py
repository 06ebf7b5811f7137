# SPDX-License-Identifier: Apache-2.0
"""The forms of HCCS that have kernels, and the architectures, schedules and ways to mask."""

from dataclasses import dataclass

from surmax.golden import HCCS_PRESETS, HccsConfig, InputError, check_choice
from surmax.golden.hccs.config import PUBLISHED_FRACTION_BITS

# Values of __AIE_ARCH__, as aie_api's config.hpp tells the architectures apart.
ARCHITECTURES = {"aie": 10, "aie-ml": 20, "aie-mlv2": 22}
# In the order of the C interface.
SCHEDULES = ("rows", "tiles")
MASKINGS = ("length", "bits")


@dataclass(frozen=True)
class Form:
    """One instance of the C++ template HccsForm.

    Attributes:
        output: "u8" or "i16".
        reciprocal: "div", "clb", "clb1" or "clb2".
        rounding: "floor" or "nearest".
        fraction_bits: of the reciprocal.
        sum_bits: of the widest row sum that the kernel computes.
    """

    output: str
    reciprocal: str
    rounding: str
    fraction_bits: int
    sum_bits: int = 15

    @property
    def name(self) -> str:
        """Name on the command line and in tables, such as "u8-div-floor-15"."""
        return self.words.replace(" ", "-")

    @property
    def words(self) -> str:
        """Name in the C interface, such as "u8 div floor 15"."""
        return f"{self.output} {self.reciprocal} {self.rounding} {self.fraction_bits}"

    @property
    def template(self) -> str:
        """The C++ type, without its namespace surmax."""
        parts = (
            f"Output::{self.output}",
            f"Reciprocal::{self.reciprocal}",
            f"Rounding::{self.rounding}",
            str(self.fraction_bits),
        )
        return f"HccsForm<{', '.join(parts)}>"

    def config(self, min_sum: int = 256) -> HccsConfig:
        """Return golden's configuration with this form; `min_sum` as in HccsConfig."""
        return HccsConfig(
            output=self.output,
            reciprocal=self.reciprocal,
            rounding=self.rounding,
            fraction_bits=self.fraction_bits,
            sum_bits=self.sum_bits,
            min_sum=min_sum,
        )


def _forms() -> tuple[Form, ...]:
    found = []
    for output, fraction_bits in PUBLISHED_FRACTION_BITS.items():
        for reciprocal in ("div", "clb", "clb1", "clb2"):
            # A reciprocal without fraction bits needs no last shift, so that nothing is rounded.
            for rounding in ("floor", "nearest") if fraction_bits else ("floor",):
                found.append(Form(output, reciprocal, rounding, fraction_bits))
    found += [Form("i16", "div", rounding, 15) for rounding in ("floor", "nearest")]
    found.append(Form("u8", "div", "nearest", 22, HCCS_PRESETS["long"].sum_bits))
    return tuple(found)


# All forms that kernels are instantiated for; the host library has the same (surmax_forms).
FORMS = _forms()


def form_of(config: HccsConfig) -> Form:
    """Return the form that computes `config`.

    Raises InputError when there is none, or its row sums are narrower than sum_bits.
    """
    key = (config.output, config.reciprocal, config.rounding, config.fraction_bits)
    # Without fraction bits both roundings give the same codes.
    if not config.fraction_bits:
        key = (*key[:2], "floor", 0)
    for form in FORMS:
        if key == (form.output, form.reciprocal, form.rounding, form.fraction_bits):
            if config.sum_bits > form.sum_bits:
                raise InputError(
                    f"sum_bits must be at most {form.sum_bits}, not {config.sum_bits} in the "
                    f"kernel {form.name}"
                )
            return form
    allowed = ", ".join(form.name for form in FORMS)
    raise InputError(f"config must be of a kernel, one of {allowed}, not {'-'.join(map(str, key))}")


def form_named(name: str) -> Form:
    """Return the form of that name; raises InputError naming the forms when there is none."""
    check_choice("form", name, tuple(form.name for form in FORMS))
    return next(form for form in FORMS if form.name == name)
