# SPDX-License-Identifier: Apache-2.0
"""Entry point of the command `surmax`."""

import sys

import click

from surmax.app import app
from surmax.golden import InputError


def main() -> None:
    """Run the command line; bad input is one line on standard error and exit code 2."""
    try:
        code = app.main(prog_name="surmax", standalone_mode=False)
    except (InputError, click.ClickException) as error:
        text = error.format_message() if isinstance(error, click.ClickException) else str(error)
        print(f"surmax: {' '.join(text.split())}", file=sys.stderr)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        print("surmax: interrupted", file=sys.stderr)
        sys.exit(130)
    sys.exit(code)


if __name__ == "__main__":
    main()
