"""The service that `--service` names: one of the configuration, or any that has a page on the site."""

from collections.abc import Iterable, Mapping
from glob import escape

from tracker.base.suggestions import suggestion
from tracker.catalogue.catalogue import Catalogue, load_catalogue
from tracker.changelog.builder import HistoryOrigin, Selection, open_history_source
from tracker.changelog.model import Entry
from tracker.errors import UsageError
from tracker.formats.service_page import grants_in_force
from tracker.policy.history import PolicyHistory
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.site.data import prefixes_of_pages
from tracker.site.grants import Expansions
from tracker.site.policy_services import (
    SEVERAL,
    policies_by_service,
    service_named,
    service_weights,
    services_by_letters,
)

__all__ = ["selected_service"]


def selected_service(name: str, configuration: Configuration, origin: HistoryOrigin) -> Service:
    """Return the service of a slug of the configuration, or else of a service prefix or a service's name.

    A service that is not configured has the policies that stand on its page of the site; see `policy_services`.

    Args:
        name: `connect`, `s3`, `Amazon S3`.
        configuration: its services come first.
        origin: whose policies are asked for; read only for a service that is not configured.

    Raises:
        UsageError: there is no such service, or no policy belongs to it; names the nearest.
        ArchiveError: the archive can't be read.
        GitError: the repository can't be read.
    """
    configured = {service.slug: service for service in configuration.services}
    if name in configured:
        return configured[name]
    catalogue = load_catalogue()
    letters = services_by_letters(catalogue.prefixes(), catalogue.service_name)
    slug = SEVERAL if name == SEVERAL else service_named(name, letters)
    if slug is None:
        known = [*configured, *catalogue.prefixes(), *_full_names(catalogue)]
        near = suggestion(name, known) or "name a service prefix such as s3"
        hint = f"configured: {', '.join(configured)}; {near}" if configured else near
        raise UsageError(f"no service {name!r}", where="--service", hint=hint)
    with open_history_source(origin, configuration, Selection()) as source:
        histories = [item for item in source.histories() if isinstance(item, PolicyHistory) and item.versions]
        entries = source.changelog(histories, Selection()).entries
    belonging = _policies_by_service(histories, entries, catalogue)
    if slug not in belonging:
        hint = suggestion(slug, sorted(belonging))
        raise UsageError(f"no policy belongs to the service {slug!r}", where="--service", hint=hint)
    policies = {escape(history.facts.name): None for history in belonging[slug]}
    return Service(catalogue.service_name(slug) or slug.replace("-", " "), slug, tuple(policies))


def _full_names(catalogue: Catalogue) -> Iterable[str]:
    return filter(None, map(catalogue.service_name, catalogue.prefixes()))


def _policies_by_service(
    histories: Iterable[PolicyHistory], entries: Iterable[Entry], catalogue: Catalogue
) -> Mapping[str, list[PolicyHistory]]:
    """Return policies as the site has them on the pages of services."""
    expansions = Expansions(catalogue)
    weights = [(history, service_weights(history.last_version, expansions)) for history in histories]
    granted = (change for history, _ in weights for change in grants_in_force(history) or ())
    named = (change.action for change in (*granted, *(change for entry in entries for change in entry.changes)))
    prefixes = prefixes_of_pages((action.partition(":")[0] for action in named), catalogue)
    return policies_by_service(weights, services_by_letters(prefixes, catalogue.service_name))
