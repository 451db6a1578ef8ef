"""Which resources of Terraform act as which role: `role`, `task_role_arn`, `iam_instance_profile` and their like.

https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from tracker.inputs.model import FileLocation, HeldRole
from tracker.inputs.syntax.parsing import escape_pointer
from tracker.inputs.terraform.addresses import address_of
from tracker.policy.model import Json
from tracker.policy.symbols import has_symbol, printable, symbols_in

__all__ = ["DeclaredResources"]

_ROLE, _PROFILE = "aws_iam_role", "aws_iam_instance_profile"
_MEMBER = re.compile(r"(?:\w+_)?(?:roles?|instance_profile|credentials)(?:_arn|_name)?\Z")
"""Names of arguments whose value is a role, or an instance profile."""
_ROLE_ARN = re.compile(r"arn:[^:]*:iam::[^:]*:(?:role|instance-profile)/")
SERVICE_ACCOUNT_ROLE = "eks.amazonaws.com/role-arn"
_ANNOTATION = "com/role-arn"
"""The end of the annotation; before it, a setting of a chart writes its full stops with backslashes."""
_IN_VALUES = re.compile(r"com/role-arn[\"']?\s*[:=]\s*[\"']?([^\s\"',}]+)")
_SERVICE_LINKED = ":role/aws-service-role/"
"""In the ARN of a role that nobody but its service can act as."""
_PASSED_ON = frozenset(("environment", "environment_variables", "tags", "tags_all"))
"""Arguments whose members are only handed to a program: that a role is named there makes nothing act as it."""
_MODULES = re.compile(r"\A(?:module\.[^.\[\]]+(?:\[[^\]]*\])?\.)+")
"""The modules at the beginning of an address."""
_REFERENCE = frozenset(("arn", "name", "id"))
_NAMING = _REFERENCE | {"bucket", "key_id"}
"""Attributes by which others name a resource."""
_PROVIDERS = ("aws_", "awscc_", "helm_", "kubernetes_", "kubectl_")
"""Beginnings of types whose roles are IAM's."""
MAX_DEPTH = 40


class DeclaredResources:
    """The roles, instance profiles and buckets of one side, by what others call them."""

    def __init__(self, resources: Iterable[tuple[str, str, Json]]) -> None:
        """Take address, type and attributes of all resources."""
        self._resources = list(resources)
        self.addresses = frozenset(address for address, _, _ in self._resources)
        self.roles: dict[str, str] = {}
        """Address -> principal, as `Contents.roles` has it."""
        for address, kind, values in self._resources:
            if kind in (_ROLE, _PROFILE):
                name = _name_in(values)
                shown = name if isinstance(name, str) and name else "?"
                self.roles[address] = f"role/{shown}" if kind == _ROLE else ""

    # Plans have 100,000 resources, of which hardly one is asked for.

    @cached_property
    def _names(self) -> dict[tuple[str, str], str]:
        return {
            (kind, text): address
            for address, kind, values in self._resources
            for text in (values.get("arn"), values.get("id"), _name_in(values))
            if isinstance(text, str) and text
        }

    @cached_property
    def _plain(self) -> dict[str, str]:
        return {address.replace('"', ""): address for address in self.addresses}

    @cached_property
    def _in_modules(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for plain, address in self._plain.items():
            found.setdefault(_MODULES.sub("", plain), []).append(address)
        return found

    def address(self, text: str, kind: str, module: str = "") -> str:
        """Return the address of the resource that a text names; empty for none.

        Args:
            text: an ARN, a name, or a symbol for an attribute of the resource.
            kind: the type of the resource.
            module: where a reference may begin: the module of the resource that has it.
        """
        if symbols_in(text) == {text}:
            reference, _, attribute = printable(text).strip("⟨⟩").rpartition(".")
            found = self._plain.get(f"{module}{reference}") or self._plain.get(reference) or self._moved(reference)
            if found and attribute in _NAMING and f"{kind}." in found:
                return found
        name = text.rpartition("/")[2] if _ROLE_ARN.match(text) else text
        return self._names.get((kind, text)) or self._names.get((kind, name), "")

    def _moved(self, reference: str) -> str:
        """Return the address of a resource that was moved into a module, and that others know by its old address."""
        found = self._in_modules.get(reference, ())
        return found[0] if len(found) == 1 else ""

    def held_by(self, address: str, kind: str, values: Json, location: FileLocation) -> Iterator[HeldRole]:
        """Yield the roles as which a resource acts."""
        if not kind.startswith(_PROVIDERS) or (kind.startswith("aws_iam_") and kind != _PROFILE):
            return
        parts = address_of(address)
        for name, text, pointer in _named(values, ""):
            role = self._role(name, text, parts.module if parts else "")
            if role:
                yield HeldRole(address, name, kind, role, FileLocation(location.path, location.pointer + pointer))

    def _role(self, name: str, text: str, module: str) -> str:
        if _SERVICE_LINKED in text:
            return ""
        kinds = (_PROFILE, _ROLE) if "profile" in name else (_ROLE, _PROFILE)
        found = next((one for kind in kinds if (one := self.address(text, kind, module))), "")
        return found or (
            text
            if name == SERVICE_ACCOUNT_ROLE or "profile" in name or _ROLE_ARN.match(text) or has_symbol(text)
            else ""
        )


def _name_in(values: Json) -> Any:
    return values.get("name") or values.get("bucket")


def _service_account_roles(name: str, value: Any) -> list[str]:
    """Return the roles of service accounts of Kubernetes that an annotation, a chart's values or a setting name."""
    if isinstance(value, dict):
        return [str(value.get("value"))] if _ANNOTATION in str(value.get("name")) else []
    if name == SERVICE_ACCOUNT_ROLE:
        return [str(value)]
    return _IN_VALUES.findall(value) if isinstance(value, str) and _ANNOTATION in value else []


@lru_cache(4096)
def _is_called_as_role(name: str) -> bool:
    return _MEMBER.fullmatch(name) is not None


def _named(values: Mapping[str, Any], pointer: str, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    """Yield the arguments that are called as roles are: name, value, pointer."""
    for name, value in values.items():
        if name in _PASSED_ON or not value or not isinstance(value, (str, dict, list)):
            continue
        is_role = _is_called_as_role(str(name))
        if isinstance(value, str) and not is_role and name != SERVICE_ACCOUNT_ROLE and _ANNOTATION not in value:
            continue
        inner = f"{pointer}/{escape_pointer(str(name))}"
        for place, item in enumerate(value) if isinstance(value, list) else [(None, value)]:
            where = inner if place is None else f"{inner}/{place}"
            yield from ((SERVICE_ACCOUNT_ROLE, role, where) for role in _service_account_roles(str(name), item))
            if is_role:
                held = item.values() if isinstance(item, dict) and item.keys() <= _REFERENCE else [item]
                yield from ((str(name), text, where) for text in held if isinstance(text, str) and text)
            elif isinstance(item, dict) and depth < MAX_DEPTH:
                yield from _named(item, where, depth + 1)
