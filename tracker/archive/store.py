"""`snapshots/`: policy histories as files, read and recorded.

    snapshots/<owner>/<Name>/policy.json   facts, and which version was the default, seen when
    snapshots/<owner>/<Name>/v3.json       {"VersionId", "CreateDate", "Document"}: written once, never changed

Versions are written before the `policy.json` that speaks of them, each file under another name first and then
renamed: a run that is killed at any moment leaves the old state or the new, and the next run completes it.
A policy re-created under its old name keeps its old folder as `<Name>~<old PolicyId>`.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from tracker.archive.files import FACTS_FILE, FactsFile, facts_to_json, parse_facts, parse_version, version_text
from tracker.archive.names import is_folder, is_owner
from tracker.archive.recreated import label_after
from tracker.base.files import write_text
from tracker.errors import ArchiveError, DocumentError
from tracker.policy.history import Observation, PolicyFacts, PolicyHistory, Skipped
from tracker.policy.json_text import canonical
from tracker.policy.versions import is_version_id, version_sort_key

if TYPE_CHECKING:
    from tracker.base.git import Repository, Tip

__all__ = [
    "BEGINNING",
    "EMPTY",
    "HOW_TO_FILL",
    "Archive",
    "ArchivedPolicy",
    "PolicyKey",
    "archive_at",
    "archive_on_disk",
    "write_history",
]

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a source counts as watched whose policies' whole histories a collection has: before any of them."""
HOW_TO_FILL = "fill one with `policy-tracker fetch` or `import`, or make a tracker with `policy-tracker init`"
"""What to do where there is no archive, or one without policies."""


# --- reading ---------------------------------------------------------------------------------------------------------


PolicyKey = tuple[str, str]
"""Where a history is: owner and folder."""
_Files = Mapping[str, str]
"""The files of a folder by name, each with the key under which its content is read."""


class ArchivedPolicy(Struct, frozen=True):
    """What the archive holds of a policy, known without reading a document: what a source need not read again."""

    facts: PolicyFacts
    """The policy's own facts."""
    observations: tuple[Observation, ...] = ()
    """By time; empty where a killed run left only versions."""
    versions: frozenset[str] = frozenset()
    """Versions that are archived and whose origin is known: what a killed run left is read again."""
    unavailable: frozenset[str] = frozenset()
    """Versions that were asked for and that the source does not serve."""
    observed_since: datetime | None = None
    """When it was first seen at its source; None where all is from collections."""

    @property
    def default_version(self) -> str | None:
        """The version that was last seen as the default; None when the policy is not there, or never was seen."""
        return self.observations[-1].default_version if self.observations else None

    @property
    def last_version(self) -> str | None:
        """The version that was last seen as the default, even if the policy left the list after that."""
        return next((item.default_version for item in reversed(self.observations) if item.default_version), None)


