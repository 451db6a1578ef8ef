"""Commands about an account: its policies against those of AWS."""

from pathlib import Path
from typing import Any

import click

from tracker.cli.context import CommandContext
from tracker.cli.global_options import CommandGroup
from tracker.cli.options import DAY, as_day, format_option, output_option
from tracker.errors import FOUND
from tracker.formats.registry import ACCOUNT_HISTORY, COPIES, OVERLAP

__all__ = ["account"]


@click.group(cls=CommandGroup)
def account() -> None:
    """Hold an account's policies against AWS's."""


@account.command()
@click.argument("dump", type=click.Path(path_type=Path))
@click.option("--since", type=DAY, callback=as_day, help="Say what AWS changed after this day, such as 2025-01-31.")
@click.option("--at", type=DAY, callback=as_day, help="As it was at the end of this day; else as it is now.")
@format_option(ACCOUNT_HISTORY, "text")
@output_option
@click.pass_obj
def history(
    settings: CommandContext,
    dump: Path,
    since: Any,
    at: Any,
    format_name: str,
    output: Path | None,
) -> None:
    """Say what AWS changed for each principal of an account.

    DUMP says who has which policy: `aws iam get-account-authorization-details`, a template, a plan.
    """
    from tracker.commands.account_history import account_history
    from tracker.commands.output import OutputOptions

    options = OutputOptions(format_name, settings.language)
    text = account_history(dump, settings.readable, settings.configuration(), options, since=since, at=at)
    settings.show(text, output)


@account.command()
@click.argument("policy", type=click.Path(path_type=Path))
@click.option(
    "--by", "names", multiple=True, required=True, metavar="NAME", help="An AWS managed policy; may be repeated."
)
@click.option("--state", type=click.Path(path_type=Path), help="Remember here what is given, and notice what is lost.")
@click.option("--accept", is_flag=True, help="Write the state though something was lost.")
@click.option("--fail-on", "gate", type=click.Choice(["lost"]), help="Leave with 1 if something was lost.")
@format_option(OVERLAP, "text")
@output_option
@click.pass_obj
def overlap(
    settings: CommandContext,
    policy: Path,
    names: tuple[str, ...],
    state: Path | None,
    accept: bool,
    gate: str | None,
    format_name: str,
    output: Path | None,
) -> None:
    """Say which grants of an own policy AWS's give as well.

    POLICY is a file with one policy document.
    """
    from tracker.commands.account_overlap import find_overlap
    from tracker.commands.output import OutputOptions

    if gate and state is None:
        raise click.UsageError("--fail-on lost needs --state")
    options = OutputOptions(format_name, settings.language)
    found = find_overlap(
        policy, names, settings.readable, settings.configuration(), options, state=state, accept=accept
    )
    settings.show(found.text, output)
    if gate and found.lost and not accept:
        settings.say("found what --fail-on lost names; --accept takes it for the new state")
        raise click.exceptions.Exit(FOUND)


@account.command()
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@format_option(COPIES, "text")
@output_option
@click.pass_obj
def copies(settings: CommandContext, paths: tuple[Path, ...], format_name: str, output: Path | None) -> None:
    """Find copies of AWS's policies, and what changed since.

    FILE is a policy, a template, or a folder of such.
    """
    from tracker.commands.account_copies import find_copies
    from tracker.commands.output import OutputOptions

    options = OutputOptions(format_name, settings.language)
    settings.show(find_copies(paths, settings.readable, settings.configuration(), options), output)
