"""Feeds as their readers meet them: two builds around a real step of the archive, read over HTTP by two readers."""

import json
import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from archives import CHECKOUT
from msgspec.structs import replace

from tracker.archive.store import archive_on_disk, write_history
from tracker.commands.build import build
from tracker.commands.serve import serving
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration

pytestmark = pytest.mark.slow

BEFORE, STEP = datetime(2026, 9, 30, tzinfo=UTC), datetime(2026, 9, 30, 23, tzinfo=UTC)
WAVE = datetime(2026, 2, 27, 13, tzinfo=UTC)
UPDATED = frozenset({"AWSApplicationMigrationFullAccess", "AWSManagedSettingsAdminAccess", "SecurityAudit"})
REMOVED = "AmazonCloudWatchEvidentlyFullAccess"
ADDED = "AmazonODBNetworkAdmin"
AS_THEY_WERE = frozenset({"AmazonS3FullAccess", "AmazonConnectServiceLinkedRolePolicy"})
REISSUED = frozenset({"AmazonEC2ReadOnlyAccess", "AmazonInspector2FullAccess_v2", "AWSApplicationMigrationFullAccess"})
ALL = UPDATED | AS_THEY_WERE | REISSUED | {REMOVED, ADDED}
NEWSBOAT = shutil.which("newsboat")


def until(history: PolicyHistory, moment: datetime) -> PolicyHistory | None:
    """Return what was seen of a policy until then; None where that was nothing. What nobody saw is left out."""
    seen = tuple(item for item in history.observations if item.at <= moment)
    later = {item.default_version for item in history.observations if item.at > moment}
    known = {item.default_version for item in seen}
    versions = tuple(
        item
        for item in history.versions
        if not item.is_collected and (item.version_id in known or item.version_id not in later)
    )
    return replace(history, observations=seen, versions=versions) if seen else None


def archive(root: Path, moment: datetime, before: Path | None = None) -> Path:
    """Bring an archive of some real policies to what was known at a moment; it is made if it is not there."""
    known = {item.facts.name: item for item in histories(before)} if before else {}
    for history in histories(CHECKOUT / "snapshots"):
        then = until(history, moment)
        if then:
            write_history(root, known.get(then.facts.name), then)
    return root


def histories(snapshots: Path) -> Iterator[PolicyHistory]:
    found = archive_on_disk(snapshots).histories("aws", lambda name: name in ALL)
    return (item for item in found if isinstance(item, PolicyHistory))


def built(snapshots: Path, folder: Path) -> Path:
    build(snapshots, folder, Configuration(languages=("en",)))
    return folder


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """The site before the wave of re-issues, before the step, and after it."""
    top = tmp_path_factory.mktemp("subscribers")
    snapshots = archive(top / "snapshots", datetime(2026, 2, 27, tzinfo=UTC))
    first = shutil.copytree(built(snapshots, top / "public"), top / "first")
    archive(snapshots, BEFORE, before=snapshots)
    second = shutil.copytree(built(snapshots, top / "public"), top / "second")
    archive(snapshots, STEP, before=snapshots)
    return first, second, built(snapshots, top / "public")


def reported(site: Path, name: str = "feed.xml") -> dict[str, tuple[str, str]]:
    """Return the items of a feed as a reader of it keeps them: id → title and content, over HTTP."""
    with serving(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = feedparser.parse(f"http://127.0.0.1:{server.server_port}/{name}")
        server.shutdown()
    assert not found.bozo
    return {item.id: (item.title, item.get("summary", "")) for item in found.entries}


@pytest.mark.parametrize("name", ["feed.xml", "atom.xml"])
def test_who_subscribed_before_a_step_sees_exactly_what_it_brought(sites: tuple[Path, Path, Path], name: str) -> None:
    _, before, after = sites
    seen, found = reported(before, name), reported(after, name)
    assert {title.split(" ")[0].strip() for item, (title, _) in found.items() if item not in seen} == {
        *UPDATED,
        REMOVED,
        ADDED,
    }
    assert len(found.keys() - seen.keys()) == len(UPDATED) + 2
    assert {item: found[item] for item in seen} == seen


def test_a_wave_of_reissues_is_one_item(sites: tuple[Path, Path, Path]) -> None:
    before, after, _ = sites
    seen, found = reported(before), reported(after)
    waves = {item: title for item, (title, _) in found.items() if item not in seen and "reissued" in item}
    days = {entry["published"][:10] for entry in changelog(after) if entry["event"] == "policy-reissued"}
    assert len(waves) == len(days) < len(REISSUED)
    assert {item: found[item] for item in seen} == seen


def changelog(site: Path) -> list[dict[str, str]]:
    folder = site / "api" / "v1" / "changes"
    reports = [json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("*.json")]
    return [entry for report in reports for entry in report["entries"]]


def test_a_policys_feed_without_news_keeps_its_bytes(sites: tuple[Path, Path, Path]) -> None:
    _, before, after = sites
    for policy in AS_THEY_WERE:
        path = Path("policies", "aws", policy, "feed.xml")
        assert (before / path).read_bytes() == (after / path).read_bytes()


def test_a_removal_is_an_item(sites: tuple[Path, Path, Path]) -> None:
    _, before, after = sites
    name = f"policies/aws/{REMOVED}/feed.xml"
    assert [title for item, (title, _) in reported(after, name).items() if item not in reported(before, name)] == [
        f"{REMOVED} – Removed AWS managed policy"
    ]


@pytest.mark.skipif(NEWSBOAT is None, reason="newsboat is not installed")
@pytest.mark.parametrize("name", ["feed.xml", "atom.xml"])
def test_newsboat_shows_exactly_what_a_step_brought_as_unread(
    sites: tuple[Path, Path, Path], name: str, tmp_path: Path
) -> None:
    """It is configured to show items as unread again whose content changed, so that such a change would be seen."""
    _, before, after = sites
    shutil.copytree(before, tmp_path / "public")
    with serving(tmp_path / "public", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/{name}"
        (tmp_path / "config").write_text(f'reset-unread-on-update "{address}"\n')
        (tmp_path / "urls").write_text(f"{address}\n")
        read = unread(tmp_path)
        assert len(read) == len(reported(before, name))
        with sqlite3.connect(tmp_path / "cache.db") as cache:
            cache.execute("UPDATE rss_item SET unread = 0")
        assert unread(tmp_path) == set()
        shutil.copytree(after, tmp_path / "public", dirs_exist_ok=True)
        # The step comes later than in the same second, in which a reader would be told that nothing is newer.
        os.utime(tmp_path / "public" / name)
        assert unread(tmp_path) == reported(after, name).keys() - reported(before, name).keys()
        server.shutdown()


def unread(home: Path) -> set[str]:
    """Let newsboat fetch its feeds; return the ids of the items that it shows as unread."""
    assert NEWSBOAT
    options = [
        f"--config-file={home / 'config'}",
        f"--url-file={home / 'urls'}",
        f"--cache-file={home / 'cache.db'}",
    ]
    subprocess.run([NEWSBOAT, *options, "--execute=reload"], check=True, capture_output=True, timeout=60)
    with sqlite3.connect(home / "cache.db") as cache:
        return {guid for (guid,) in cache.execute("SELECT guid FROM rss_item WHERE unread = 1")}
