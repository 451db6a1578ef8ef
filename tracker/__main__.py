"""`policy-tracker` and `python -m tracker`: errors become one line on stderr and an exit code by class."""

import gc
import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    from tracker.errors import INTERRUPTED, SourceError

    # An archive makes many objects and few cycles, so they are walked once for 50,000 new ones instead of 700. Never
    # would be no faster, and pages and comparisons leave cycles behind that would fill the memory of a long run.
    gc.set_threshold(50_000, 20, 10)
    _open_streams()
    code = _run(sys.argv[1:])
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    if code in (INTERRUPTED, SourceError.exit_code):
        # Python would wait for the threads that still await an answer; what was being written is whole or absent.
        os._exit(code)
    sys.exit(code)


def _open_streams() -> None:
    """Let no stream be closed or too narrow: a closed one swallows, and what an encoding lacks is shown escaped."""
    sys.stdout = sys.stdout or _open_null_device()
    sys.stderr = sys.stderr or _open_null_device()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _open_null_device() -> TextIOWrapper:
    return TextIOWrapper(open(os.devnull, "wb"), encoding="utf-8")  # noqa: PTH123 - until the end


def _run(arguments: list[str]) -> int:
    import click

    from tracker.cli import command
    from tracker.cli.streams import discard_output
    from tracker.errors import INTERRUPTED, TOO_LARGE, OutputError, TrackerError

    try:
        code = command.main(arguments, prog_name="policy-tracker", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        return _report_usage_error(error)
    except click.exceptions.Abort:
        return INTERRUPTED
    except TrackerError as error:
        return _report_error(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader has gone, as `head` does: no fault, and nothing left to flush.
        discard_output()
        return 0
    except OSError as error:
        if not error.filename:
            discard_output()
        unwritten = OutputError(error.strerror or str(error), where=str(error.filename or "standard output"))
        return _report_error(str(unwritten), unwritten.exit_code)
    except (MemoryError, RecursionError):
        return _report_error("the input is too large for this machine", TOO_LARGE)
    return code if isinstance(code, int) else 0


def _report_usage_error(error: "click.ClickException") -> int:
    """Write in one line what is wrong with the arguments; without arguments, show the help."""
    import click

    from tracker.errors import UsageError

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    asked = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "policy-tracker"
    return _report_error(
        str(UsageError(error.format_message().rstrip("."), hint=f"see `{asked} --help`")), UsageError.exit_code
    )


def _report_error(message: str, code: int) -> int:
    sys.stderr.write(f"policy-tracker: error: {message}\n")
    return code


if __name__ == "__main__":
    main()
