"""Arguments in, exit code out.

Each command is a few lines around one call of the library; what is heavy is imported where it is used.
Output for machines goes to stdout, everything else to stderr.
"""

from pathlib import Path

import click

from tracker import __version__
from tracker.cli import archives, changelogs, documents, publishing, reviews
from tracker.cli.settings import Settings

__all__ = ["command"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="policy-tracker")
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    default=Path("snapshots"),
    show_default=True,
    help="The archive's folder.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration; else policy-tracker.toml or pyproject.toml."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
@click.option("--no-color", is_flag=True, help="No colours on a terminal.")
@click.pass_context
def command(context: click.Context, snapshots: Path, config: Path | None, quiet: bool, no_color: bool) -> None:
    """Keep every version of IAM policies in git, compare them action by action, say what changed."""
    context.obj = Settings(snapshots, config, quiet, not no_color)


for _each in (
    publishing.build,
    publishing.serve,
    changelogs.changelog,
    changelogs.render,
    documents.page,
    documents.audit,
    documents.announcements,
    archives.fetch,
    archives.import_,
    archives.log,
    archives.show,
    reviews.diff,
    reviews.rules,
    reviews.expand,
    reviews.comment,
):
    command.add_command(_each)
