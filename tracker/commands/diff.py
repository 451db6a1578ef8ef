"""The order of a review's steps: what reads the places, judges the pairs, prints the outcome, and holds the gate."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.errors import ConfigurationError, UsageError
from tracker.formats.review_report import MARKS, ReviewReport, report_of
from tracker.inputs.locations import ComparedInputs, InputReader
from tracker.review.review import Review, review
from tracker.settings.configuration import Configuration, parse_configuration, read_configuration
from tracker.text.rows import RowBuilder
from tracker.text.words import load_words, plain, template_folders

if TYPE_CHECKING:
    from rich.padding import Padding
    from rich.text import Text

__all__ = ["FORMATS", "IGNORE_FILE", "ReviewOutput", "print_review", "review_git_diff", "run_review"]

FORMATS = ("text", "markdown", "html", "json", "sarif", "github")
IGNORE_FILE = ".policy-tracker-ignore"
"""Fingerprints of approved findings: one a line, followed by whatever a person wants to say of it."""
MAX_COMMENT_LENGTH = 60_000
"""Characters; GitHub takes comments of at most 65,536."""
_LENGTHS: tuple[tuple[int | None, int | None, int | None], ...] = (
    (None, None, None),
    (100, 30, 30),
    (100, 10, 10),
    (50, 0, 5),
    (10, 0, 3),
)
"""Lines, sections, and items of a section, from the whole to the shortest that still tells the gravest."""
_FINGERPRINT = 16


@dataclass(frozen=True, slots=True)
class ReviewOutput:
    """A review with what it takes to print it."""

    review: Review
    catalogue: Catalogue
    configuration: Configuration
    folders: tuple[Path, ...]
    language: str

    def printed(self, format_name: str, *, short: bool = False) -> str:
        """Return the review in one of FORMATS; `short` bounds Markdown to what fits a comment.

        Raises:
            RenderError: a template failed.
        """
        from tracker.formats import review_data as exchange

        words = load_words(self.language, self.folders)
        if format_name == "json":
            return exchange.review_to_json(self.review, self.catalogue)
        if format_name == "sarif":
            return exchange.review_to_sarif(self.review, words, self.configuration.rules)
        if format_name == "github":
            return "".join(f"{line}\n" for line in exchange.annotations(self.review, words))
        return self._rendered(format_name, short)

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the files of a review, name and text: all that a workflow needs, from one run.

        Raises:
            RenderError: a template failed.
        """
        yield "comment.md", self.printed("markdown", short=True)
        yield "review.html", self.printed("html")
        yield "review.json", self.printed("json")
        yield "review.sarif", self.printed("sarif")

    def row_builder(self) -> RowBuilder:
        """Return who tells it."""
        return RowBuilder(load_words(self.language, self.folders), self.catalogue, assessments={})

    def _rendered(self, format_name: str, short: bool) -> str:
        from tracker.formats.renderer import Renderer

        row_builder = self.row_builder()
        renderer = Renderer(self.folders, row_builder.words)
        template = {"markdown": "review.md.j2", "html": "review.html.j2"}[format_name]
        text = ""
        for lines, sections, items in _LENGTHS:
            report = report_of(self.review, row_builder, most_lines=lines, most_sections=sections, most_items=items)
            text = renderer.render(template, report=report, marks=MARKS)
            if not short or len(text) <= MAX_COMMENT_LENGTH:
                break
        return text


def run_review(
    reader: InputReader,
    before: str,
    after: str | None,
    *,
    config: Path | None,
    ignore: str | None,
    language: str | None,
    templates: Path | None = None,
) -> ReviewOutput:
    """Review what two arguments name.

    The rules' levels and the approvals come from the old side where that is a commit: a change does not decide
    how it is judged itself. Files that are named hold in any case.

    Raises:
        TrackerError: an argument names nothing, or what it names can't be read.
    """
    sides = reader.compared(before, after)
    configuration = _configuration(reader, sides, config)
    catalogue = load_catalogue()
    found = review(
        sides.pairs,
        catalogue,
        levels=configuration.rules,
        approved=_read_approvals(reader, sides, ignore),
        skipped=sides.skipped,
    )
    folders = tuple(template_folders(templates))
    return ReviewOutput(found, catalogue, configuration, folders, language or configuration.languages[0])


