# SPDX-License-Identifier: Apache-2.0
"""Place of a head in a network: its layer and its number within the layer."""

from surmax.common.errors import check_range

LAST = 65535


def check_place(layer: object, head: object) -> None:
    """Raise InputError unless layer and head are integers from 0 to 65535."""
    check_range("layer", layer, 0, LAST)
    check_range("head", head, 0, LAST)
