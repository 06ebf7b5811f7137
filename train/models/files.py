# SPDX-License-Identifier: Apache-2.0
"""Files of model weights: what their readers raise becomes one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surmax.common.errors import InputError, shown
from surmax.common.reading import check_path


@contextmanager
def reading_model(path: Path, kind: str) -> Iterator[None]:
    """Read a file of the format `kind` within; whatever its reader raises becomes an InputError.

    What is not a regular file is refused before: a pipe would be waited for.
    """
    check_path(path, "model file")
    if not path.is_file():
        raise InputError(f"model file {path} must be a {kind} file, and there is no regular file")
    try:
        yield
    except InputError:
        raise
    # The readers are those of other projects, and a damaged file can make them raise anything.
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"model file {path} must be a {kind} file: {shown(reason)}") from None


def check_sizes(path: Path, sizes: dict[str, tuple[int, int]]) -> None:
    """Raise InputError where a size that a file states differs from that of its weights.

    `sizes` are the stated and the found one by name. Unchecked, a model of the stated size would be
    made, however large it is.
    """
    for name, (stated, found) in sizes.items():
        if stated != found:
            raise InputError(
                f"model file {path}: {name} must be that of its weights, {found}, not "
                f"{shown(stated)}"
            )
