"""`expand`: the actions that a pattern stands for."""

from tracker.catalogue.catalogue import load_catalogue
from tracker.commands.output import OutputOptions
from tracker.formats.registry import EXPANSION, find_format
from tracker.settings.configuration import Configuration

__all__ = ["expand"]


def expand(pattern: str, configuration: Configuration, output: OutputOptions) -> str:
    """Return the actions of a pattern such as `iam:Get*`, those that AWS has retired too, with access levels.

    Raises:
        UsageError: there is no such language.
    """
    chosen = find_format(EXPANSION, output.format_name)
    return str(chosen.function()(pattern, load_catalogue(), output.words(configuration)))
