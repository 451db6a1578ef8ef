"""`announcements`: a history feed of the documentation and the archive → what each item announces."""

from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, build_changelog
from tracker.commands.output import OutputOptions
from tracker.commands.policy_knowledge import read_knowledge
from tracker.documentation.announcements.feeds import read_announcements
from tracker.documentation.announcements.matches import match_announcements
from tracker.formats.registry import ANNOUNCEMENTS, find_format
from tracker.settings.configuration import Configuration

__all__ = ["announcements"]


def announcements(
    feed: bytes,
    name: str,
    origin: HistoryOrigin,
    configuration: Configuration,
    slug: str,
    output: OutputOptions,
    *,
    owner: str | None = None,
) -> str:
    """Return the announcements of a feed, each with the entries that it announces.

    Args:
        feed: the content of the feed.
        name: what the feed is called in messages.
        origin: the archive, or another repository.
        configuration: services.
        slug: the configured service that the feed is about.
        output: format and language.
        owner: whose policies; None for all.

    Raises:
        PageError: the feed can't be read.
        UsageError: no such service or language; no policy of it in the archive.
        ArchiveError, GitError: the archive or repository can't be read.
    """
    catalogue = load_catalogue()
    names = read_knowledge(origin, catalogue).vocabulary.policies
    items = read_announcements(feed, name=name, names=names)
    named = frozenset(policy for item in items for policy in item.policies)
    selection = Selection(owner, configuration.service(slug), names=named)
    changelog = build_changelog(origin, configuration, selection)
    found = match_announcements(items, changelog.entries, lambda action: bool(catalogue.expand(action)))
    chosen = find_format(ANNOUNCEMENTS, output.format_name)
    return str(chosen.function()(found, output.words(configuration)))
