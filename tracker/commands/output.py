"""How the output of a command is written: format, language, templates."""

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tracker.settings.configuration import Configuration
from tracker.text.words import Words, load_words, template_folders

if TYPE_CHECKING:
    from tracker.formats.renderer import Renderer

__all__ = ["OutputOptions"]


class OutputOptions(Struct, frozen=True):
    """What the options of a command say of its output."""

    format_name: str
    """One that `formats/registry.py` has for the command."""
    language: str | None = None
    """None for the first of the configuration."""
    templates: Path | None = None
    """A folder of templates and catalogues that come first."""

    def words(self, configuration: Configuration) -> Words:
        """Return the language's words.

        Raises:
            UsageError: there is no such language or folder.
        """
        return load_words(self.language or configuration.languages[0], template_folders(self.templates))

    def renderer(self, configuration: Configuration) -> "Renderer":
        """Return what fills templates in that language.

        Raises:
            UsageError: there is no such language or folder.
        """
        from tracker.formats.renderer import Renderer

        return Renderer(template_folders(self.templates), self.words(configuration))
