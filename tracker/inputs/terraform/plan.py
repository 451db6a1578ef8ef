"""Plans of Terraform and OpenTofu, as `terraform show -json` prints them.

A plan says both what is there and what will be: `read_before` and `read` give the two sides, paired by the address of
the resource. `planned_values` and `prior_state` repeat them and are read only for what `resource_changes` lacks.
https://developer.hashicorp.com/terraform/internals/json-format

What is known only after the plan is applied is a symbol, unless the configuration does not set the attribute: then it
is a default of the provider, which is counted.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from tracker.inputs.model import Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import ParsedFile
from tracker.inputs.terraform.plan_configuration import PlanConfiguration
from tracker.inputs.terraform.plan_unknowns import put, with_symbols
from tracker.inputs.terraform.policy_data import policy_document
from tracker.inputs.terraform.resources import (
    Resource,
    is_policy_attribute,
    joined,
)
from tracker.inputs.terraform.state import module_resources
from tracker.policy.json_text import canonical
from tracker.policy.model import Json

__all__ = ["read", "read_before", "recognizes"]

_Side = str
_PROVIDER_DEFAULT = "attributes that the provider sets"
_MIRROR = "managed_policy_arns"
_DATA = "data sources, evaluated where they are used"

IS_COMPLETE = True
"""What it passes over, such as a second copy of the same values, is passed over on purpose."""


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is a plan."""
    value = parsed.value
    return isinstance(value, dict) and (
        isinstance(value.get("resource_changes"), list)
        or (isinstance(value.get("planned_values"), dict) and "format_version" in value)
    )


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - the signature of a container
    """Return what will be there once the plan is applied."""
    return _PlanReader(parsed, "after").contents()


