"""Small archives as published sites, and the readers of their feeds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from archives import stored
from builders import history, version

from tracker.catalogue.actions import AccessLevel, ActionFacts
from tracker.catalogue.catalogue import catalogue_of
from tracker.changelog.assessments import assess_entries
from tracker.changelog.entries import entries_of, newest_first
from tracker.changelog.model import Changelog, Entry
from tracker.formats.renderer import Renderer
from tracker.policy.history import PolicyHistory, Skipped
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.site import RiskIndex, SiteData, publish, record_of_entries, site_files
from tracker.site.grants import Expansions
from tracker.site.memo import CACHE
from tracker.text.words import load_words, template_folders

__all__ = [
    "CATALOGUE",
    "CONFIGURATION",
    "FILES",
    "HISTORIES",
    "HOSTILE",
    "SITE_DATA",
    "hostile_histories",
    "published",
    "risk_index",
    "site",
    "site_data",
    "write_site",
]

CATALOGUE = catalogue_of(
    (
        ActionFacts("iam:PassRole", "Identity", "Passes a role.", AccessLevel.WRITE),
        ActionFacts("s3:GetObject", "Storage", "Reads.", AccessLevel.READ),
        ActionFacts("s3:PutObject", "Storage", "Writes.", AccessLevel.WRITE),
    ),
    date(2026, 1, 1),
)
HISTORIES = (
    history(version(1, "*"), name="Admin"),
    history(
        version(1, "s3:GetObject"), version(3, "s3:Get*", "iam:PassRole", resource="arn:aws:s3:::a/*"), name="Reader"
    ),
    history(version(2, "s3:PutObject"), seen=((2, "v2"), (5, None)), name="Gone"),
    history(version(1, "s3:GetObject"), version(4, "s3:getobject"), name="Same"),
)
CONFIGURATION = Configuration(languages=("en", "ko"), services=(Service("Storing", "storing", ("Re*", "Same")),))
HOSTILE = (
    "<script>window.ran=1</script>",
    "</script><script>window.ran=1</script>",
    '"><img src=x onerror=window.ran=1>',
    "']]><svg onload=window.ran=1>",
    "javascript:window.ran=1",
    "</code></pre><iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "{{ 7 * 7 }}{% raw %}",
    "\u2028window.ran=1//",
    "__proto__",
)
"""What a stranger could write into a policy, to be run by whoever reads of it."""


def site_data(*histories: PolicyHistory, since: datetime = datetime(2020, 1, 1, tzinfo=UTC)) -> SiteData:
    """Return what a site shows of some histories."""
    found = [outcome for item in histories for outcome in entries_of(item, since)]
    entries = newest_first(entry for entry in found if isinstance(entry, Entry))
    skipped = tuple(item for item in found if isinstance(item, Skipped))
    whole = {(item.owner, item.label): item for item in histories}
    records = tuple(
        record_of_entries(
            "", item, [entry for entry in entries if entry.folder == item.label], (), Expansions(CATALOGUE)
        )
        for item in histories
    )
    changelog = Changelog("", tuple(entries), skipped)
    return SiteData(records, changelog, CATALOGUE, lambda item: whole[item.owner, item.label])


def risk_index(what: SiteData) -> RiskIndex:
    """Return the assessments of its entries."""
    histories = map(what.load, what.histories)
    return RiskIndex(assess_entries(what.changelog, histories, CATALOGUE, {}, is_whole_archive=True))


SITE_DATA = site_data(*HISTORIES)
UNASSESSED = RiskIndex()


def site(
    what: SiteData = SITE_DATA, configuration: Configuration = CONFIGURATION, meaning: RiskIndex = UNASSESSED
) -> dict[str, str]:
    """Return the files of a site that are texts."""
    folders = template_folders()
    renderers = [Renderer(folders, load_words(language, folders)) for language in configuration.languages]
    files = site_files(what, meaning, renderers, configuration)
    return {path: content for path, content in files if isinstance(content, str)}


FILES = site()
"""The files of a small site."""


def published(folder: Path) -> dict[str, bytes]:
    """Return what a build left in a folder, by path, but for what only the next build reads."""
    return {path: content for path, content in stored(folder).items() if path != CACHE}


def write_site(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a site; return its folder."""
    publish(folder, files, "")
    return folder


def hostile_histories() -> tuple[PolicyHistory, ...]:
    """Return policies that hold HOSTILE wherever a policy can hold a text."""
    made = []
    for number, text in enumerate(HOSTILE):
        sid: dict[str, Any] = {"Sid": text, "Condition": {"StringLike": {f"aws:{text}": text}}}
        versions = (
            version(1, "s3:GetObject"),
            version(2, f"s3:{text}", f"{text}:x", resource=[text, f"arn:{text}"], **sid),
        )
        made.append(history(*versions, description=text, arn=text, path=text, name=f"Hostile{number}"))
    return tuple(made)
