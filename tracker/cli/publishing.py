"""The published folder: made, and looked at."""

from pathlib import Path

import click
from msgspec.structs import replace

from tracker.cli.context import CommandContext
from tracker.cli.options import (
    announcements_option,
    templates_option,
)

__all__ = ["build", "serve"]


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("public"),
    show_default=True,
    help="The folder to publish.",
)
@click.option("--base-url", help="Where that folder will be; makes links absolute.")
@announcements_option
@templates_option
@click.pass_obj
def build(
    settings: CommandContext,
    output: Path,
    base_url: str | None,
    announcements: tuple[Path, ...],
    templates: Path | None,
) -> None:
    """Make reports, feeds, pages and data from the archive: the main job."""
    from tracker.base.addresses import is_web_address
    from tracker.commands.build import build as make
    from tracker.errors import UsageError

    configuration = settings.configuration()
    if base_url:
        if not is_web_address(base_url):
            raise UsageError("expected an address that begins with https://", where="--base-url")
        configuration = replace(configuration, base_url=f"{base_url.rstrip('/')}/")
    if not configuration.base_url:
        settings.say("no base URL: feeds carry no links to the pages and no address of their own (see --base-url)")
    with settings.progress("writing") as progress:
        done = make(settings.snapshots, output, configuration, templates, progress, announcements)
    settings.say(f"{done.files} files in {output}: {done.written} written, {done.removed} removed")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("public"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for a free one.")
@click.pass_obj
def serve(settings: CommandContext, folder: Path, port: int) -> None:
    """Show the published folder to this machine's browser; nobody else can reach it."""
    from tracker.commands.serve import serving

    with serving(folder, port) as server:
        settings.say(f"http://127.0.0.1:{server.server_port}/ shows {folder}; stop it with Ctrl+C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            settings.say("stopped")