def read_before(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - same
    """Return what was there when the plan was made."""
    return _PlanReader(parsed, "before").contents()


class _PlanReader:
    """Reads one side of a plan."""

    def __init__(self, parsed: ParsedFile, side: _Side) -> None:
        self._parsed, self._side = parsed, side
        self._plan: Json = parsed.value
        self._configuration = PlanConfiguration(parsed.value.get("configuration"))
        self._data: dict[str, tuple[Json, Any]] | None = None
        self._digest = ""
        self._counted: dict[str, int] = {}
        self._unknowns: list[tuple[FileLocation, Unknown]] = []

    def contents(self) -> Contents:
        resources = [*self._resources(), *self._outputs(), *self._actions()]
        self._say_what_is_not_complete()
        return joined(resources, UnknownKind.AFTER_APPLY, tuple(self._unknowns), self._counted)

    def _resources(self) -> Iterator[Resource]:
        seen = set()
        for pointer, change in self._changes():
            address = change.get("address")
            if not isinstance(address, str) or not isinstance(change.get("change"), dict):
                self._add_unknown(pointer, UnknownKind.UNREADABLE, "no resource change can be read here")
            elif "deposed" in change:
                self._count("deposed objects")
            else:
                seen.add(address)
                yield from self._resource(address, change, pointer)
        yield from (one for one in self._planned() if one.address not in seen)

    def _changes(self) -> Iterator[tuple[str, Json]]:
        """Yield the changes of resources, those that are put off too, each with its pointer."""
        for name in ("resource_changes", "deferred_changes"):
            changes = self._plan.get(name)
            for place, item in enumerate(changes if isinstance(changes, list) else ()):
                change = item.get("resource_change") if name == "deferred_changes" and isinstance(item, dict) else item
                yield f"/{name}/{place}", change if isinstance(change, dict) else {}

    def _resource(self, address: str, item: Json, pointer: str) -> Iterator[Resource]:
        change: Json = item["change"]
        if item.get("mode") == "data":
            self._count(_DATA)
            return
        actions = change.get("actions")
        if isinstance(actions, list) and "forget" in actions and self._side == "after":
            self._count("resources that Terraform forgets and leaves as they are")
            yield from self._at(address, item, f"{pointer}/change/before", change.get("before"), None)
        unknown = change.get("after_unknown") if self._side == "after" else None
        yield from self._at(address, item, f"{pointer}/change/{self._side}", change.get(self._side), unknown)

    def _at(self, address: str, item: Json, pointer: str, values: Any, unknown: Any) -> Iterator[Resource]:
        """Yield a resource with the values that it has at one time."""
        if isinstance(values, dict) or unknown is True:
            kind = str(item.get("type", ""))
            location = FileLocation(self._parsed.path, pointer)
            known = Resource(address, kind, self._configured(address, kind, values), location)
            # A resource that is updated keeps its id; a plan that does not know that either knows nothing computed.
            keeps = not (isinstance(unknown, dict) and unknown.get("id"))
            is_update = keeps and item["change"].get("actions") == ["update"]
            yield self._with_unknown(known, unknown, is_update=is_update) if unknown else known

    def _configured(self, address: str, kind: str, values: Any) -> Json:
        """Return values without `managed_policy_arns` where the configuration does not set it.

        The provider repeats in it what the resources for attachments say, as it was before they change.
        """
        known = values if isinstance(values, dict) else {}
        expressions = (
            self._configuration.expressions_of(address) if _MIRROR in known and kind == "aws_iam_role" else None
        )
        if expressions is None or _MIRROR in expressions:
            return known
        return {name: value for name, value in known.items() if name != _MIRROR}

    def _with_unknown(self, resource: Resource, unknown: Any, *, is_update: bool) -> Resource:
        """Return a resource with symbols, or documents as far as they are known, for what is not known yet."""
        expressions = self._configuration.expressions_of(resource.address)
        values, symbols, defaults = with_symbols(
            resource.values, unknown, expressions, resource.address, is_update=is_update
        )
        if defaults:
            self._counted[_PROVIDER_DEFAULT] = self._counted.get(_PROVIDER_DEFAULT, 0) + defaults
        digests: dict[str, str] = {}
        unknowns: dict[str, tuple[Unknown, ...]] = {}
        for pointer, expression in symbols.items():
            data = self._configuration.policy_data(resource.address, expression)
            known = self._policy_data(data) if data else None
            digests[pointer] = self._digest_of(resource.address, expression, known)
            if known is not None and is_policy_attribute(resource.type, pointer):
                document, reasons = policy_document(known, UnknownKind.AFTER_APPLY)
                put(values, pointer, canonical(document))
                what = f"as far as it is known, it has the statements of {data}"
                whole = Unknown(UnknownKind.AFTER_APPLY, what, "", digests[pointer])
                unknowns[pointer] = (whole, *(replace(reason, digest=digests[pointer]) for reason in reasons))
        return replace(resource, values=values, digests=digests, unknowns=unknowns, text_digest=self._text_digest())

    def _digest_of(self, address: str, expression: Any, known: Json | None) -> str:
        """Return what an approval holds for: the expression where the plan shows it, else the plan."""
        text = self._configuration.digest_text(address, expression)
        return digest_of(f"{text}{canonical(known)}") if text and known is not None else self._text_digest()

    def _policy_data(self, address: str) -> Json | None:
        """Return what is known of a data source that is read while the plan is applied."""
        if address not in self._data_values():
            return None
        values, unknown = self._data_values()[address]
        return with_symbols(values, unknown, self._configuration.expressions_of(address), address)[0]

    def _data_values(self) -> dict[str, tuple[Json, Any]]:
        """Return the data sources of policy documents that are read while the plan is applied, by address."""
        if self._data is None:
            self._data = {
                str(item.get("address")): (change.get("after") or {}, change.get("after_unknown"))
                for _, item in self._changes()
                if item.get("type") == "aws_iam_policy_document" and isinstance(change := item.get("change"), dict)
            }
        return self._data

    def _text_digest(self) -> str:
        """Return the hash of the plan: an approval of what no configuration shows holds for this plan alone."""
        if not self._digest:
            self._digest = digest_of(self._parsed.text)
        return self._digest

    def _planned(self) -> Iterator[Resource]:
        """Yield the resources of `planned_values` or `prior_state`."""
        if self._side == "after":
            yield from module_resources(self._plan.get("planned_values"), self._parsed.path, "/planned_values")
        else:
            state = self._plan.get("prior_state")
            values = state.get("values") if isinstance(state, dict) else None
            yield from module_resources(values, self._parsed.path, "/prior_state/values")

    def _outputs(self) -> Iterator[Resource]:
        outputs = self._plan.get("output_changes")
        for name, change in outputs.items() if isinstance(outputs, dict) else ():
            if isinstance(change, dict) and change.get(self._side) is not None:
                location = FileLocation(self._parsed.path, f"/output_changes/{name}")
                yield Resource(f"output.{name}", "", {"value": change[self._side]}, location)

    def _actions(self) -> Iterator[Resource]:
        """Yield what the plan lets providers do: a policy among the arguments of an action is one."""
        for name in ("action_invocations", "deferred_action_invocations"):
            invocations = self._plan.get(name)
            for place, item in enumerate(invocations if isinstance(invocations, list) else ()):
                if self._side == "after" and isinstance(item, dict):
                    address = str(item.get("address") or f"{name}/{place}")
                    location = FileLocation(self._parsed.path, f"/{name}/{place}")
                    yield Resource(address, "", item, location)

    def _say_what_is_not_complete(self) -> None:
        if self._side == "after" and self._plan.get("errored") is True:
            self._add_unknown(
                "/errored", UnknownKind.NOT_LOOKED_AT, "the plan failed half way: it does not hold all changes"
            )
        if self._side == "after" and self._plan.get("complete") is False:
            self._add_unknown("/complete", UnknownKind.AFTER_APPLY, "the plan is not complete: more changes follow it")
        drift = self._plan.get("resource_drift")
        for item in drift if isinstance(drift, list) and self._side == "after" else ():
            address = item.get("address") if isinstance(item, dict) else None
            self._count(f"changed outside of Terraform: {address}")

    def _add_unknown(self, pointer: str, kind: UnknownKind, reason: str) -> None:
        unknown = Unknown(kind, reason, digest=self._text_digest())
        self._unknowns.append((FileLocation(self._parsed.path, pointer), unknown))

    def _count(self, reason: str) -> None:
        self._counted[reason] = self._counted.get(reason, 0) + 1
