"""`diff --jsonl`: pairs of documents as JSON Lines in, one line of JSON for each out, in bounded memory."""

from collections.abc import Iterator
from typing import IO

from tracker.catalogue.catalogue import load_catalogue
from tracker.formats.review_json import pair_to_json_line
from tracker.inputs.comparing.pair_lines import bounded_lines, read_pair_line
from tracker.review.model import Review, fails
from tracker.review.review import review
from tracker.settings.configuration import Configuration

__all__ = ["EvaluatedLines"]


class EvaluatedLines:
    """The evaluated pairs of a stream, and whether one of them failed the gate so far."""

    def __init__(
        self, stream: IO[bytes], configuration: Configuration, gate: str | None, *, as_of_today: bool = False
    ) -> None:
        """Take the stream; `gate` and `as_of_today` as `fails` takes them, None for no gate."""
        self.failed = False
        """Whether the gate has found something; final once all lines were taken."""
        self._stream, self._configuration, self._gate = stream, configuration, gate
        self._as_of_today = as_of_today

    def __iter__(self) -> Iterator[bytes]:
        """Yield a line for each pair, in their order."""
        catalogue = load_catalogue()
        for number, line in bounded_lines(self._stream):
            read = read_pair_line(number, line)
            found = review([read.pair], catalogue, levels=self._configuration.rules)
            self.failed = self.failed or self._fails(found)
            yield pair_to_json_line(read.id, number, found)

    def _fails(self, found: Review) -> bool:
        return self._gate is not None and fails(found, self._gate, as_of_today=self._as_of_today)
