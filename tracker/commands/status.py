"""`status`: how fresh and how complete an archive is, what is wrong with that, and one issue on GitHub that says so."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from tracker.archive.packed import open_archive
from tracker.archive.status import ArchiveStatus, read_checks, status_of
from tracker.archive.store import HOW_TO_FILL
from tracker.base.dates import format_time, parse_time
from tracker.commands.github import GitHubRepository, Refused, hidden_mark
from tracker.commands.output import OutputOptions
from tracker.errors import ArchiveError, SourceError
from tracker.formats.registry import STATUS, find_format
from tracker.settings.configuration import Configuration
from tracker.text.words import Words

__all__ = ["Limits", "problems_of", "problems_of_workflow", "publish_problems", "status", "status_text"]

_WELL = ("success", "skipped", "cancelled", "neutral")
"""How a run of a workflow may end that is no failure."""


class Limits(Struct, frozen=True):
    """From when on age is a problem; None for never."""

    max_age: timedelta | None = None
    """Since the source was last asked."""
    max_silence: timedelta | None = None
    """Since anything changed."""


def status(snapshots: Path) -> ArchiveStatus:
    """Return how fresh and how complete an archive is.

    Raises:
        ArchiveError: it can't be read, or holds no policy.
    """
    archive = open_archive(snapshots)
    if not archive.policy_keys():
        raise ArchiveError("the archive holds no policy", where=str(snapshots), hint=HOW_TO_FILL)
    return status_of(archive, read_checks(snapshots))


def problems_of(found: ArchiveStatus, limits: Limits, now: datetime, words: Words) -> list[str]:
    """Return what is wrong, in words: what can't be read, and what is older than it may be.

    Where no check is known, as in a fresh clone, the last change stands for it: the source was asked at least then.

    Args:
        found: how fresh and how complete the archive is.
        limits: what it may be.
        now: the time of the run.
        words: the language.
    """
    problems = [words("status.problem.unreadable", count=len(found.unreadable))] if found.unreadable else []
    for name, limit, moment in (
        ("age", limits.max_age, found.last_check or found.last_change),
        ("silence", limits.max_silence, found.last_change),
    ):
        if limit is not None and (moment is None or now - moment > limit):
            since = format_time(moment) if moment else words("status.unknown")
            problems.append(words(f"status.problem.{name}", since=since, hours=int(limit.total_seconds() // 3600)))
    return problems


def status_text(found: ArchiveStatus, problems: list[str], configuration: Configuration, output: OutputOptions) -> str:
    """Return the status in a format.

    Raises:
        UsageError: there is no such language.
    """
    return str(find_format(STATUS, output.format_name).function()(found, problems, output.words(configuration)))


def problems_of_workflow(repository: GitHubRepository, workflow: str, words: Words) -> list[str]:
    """Return what is wrong with the last run of a workflow that came to its end.

    Args:
        repository: where it runs.
        workflow: the name of its file: `track.yml`.
        words: the language.

    Raises:
        SourceError: the API could not be reached, refused, or answered something odd.
    """
    path = f"/actions/workflows/{workflow}"
    try:
        state = _text(repository.request("GET", path), "state", repository)
        runs = repository.request("GET", f"{path}/runs?status=completed&per_page=1")
    except Refused as error:
        raise SourceError(f"no workflow {workflow}, or the token may not see it", where=repository.api) from error
    problems = []
    if state != "active":
        problems.append(words("status.problem.disabled", workflow=workflow, state=state))
    listed = runs.get("workflow_runs") if isinstance(runs, dict) else None
    for run in listed[:1] if isinstance(listed, list) else ():
        conclusion = _text(run, "conclusion", repository)
        if conclusion not in _WELL:
            address, moment = (_text(run, name, repository) for name in ("html_url", "updated_at"))
            problems.append(
                words("status.problem.run", workflow=workflow, conclusion=conclusion, address=address, at=_day(moment))
            )
    return problems


def _day(moment: str) -> str:
    try:
        return format_time(parse_time(moment).astimezone(UTC))
    except ValueError:
        return moment


def _text(value: Any, name: str, repository: GitHubRepository) -> str:
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, str):
        raise SourceError(f"answered without a {name!r}", where=repository.api)
    return found


def publish_problems(repository: GitHubRepository, problems: list[str], words: Words) -> str:
    """Keep one issue open while something is wrong; return `opened`, `updated`, `unchanged`, `closed` or `none`.

    The issue is known by a hidden mark on its first line and by its author.

    Args:
        repository: where the issue is kept, and as whom.
        problems: what is wrong; empty where all is well.
        words: the language.

    Raises:
        SourceError: the API could not be reached or refused.
    """
    hidden = hidden_mark("status")
    body = hidden + words("status.issue.lead") + "\n\n" + "".join(f"- {problem}\n" for problem in problems)
    try:
        found = next((item for item in repository.pages("/issues?state=open") if repository.wrote(item, hidden)), None)
        if found is None and not problems:
            return "none"
        if found is None:
            repository.request("POST", "/issues", {"title": words("status.issue.title"), "body": body})
            return "opened"
        path = f"/issues/{int(found['number'])}"
        if not problems:
            repository.request("POST", f"{path}/comments", {"body": words("status.issue.well")})
            repository.request("PATCH", path, {"state": "closed"})
            return "closed"
        if found["body"].replace("\r\n", "\n") == body:
            return "unchanged"
        repository.request("PATCH", path, {"body": body})
    except Refused as error:
        hint = "the token needs `issues: write`, and the repository its issues"
        raise SourceError("may not keep an issue", where=repository.api, hint=hint) from error
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError("answered an issue without a number", where=repository.api) from error
    return "updated"
