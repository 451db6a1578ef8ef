"""Arguments in, exit code out.

Each command is a few lines around one function of the pipeline; what is heavy is imported where it is used.
Output for machines goes to stdout, everything else to stderr.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracker import __version__

if TYPE_CHECKING:
    from tracker.configuration import Configuration
    from tracker.model import Changelog, PolicyHistory, Service
    from tracker.pipeline import Progress, Selection
    from tracker.risk import Assessment

__all__ = ["command"]

FORMATS = ("markdown", "html", "rss", "atom", "jsonfeed", "json", "text")
REVIEW_FORMATS = ("text", "markdown", "html", "json", "sarif", "github")
GATES = ("any", "broadens", "info", "notice", "warning", "critical")
GIT_ARGUMENTS = 7


@dataclass(slots=True)
class Settings:
    """What all commands share."""

    snapshots: Path
    config: Path | None
    quiet: bool
    color: bool

    def configuration(self) -> "Configuration":
        """Read the configuration: the file named, or the one in this folder."""
        from tracker.configuration import read_configuration

        return read_configuration(self.config, Path.cwd())

    def say(self, text: str) -> None:
        """Tell a person something, on stderr."""
        if not self.quiet:
            click.echo(text, err=True)

    @contextmanager
    def progress(self, what: str) -> Iterator["Progress"]:
        """Show progress on a terminal, and none in a pipe."""
        if self.quiet or not sys.stderr.isatty():
            yield lambda _done, _of: None
            return
        from rich.console import Console
        from rich.progress import Progress as Bar

        with Bar(console=Console(stderr=True, no_color=not self.color), transient=True) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, of: bar.update(task, completed=done, total=of or None)


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


def _day(_context: click.Context, _option: click.Parameter, value: datetime | None) -> Any:
    return value.date() if value else None


_day_type = click.DateTime(["%Y-%m-%d"])
_output = click.option("-o", "--output", type=click.Path(path_type=Path), help="Write here instead of to stdout.")
_language = click.option("--lang", "language", default=None, help="Language: en, ko, or another that has a catalogue.")
_templates = click.option("--templates", type=click.Path(path_type=Path), help="A folder of templates that come first.")


def _selecting(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--until", type=_day_type, callback=_day, help="Last day."),
        click.option("--since", type=_day_type, callback=_day, help="First day, such as 2024-01-31."),
        click.option("--policy", metavar="GLOB", help="Only policies of these names."),
        click.option("--service", "slug", metavar="SLUG", help="Only a configured service."),
        click.option("--owner", help="Only policies of this owner: aws, aws-cn, an account id."),
    ):
        function = option(function)
    return function


@command.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("public"),
    show_default=True,
    help="The folder to publish.",
)
@click.option("--base-url", help="Where that folder will be; makes links absolute.")
@click.option("--risk", is_flag=True, help="Say of each change what it really allows, and how risky that is (slower).")
@_templates
@click.pass_obj
def build(settings: Settings, output: Path, base_url: str | None, templates: Path | None, risk: bool) -> None:
    """Make reports, feeds, pages and data from the archive: the main job."""
    from tracker.configuration import is_web_address
    from tracker.errors import UsageError
    from tracker.pipeline import build as make

    configuration = settings.configuration()
    if base_url:
        if not is_web_address(base_url):
            raise UsageError("expected an address that begins with https://", where="--base-url")
        configuration = replace(configuration, base_url=f"{base_url.rstrip('/')}/")
    if not configuration.base_url:
        settings.say("no base URL: feeds carry no links to the pages and no address of their own (see --base-url)")
    with settings.progress("writing") as progress:
        done = make(settings.snapshots, output, configuration, templates, progress, risk=risk)
    settings.say(f"{done.files} files in {output}: {done.written} written, {done.removed} removed")


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("public"))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for a free one.")
@click.pass_obj
def serve(settings: Settings, folder: Path, port: int) -> None:
    """Show the published folder to this machine's browser; nobody else can reach it."""
    from tracker.server import serving

    with serving(folder, port) as server:
        settings.say(f"http://127.0.0.1:{server.server_port}/ shows {folder}; stop it with Ctrl+C")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            settings.say("stopped")


