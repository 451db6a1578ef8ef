"""That a managed policy is attached to a principal, followed through a git history as a policy of its own.

It comes and goes with the attachment, and does not change with the document, which has entries of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec.structs import replace

from tracker.archive.layouts import FoundPolicy, FoundVersion
from tracker.errors import one_line
from tracker.inputs.comparing.attached import Side
from tracker.inputs.comparing.known_policies import known_policies
from tracker.inputs.model import Attachment, Contents, LoadedDocument
from tracker.policy.history import PolicyFacts
from tracker.policy.symbols import has_symbol, printable

__all__ = ["attached_policies", "found_policy"]

_PARTITION = re.compile(r"arn:([^:]*):(iam::aws:policy/.+)")


def attached_policies(path: str, found: Contents) -> Iterator[FoundPolicy]:
    """Yield what is attached to whom: each attachment as a policy, in each case in which it is there.

    Policies of AWS have the document that comes with the program. An attachment that is not known (`ImportValue`, a
    variable) may be any other of its principal: what is not shown beside it any more is not known to be removed.

    Args:
        path: the file, for messages.
        found: what the file or project holds.
    """
    documents: defaultdict[str, list[LoadedDocument]] = defaultdict(list)
    for document in found.documents:
        documents[document.identity].append(replace(document, principal=""))
    attachments = {
        (one.principal, one.policy, one.boundary, one.condition): one for one in found.attachments if not one.inline
    }
    for one in attachments.values():
        side = Side(path, Contents(tuple(documents[one.policy]), (one,)), known_policies(None))
        what = _what(one)
        document, _ = side.union(
            f"{printable(one.principal)} {what} {_policy(one)}".strip(), one.principal, one.boundary, one.condition
        )
        policy = found_policy(replace(document, condition=one.condition))
        versions = tuple(replace(version, same_by=one.policy) for version in policy.versions)
        # It is none of the documents that the file showed before, at any rate.
        yield replace(policy, versions=versions, is_elsewhere=True, may_be=_may_be(one))


def found_policy(item: LoadedDocument) -> FoundPolicy:
    """Return a document under its identity, and under the tests of the template where there are some."""
    tests = "".join(f" {name}={'yes' if holds else 'no'}" for name, holds in item.condition)
    name = one_line(f"{item.identity}{tests}")
    unknown = "; ".join(dict.fromkeys(found.reason for found in item.unknowns))
    # What is known of a document only in part is no version: the rest would look removed.
    versions = () if item.document is None or unknown else (FoundVersion(item.document),)
    return FoundPolicy(f"#{name}", PolicyFacts(name), versions, unknown=unknown)


def _what(one: Attachment) -> str:
    return "permissions boundary" if one.boundary else "attached policy"


def _policy(one: Attachment) -> str:
    """Return the policy as entries name it: of AWS's own, the partition need not be known."""
    arn = _PARTITION.fullmatch(one.policy)
    return printable(f"arn:aws:{arn[2]}" if arn and has_symbol(arn[1]) else one.policy)


def _may_be(one: Attachment) -> str:
    """Return an expression for the keys of the attachments that this one may be; empty where it is known which."""
    policy = _policy(one)
    open_principal = not one.principal or has_symbol(one.principal)
    open_policy = has_symbol(one.policy) and not policy.startswith("arn:aws:iam::aws:policy/")
    if not (open_principal or open_policy or one.unknown):
        return ""
    principal = ".*" if open_principal else re.escape(printable(one.principal))
    return f".*#{principal} {_what(one)} {re.escape(policy) if open_principal and not open_policy else '.*'}"
