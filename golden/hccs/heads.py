# SPDX-License-Identifier: Apache-2.0
"""Heads of HCCS in a head-constants file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surmax.common.errors import InputError, check_kind, check_range, is_integer
from surmax.common.plain import PlainFields, check_flag
from surmax.golden.hccs.config import HccsConfig
from surmax.golden.hccs.law import HccsConstants
from surmax.golden.places import check_place
from surmax.golden.reference import check_scale


@dataclass(frozen=True)
class HccsHead(PlainFields):
    """One head of HCCS.

    Attributes:
        layer, head: place in the network, each 0 to 65535.
        scale: real score units a code, 1e-9 to 16.
        constants: its integers.

    Raises:
        InputError: a place or the scale is out of range.
    """

    layer: int
    head: int
    scale: float
    constants: HccsConstants

    def __post_init__(self) -> None:
        """Check place and scale."""
        super().__post_init__()
        check_place(self.layer, self.head)
        check_scale(self.scale)


@dataclass(frozen=True)
class HccsConstantsFile:
    """Content of a head-constants file of HCCS.

    Attributes:
        config: the datapath.
        heads: the heads in file order.
        length: row length in positions for which the constants are legal.
        masked: whether they are also legal for shorter rows and with any mask.
    """

    config: HccsConfig
    heads: tuple[HccsHead, ...]
    length: int
    masked: bool


class HccsHeadFormat:
    """The part of HCCS in a head-constants file (surmax.golden.protocol.HeadFormat)."""

    fields = ("layer", "head", "scale", "B", "S", "Dmax")

    def about(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return `length` and `masked`, the rows for which the constants are legal."""
        masked = check_flag("masked", document.get("masked"))
        # How large a length may be depends on the configuration: `check` decides.
        length = document.get("length")
        return {"length": int(length) if is_integer(length) else length, "masked": masked}

    def check(self, config: HccsConfig, heads: Sequence[HccsHead], about: dict[str, Any]) -> None:
        """Raise InputError when `length` is out of range or constants are illegal for its rows."""
        length = check_range("length", about["length"], 1, config.max_sum)
        for head in heads:
            check_kind("heads", head, HccsHead)
            try:
                head.constants.check(config, length, masked=about["masked"])
            except InputError as error:
                raise InputError(f"layer {head.layer} head {head.head}: {error}") from None

    def to_json(self, head: HccsHead) -> dict[str, Any]:
        """Return the fields of a head."""
        place = {"layer": head.layer, "head": head.head, "scale": head.scale}
        constants = head.constants
        return place | {"B": constants.B, "S": constants.S, "Dmax": constants.Dmax}

    def from_json(self, config: HccsConfig, fields: dict[str, Any]) -> HccsHead:
        """Return the head that a file's fields describe. Raises InputError for a bad value."""
        constants = HccsConstants(fields["B"], fields["S"], fields["Dmax"])
        return HccsHead(fields["layer"], fields["head"], fields["scale"], constants)

    def content(
        self, config: HccsConfig, heads: tuple[HccsHead, ...], about: dict[str, Any]
    ) -> HccsConstantsFile:
        """Return what load_constants returns."""
        return HccsConstantsFile(config, heads, about["length"], about["masked"])
