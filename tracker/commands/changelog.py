"""`changelog`: an archive, a repository, or a changelog in JSON → a changelog in a format."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.archive.packed import open_archive
from tracker.base.suggestions import suggestion
from tracker.catalogue.catalogue import load_catalogue
from tracker.changelog.acknowledged import without_acknowledged
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.changelog.model import Changelog
from tracker.commands.output import OutputOptions
from tracker.errors import UsageError
from tracker.formats.registry import CHANGELOG, find_format
from tracker.policy.history import Skipped
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.text.titles import changelog_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tracker.changelog.assessments import EffectiveChangesOf
    from tracker.commands.attached import AttachedFilter
    from tracker.policy.history import PolicyHistory
    from tracker.risk import Assessment

__all__ = ["changelog", "changelog_from_json_text", "render_changelog"]


def changelog(
    origin: HistoryOrigin,
    configuration: Configuration,
    selection: Selection,
    output: OutputOptions,
    *,
    risk: bool = False,
    announcements: "Sequence[Path]" = (),
    only: "AttachedFilter | None" = None,
    acknowledged: frozenset[str] = frozenset(),
) -> "tuple[list[bytes], Sequence[Skipped]]":
    """Return the parts of the changelog of an origin in a format, in UTF-8, and what was left out of it.

    Its entries know what announced them, by the configured services' feeds and by those of the files named.

    Args:
        origin: the archive, or another repository.
        configuration: services, base URL, zone, titles.
        selection: what is asked for.
        output: how it is written.
        risk: whether to say what the changes mean.
        announcements: further files of announcements.
        only: what is attached: nothing else is shown; None for everything.
        acknowledged: the ids of entries that are left out.

    Raises:
        PageError: a feed can't be read.
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read, or there is no such revision.
        UsageError: no policy of it is asked for; there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    selection = only.selection(selection) if only else selection
    services = [selection.service] if selection.service else configuration.services
    has_feeds = bool(announcements) or any(service.announcements for service in services)
    with open_history_source(origin, configuration, selection) as source:
        chosen = find_format(CHANGELOG, output.format_name)
        if chosen.reader and not (risk or has_feeds or only or acknowledged):
            words = output.words(configuration)
            title = changelog_heading(words, selection.service, source.owners, configuration).title
            parts, left_out = chosen.reading_function()(source, selection, title, words, load_catalogue())
            return parts, left_out
        histories = list(source.histories()) if risk or not chosen.takes_data else ()
        found = source.changelog(histories or source.histories(), selection)
    if only:
        found = only.apply(found, open_archive(origin.snapshots).policy_keys(selection.owner))
    if has_feeds:
        from tracker.documentation.announcements.changelogs import attach_announcements, read_feeds

        feeds = read_feeds(services, announcements, selection.service)
        found = attach_announcements(found, feeds, load_catalogue())
    read = [item for item in histories if not isinstance(item, Skipped)]
    assessments = _assess_changes(found, read, configuration, selection) if risk else None
    found = without_acknowledged(found, acknowledged)
    effective = None if risk or chosen.takes_data else _effective_changes(found, read, output)
    return render_changelog(found, configuration, selection.service, output, assessments, effective), found.skipped


def changelog_from_json_text(
    text: bytes,
    configuration: Configuration,
    selection: Selection,
    output: OutputOptions,
    acknowledged: frozenset[str] = frozenset(),
) -> "tuple[list[bytes], Sequence[Skipped]]":
    """Return the parts of a changelog that was written as JSON in a format, in UTF-8, and what had been left out of it.

    Args:
        text: what `changelog --format json` wrote.
        configuration: base URL, zone, titles.
        selection: which of its entries are asked for.
        output: how it is written.
        acknowledged: the ids of entries that are left out.

    Raises:
        DocumentError: it is no such JSON.
        UsageError: it has no entry of the owner or policies asked for; there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    from tracker.changelog.contract import changelog_from_json

    found, assessments = changelog_from_json(text)
    wanted = [entry for entry in found.entries if selection.takes_in(entry.owner, entry.policy)]
    if found.entries and not wanted:
        asked = selection.policy or selection.owner or (selection.service.slug if selection.service else "")
        near = suggestion(asked, {entry.policy for entry in found.entries})
        raise UsageError(f"no entry of the changelog is of {asked!r}", where="--from", hint=near)
    chosen = without_acknowledged(replace(found, entries=tuple(filter(selection.has, wanted))), acknowledged)
    return render_changelog(chosen, configuration, selection.service, output, assessments), found.skipped


def _assess_changes(
    changelog: Changelog,
    histories: "Sequence[PolicyHistory]",
    configuration: Configuration,
    selection: Selection,
) -> "Mapping[str, Assessment]":
    from tracker.changelog.assessments import assess_entries

    whole = selection == Selection()
    return assess_entries(changelog, histories, load_catalogue(), configuration.rules, is_whole_archive=whole)


def _effective_changes(
    changelog: Changelog, histories: "Sequence[PolicyHistory]", output: OutputOptions
) -> "EffectiveChangesOf":
    """Return what finds the effects of entries; a feed shows only its newest ones, so it asks for those alone."""
    from tracker.changelog.assessments import effective_changes_by_entry, effective_changes_finder

    if find_format(CHANGELOG, output.format_name).feed_file:
        return effective_changes_finder(histories, load_catalogue())
    return effective_changes_by_entry(changelog.entries, histories, load_catalogue())


def render_changelog(
    found: Changelog,
    configuration: Configuration,
    service: Service | None,
    output: OutputOptions,
    assessments: "Mapping[str, Assessment] | None" = None,
    effective: "EffectiveChangesOf | None" = None,
    lead: str | None = None,
) -> list[bytes]:
    """Return the parts of a changelog in a format, in UTF-8.

    Args:
        found: the changelog.
        configuration: base URL, zone, titles.
        service: the service that it is about; None for all.
        output: how it is written.
        assessments: what the changes mean, by entry; None where nobody asked.
        effective: gives what becomes of actions by an entry; None where assessments do, or nothing is known of it.
        lead: the sentence under the title; None for the one that says what the changelog has.

    Raises:
        UsageError: there is no such language or folder.
        RenderError: a template failed, or a feed did not pass its check.
    """
    chosen, catalogue = find_format(CHANGELOG, output.format_name), load_catalogue()
    if chosen.takes_data:
        words = output.words(configuration)
        owners = {entry.owner for entry in found.entries}
        titled = replace(found, title=changelog_heading(words, service, owners, configuration).title)
        return list(chosen.function()(titled, words, catalogue, assessments))
    from tracker.formats.views import View, page_of
    from tracker.text.row_builder import RowBuilder

    renderer = output.renderer(configuration)
    row_builder = RowBuilder(renderer.words, catalogue, configuration.time_zone, service, assessments, effective)
    page = page_of(View("", found, service), row_builder, configuration, configuration.base_url, None)
    page = page if lead is None else replace(page, lead=lead)
    return [renderer.changelog(chosen.name, page).encode()]
