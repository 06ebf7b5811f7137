# SPDX-License-Identifier: Apache-2.0
"""Entry point of the command `surmax`."""

import sys

import click

from surmax.app import app
from surmax.common.errors import SurmaxError
from surmax.common.extras import PACKAGES, missing

USAGE_CODE = 2
INTERRUPTED_CODE = 130


def main() -> None:
    """Run the command line.

    Trouble that a user can act on (SurmaxError, wrong usage) is one line on standard error and the
    exit code of its class. Any other exception is a defect of Surmax and keeps its traceback.
    """
    try:
        code = app.main(prog_name="surmax", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        sys.exit(USAGE_CODE)
    except click.ClickException as error:
        _end(error.format_message(), USAGE_CODE)
    except SurmaxError as error:
        _end(str(error), error.exit_code)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in PACKAGES:
            raise
        found = missing(package)
        _end(str(found), found.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _end("interrupted", INTERRUPTED_CODE)
    sys.exit(code)


def _end(message: str, code: int) -> None:
    """Print `message` as one line on standard error and end with exit code `code`."""
    print(f"surmax: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
