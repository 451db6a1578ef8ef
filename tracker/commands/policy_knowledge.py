"""What the archive knows of all policies, for whoever reads pages: their names, their paths."""

from collections.abc import Iterable

from msgspec import Struct

from tracker.archive.packed import open_archive
from tracker.archive.store import Archive, archive_at
from tracker.catalogue.catalogue import Catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.documentation.reading.pages import Vocabulary
from tracker.documentation.reading.policy_names import PolicyNames
from tracker.policy.history import PolicyFacts, PolicyHistory
from tracker.settings.configuration import Configuration

__all__ = ["PolicyKnowledge", "knowledge_of", "read_knowledge"]


class PolicyKnowledge(Struct, frozen=True):
    """All policies that ever were."""

    facts: tuple[PolicyFacts, ...]
    """What IAM says of each apart from its versions, by name."""
    vocabulary: Vocabulary
    """The same for a reader of pages."""


def read_knowledge(origin: HistoryOrigin, catalogue: Catalogue) -> PolicyKnowledge:
    """Return what is known of all policies of an origin; their documents are not read where it is an archive.

    Raises:
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
    """
    if origin.repository is not None:
        with open_history_source(origin, Configuration(), Selection()) as source:
            return knowledge_of(
                (item.facts for item in source.histories() if isinstance(item, PolicyHistory)), catalogue
            )
    if origin.revision is None:
        return _of_archive(open_archive(origin.snapshots), catalogue)
    from tracker.base.git import open_enclosing_repository

    with open_enclosing_repository(origin.snapshots, origin.revision) as (repository, tip, under):
        return _of_archive(archive_at(repository, tip, under), catalogue)


def _of_archive(archive: Archive, catalogue: Catalogue) -> PolicyKnowledge:
    owners = dict.fromkeys(owner for owner, _ in archive.policy_keys())
    found = (known.facts for owner in owners for known in archive.archived_policies(owner).values())
    return knowledge_of(found, catalogue)


def knowledge_of(facts: Iterable[PolicyFacts], catalogue: Catalogue) -> PolicyKnowledge:
    """Return what readers of pages need to know of policies."""
    all_facts = tuple(sorted(facts, key=lambda one: one.name))
    names = PolicyNames(one.name for one in all_facts)
    return PolicyKnowledge(all_facts, Vocabulary(names, catalogue))
