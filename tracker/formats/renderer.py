"""Pages and reports to text through Jinja.

Templates lie in `templates/` and hold no sentences; a folder of the user's own comes first. Every text that came
from a policy is escaped: by autoescape in HTML and XML, by the filter `md` in Markdown.
"""

from collections.abc import Callable, MutableMapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup, escape

from tracker.errors import RenderError
from tracker.formats.changelog_page import ChangelogPage, row_link, shorten_row
from tracker.formats.registry import CHANGELOG, find_format
from tracker.text.filters import FILTERS
from tracker.text.rows import Row
from tracker.text.words import Words

__all__ = ["MAX_ITEMS", "Renderer", "escape_printed"]

MAX_ITEMS = 100
"""Items in a feed: the newest ones; the pages have all."""
MAX_LINES = 15
"""Lines of lists in an item of a feed; the page that it links to has all."""


class Renderer:
    """Prints pages in one language."""

    def __init__(self, folders: Sequence[Path], words: Words) -> None:
        """Take the template folders, the user's first, and the words."""
        self.words = words
        self._environment = _environment(folders, words)
        self._template = cache(self._environment.get_template)
        self._environment.globals["description_html"] = self.description_html
        self._described: dict[int, tuple[Row, Markup]] = {}
        self._items: dict[int, tuple[Row, Row]] = {}

    def description_html(self, row: Row) -> Markup:
        """Return a row's description in HTML, made once however many pages and feeds show it.

        Raises:
            RenderError: the template is missing or at fault.
        """
        if id(row) not in self._described:
            self._described[id(row)] = row, self.markup("description.html.j2", row=row)
        return self._described[id(row)][1]

    def _item(self, row: Row) -> Row:
        """Return a row as an item of a feed; made once however many feeds have it."""
        if id(row) not in self._items:
            self._items[id(row)] = row, shorten_row(row, MAX_LINES, self.words)
        return self._items[id(row)][1]

    def markup(self, template: str, **values: Any) -> Markup:
        """Return a template of HTML filled, for use in another one.

        Raises:
            RenderError: the template is missing or at fault.
        """
        return Markup(self.render(template, **values).strip())  # noqa: S704 - such a template escapes by itself

    def source(self, name: str) -> str:
        """Return a file beside the templates as it is.

        Raises:
            RenderError: it is missing.
        """
        assert self._environment.loader  # noqa: S101 - given above
        try:
            return self._environment.loader.get_source(self._environment, name)[0]
        except TemplateNotFound as error:
            raise RenderError("no such template", where=str(error)) from error

    def render(self, template: str, **values: Any) -> str:
        """Return a template filled.

        Raises:
            RenderError: the template is missing or at fault; says where.
        """
        try:
            return self._template(template).render(**values)
        except TemplateNotFound as error:
            raise RenderError("no such template", where=str(error)) from error
        except TemplateSyntaxError as error:
            raise RenderError(f"{error.message}", where=f"{error.filename or template}:{error.lineno}") from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise RenderError(str(error), where=_error_location(error, template)) from error

    def changelog(self, format_name: str, page: ChangelogPage) -> str:
        """Return a page in one of `registry.CHANGELOG` that print pages; a feed has its newest MAX_ITEMS rows."""
        chosen = find_format(CHANGELOG, format_name)
        rows = [self._item(row) for row in page.rows[:MAX_ITEMS]] if chosen.feed_file else page.rows
        if chosen.template:
            return self.render(chosen.template, page=page, rows=rows)
        return str(chosen.function()(page, rows, self))


def _error_location(error: BaseException, template: str) -> str:
    """Return the template and line where an error arose, as far as its traceback says."""
    place, trace = template, error.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name.endswith(".j2"):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def escape_printed(value: object) -> str:
    """Return a value as a template prints it: what `markupsafe.escape` returns, a text as a plain one.

    A template joins what it prints at once; to make a `Markup` of each piece took longer than all else of a page.
    """
    if type(value) is Markup:
        return value
    if type(value) is not str:
        return escape(value)
    text = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


class _Template(Template):
    """A template that prints with `escape_printed`."""

    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 - Jinja's name
        uptodate: Callable[[], bool] | None = None,
    ) -> Template:
        """Return a template of compiled code."""
        template = super().from_code(environment, code, globals, uptodate)
        template.root_render_func.__globals__["escape"] = escape_printed
        return template


class _Environment(Environment):
    """Jinja, where all templates have the same globals, which need not be brought together for each page."""

    template_class = _Template

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template."""
        return super().make_globals(d) if d else self.globals


def _environment(folders: Sequence[Path], words: Words) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader([str(folder) for folder in folders]),
        autoescape=lambda name: name is not None and name.endswith((".html.j2", ".xml.j2")),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The words of a message that takes no values are asked for once, when Jinja reads the template.
    environment.filters |= {**FILTERS, "link": row_link, "words": words}
    environment.globals |= {"words": words, "language": words.language}
    return environment