@command.command()
@click.option(
    "--git",
    "repository",
    type=click.Path(path_type=Path),
    help="Read someone's repository of policies (or a bundle) instead of the archive.",
)
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="As it was at a git revision.")
@_selecting
@click.option("--risk", is_flag=True, help="Also say what each change allows on the whole, and how risky that is.")
@_language
@click.option("-f", "--format", "format_name", type=click.Choice(FORMATS), default="markdown", show_default=True)
@_templates
@_output
@click.pass_obj
def changelog(
    settings: Settings,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str | None,
    policy: str | None,
    since: Any,
    until: Any,
    risk: bool,
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Print what changed, newest first."""
    from tracker.pipeline import Selection

    configuration = settings.configuration()
    service = configuration.service(slug) if slug else None
    selection = Selection(owner, service, policy=policy, since=since, until=until)
    histories: list[PolicyHistory] | None = [] if risk else None
    told = _read(settings, configuration, selection, repository, under, revision, histories)
    assessments = None
    if histories is not None:
        from tracker.assessments import assess
        from tracker.catalogue import load_catalogue

        whole = selection == Selection()
        assessments = assess(told, histories, load_catalogue(), configuration.rules, firsts=whole)
    _print(settings, configuration, told, service, language, format_name, templates, output, assessments)


def _from_archive(
    settings: Settings,
    configuration: "Configuration",
    selection: "Selection",
    revision: str | None,
    histories: "list[PolicyHistory] | None",
) -> "Changelog":
    from tracker.archive import archive_at, archive_on_disk
    from tracker.pipeline import tell_archive

    if revision is None:
        return tell_archive(archive_on_disk(settings.snapshots), configuration, selection, histories)
    from tracker.git import located

    with located(settings.snapshots, revision) as (opened, tip, under):
        return tell_archive(archive_at(opened, tip, under), configuration, selection, histories)


def _print(
    settings: Settings,
    configuration: "Configuration",
    told: "Changelog",
    service: "Service | None",
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
    assessments: "dict[str, Assessment] | None" = None,
) -> None:
    from tracker.catalogue import load_catalogue
    from tracker.contract import changelog_to_json
    from tracker.rows import Teller, title_of
    from tracker.site import View, changelog_title, page_of
    from tracker.words import load_words, template_folders

    folders = template_folders(templates)
    words = load_words(language or configuration.languages[0], folders)
    catalogue = load_catalogue()
    if format_name == "json":
        told = replace(told, title=changelog_title(words, service, configuration.title))
        more = None
        if assessments is not None:
            from tracker.assessments import members

            more = partial(members, assessments=assessments, catalogue=catalogue)
        lines = changelog_to_json(told, lambda entry: title_of(entry, words, catalogue), more)
        _write("".join(f"{line}\n" for line in lines), output)
    else:
        from tracker.render import Renderer

        teller = Teller(words, catalogue, configuration.time_zone, service, assessments)
        page = page_of(View("", told, service), teller, configuration, configuration.base_url, None)
        _write(Renderer(folders, words).changelog(format_name, page), output)
    if told.skipped:
        settings.say(f"{len(told.skipped)} items could not be read and were left out; the output names them")


def _write(text: str, output: Path | None) -> None:
    """Write to a file, whole or not at all, or to stdout."""
    if output is not None:
        from tracker.archive import write_text

        write_text(output, text)
        return
    stream = sys.stdout.buffer
    stream.write(text.encode("utf-8"))
    stream.flush()


@command.command(name="render")
@click.option("--from", "source", type=click.File("rb"), required=True, help="A changelog in JSON; - for stdin.")
@click.option("--service", "slug", metavar="SLUG", help="The configured service that it is about.")
@_language
@click.option("-f", "--format", "format_name", type=click.Choice(FORMATS), default="markdown", show_default=True)
@_templates
@_output
@click.pass_obj
def render(
    settings: Settings,
    source: Any,
    slug: str | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Print a changelog from its JSON, without the archive."""
    from tracker.contract import changelog_from_json

    configuration = settings.configuration()
    told = changelog_from_json(source.read())
    _print(
        settings,
        configuration,
        told,
        configuration.service(slug) if slug else None,
        language,
        format_name,
        templates,
        output,
    )


_reading = (
    click.option("--git", "repository", type=click.Path(path_type=Path), help="Someone's repository or a bundle."),
    click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it."),
    click.option("--at", "revision", metavar="REV", help="As it was at a git revision."),
    click.option("--owner", help="Only policies of this owner: aws, aws-cn, an account id."),
    click.option("--service", "slug", metavar="SLUG", required=True, help="The configured service it is about."),
)


def _against_archive(function: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_reading):
        function = option(function)
    return function


@command.command()
@click.option("--service", "slug", metavar="SLUG", required=True, help="The configured service it is about.")
@click.option("--owner", default="aws", show_default=True, help="Whose policies these are.")
@click.option("--feed-url", help="Where the feed of its changes is; else what `build` publishes.")
@_language
@click.option("-f", "--format", "format_name", type=click.Choice(("markdown", "html")), default="markdown")
@_templates
@_output
@click.pass_obj
def page(
    settings: Settings,
    slug: str,
    owner: str,
    feed_url: str | None,
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Write the documentation page of a service: its policies in words and in full, and the table of updates."""
    from tracker.archive import archive_on_disk
    from tracker.catalogue import load_catalogue
    from tracker.model import PolicyHistory
    from tracker.pipeline import Selection, tell_archive
    from tracker.render import Renderer
    from tracker.rows import Teller
    from tracker.service_pages import FORMATS as TEMPLATES
    from tracker.service_pages import service_page
    from tracker.words import load_words, template_folders

    configuration, archive = settings.configuration(), archive_on_disk(settings.snapshots)
    service = configuration.service(slug)
    selection = Selection(owner, service)
    items = archive.histories(owner, selection.wants)
    histories = [item for item in items if isinstance(item, PolicyHistory)]
    told = tell_archive(archive, configuration, selection)
    folders = template_folders(templates)
    words = load_words(language or configuration.languages[0], folders)
    teller = Teller(words, load_catalogue(), configuration.time_zone, service)
    feed = feed_url or (f"{configuration.base_url}services/{slug}/feed.xml" if configuration.base_url else "feed.xml")
    written = service_page(service, histories, told, teller, feed)
    _write(Renderer(folders, words).render(TEMPLATES[format_name], page=written), output)


@command.command()
@click.argument("page", type=click.File("rb"))
@_against_archive
@click.option("--as-of", type=_day_type, callback=_day, help="The day the page is from; else that of its newest row.")
@click.option(
    "--fail-on",
    type=click.Choice(("not-found", "partly", "other-spelling", "dated-differently", "untold", "any")),
    multiple=True,
    help="Exit with 1 if there is one; may be repeated. `any` leaves dates aside.",
)
@_language
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "markdown", "html", "json")), default="text")
@_templates
@_output
@click.pass_context
def audit(
    context: click.Context,
    page: Any,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str,
    as_of: Any,
    fail_on: tuple[str, ...],
    language: str | None,
    format_name: str,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Hold a documentation page's table of updates (a file, or - for stdin) against the archive."""
    import json

    from tracker.catalogue import load_catalogue
    from tracker.configuration import has_policy
    from tracker.documentation.audit import audit_page, audit_to_json
    from tracker.documentation.layout import LARGEST_PAGE
    from tracker.documentation.matching import ROW_ZONE
    from tracker.documentation.pages import read_page
    from tracker.pipeline import Selection

    settings: Settings = context.obj
    configuration, catalogue = settings.configuration(), load_catalogue()
    service = configuration.service(slug)
    read = read_page(page.read(LARGEST_PAGE + 1), name=_name(page))
    selection = Selection(owner, service, names=frozenset(read.policies))
    told = _read(settings, configuration, selection, repository, under, revision)
    audited = audit_page(
        read,
        told.entries,
        lambda action: bool(catalogue.expand(action)),
        tracking_since=service.tracking_since,
        archive_until=told.until.astimezone(ROW_ZONE).date() if told.until else None,
        as_of=as_of,
        is_of_service=lambda policy: has_policy(service, policy),
    )
    if format_name == "json":
        _write(f"{json.dumps(audit_to_json(audited), ensure_ascii=False, indent=1)}\n", output)
    else:
        from tracker.documentation.report import FORMATS as TEMPLATES
        from tracker.documentation.report import report_of
        from tracker.render import Renderer
        from tracker.rows import Teller
        from tracker.words import load_words, template_folders

        folders = template_folders(templates)
        words = load_words(language or configuration.languages[0], folders)
        report = report_of(audited, Teller(words, catalogue, configuration.time_zone, service), _name(page))
        _write(Renderer(folders, words).render(TEMPLATES[format_name], report=report), output)
    if any(audited.has(what) for what in fail_on):
        context.exit(1)


def _name(file: Any) -> str:
    """Return what a file is called in messages; stdin may have no name."""
    return str(getattr(file, "name", "-"))


def _read(
    settings: Settings,
    configuration: "Configuration",
    selection: "Selection",
    repository: Path | None,
    under: str,
    revision: str | None,
    histories: "list[PolicyHistory] | None" = None,
) -> "Changelog":
    from tracker.pipeline import tell_git

    if repository:
        return tell_git(repository, revision, under, selection, histories)
    return _from_archive(settings, configuration, selection, revision, histories)


@command.command()
@click.argument("feed", type=click.File("rb"))
@_against_archive
@_language
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "json")), default="text")
@_output
@click.pass_obj
def announcements(
    settings: Settings,
    feed: Any,
    repository: Path | None,
    under: str,
    revision: str | None,
    owner: str | None,
    slug: str,
    language: str | None,
    format_name: str,
    output: Path | None,
) -> None:
    """Put the announcements of a documentation's feed (a file, or - for stdin) beside what they announce."""
    import json

    from tracker.catalogue import load_catalogue
    from tracker.documentation.announced import announced_to_json, announced_to_text, attached
    from tracker.documentation.announcements import read_announcements
    from tracker.documentation.layout import LARGEST_PAGE
    from tracker.pipeline import Selection
    from tracker.words import load_words, template_folders

    configuration, catalogue = settings.configuration(), load_catalogue()
    items = read_announcements(feed.read(LARGEST_PAGE + 1), name=_name(feed))
    names = frozenset(policy for item in items for policy in item.policies)
    selection = Selection(owner, configuration.service(slug), names=names)
    told = _read(settings, configuration, selection, repository, under, revision)
    found = attached(items, told.entries, lambda action: bool(catalogue.expand(action)))
    if format_name == "json":
        text = json.dumps(announced_to_json(found), ensure_ascii=False, indent=1)
    else:
        text = announced_to_text(found, load_words(language or configuration.languages[0], template_folders()))
    _write(f"{text}\n", output)


