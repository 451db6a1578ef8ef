"""What a review compares: one policy document on both sides."""

from msgspec import Struct

from tracker.inputs.model import LoadedDocument

__all__ = ["DocumentPair"]


class DocumentPair(Struct, frozen=True):
    """One policy on both sides."""

    name: str
    """Its path, with its identity in the file (`stack.yaml#Role/Properties/Policies/read`), or its name."""
    path: str
    """The file's path on the new side, on the old one where it is gone; empty for what is in no file."""
    before: LoadedDocument | None
    """None where the policy is new."""
    after: LoadedDocument | None
    """None where the policy is gone."""
    moved_from: str = ""
    """Its old name, where it was called otherwise; empty where it was not."""
    is_new_place: bool = False
    """True where it moved to another owner or folder: what it allows is new there, whatever it allowed elsewhere."""
    notes: tuple[str, ...] = ()
    """What the documents were taken from, such as `ReadOnlyAccess v152`."""
    in_source: bool = False
    """True for what is reported and not compared: a program or a text for people that mentions policies, a chart."""
    rule: str = "policy-in-source"
    """The rule by which it is reported then."""
