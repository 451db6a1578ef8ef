"""What a CDK assembly (`cdk.out`) holds beside its templates: the manifest, the tree of constructs, lists of assets.

They repeat what the templates say, or say nothing of permissions: only the templates are deployed. Parameters that the
manifest gives a stack decide what its template says, so they are passed on.
https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema
"""

from collections.abc import Iterator
from typing import Any

from tracker.inputs.cloudformation.template import definition_text
from tracker.inputs.model import Contents, FileLocation, ReadOptions, Unknown, UnknownKind, digest_of
from tracker.inputs.syntax.parsing import ParsedFile, escape_pointer

__all__ = ["IS_COMPLETE", "read", "recognizes"]

IS_COMPLETE = True
"""Nothing in these files is deployed."""
_ASSET_MEMBERS = {"version", "files", "dockerImages"}


def recognizes(parsed: ParsedFile) -> bool:
    """Return whether a file is a manifest of an assembly, its tree of constructs, or a list of its assets."""
    value = parsed.value
    if not isinstance(value, dict) or not isinstance(value.get("version"), str):
        return False
    is_tree = value["version"].startswith("tree-") and value.keys() == {"version", "tree"}
    return is_tree or _is_manifest(value) or (value.keys() == _ASSET_MEMBERS and parsed.path.endswith(".assets.json"))


def _is_manifest(value: dict[str, Any]) -> bool:
    artifacts = value.get("artifacts")
    return isinstance(artifacts, dict) and all(isinstance(one, dict) and "type" in one for one in artifacts.values())


def read(parsed: ParsedFile, options: ReadOptions) -> Contents:  # noqa: ARG001 - the signature of a container
    """Return what a file says of permissions that no template says."""
    return Contents(
        unknowns=tuple(_parameters(parsed)), counted={"files of a CDK assembly that repeat its templates": 1}
    )


def _parameters(parsed: ParsedFile) -> Iterator[tuple[FileLocation, Unknown]]:
    artifacts = parsed.value.get("artifacts")
    for name, artifact in artifacts.items() if isinstance(artifacts, dict) else ():
        properties = artifact.get("properties")
        given = properties.get("parameters") if isinstance(properties, dict) else None
        if given:
            location = FileLocation(parsed.path, f"/artifacts/{escape_pointer(name)}/properties/parameters")
            reason = f"parameters of the stack {name} decide what its template says"
            yield location, Unknown(UnknownKind.UNRESOLVED, reason, digest=digest_of(definition_text(given)))