@command.command(name="import")
@click.argument("repository", type=click.Path(path_type=Path))
@click.option("--path", "under", default="policies", show_default=True, help="The folder of the policies in it.")
@click.option("--at", "revision", metavar="REV", help="The last commit that counts.")
@click.option("--owner", default="aws", show_default=True, help="Whose policies these are.")
@click.pass_obj
def import_(settings: Settings, repository: Path, under: str, revision: str | None, owner: str) -> None:
    """Bring someone's git archive of policies into the archive."""
    from tracker.pipeline import import_git

    with settings.progress("policies") as progress:
        imported = import_git(repository, revision, under, settings.snapshots, owner, progress)
    settings.say(f"{imported.policies} policies read, {imported.versions} versions added")
    for item in imported.skipped:
        settings.say(f"skipped {item.where}: {item.reason}")


@command.command()
@click.argument("policy")
@_language
@click.pass_obj
def log(settings: Settings, policy: str, language: str | None) -> None:
    """Show what happened to one policy."""
    from tracker.terminal import show_log

    show_log(settings.snapshots, settings.configuration(), policy, language, settings.color)


@command.command()
@click.argument("policy", metavar="POLICY[@VERSION]")
@click.pass_obj
def show(settings: Settings, policy: str) -> None:
    """Print a policy's document: the default version, or the one named."""
    from tracker.archive import archive_on_disk, canonical
    from tracker.pipeline import find_version

    name, _, version_id = policy.partition("@")
    version = find_version(archive_on_disk(settings.snapshots), name, version_id or None)
    _write(canonical(version.document), None)


