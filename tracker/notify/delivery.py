"""Messages to their destinations, by Apprise: https://github.com/caronc/apprise/wiki."""

import logging
from contextlib import suppress
from typing import Any

from msgspec import Struct

from tracker.errors import SourceError, UsageError

__all__ = ["Destination", "open_destination"]

KEY_HEADER = "Idempotency-Key"
"""The header of webhooks and e-mails that holds a message's key."""


class Destination(Struct, frozen=True):
    """Where messages go."""

    service: Any
    """Apprise's service."""
    name: str
    """What it is called in messages: without passwords and tokens."""
    form: str
    """The format that it shows best: `text`, `markdown` or `html`."""

    def send(self, title: str, body: str, key: str) -> None:
        """Deliver a message.

        Raises:
            SourceError: it was not taken.
        """
        if hasattr(self.service, "headers"):
            self.service.headers[KEY_HEADER] = key
        reasons: list[str] = []
        watch = _Reasons(reasons)
        logger = logging.getLogger("apprise")
        logger.addHandler(watch)
        try:
            taken = self.service.notify(body=body, title=title, body_format=self.form)
        finally:
            logger.removeHandler(watch)
        if not taken:
            raise SourceError(f"not delivered: {reasons[-1] if reasons else 'refused'}", where=self.name)


class _Reasons(logging.Handler):
    """Keeps what Apprise says of a failure."""

    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(TypeError, ValueError):
            self._found.append(" ".join(record.getMessage().split())[:200])


def open_destination(address: str) -> Destination:
    """Return the destination of an address of Apprise: `mailto://…`, `slack://…`, `jsons://…`.

    Raises:
        UsageError: Apprise is not installed, or knows no such address.
    """
    try:
        from apprise import Apprise, NotifyFormat
    except ImportError as error:
        hint = "pip install 'policy-tracker[notify]'"
        raise UsageError("notify needs Apprise, which is not installed", hint=hint) from error
    logging.getLogger("apprise").propagate = False
    service: Any = Apprise.instantiate(address, suppress_exceptions=True)
    if service is None:
        kind = address.partition(":")[0][:20]
        hint = "https://github.com/caronc/apprise/wiki lists them"
        raise UsageError(f"no address that Apprise knows ({kind}:…)", where="POLICY_TRACKER_NOTIFY", hint=hint)
    forms = {NotifyFormat.HTML: "html", NotifyFormat.MARKDOWN: "markdown"}
    return Destination(service, service.url(privacy=True), forms.get(service.notify_format, "text"))
