"""Only what is attached, for each command that can leave out the rest: which policies, who has them, what is not known.

Who has a policy, account ids and an account's own policies are shown only where that was asked for.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tracker.archive.store import PolicyKey
from tracker.changelog.builder import Selection
from tracker.changelog.model import AttachedScope, Changelog
from tracker.errors import UsageError
from tracker.inputs.account.items import CUT_OFF
from tracker.inputs.files.attachment_files import AttachedPolicies, AttachmentFile, attached_policies, read_attachments
from tracker.policy.history import Skipped

__all__ = ["AttachedFilter", "read_attached"]

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_NAMED_WITH = "--with-principals"


class AttachedFilter(Struct, frozen=True):
    """Which policies of an archive are shown."""

    policies: AttachedPolicies
    """Those that are attached; with principals those of accounts among them. What is not known of them is as it may
    be shown."""
    with_principals: bool
    """Whether to name who has a policy."""

    def selection(self, selection: Selection) -> Selection:
        """Return a selection that takes in nothing but what is attached."""
        return replace(selection, attached=frozenset(self.policies.principals))

    def scope(self, archive: Collection[PolicyKey]) -> AttachedScope:
        """Return how many policies of an archive are shown and how many are left out, and who has them.

        Raises:
            UsageError: policies of AWS are attached, and the archive has none of them: nothing of them could be shown.
        """
        names = _names(archive)
        there = names & self.policies.principals.keys()
        of_aws = [owner for owner, _ in self.policies.principals if not _ACCOUNT.fullmatch(owner)]
        if of_aws and not there:
            what = f"the archive has none of the attached policies of AWS: {len(of_aws):,}"
            raise UsageError(what, where="--attached", hint="those of another partition need an archive of their own")
        principals = {name: who for (owner, name), who in self.policies.principals.items() if (owner, name) in there}
        named = {name: who for name, who in principals.items() if who} if self.with_principals else {}
        return AttachedScope(len(there), len(names) - len(there), named)

    def unknown(self, archive: Collection[PolicyKey]) -> tuple[Skipped, ...]:
        """Return what is attached and not known, or not in an archive, by where it stands."""
        absent = (
            Skipped(f"{owner}/{name}", "attached, and not in the archive: what changed of it is not known")
            for owner, name in self.policies.principals.keys() - _names(archive)
        )
        return tuple(sorted((*absent, *self.policies.unknown), key=lambda item: item.where))

    def apply(self, found: Changelog, archive: Collection[PolicyKey]) -> Changelog:
        """Return a changelog of what is attached that says what was left out, and what is not known.

        Args:
            found: the entries of what is attached.
            archive: the policies that the changelog was chosen from.

        Raises:
            UsageError: the archive has none of what is attached.
        """
        return replace(found, skipped=(*found.skipped, *self.unknown(archive)), attached=self.scope(archive))


def read_attached(files: Sequence[Path], *, with_principals: bool) -> AttachedFilter:
    """Return what some files say is attached.

    Args:
        files: what says which policies are attached.
        with_principals: whether principals, account ids and an account's own policies are shown.

    Raises:
        UsageError: a file can't be read, or names nothing that is attached.
    """
    read = [(file, read_attachments([file])) for file in files]
    policies = attached_policies(AttachmentFile(tuple(one for _, each in read for one in each.attachments), ()))
    known = {file: attached_policies(each).unknown for file, each in read}
    if with_principals:
        unknown = tuple(dict.fromkeys(item for found in known.values() for item in found))
        return AttachedFilter(AttachedPolicies(policies.principals, unknown), with_principals)
    shown = {key: who for key, who in policies.principals.items() if not _ACCOUNT.fullmatch(key[0])}
    own = len(policies.principals) - len(shown)
    hidden = (
        (Skipped("--attached", f"attached policies of the account's own: {own} ({_NAMED_WITH} shows them)"),)
        if own
        else ()
    )
    counted = (item for file, found in known.items() for item in _without_names(file, found))
    return AttachedFilter(AttachedPolicies(shown, (*hidden, *counted)), with_principals)


def _without_names(file: Path, unknown: Iterable[Skipped]) -> Iterator[Skipped]:
    """Yield the unknowns of a file without names: only a cut answer is named, all others are counted."""
    where = _ACCOUNT.sub("…", file.name)
    reasons = [item.reason for item in unknown]
    if CUT_OFF in reasons:
        yield Skipped(where, CUT_OFF)
    if others := sum(reason != CUT_OFF for reason in reasons):
        yield Skipped(where, f"{others} of what is attached is not known: {_NAMED_WITH} says what")


def _names(archive: Iterable[PolicyKey]) -> set[PolicyKey]:
    return {(owner, folder.partition("~")[0]) for owner, folder in archive}