@command.command()
@click.argument("sides", nargs=-1, required=True, metavar="BEFORE [AFTER]")
@click.option("-f", "--format", "format_name", type=click.Choice(REVIEW_FORMATS), default="text", show_default=True)
@click.option("--fail-on", "gate", type=click.Choice(GATES), help="Leave with 1 if the review has this, or graver.")
@click.option("--ignore", metavar="FILE", help="Fingerprints of approved findings; else .policy-tracker-ignore.")
@click.option(
    "--repository",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default=True,
    help="Where revisions are looked up.",
)
@click.option(
    "--reports", type=click.Path(path_type=Path), help="Also write comment.md, review.html, .json and .sarif there."
)
@click.option("--git-driver", is_flag=True, help="Take the arguments of `git diff`: see README.")
@_language
@_templates
@_output
@click.pass_obj
def diff(
    settings: Settings,
    sides: tuple[str, ...],
    format_name: str,
    gate: str | None,
    ignore: str | None,
    repository: Path,
    reports: Path | None,
    git_driver: bool,
    language: str | None,
    templates: Path | None,
    output: Path | None,
) -> None:
    """Review a change: files, folders, REV:PATH, archive:NAME@VERSION, - (standard input), or REV..REV."""
    from tracker.inspection import inspect, inspected_files, print_review
    from tracker.places import Places
    from tracker.review import fails

    places = Places(repository, settings.snapshots, sys.stdin.buffer.read)
    if git_driver:
        if len(sides) < GIT_ARGUMENTS:
            raise click.UsageError("--git-driver is called by git, with seven arguments")
        _write(
            inspected_files(sides, places, settings.config, lambda told: print_review(told, color=settings.color)), None
        )
        return
    if len(sides) > 2:  # noqa: PLR2004 - before and after
        raise click.UsageError(f"unexpected argument {sides[2]}")
    before, after = (*sides, None)[:2]
    found = inspect(
        places, before or "", after, config=settings.config, ignore=ignore, language=language, templates=templates
    )
    for name, text in found.files() if reports else ():
        _write(text, (reports or Path()) / name)
    if format_name == "text" and output is None:
        print_review(found, color=settings.color)
    else:
        _write(found.printed(format_name), output)
    if gate and fails(found.review, gate):
        settings.say(f"found what --fail-on {gate} names")
        raise click.exceptions.Exit(1)


