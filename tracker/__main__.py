"""`policy-tracker` and `python -m tracker`: errors become one line on stderr and an exit code by class."""

import gc
import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Reading an archive makes millions of objects in no cycles: the collector would only walk them again and again.
    gc.disable()
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    import click

    from tracker.cli import command
    from tracker.errors import TrackerError

    try:
        code = command.main(arguments, prog_name="policy-tracker", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.exceptions.Abort:
        return 130
    except TrackerError as error:
        return _told(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader has gone, as `head` does: no fault, and nothing left to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _told(f"{place}{error.strerror or error}", 9)
    except (MemoryError, RecursionError):
        return _told("the input is too large for this machine", 11)
    return code if isinstance(code, int) else 0


def _told(message: str, code: int) -> int:
    sys.stderr.write(f"policy-tracker: error: {message}\n")
    return code


if __name__ == "__main__":
    main()