def _configuration(reader: InputReader, sides: ComparedInputs, config: Path | None) -> Configuration:
    if config is not None or sides.revision is None:
        return read_configuration(config, Path.cwd())
    for name in ("policy-tracker.toml", "pyproject.toml"):
        text = reader.file(sides.revision, name)
        if text is not None:
            try:
                return parse_configuration(text, name)
            except ConfigurationError as error:
                raise error.within(f"{sides.revision[:12]}:{name}") from error
    return Configuration()


def _read_approvals(reader: InputReader, sides: ComparedInputs, ignore: str | None) -> Collection[str]:
    if ignore is not None:
        try:
            text: bytes | None = Path(ignore).read_bytes()
        except OSError as error:
            raise UsageError(f"can't be read: {error.strerror}", where=ignore) from error
    elif sides.revision is not None:
        text = reader.file(sides.revision, IGNORE_FILE)
    else:
        text = Path(IGNORE_FILE).read_bytes() if Path(IGNORE_FILE).is_file() else None
    lines = (line.split() for line in (text or b"").decode("utf-8", "replace").splitlines())
    return {words[0] for words in lines if words and len(words[0]) == _FINGERPRINT}


def print_review(inspection: ReviewOutput, *, color: bool) -> None:
    """Print a review on a terminal, wrapped to its width; without colours and unwrapped in a pipe."""
    from rich.console import Console

    console = Console(no_color=not color, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(no_color=True, highlight=False, width=120)
    row_builder = inspection.row_builder()
    for line in _text(report_of(inspection.review, row_builder), row_builder):
        console.print(line)


_STYLES = {"critical": "bold red", "warning": "yellow", "notice": "cyan", "info": "dim"}


def _text(report: ReviewReport, row_builder: RowBuilder) -> Iterator["Text | Padding"]:
    from rich.padding import Padding
    from rich.text import Text

    def indented(text: str, by: int, style: str = "") -> Padding:
        return Padding(Text(plain(text), style), (0, 0, 0, by), expand=False)

    words = row_builder.words
    yield Text(report.summary, "bold")
    for section in report.sections:
        yield Text()
        yield Text.assemble((plain(section.policy), "bold cyan"), ": ", section.verdict)
        if section.fault:
            yield indented(section.fault, 2, "red")
        for line in (line for line in report.lines if line.policy == section.policy and line.where):
            yield indented(f"+ {line.what}", 2, _STYLES.get(line.level or "", "green"))
            yield indented(f"{words('column.where')}: {line.where}", 4)
            yield indented(f"{words('column.when')}: {line.when}", 4)
        for finding, text in section.findings:
            level = words(f"risk.{finding.level}")
            yield indented(f"{level}: {text} [{finding.fingerprint}]", 2, _STYLES[finding.level])
        for finding, text in section.approved:
            yield indented(f"{words('report.approved.title')}: {text} [{finding.fingerprint}]", 2, "dim")
        for block in section.blocks:
            yield indented(block.lead, 2)
            for item in (*block.items, *block.details):
                yield indented(f"• {item.text}{f' ({item.note})' if item.note else ''}", 4)
    yield Text()
    for note in report.notes:
        yield Text(plain(note), "dim")


def review_git_diff(
    arguments: Sequence[str], reader: InputReader, config: Path | None, say: Callable[[ReviewOutput], None]
) -> str:
    """Answer `git diff`, which gives a path, then file, object and mode of both sides.

    Returns:
        A plain difference of the texts, for a file without a policy in it; empty where `say` was told a review.
    """
    name, old, new = arguments[0], arguments[1], arguments[4]
    sides = reader.compared(old, new)
    if not any(source and source.published for pair in sides.pairs for source in (pair.before, pair.after)):
        return _plain_difference(name, Path(old), Path(new))
    pairs = tuple(replace(pair, name="#".join((name, *pair.name.split("#")[1:])), path=name) for pair in sides.pairs)
    configuration = read_configuration(config, Path.cwd())
    catalogue = load_catalogue()
    found = review(pairs, catalogue, levels=configuration.rules)
    say(ReviewOutput(found, catalogue, configuration, tuple(template_folders()), configuration.languages[0]))
    return ""


def _plain_difference(name: str, old: Path, new: Path) -> str:
    before, after = (
        file.read_bytes().decode("utf-8", "replace").splitlines() if file.is_file() else [] for file in (old, new)
    )
    difference = unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in difference)
