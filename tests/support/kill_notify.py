"""Runs `notify` in a folder once for each line of stdin, in a process of its own that has everything imported already.

A line is a number of seconds after which the run is killed, wherever it is. The answer is a line with its exit code,
the negative number of a signal that ended it, and with the seconds that it took.
"""

import os
import signal
import sys
import time
from typing import Any

from apprise import Apprise

import tracker.commands.notify  # noqa: F401 - so that no run spends its time on it
from tracker.__main__ import _run


def main() -> None:
    """Answer each line."""
    for address in ("json://localhost/", "mailto://localhost/?to=a@example.org"):  # the first one loads all services
        service: Any = Apprise.instantiate(address)
        type(service).request_rate_per_sec = 0  # Apprise waits for seconds between two mails
    for line in sys.stdin:
        began, child = time.monotonic(), os.fork()
        if child == 0:
            os._exit(_run(["notify", "--from", "changelog.json"]))
        ended, status = 0, 0
        while not ended and time.monotonic() - began < float(line):
            time.sleep(0.001)
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.kill(child, signal.SIGKILL)
            ended, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), time.monotonic() - began, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
