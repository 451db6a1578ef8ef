"""What fills the archive, and what looks into it."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext, write
from tracker.cli.options import (
    language_option,
)

__all__ = ["fetch", "import_", "log", "show"]


def _signature(_context: click.Context, option: click.Parameter, value: str | None) -> Any:
    from tracker.errors import UsageError

    if value is None:
        return None
    name, _, address = value.partition(" <")
    if not name.strip() or not address.endswith(">") or not set(value).isdisjoint("\n\0") or "<" in address:
        raise UsageError("expected 'Name <address>'", where=f"--{option.name}")
    return name.strip(), address[:-1]


def _owner(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    from tracker.archive.store import is_owner
    from tracker.errors import UsageError

    if value is not None and not is_owner(value):
        raise UsageError(f"{value!r} can be no owner", where="--owner", hint="such as aws, aws-cn, or an account id")
    return value


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    from tracker.base.dates import parse_time
    from tracker.errors import UsageError

    try:
        return parse_time(value) if value else None
    except ValueError as error:
        raise UsageError(str(error), where="--observed-at", hint="such as 2025-01-31T12:00:00Z") from error


@click.command()
@click.option("--scope", type=click.Choice(["aws", "local"]), default="aws", show_default=True, help="Whose policies.")
@click.option("--path-prefix", metavar="PATH", help="Only policies below this path, such as /service-role/.")
@click.option("--policy", metavar="GLOB", help="Only policies of these names.")
@click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own.")
@click.option("--profile", help="A profile of the AWS configuration.")
@click.option("--region", help="A region of the partition that is meant.")
@click.option("--owner", callback=_owner, help="Whose policies these are; else the ARNs' partition or account.")
@click.option("--origin", help="Where versions come from; for replays, whose policy ids mean nothing.")
@click.option("--observed-at", metavar="TIME", callback=_moment, help="When this state was seen; for replays.")
@click.option("--backfill", is_flag=True, help="Read earlier versions and descriptions, too, in portions.")
@click.option("--allow-removals", metavar="N", type=click.IntRange(0), help="Believe that so many policies are gone.")
@click.option("--commit", is_flag=True, help="Commit: one for each changed policy.")
@click.option("--push", is_flag=True, help="Commit and push; on top of others' commits, never by force.")
@click.option("--author", metavar="'NAME <ADDRESS>'", callback=_signature, help="Author of the commits.")
@click.option("--committer", metavar="'NAME <ADDRESS>'", callback=_signature, help="Committer; else the author.")
@click.option(
    "--wait", type=click.FloatRange(0), default=60, show_default=True, help="Seconds to wait for another run."
)
@click.pass_obj
def fetch(
    settings: CommandContext,
    scope: str,
    path_prefix: str | None,
    policy: str | None,
    endpoint_url: str | None,
    profile: str | None,
    region: str | None,
    owner: str | None,
    origin: str | None,
    observed_at: datetime | None,
    backfill: bool,
    allow_removals: int | None,
    commit: bool,
    push: bool,
    author: tuple[str, str] | None,
    committer: tuple[str, str] | None,
    wait: float,
) -> None:
    """Bring what IAM tells into the archive."""
    from tracker.commands.commits import Signature
    from tracker.commands.fetch import FetchOptions, summary
    from tracker.commands.fetch import fetch as bring
    from tracker.sources.iam import PORTION, Connection, IamSelection, IamSource, PolicyScope

    portion = PORTION if backfill else 0
    wanted = IamSelection(PolicyScope(scope), path_prefix, policy, owner, origin, portion, allow_removals)
    source = IamSource(wanted, Connection(endpoint_url, profile, region))
    configuration = settings.configuration()
    plan = FetchOptions(configuration, commit or push, push, backfill, Signature(author, committer), wait)
    with settings.progress("policies") as progress:
        fetched = bring(source, settings.snapshots, lambda: observed_at or datetime.now(UTC), plan, progress)
    settings.say(fetched.message())
    report = os.environ.get("GITHUB_STEP_SUMMARY")
    if report:
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(summary(fetched, configuration))


@click.command(name="import")
@click.argument("repository", type=click.Path(path_type=Path))
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="The last commit that counts.")
@click.option("--owner", default="aws", callback=_owner, show_default=True, help="Whose policies these are.")
@click.pass_obj
def import_(settings: CommandContext, repository: Path, under: str, revision: str | None, owner: str) -> None:
    """Bring someone's git archive of policies into the archive."""
    from tracker.commands.import_git import import_git

    with settings.progress("policies") as progress:
        imported = import_git(repository, revision, under, settings.snapshots, owner, progress)
    settings.say(f"{imported.policies} policies read, {imported.versions} versions added")
    for item in imported.skipped:
        settings.say(f"skipped {item.where}: {item.reason}")


@click.command()
@click.argument("policy")
@language_option
@click.pass_obj
def log(settings: CommandContext, policy: str, language: str | None) -> None:
    """Show what happened to one policy."""
    from tracker.formats.terminal import show_log

    show_log(settings.readable, settings.configuration(), policy, language, settings.color)


@click.command()
@click.argument("policy", metavar="POLICY[@VERSION]")
@click.pass_obj
def show(settings: CommandContext, policy: str) -> None:
    """Print a policy's document: the default version, or the one named."""
    from tracker.archive.lookup import find_version
    from tracker.archive.packed import open_archive
    from tracker.policy.json_text import canonical

    name, _, version_id = policy.partition("@")
    version = find_version(open_archive(settings.readable), name, version_id or None)
    write(canonical(version.document), None)
