"""`expand`: the actions that a pattern stands for."""

from tracker.catalogue.catalogue import load_catalogue
from tracker.catalogue.lookup import require_known_action
from tracker.commands.output import OutputOptions
from tracker.formats.registry import EXPANSION, find_format
from tracker.settings.configuration import Configuration

__all__ = ["expand"]


def expand(pattern: str, configuration: Configuration, output: OutputOptions) -> str:
    """Return the actions of a pattern such as `iam:Get*`, those that AWS has retired too, with access levels.

    Raises:
        UsageError: nothing known matches it, or there is no such language.
    """
    chosen = find_format(EXPANSION, output.format_name)
    catalogue = load_catalogue()
    require_known_action(catalogue, pattern)
    return str(chosen.function()(pattern, catalogue, output.words(configuration)))
