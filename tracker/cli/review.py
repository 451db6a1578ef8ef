"""Commands that review changes: `diff`, `comment`, `rules`."""

import sys
from pathlib import Path
from typing import Any

import click

from tracker.cli.context import USUAL_FOLDER, CommandContext
from tracker.cli.global_options import subcommand
from tracker.cli.options import (
    format_option,
    github_options,
    github_token,
    output_option,
    required_repository,
    templates_option,
)
from tracker.cli.streams import screen_of_git_driver, write
from tracker.errors import FOUND
from tracker.formats.registry import REVIEW, RULES

__all__ = ["comment", "diff", "rules"]

GATES = ("any", "broadens", "info", "notice", "warning", "critical")
GIT_ARGUMENTS = 7
_path = click.Path(path_type=Path)


@subcommand()
@click.argument("sides", nargs=-1, required=True, metavar="BEFORE [AFTER]")
@click.option(
    "--jsonl", is_flag=True, help="Take pairs as JSON Lines from FILE, or from - (stdin); print a line for each."
)
@format_option(REVIEW, "text")
@click.option("--fail-on", "gate", type=click.Choice(GATES), help="Exit with 1 if the review has this or worse.")
@click.option("--as-of-today", is_flag=True, help="For --fail-on broadens, count only actions that are known today.")
@click.option(
    "--ignore",
    metavar="FILE",
    help="Approved findings: a file or REV:PATH.",
)
@click.option("--baseline", type=_path, metavar="FILE", help="Accept what FILE names; write it if it is not there.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Look at these files only; may be repeated.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Do not look at these files; may be repeated.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A template's parameter; may be repeated."
)
@click.option(
    "--parameter-file", "parameter_files", multiple=True, type=_path, metavar="FILE", help="CloudFormation's own form."
)
@click.option("--repository", type=_path, default=Path(), show_default=True, help="Where revisions are looked up.")
@click.option("--reports", type=_path, help="Also write comment.md, review.html, .json and .sarif there.")
@click.option(
    "--git-driver",
    is_flag=True,
    help="Take the arguments that `git diff` gives a driver; the README shows how to set it up.",
)
@templates_option
@output_option
@click.pass_obj
def diff(
    settings: CommandContext,
    sides: tuple[str, ...],
    jsonl: bool,
    format_name: str,
    gate: str | None,
    as_of_today: bool,
    ignore: str | None,
    baseline: Path | None,
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    parameters: tuple[str, ...],
    parameter_files: tuple[Path, ...],
    repository: Path,
    reports: Path | None,
    git_driver: bool,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Review changes of policies, with a gate for CI.

    BEFORE and AFTER are files, folders, REV, REV:PATH, `:` (staged), archive:NAME@VERSION, archive:OWNER or `-`
    (stdin); BEFORE alone is REV..REV or a plan of Terraform.
    """
    if jsonl:
        _evaluate_lines(settings, sides, gate, as_of_today, output)
        return
    from tracker.commands.diff import ReviewSettings, baseline_text, review_git_diff, run_review
    from tracker.inputs.files.selection import Selection
    from tracker.inputs.model import ReadOptions
    from tracker.inputs.parameters import read_parameters
    from tracker.inputs.reader import InputReader
    from tracker.review.model import fails

    named = settings.snapshots if settings.snapshots != USUAL_FOLDER else None
    reader = InputReader(repository, settings.readable, _bounded_stdin, named)
    chosen = ReviewSettings(
        settings.config,
        ignore,
        baseline,
        settings.language,
        templates,
        Selection(paths, exclude),
        ReadOptions(read_parameters(parameters, parameter_files)),
    )
    if git_driver:
        if len(sides) < GIT_ARGUMENTS:
            raise click.UsageError("--git-driver is called by git, with seven arguments")
        write(review_git_diff(sides, reader, chosen, screen_of_git_driver(color=not settings.no_color)), None)
        return
    if len(sides) > 2:  # noqa: PLR2004 - before and after
        raise click.UsageError(f"unexpected argument {sides[2]}")
    before, after = (*sides, None)[:2]
    found = run_review(reader, before or "", after, chosen)
    for name, text in found.files() if reports else ():
        write(text, (reports or Path()) / name)
    if format_name == "text" and output is None:
        settings.show(found.on_screen(settings.screen()))
    else:
        settings.show(found.printed(format_name), output)
    if baseline is not None and not baseline.exists():
        write(baseline_text(found.review), baseline)
        settings.say(f"wrote {baseline}: what is there now is accepted")
        return
    if gate and fails(found.review, gate, as_of_today=as_of_today):
        settings.say(f"found what --fail-on {gate} names")
        raise click.exceptions.Exit(FOUND)


def _evaluate_lines(
    settings: CommandContext, sides: tuple[str, ...], gate: str | None, as_of_today: bool, output: Path | None
) -> None:
    """Evaluate the pairs of a file, or of stdin, one by one."""
    from tracker.commands.diff_lines import EvaluatedLines

    if len(sides) != 1:
        raise click.UsageError("--jsonl takes one file of pairs, or - for stdin")
    with click.File("rb").convert(sides[0], None, None) as stream:
        evaluated = EvaluatedLines(stream, settings.configuration(), gate, as_of_today=as_of_today)
        write(evaluated, output)
    if evaluated.failed:
        settings.say(f"found what --fail-on {gate} names")
        raise click.exceptions.Exit(FOUND)


def _bounded_stdin() -> bytes:
    from tracker.inputs.files.file_trees import read_stream

    return read_stream(sys.stdin.buffer)


@subcommand()
@format_option(RULES, "text")
@click.pass_obj
def rules(settings: CommandContext, format_name: str) -> None:
    """List the rules by which changes are evaluated."""
    from tracker.commands.output import OutputOptions
    from tracker.commands.rules import rules as list_rules

    settings.show(list_rules(settings.configuration(), OutputOptions(format_name, settings.language)))


@subcommand()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--number", type=click.IntRange(min=1), required=True, help="The pull request's number.")
@github_options
@click.option("--mark", default="review", show_default=True, help="Distinguishes several comments of one pull request.")
@click.pass_obj
def comment(
    settings: CommandContext, file: Any, number: int, repository: str | None, api: str, author: str, mark: str
) -> None:
    """Write a review as the one comment of a pull request.

    The comment is brought up to date in place. Takes the token from GITHUB_TOKEN.
    """
    from tracker.commands.comment import publish_comment
    from tracker.commands.github import GitHubRepository

    there = GitHubRepository(api, required_repository(repository), github_token(), author)
    done = publish_comment(there, number, file.read().decode("utf-8", "replace"), mark)
    if done == "forbidden":
        settings.say(
            "the token may not comment, as on pull requests from forks: the review stands in the job's summary"
        )
    else:
        settings.say(f"comment {done}")
