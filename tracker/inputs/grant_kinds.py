"""What a type of resource grants that no policy document says: a row of the tables of CloudFormation and Terraform."""

from typing import Any

from msgspec import Struct

__all__ = ["GrantKind"]


class GrantKind(Struct, frozen=True):
    """What a type of resource grants."""

    what: str
    """What it is, in plain words."""
    member: str = ""
    """The property or argument that grants; empty where the whole resource does."""
    harmless: tuple[Any, ...] = ()
    """Values of that member that grant nothing to anybody else."""
    only_allows: bool = True
    """False for what may also deny or restrict, such as the policies of a group: that it goes may open something."""
