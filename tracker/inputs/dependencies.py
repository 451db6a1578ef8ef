"""Charts and bases of other repositories that a file takes in at a version: what they bring was not looked at.

https://helm.sh/docs/topics/charts/#chart-dependencies, https://kubectl.docs.kubernetes.io/references/kustomize/,
https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml, https://fluxcd.io/flux/components/
"""

import re
from collections.abc import Iterator, Mapping
from posixpath import basename
from typing import Any

from tracker.errors import DocumentError, one_line
from tracker.inputs.model import digest_of
from tracker.inputs.syntax.parsing import decode_text, parse_text
from tracker.inputs.syntax.policy_text import is_source_or_prose

__all__ = ["dependencies_of"]

_FILES = re.compile(
    r"(?:Chart|requirements)\.(?:ya?ml|lock)|[Kk]ustomization(?:\.ya?ml)?|helmfile(?:\.[\w-]+)*\.(?:ya?ml|lock)(?:\.gotmpl)?"
)
_FOLDER = "/helmfile.d/"
"""The folder of which Helmfile reads every file: https://helmfile.readthedocs.io/en/latest/"""
_APPLICATIONS = ("argoproj.io/", ".toolkit.fluxcd.io/", "helm.cattle.io/")
"""API groups of objects that take in charts and repositories."""
_TAKING = re.compile(r"(?<![\w/.-])(?:repoURL|chart|chartRef|sourceRef|url|repo)[\"']?\s*:")
"""A member by which such an object takes in something, in a text that can't be read, such as a template of Helm."""
_REMOTE = re.compile(r"[\w+-]+::|https?://|ssh://|git@|oci://|(?:www\.)?(?:github|gitlab|bitbucket)\.")
_WHAT = ("chart", "name", "repoURL", "url", "repository", "repo", "path")
_REPOSITORIES = ("repoURL", "url", "repository", "repo")
_VERSIONS = ("targetRevision", "version", "ref", "tag", "digest", "branch", "commit", "semver")
MAX_BYTES = 1024 * 1024
"""Of a file that is read for what it takes in; charts and lists of bases are small."""
MAX_DEPTH = 30
"""Levels of nesting that are looked into."""


def dependencies_of(path: str, data: bytes, text: str | None) -> Mapping[str, str]:
    """Return what a file takes in from other repositories: its name -> its name with the version.

    Of a file that is too large or can't be read, the file itself is named with why, and the hash of its content.

    Args:
        path: of the file.
        data: its content.
        text: its text; None where it can't be decoded.
    """
    text = data.decode("latin-1") if text is None else text
    is_by_name = _FILES.fullmatch(basename(path)) is not None or _FOLDER in f"/{path}"
    if not is_by_name and (is_source_or_prose(path) or not any(group in text for group in _APPLICATIONS)):
        return {}
    try:
        return dict(_found(_value(path, data), "", 0))
    except DocumentError as error:
        if not is_by_name and not _TAKING.search(text):
            return {}
        reason = one_line(f"what it takes in is not known: {error}")
        return {"": f"{reason} ({digest_of(data)[:16]})"}


def _value(path: str, data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise DocumentError(f"larger than {MAX_BYTES >> 20} MB")
    return parse_text(path, decode_text(data)).value


def _found(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_DEPTH:
        raise DocumentError("nested too deep to look through")
    if isinstance(value, str) and key in ("resources", "bases", "components") and _REMOTE.match(value):
        yield re.split(r"[?@](?=ref=|[\w.-]+\Z)", value)[0], value
    elif isinstance(value, list):
        for one in value:
            yield from _found(one, key, depth + 1)
    elif isinstance(value, dict):
        versions = list(_texts(value, _VERSIONS))
        what = list(_texts(value, _WHAT))
        is_floating = not versions and any(map(_REMOTE.match, _texts(value, _REPOSITORIES)))
        if what and (versions or is_floating) and key != "" and not _is_kubernetes(value):
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