class Archive:
    """An archive that can be read: on disk, or as it was at a commit. What was read once is not read again."""

    def __init__(
        self,
        keys: Iterable[PolicyKey],
        files: Callable[[PolicyKey], _Files],
        contents: Callable[[Sequence[str]], Iterator[bytes | None]],
        *,
        is_on_disk: bool = True,
    ) -> None:
        """Take the archive's folders, what lists the files of one, and what reads the contents of keys, in order."""
        self._places = sorted(keys)
        self._files = cache(files)
        self._contents = contents
        self._known: dict[PolicyKey, FactsFile] = {}
        self.is_on_disk = is_on_disk
        """Whether a few histories can be read at no cost but their own."""

    def _facts_of(self, keys: Sequence[PolicyKey]) -> dict[PolicyKey, FactsFile]:
        """Return the facts of some policies; without a `policy.json`, a folder's name says whose versions it has."""
        new = [key for key in keys if key not in self._known and self._files(key)]
        with_facts = [key for key in new if FACTS_FILE in self._files(key)]
        contents = self._contents([self._files(key)[FACTS_FILE] for key in with_facts]) if with_facts else iter(())
        for key in with_facts:
            self._known[key] = parse_facts(next(contents) or b"", "/".join(key))
        for key in new:
            self._known.setdefault(key, FactsFile(PolicyFacts(_name(key))))
        return {key: self._known[key] for key in keys if key in self._known}

    @cached_property
    def _labels(self) -> dict[PolicyKey, str]:
        """What entries call a policy, where not as its folder: the first of a name keeps it when it is put aside."""
        aside = {(key[0], _name(key)) for key in self._places if "~" in key[1]}
        by_name: defaultdict[PolicyKey, list[PolicyKey]] = defaultdict(list)
        for key in self._places if aside else ():
            if (key[0], _name(key)) in aside:
                by_name[key[0], _name(key)].append(key)
        labels = {}
        for (_, name), found in by_name.items():
            known = self._facts_of(found)
            first, *later = sorted(known, key=self._age_order)
            labels[first] = name
            for before, key in zip((first, *later), later, strict=False):
                seen, policy_id = known[key].observations, known[key].facts.policy_id
                taken = [labels[other] for other in known if other in labels]
                label = label_after(name, before[1], policy_id, seen[0].at if seen else None, taken)
                labels[key] = label if label not in taken else key[1]
        return {key: label for key, label in labels.items() if label != key[1]}

    def _age_order(self, key: PolicyKey) -> tuple[bool, float]:
        """Return what orders the policies of one name: those that were put aside by time, then the one in force."""
        seen = self._known[key].observations
        return "~" not in key[1], seen[0].at.timestamp() if seen else 0

    def first_observed(self, keys: Sequence[PolicyKey]) -> dict[str, datetime]:
        """Return, by owner, the first moment at which any of some policies was seen at its source.

        It is BEGINNING where a collection has the policies' whole histories.

        Raises:
            ArchiveError: a `policy.json` is broken.
        """
        found: dict[str, datetime] = {}
        for (owner, _), known in self._facts_of(keys).items():
            if any(origin.startswith("npm:") for origin in known.origins.values()):
                found[owner] = BEGINNING
            elif known.observations and known.was_observed_at_source:
                at = known.observations[0].at
                found[owner] = min(found.get(owner, at), at)
        return found

    def start_of_tracking(self, owner: str) -> datetime | None:
        """Return the first moment at which an owner's source was observed as a whole, None where none was.

        Raises:
            ArchiveError: a `policy.json` is broken.
        """
        return self.first_observed(self.policy_keys(owner)).get(owner)

    def last_observed(self, owner: str | None) -> datetime | None:
        """Return the last moment at which anything was seen to change; None where nothing was observed.

        Args:
            owner: None for all.

        Raises:
            ArchiveError: a `policy.json` is broken.
        """
        known = self._facts_of(self.policy_keys(owner)).values()
        return max((facts.observations[-1].at for facts in known if facts.observations), default=None)

    def archived_policies(self, owner: str) -> dict[str, ArchivedPolicy]:
        """Return what is held of an owner's policies in force, by name; only each `policy.json` is read.

        Raises:
            ArchiveError: a `policy.json` is broken.
        """
        in_force = [key for key in self.policy_keys(owner) if "~" not in key[1]]
        return {
            known.facts.name: ArchivedPolicy(
                known.facts,
                known.observations,
                frozenset(version for version in known.origins if f"{version}.json" in self._files(key)),
                frozenset(known.unavailable),
                known.observations[0].at if known.observations and known.was_observed_at_source else None,
            )
            for key, known in self._facts_of(in_force).items()
        }

    def histories(
        self, owner: str | None = None, wanted: Callable[[str], bool] = lambda _: True
    ) -> Iterator[PolicyHistory | Skipped]:
        """Yield the histories, by owner and folder, and the version files that could not be read.

        Args:
            owner: None for all.
            wanted: says by its name whether a policy is asked for; the files of others are not opened.

        Raises:
            ArchiveError: a `policy.json` is broken, or a file can't be read.
        """
        yield from self.read(self.policy_keys(owner, wanted))

    def policy_keys(self, owner: str | None = None, wanted: Callable[[str], bool] = lambda _: True) -> list[PolicyKey]:
        """Return where the histories of an owner, None for all, are, in order; `wanted` is asked by name."""
        return [key for key in self._places if owner in (None, key[0]) and wanted(_name(key))]

    def size(self, key: PolicyKey) -> int:
        """Return how many files a history has; none where a folder is empty."""
        return len(self._files(key))

    def read(
        self, keys: Sequence[PolicyKey], version_ids: Collection[str] | None = None
    ) -> Iterator[PolicyHistory | Skipped]:
        """Yield the histories of some policies, in their order, and the version files that could not be read.

        Args:
            keys: where they are.
            version_ids: the versions that are read; None for all.

        Raises:
            ArchiveError: a `policy.json` is broken, or a file can't be read.
        """
        known = self._facts_of(keys)
        names = {key: sorted(_version_files(self._files(key), version_ids)) for key in known}
        contents = self._contents([self._files(key)[name] for key in known for name in names[key]])
        for key, facts in known.items():
            own = zip(names[key], contents, strict=False)  # ends with the names: what follows is of other policies
            yield from _history(key, self._labels.get(key, ""), facts, self._files(key), own)


def _version_files(names: Iterable[str], version_ids: Collection[str] | None) -> Iterator[str]:
    """Return the files of versions; of some versions only, where these are named."""
    found = (name for name in names if name != FACTS_FILE)
    return (name for name in found if version_ids is None or name.removesuffix(".json") in version_ids)


def _name(key: PolicyKey) -> str:
    """Return the name of the policy in a folder."""
    return key[1].partition("~")[0]


EMPTY = Archive((), lambda _: {}, lambda _: iter(()))
"""An archive that is not there yet."""


def archive_on_disk(root: Path) -> Archive:
    """Open the archive in a folder, usually `snapshots/`.

    Raises:
        ArchiveError: there is no such folder.
    """
    if not root.is_dir():
        raise ArchiveError("no such folder", where=str(root), hint=f"{HOW_TO_FILL}; --snapshots names another folder")
    owners = _subfolders(root, is_owner)
    keys = [(owner.name, folder.name) for owner in owners for folder in _subfolders(Path(owner.path), is_folder)]
    return Archive(keys, lambda key: _archive_files(f"{root}/{key[0]}/{key[1]}"), _contents_of)


