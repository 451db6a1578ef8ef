"""Parts of the changelog that have a folder, a title and feeds of their own: all, a service, a level, a policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from msgspec.structs import replace

from tracker.changelog.model import Changelog
from tracker.formats.changelog_page import ChangelogPage
from tracker.policy.history import Skipped
from tracker.risk.rules import Level
from tracker.settings.configuration import Configuration, service_has_policy
from tracker.settings.services import Service
from tracker.text.row_builder import RowBuilder
from tracker.text.rows import Row
from tracker.text.titles import changelog_heading
from tracker.text.words import Words, printable

__all__ = ["THRESHOLDS", "View", "level_name", "page_of", "views_of"]

THRESHOLDS = (Level.CRITICAL, Level.WARNING)
"""The levels of risk that can be subscribed to, each with all higher ones."""


@dataclass(frozen=True, slots=True)
class View:
    """A part of the changelog that has a folder of its own."""

    folder: str
    """Its folder below the language's, with a final slash; empty for the top."""
    changelog: Changelog
    """Its entries; its title is made per language."""
    service: Service | None = None
    """The service it is about, None for all policies."""
    policy: str = ""
    """The policy it is about; empty for several."""
    level: str = ""
    """The mildest level of risk that it shows; empty for all changes."""


def level_name(words: Words, level: str) -> str:
    """Return what a level of risk is called; the level itself where the language has no word for it."""
    return words(f"risk.{level}") if words.has(f"risk.{level}") else level


def page_of(
    view: View,
    row_builder: RowBuilder,
    configuration: Configuration,
    url: str | None,
    feed_url: str | None,
    rows: Sequence[Row] | None = None,
) -> ChangelogPage:
    """Return a view as a page in the language of the row builder.

    Args:
        view: what is shown.
        row_builder: its words, names and zone.
        configuration: the title of the whole.
        url: where the page will be, if it is known.
        feed_url: where its feed will be, if it is known.
        rows: the view's rows; None to make them.
    """
    words = row_builder.words
    owners = {entry.owner for entry in view.changelog.entries}
    title, lead = changelog_heading(words, view.service, owners, configuration)
    if view.policy:
        title, lead = words("policy.title", policy=view.policy), words("policy.lead", policy=view.policy)
    if view.level:
        title, lead = words(f"level.title.{view.level}", title=title), words(f"level.lead.{view.level}")
    attached = view.changelog.attached
    scope = words("changelog.attached", count=attached.policies, left_out=attached.left_out) if attached else ""
    acknowledged = view.changelog.acknowledged
    left_out = words("changelog.acknowledged", count=acknowledged) if acknowledged else ""
    return ChangelogPage(
        attached=tuple(sorted(attached.principals.items())) if attached else (),
        scope=scope,
        title=title,
        lead=" ".join(filter(None, (lead, scope, left_out))),
        rows=tuple(row_builder.rows(view.changelog)) if rows is None else rows,
        dated=words("changelog.dated", date=row_builder.catalogue.dated.isoformat()),
        skipped=tuple(Skipped(printable(item.where), printable(item.reason)) for item in view.changelog.skipped),
        url=url,
        feed_url=feed_url,
        documentation=view.service.documentation if view.service else None,
        name=f"{words.language}/{view.folder}",
    )


def views_of(
    changelog: Changelog, configuration: Configuration, levels: Mapping[str, Level] = MappingProxyType({})
) -> list[View]:
    """Return the whole, each configured service, and what is at least as risky as each of THRESHOLDS.

    A service without entries has no view; a level without entries has one, for somebody may wait for its first.

    Args:
        changelog: everything.
        configuration: names the services.
        levels: entry id → how risky it was found; empty where nothing was evaluated.
    """
    views = [View("", changelog)]
    for service in configuration.services:
        entries = tuple(entry for entry in changelog.entries if service_has_policy(service, entry.policy))
        if entries:
            views.append(View(f"services/{service.slug}/", replace(changelog, entries=entries, skipped=()), service))
    for threshold in THRESHOLDS if levels else ():
        wanted = {entry_id for entry_id, level in levels.items() if level.rank >= threshold.rank}
        entries = tuple(entry for entry in changelog.entries if entry.id in wanted)
        views.append(View(f"risk/{threshold}/", replace(changelog, entries=entries, skipped=()), level=threshold))
    return views
