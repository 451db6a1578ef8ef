"""Commands that read: the changelog, one policy's history, a document, the actions that a pattern matches."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import (
    announcements_option,
    attached_filter,
    attached_options,
    format_option,
    output_option,
    owner_option,
    refuse_beside,
    require_order,
    selecting,
    templates_option,
)
from tracker.formats.registry import BLAME, CHANGELOG, EXPANSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.policy.history import Skipped

__all__ = ["changelog", "expand", "log", "render", "show"]


_BESIDE_FROM = ("repository", "under", "revision", "risk", "announcements", "attached", "everything", "with_principals")
"""The options of `changelog` that concern what it reads, and so can't stand beside `--from`."""


@subcommand()
@click.option(
    "--from", "source", type=click.File("rb"), metavar="FILE", help="Read this changelog in JSON; - is stdin."
)
@click.option(
    "--git",
    "repository",
    type=click.Path(path_type=Path),
    help="Read someone's repository of policies (or a bundle) instead of the archive.",
)
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="As it was at a git revision.")
@selecting
@click.option("--risk", is_flag=True, help="Also say what each change allows on the whole, and how risky that is.")
@announcements_option
@attached_options
@click.option(
    "--acknowledged",
    "acknowledged_file",
    type=click.File("rb"),
    metavar="FILE",
    help="Leave out the entries whose ids this file lists; `-f ids` writes its lines.",
)
@format_option(CHANGELOG, None, "text on a terminal, else markdown")
@templates_option
@output_option
@click.pass_context
def changelog(
    context: click.Context,
    source: Any,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str | None,
    policy: str | None,
    since: Any,
    until: Any,
    risk: bool,
    announcements: tuple[Path, ...],
    attached: tuple[Path, ...],
    everything: bool,
    with_principals: bool,
    acknowledged_file: Any,
    format_name: str | None,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Print what changed, newest first."""
    from tracker.changelog.acknowledged import MAX_ACKNOWLEDGED_BYTES, parse_acknowledged
    from tracker.changelog.builder import HistoryOrigin, Selection
    from tracker.changelog.contract import MAX_CHANGELOG_BYTES
    from tracker.commands.changelog import changelog as write_changelog
    from tracker.commands.changelog import changelog_from_json_text
    from tracker.commands.output import OutputOptions
    from tracker.errors import DocumentError
    from tracker.formats.terminal import PIPE, wrapped

    settings: CommandContext = context.obj
    require_order(since, until)
    configuration = settings.configuration()
    origin = HistoryOrigin(settings.readable, repository, under, revision)
    service = None
    if slug is not None and source is not None:
        service = configuration.service(slug)  # JSON has no documents: only the globs of the configuration apply to it
    elif slug is not None:
        from tracker.commands.service_selection import selected_service

        service = selected_service(slug, configuration, origin)
    selection = Selection(owner, service, policy=policy, since=since, until=until)
    screen = settings.screen() if output is None else PIPE
    format_name = format_name or ("text" if screen.width else "markdown")
    options = OutputOptions(format_name, settings.language, templates)
    ids: frozenset[str] = frozenset()
    if acknowledged_file is not None:
        ids = parse_acknowledged(acknowledged_file.read(MAX_ACKNOWLEDGED_BYTES + 1), acknowledged_file.name)
    if source is not None:
        refuse_beside(context, "--from", _BESIDE_FROM)
        try:
            text = source.read(MAX_CHANGELOG_BYTES + 1)
            parts, skipped = changelog_from_json_text(text, configuration, selection, options, ids)
        except DocumentError as error:
            raise error.within(str(getattr(source, "name", "-"))) from error
    else:
        if attached and repository is not None:
            raise click.UsageError("--attached is about an archive, not about --git")
        everything = everything or repository is not None
        only = attached_filter(configuration, attached, everything=everything, with_principals=with_principals)
        parts, skipped = write_changelog(
            origin,
            configuration,
            selection,
            options,
            risk=risk,
            announcements=announcements,
            only=only,
            acknowledged=ids,
        )
    settings.show(wrapped(b"".join(parts).decode(), screen) if format_name == "text" else parts, output)
    _say_skipped(settings, skipped)


@subcommand("render", hidden=True)
@click.option("--from", "source", type=click.File("rb"), required=True, help="A changelog in JSON; - for stdin.")
@click.option("--service", "slug", metavar="SLUG", help="The configured service that it is about.")
@format_option(CHANGELOG, "markdown")
@templates_option
@output_option
@click.pass_context
def render(context: click.Context, /, **given: Any) -> None:
    """Print a changelog from its JSON: the old name of `changelog --from`."""
    context.invoke(changelog, **given)


def _say_skipped(settings: CommandContext, skipped: "Sequence[Skipped]") -> None:
    if skipped:
        settings.say(
            f"left out, because it could not be read or is not known: {len(skipped):,} (the output names each)"
        )


@subcommand()
@click.argument("policy", required=False)
@click.option("--action", metavar="PATTERN", help="Say since when, by what and on what this action is allowed.")
@owner_option
@attached_options
@format_option(BLAME, "text")
@click.pass_obj
def log(
    settings: CommandContext,
    policy: str | None,
    action: str | None,
    owner: str | None,
    attached: tuple[Path, ...],
    everything: bool,
    with_principals: bool,
    format_name: str,
) -> None:
    """Show the history of a policy, or of an action.

    POLICY is a name, a glob of names, OWNER/NAME or an ARN.
    """
    from tracker.commands.output import OutputOptions
    from tracker.errors import UsageError

    archive, output = settings.open_archive(), OutputOptions(format_name, settings.language)
    configuration = settings.configuration()
    # A policy that is named is shown, whatever the configuration says is attached.
    everything = everything or (policy is not None and not attached)
    only = attached_filter(configuration, attached, everything=everything, with_principals=with_principals)
    if action is not None:
        from tracker.commands.blame import blame_action

        scope = only.scope(archive.policy_keys(owner)) if only else None
        text, left_out = blame_action(archive, configuration, policy, owner, action, output, only)
        settings.show(text)
        _say_skipped(settings, left_out)
        if scope:
            settings.say(f"only what is attached: policies {scope.policies:,}; left out: {scope.left_out:,}")
        return
    if (policy is None and only is None) or format_name != "text":
        hint = "policy-tracker log POLICY, or log --action PATTERN; `changelog --policy POLICY -f json` for data"
        raise UsageError(
            "only --action has JSON" if format_name != "text" else "no policy and no action named", hint=hint
        )
    from tracker.commands.log import log as history_of
    from tracker.formats.terminal import rows_to_text

    rows, skipped, note = history_of(archive, configuration, policy, owner, output, only)
    settings.show(rows_to_text(rows, skipped, settings.screen(), note))


@subcommand()
@click.argument("policy", metavar="POLICY[@VERSION]")
@owner_option
@click.pass_obj
def show(settings: CommandContext, policy: str, owner: str | None) -> None:
    """Print a policy's document.

    POLICY is a name, OWNER/NAME or an ARN. Without a version, it is the default one.
    """
    from tracker.commands.show import show as document_of

    settings.show(document_of(settings.open_archive(), policy, owner))


@subcommand()
@click.argument("pattern")
@format_option(EXPANSION, "text")
@click.pass_obj
def expand(settings: CommandContext, pattern: str, format_name: str) -> None:
    """List the actions that a pattern stands for.

    Such as 'iam:Get*'; with access levels, and with actions that AWS has retired.
    """
    from tracker.commands.expand import expand as actions_of
    from tracker.commands.output import OutputOptions

    settings.show(actions_of(pattern, settings.configuration(), OutputOptions(format_name, settings.language)))