@command.command()
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "json")), default="text", show_default=True)
@_language
@click.pass_obj
def rules(settings: Settings, format_name: str, language: str | None) -> None:
    """List the rules by which changes are judged, with their levels."""
    from tracker.terminal import rules_table

    _write(rules_table(settings.configuration(), language, format_name), None)


@command.command()
@click.argument("pattern")
@click.option("-f", "--format", "format_name", type=click.Choice(("text", "json")), default="text", show_default=True)
@_language
@click.pass_obj
def expand(settings: Settings, pattern: str, format_name: str, language: str | None) -> None:
    """List the actions that a pattern such as 'iam:Get*' stands for, with access levels."""
    from tracker.terminal import expansion_table

    _write(expansion_table(settings.configuration(), pattern, language, format_name), None)


@command.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--number", type=click.IntRange(min=1), required=True, help="The pull request's number.")
@click.option(
    "--repository",
    envvar="GITHUB_REPOSITORY",
    required=True,
    metavar="OWNER/NAME",
    show_envvar=True,
    help="Where the pull request is.",
)
@click.option(
    "--api",
    envvar="GITHUB_API_URL",
    default="https://api.github.com",
    show_default=True,
    show_envvar=True,
    help="The address of GitHub's API.",
)
@click.option("--author", default="github-actions[bot]", show_default=True, help="Login under which the token writes.")
@click.option("--mark", default="review", show_default=True, help="Tells several comments of one request apart.")
@click.pass_obj
def comment(settings: Settings, file: Any, number: int, repository: str, api: str, author: str, mark: str) -> None:
    """Write a review as the one comment of a pull request, brought up to date in place. Takes GITHUB_TOKEN."""
    import os

    from tracker.comment import Forge, publish_comment

    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise click.UsageError("GITHUB_TOKEN is not set")
    text = file.read().decode("utf-8", "replace")
    done = publish_comment(Forge(api, repository, token, author), number, text, mark)
    if done == "forbidden":
        settings.say(
            "the token may not comment, as on pull requests from forks: the review stands in the job's summary"
        )
    else:
        settings.say(f"comment {done}")


