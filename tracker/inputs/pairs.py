"""What a review compares: documents as they were found, and pairs of them."""

from dataclasses import dataclass

from tracker.policy.model import Json

__all__ = ["DocumentPair", "LoadedDocument"]


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """One policy document as it was found."""

    text: str
    """The file it stands in; for a document in an archive, its own text."""
    published: Json | None
    """The document, not yet judged; None when it could not be read."""
    fault: str = ""
    """Why it could not be read."""


@dataclass(frozen=True, slots=True)
class DocumentPair:
    """One policy on both sides."""

    name: str
    """Its path, with its place in the file where that holds several (`stack.yaml#Role/Policies/0`), or its name."""
    path: str
    """The file's path alone; empty for what is in no file."""
    before: LoadedDocument | None
    """None where the policy is new."""
    after: LoadedDocument | None
    """None where the policy is gone."""
