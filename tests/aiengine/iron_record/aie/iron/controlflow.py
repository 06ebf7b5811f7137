# SPDX-License-Identifier: Apache-2.0


def range_(start, stop=None, step=None):
    return range(start) if stop is None else range(start, stop, step or 1)