def _signature(_context: click.Context, option: click.Parameter, value: str | None) -> Any:
    from tracker.errors import UsageError

    if value is None:
        return None
    name, _, address = value.partition(" <")
    if not name.strip() or not address.endswith(">") or not set(value).isdisjoint("\n\0") or "<" in address:
        raise UsageError("expected 'Name <address>'", where=f"--{option.name}")
    return name.strip(), address[:-1]


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> Any:
    from tracker.dates import parse_time
    from tracker.errors import UsageError

    try:
        return parse_time(value) if value else None
    except ValueError as error:
        raise UsageError(str(error), where="--observed-at", hint="such as 2025-01-31T12:00:00Z") from error


@command.command()
@click.option("--scope", type=click.Choice(["aws", "local"]), default="aws", show_default=True, help="Whose policies.")
@click.option("--path-prefix", metavar="PATH", help="Only policies below this path, such as /service-role/.")
@click.option("--policy", metavar="GLOB", help="Only policies of these names.")
@click.option("--endpoint-url", metavar="URL", help="Another endpoint than AWS's own.")
@click.option("--profile", help="A profile of the AWS configuration.")
@click.option("--region", help="A region of the partition that is meant.")
@click.option("--owner", help="Whose policies these are; else the ARNs' partition or account.")
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
    settings: Settings,
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
    from tracker.commits import Signature
    from tracker.fetching import Plan, summary
    from tracker.fetching import fetch as bring
    from tracker.sources.iam import PORTION, Connection, IamSource, PolicyScope, Wanted

    portion = PORTION if backfill else 0
    wanted = Wanted(PolicyScope(scope), path_prefix, policy, owner, origin, portion, allow_removals)
    source = IamSource(wanted, Connection(endpoint_url, profile, region))
    configuration = settings.configuration()
    plan = Plan(configuration, commit or push, push, backfill, Signature(author, committer), wait)
    with settings.progress("policies") as progress:
        fetched = bring(source, settings.snapshots, lambda: observed_at or datetime.now(UTC), plan, progress)
    settings.say(fetched.told())
    report = os.environ.get("GITHUB_STEP_SUMMARY")
    if report:
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(summary(fetched, configuration))