def archive_at(repository: "Repository", tip: "Tip", under: str) -> Archive:
    """Open the archive as it was at a commit, in git's objects.

    Args:
        repository: a clone or a bare repository.
        tip: the commit.
        under: the archive's folder within the repository.

    Raises:
        ArchiveError: the commit has no such folder.
    """
    from tracker.base.git import tree_path

    listed = repository.files(tip, under)
    if not listed:
        raise ArchiveError(f"no folder {under!r} at this revision", where=tip.commit[:12], hint="see --snapshots")
    top = len(tree_path(under)) + 1 if tree_path(under) else 0
    folders: defaultdict[PolicyKey, dict[str, str]] = defaultdict(dict)
    for path, blob in listed:
        owner, _, rest = path[top:].partition("/")
        folder, _, name = rest.partition("/")
        if is_owner(owner) and is_folder(folder) and _is_archive_file(name):
            folders[owner, folder][name] = blob
    return Archive(folders, folders.__getitem__, repository.blobs, is_on_disk=False)


def _archive_files(folder: str) -> dict[str, str]:
    """Return the archive's own files in a folder, name → path."""
    try:
        with os.scandir(folder) as items:
            return {
                item.name: item.path for item in _refuse_links([item for item in items if _is_archive_file(item.name)])
            }
    except OSError as error:
        raise ArchiveError(f"can't be read: {error.strerror}", where=folder) from error


@lru_cache(4096)
def _is_archive_file(name: str) -> bool:
    return name == FACTS_FILE or (name.endswith(".json") and is_version_id(name.removesuffix(".json")))


def _subfolders(parent: Path, named: Callable[[str], bool]) -> list["os.DirEntry[str]"]:
    with os.scandir(parent) as items:
        return [item for item in _refuse_links([item for item in items if named(item.name)]) if item.is_dir()]


def _refuse_links(items: list["os.DirEntry[str]"]) -> list["os.DirEntry[str]"]:
    """Refuse links: what they name lies outside of the archive, and would be read, published and written."""
    for item in items:
        if item.is_symlink():
            raise _link_error(item.path)
    return items


def _link_error(key: str | Path) -> ArchiveError:
    return ArchiveError("is a symbolic link", where=str(key), hint="an archive has files and folders only")


def _contents_of(paths: Sequence[str]) -> Iterator[bytes]:
    for path in paths:
        try:
            yield Path(path).read_bytes()
        except OSError as error:
            raise ArchiveError(f"can't be read: {error.strerror}", where=path) from error


def _history(
    key: PolicyKey, label: str, known: FactsFile, files: Container[str], contents: Iterable[tuple[str, bytes | None]]
) -> Iterator[PolicyHistory | Skipped]:
    versions = []
    for name, content in contents:  # each is forgotten as soon as it is read: there may be megabytes of them
        try:
            versions.append(parse_version(content or b"", name, known))
        except DocumentError as error:
            yield Skipped("/".join((*key, name)), str(error))
    for seen in known.observations:
        if seen.default_version and f"{seen.default_version}.json" not in files:
            where = "/".join((*key, seen.default_version))
            yield Skipped(where, f"the default from {seen.at:%Y-%m-%d} on; its document is not known")
    versions.sort(key=version_sort_key)
    yield PolicyHistory(
        key[0],
        known.facts,
        tuple(versions),
        known.observations,
        known.unavailable,
        key[1],
        label,
        known.unknown,
    )


# --- recording -------------------------------------------------------------------------------------------------------


def write_history(root: Path, before: PolicyHistory | None, after: PolicyHistory) -> list[Path]:
    """Write what `after` has and the archive has not; return the files written, in the order of writing.

    Raises:
        ArchiveError: the owner or the policy's name can't be a folder, or a version's id no file.
        OutputError: a file can't be written.
    """
    folder = after.folder or after.facts.name
    if not is_owner(after.owner) or not is_folder(folder):
        raise ArchiveError("no name for a folder of the archive", where=f"{after.owner}/{folder}")
    key = root / after.owner / folder
    for link in (key.parent, key):
        if link.is_symlink():
            raise _link_error(link)
    hostile = [version.version_id for version in after.versions if not is_version_id(version.version_id)]
    if hostile:
        raise ArchiveError(f"no id of a version: {hostile[0]!r}", where=f"{after.owner}/{folder}")
    held = {version.version_id for version in before.versions} if before else set()
    written: list[Path] = []
    _remove_temporary_files(key)
    for version in after.versions:
        if version.version_id not in held:
            written.append(key / f"{version.version_id}.json")
            write_text(written[-1], version_text(version))
    text = canonical(facts_to_json(after))
    if before is None or text != canonical(facts_to_json(before)) or not (key / FACTS_FILE).exists():
        written.append(key / FACTS_FILE)
        write_text(written[-1], text)
    return written


def _remove_temporary_files(key: Path) -> None:
    """Remove what a killed run left of a file that was never there whole."""
    for leftover in key.glob(".*.tmp"):
        with suppress(OSError):
            leftover.unlink()
