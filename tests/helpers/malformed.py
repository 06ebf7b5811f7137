# SPDX-License-Identifier: Apache-2.0
"""Spoil JSON documents."""


def put(document, path, value):
    """Set what stands at `path` in a document to `value`, or delete it for KeyError."""
    *parents, last = path
    for key in parents:
        document = document[key]
    if value is KeyError:
        del document[last]
    else:
        document[last] = value
