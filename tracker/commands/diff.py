"""The order of a review's steps: open both sides, read what decides, pair, evaluate, print, and hold the gate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tracker.base.git import Repository
from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.errors import ConfigurationError, UsageError
from tracker.formats.registry import REVIEW, find_format
from tracker.formats.review_report import MARKS, ReviewReport, report_of
from tracker.inputs.comparing.comparison import ComparedInputs, compare_inputs
from tracker.inputs.comparing.known_policies import known_policies
from tracker.inputs.files.file_trees import read_bounded
from tracker.inputs.files.selection import Selection
from tracker.inputs.model import ReadOptions
from tracker.inputs.reader import InputReader, OpenedInputs
from tracker.review.approvals import MAX_APPROVAL_BYTES, Approvals, parse_approvals
from tracker.review.effort import MAX_EFFORT
from tracker.review.model import Review
from tracker.review.review import review
from tracker.settings.configuration import (
    MAX_CONFIGURATION_BYTES,
    Configuration,
    parse_configuration,
    read_configuration,
)
from tracker.text.row_builder import RowBuilder
from tracker.text.words import Words, load_words, template_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.formats.terminal import Screen

__all__ = ["IGNORE_FILE", "ReviewOutput", "ReviewSettings", "baseline_text", "review_git_diff", "run_review"]

IGNORE_FILE = ".policy-tracker-ignore"
"""Approved findings; `tracker.review.approvals` says how it is written."""
MAX_COMMENT_LENGTH = 60_000
"""Characters; GitHub takes comments of at most 65,536."""
_LENGTHS: tuple[tuple[int | None, int | None, int | None], ...] = (
    (None, None, None),
    (100, 30, 30),
    (100, 10, 10),
    (50, 0, 5),
    (10, 0, 3),
)
"""Lines, sections, and items of a section, from the whole to the shortest that still shows the gravest."""


@dataclass(frozen=True, slots=True)
class ReviewSettings:
    """The options of a review, beside the two sides."""

    config: Path | None = None
    """The configuration; None to look for one."""
    ignore: str | None = None
    """The file of approvals; None to look for one."""
    baseline: Path | None = None
    """A file of findings that were there when the gate was adopted; written where it is not there yet."""
    language: str | None = None
    """The language; None for the configuration's first one."""
    templates: Path | None = None
    """A folder of templates that come first."""
    selection: Selection = field(default_factory=Selection)
    """Which files are looked at, beside what the configuration says."""
    options: ReadOptions = field(default_factory=ReadOptions)
    """What is known beside the files."""


@dataclass(frozen=True, slots=True)
class ReviewOutput:
    """A review with what it takes to print it."""

    review: Review
    catalogue: Catalogue
    configuration: Configuration
    folders: tuple[Path, ...]
    language: str

    def printed(self, format_name: str, *, short: bool = False) -> str:
        """Return the review in one of the formats of `registry.REVIEW`; `short` bounds Markdown to what fits a comment.

        Raises:
            RenderError: a template failed.
        """
        chosen = find_format(REVIEW, format_name)
        if chosen.template:
            return self._rendered(chosen.template, short)
        values: dict[str, Callable[[], object]] = {
            "review": lambda: self.review,
            "report": self.report,
            "words": self.words,
            "catalogue": lambda: self.catalogue,
            "levels": lambda: self.configuration.rules,
        }
        return str(chosen.function()(*(values[name]() for name in chosen.takes)))

    def files(self) -> Iterator[tuple[str, str]]:
        """Yield the files of a review, name and text: all that a workflow needs, from one run.

        Raises:
            RenderError: a template failed.
        """
        yield "comment.md", self.printed("markdown", short=True)
        yield "review.html", self.printed("html")
        yield "review.json", self.printed("json")
        yield "review.sarif", self.printed("sarif")

    def words(self) -> Words:
        """Return the words of the review's language."""
        return load_words(self.language, self.folders)

    def report(self) -> ReviewReport:
        """Return the review as a reader sees it."""
        return report_of(self.review, self._row_builder())

    def on_screen(self, screen: "Screen") -> str:
        """Return the review as text for a person at a screen, or at the end of a pipe."""
        from tracker.formats.review_text import report_on_screen

        return report_on_screen(self.report(), self.words(), screen)

    def _row_builder(self) -> RowBuilder:
        return RowBuilder(self.words(), self.catalogue, assessments={})

    def _rendered(self, template: str, short: bool) -> str:
        from tracker.formats.renderer import Renderer

        row_builder = self._row_builder()
        renderer = Renderer(self.folders, row_builder.words)
        text = ""
        for lines, sections, items in _LENGTHS:
            report = report_of(self.review, row_builder, most_lines=lines, most_sections=sections, most_items=items)
            text = renderer.render(template, report=report, marks=MARKS)
            if not short or len(text) <= MAX_COMMENT_LENGTH:
                break
        return text


