"""Charts and bases of other repositories that a file takes in at a version: what they bring was not looked at.

https://helm.sh/docs/topics/charts/#chart-dependencies, https://kubectl.docs.kubernetes.io/references/kustomize/,
https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml, https://fluxcd.io/flux/components/
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.syntax.parsing import decode_text, parse_text

__all__ = ["dependencies_of"]

_FILES = re.compile(r"(?:Chart|requirements)\.(?:ya?ml|lock)|[Kk]ustomization(?:\.ya?ml)?|helmfile(?:\.[\w-]+)*\.ya?ml")
_APPLICATIONS = (b"argoproj.io/", b".toolkit.fluxcd.io/", b"helm.cattle.io/")
"""API groups of objects that take in charts and repositories."""
_REMOTE = re.compile(r"[\w+-]+::|https?://|ssh://|git@|oci://|(?:www\.)?(?:github|gitlab|bitbucket)\.")
_WHAT = ("chart", "name", "repoURL", "url", "repository", "repo", "path")
_VERSIONS = ("targetRevision", "version", "ref", "tag", "digest", "branch", "commit", "semver")
MAX_BYTES = 1024 * 1024
"""Of a file that is read for what it takes in; charts and lists of bases are small."""
MAX_DEPTH = 30
"""Levels of nesting that are looked into."""


def dependencies_of(path: str, data: bytes) -> Mapping[str, str]:
    """Return what a file takes in from other repositories: its name -> its name with the version.

    Empty for a file that takes in nothing, is larger than 1 MB or can't be read.
    """
    is_of_kind = _FILES.fullmatch(PurePosixPath(path).name) or any(group in data for group in _APPLICATIONS)
    if not is_of_kind or len(data) > MAX_BYTES:
        return {}
    with suppress(DocumentError):
        return dict(_found(parse_text(path, decode_text(data)).value, "", 0))
    return {}


def _found(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str) and key in ("resources", "bases", "components") and _REMOTE.match(value):
        yield re.split(r"[?@](?=ref=|[\w.-]+\Z)", value)[0], value
    elif isinstance(value, list):
        for one in value:
            yield from _found(one, key, depth + 1)
    elif isinstance(value, dict):
        versions = list(_texts(value, _VERSIONS))
        what = list(_texts(value, _WHAT))
        if versions and what and key != "" and not _is_kubernetes(value):
            yield " ".join(what), " ".join((*what, *versions))
        for name, member in value.items():
            yield from _found(member, str(name), depth + 1)


def _texts(value: Mapping[Any, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        member = value.get(name)
        if isinstance(member, (str, int, float)):
            yield str(member)
        elif name == "ref" and isinstance(member, dict):  # Flux: `ref: {tag: v1}`
            yield from (str(one) for one in member.values())


def _is_kubernetes(value: Mapping[Any, Any]) -> bool:
    """Return whether a value is an object of Kubernetes, whose own name and version say nothing of a dependency."""
    return "apiVersion" in value
