"""`rules`: the rules of a review, with the levels that the configuration gives them."""

from tracker.commands.output import OutputOptions
from tracker.formats.registry import RULES, find_format
from tracker.risk.rules import RULES as ALL_RULES
from tracker.settings.configuration import Configuration

__all__ = ["rules"]


def rules(configuration: Configuration, output: OutputOptions) -> str:
    """Return the rules with the levels that are in force.

    Raises:
        UsageError: there is no such language.
    """
    levels = {rule.id: configuration.rules.get(rule.id, rule.level) for rule in ALL_RULES}
    return str(find_format(RULES, output.format_name).function()(levels, output.words(configuration)))