def run_review(reader: InputReader, before: str, after: str | None, settings: ReviewSettings) -> ReviewOutput:
    """Review what two arguments name.

    The rules' levels, the approvals, and which files are looked at come from the old side where that is a commit: a
    change does not decide how it is evaluated itself. Files that are named hold in any case.

    Raises:
        TrackerError: an argument names nothing, or what it names can't be read.
    """
    opened = reader.open(before, after)
    configuration = _configuration(reader, opened, settings.config)
    selection = Selection(
        settings.selection.paths or configuration.review.paths,
        (*settings.selection.exclude, *configuration.review.exclude),
    )
    approvals = _approvals(reader, opened, settings)
    compared = compare_inputs(opened, selection, settings.options, known_policies(reader.attached))
    is_own = all(side is not None and side.startswith("archive:") for side in (before, after))
    return _output(compared, configuration, approvals, settings, None if is_own else MAX_EFFORT)


def _output(
    compared: ComparedInputs,
    configuration: Configuration,
    approvals: Approvals,
    settings: ReviewSettings,
    most: int | None = MAX_EFFORT,
) -> ReviewOutput:
    catalogue = load_catalogue()
    found = review(
        compared.pairs,
        catalogue,
        levels=configuration.rules,
        approvals=approvals,
        excluded=compared.excluded,
        counted=compared.counted,
        most=most,
    )
    folders = tuple(template_folders(settings.templates))
    return ReviewOutput(found, catalogue, configuration, folders, settings.language or configuration.languages[0])


def _configuration(reader: InputReader, opened: OpenedInputs, config: Path | None) -> Configuration:
    if config is not None or opened.revision is None:
        return read_configuration(config, Path.cwd())
    for name in ("policy-tracker.toml", "pyproject.toml"):
        text = reader.file(opened.revision, name, MAX_CONFIGURATION_BYTES)
        if text is not None:
            try:
                return parse_configuration(text, name)
            except ConfigurationError as error:
                raise error.within(f"{opened.revision[:12]}:{name}") from error
    return Configuration()


def _approvals(reader: InputReader, opened: OpenedInputs, settings: ReviewSettings) -> Approvals:
    """Return the approvals of a file that is named, else of the old side, together with the baseline's."""
    if settings.ignore is not None:
        found = _approvals_in(_named_approvals(reader, settings.ignore), settings.ignore)
    elif opened.revision is not None:
        text = reader.file(opened.revision, IGNORE_FILE, MAX_APPROVAL_BYTES)
        found = _approvals_in(text or b"", f"{opened.revision[:12]}:{IGNORE_FILE}")
    else:
        own = Path(IGNORE_FILE)
        found = _approvals_in(read_bounded(own) if own.is_file() else b"", IGNORE_FILE)
    if settings.baseline is None or not settings.baseline.exists():
        return found
    base = _approvals_in(read_bounded(settings.baseline), str(settings.baseline))
    return Approvals(frozenset({*found.fingerprints, *base.fingerprints}), (*found.patterns, *base.patterns))


def _named_approvals(reader: InputReader, name: str) -> bytes:
    """Return the text of approvals that are named: a file, or `REV:PATH`, where they may be none yet."""
    revision, colon, path = name.partition(":")
    if colon and path and not Path(name).exists():
        return reader.file(Repository(reader.repository).resolve(revision).commit, path, MAX_APPROVAL_BYTES) or b""
    return read_bounded(Path(name))


def _approvals_in(data: bytes, name: str) -> Approvals:
    if len(data) > MAX_APPROVAL_BYTES:
        raise UsageError(f"larger than {MAX_APPROVAL_BYTES} bytes", where=name)
    try:
        return parse_approvals(data.decode("utf-8-sig"), name)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"not UTF-8 (byte {error.start})", where=name) from error


def baseline_text(found: Review) -> str:
    """Return a baseline: a line for each policy and each finding that is there now, in the form of approvals."""
    lines = ["# What was there when the review was adopted: each line is a policy, or a finding, as it was."]
    for policy in found.policies:
        name = policy.name.encode("utf-8", "backslashreplace").decode()
        lines.append(f"{policy.fingerprint}  {name}")
        lines += [
            f"{finding.fingerprint}  {name}: {finding.rule} {finding.action}".rstrip() for finding in policy.findings
        ]
    return "".join(f"{line}\n" for line in lines)


# --- git diff --------------------------------------------------------------------------------------------------------


def review_git_diff(arguments: Sequence[str], reader: InputReader, settings: ReviewSettings, screen: "Screen") -> str:
    """Answer `git diff`, which gives a path, then file, object and mode of both sides.

    Returns:
        The review as a screen shows it; a plain difference of the texts for a file without a policy in it.
    """
    name, old, new = arguments[0], arguments[1], arguments[4]
    opened = reader.open(old, new)
    compared = compare_inputs(opened, Selection(), settings.options, known_policies(reader.attached))
    if not any(side and side.document for pair in compared.pairs for side in (pair.before, pair.after)):
        return _plain_difference(name, Path(old), Path(new))
    pairs = tuple(replace(pair, name="#".join((name, *pair.name.split("#")[1:])), path=name) for pair in compared.pairs)
    configuration = read_configuration(settings.config, Path.cwd())
    return _output(ComparedInputs(pairs), configuration, Approvals(), settings).on_screen(screen)


def _plain_difference(name: str, old: Path, new: Path) -> str:
    before, after = (
        read_bounded(file).decode("utf-8", "replace").splitlines() if file.is_file() else [] for file in (old, new)
    )
    difference = unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{line}\n" for line in difference)
