# SPDX-License-Identifier: Apache-2.0
"""Make the C library keep freed memory in the process."""

import ctypes

# Names of mallopt's options, from the GNU C library's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4
_TOP_PAD = 1 << 26


def keep_freed_memory() -> None:
    """Have the C library keep freed memory for the rest of the process.

    PyTorch frees and allocates memory for every intermediate result. The GNU C library hands large
    blocks back to the system each time, and using them again costs page faults. With another C
    library nothing happens.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for option, value in ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, -1), (_M_TOP_PAD, _TOP_PAD)):
        mallopt(option, value)
