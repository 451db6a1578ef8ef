"""The files of a commit for a review: what stands at each path, and contents whose size was asked before.

Everything in a repository may be hostile: trees are read up to a bound, blobs that are too large or that a
partial clone lacks are given as None, and objects of other repositories are refused.
"""

from collections.abc import Iterator, Sequence
from subprocess import PIPE
from threading import Thread
from typing import IO

from tracker.base.git import Repository, Tip, tree_path
from tracker.errors import GitError

__all__ = ["bounded_blobs", "file_at", "index_entries", "refuse_outside_objects", "tree_entries"]

MAX_LISTING_BYTES = 256 * 1024 * 1024
"""Bytes of the list of a commit's files: about two million."""
MAX_MISSING = 1000
"""Blobs that git may give up on before the rest is taken to be missing, too."""
_MAX_ALTERNATES = 64 * 1024


def tree_entries(repository: Repository, tip: Tip, under: str = "") -> list[tuple[str, str, str]]:
    """Return (path, mode, object) of all files, links and submodules below a folder of a commit, by path.

    Raises:
        GitError: there are too many, or the repository lacks a part of the tree.
    """
    folder = tree_path(under)
    arguments = ("ls-tree", "-r", "-z", "--full-tree", tip.commit, *(["--", f"{folder}/"] if folder else []))
    return [(path, facts[0], facts[2]) for path, facts in _listed(repository, *arguments)]


def file_at(repository: Repository, tip: Tip, path: str) -> str | None:
    """Return the object of a plain file of a commit; None where there is none.

    Raises:
        GitError: the repository lacks a part of the tree.
    """
    rows = _listed(repository, "ls-tree", "-z", "--full-tree", tip.commit, "--", path)
    found = (facts[2] for name, facts in rows if name == path and facts[1] == "blob")
    return next(found, None)


def index_entries(repository: Repository) -> list[tuple[str, str, str]]:
    """Return the same of the index: what the next commit will hold.

    Raises:
        GitError: there are too many, or some are in conflict.
    """
    rows = _listed(repository, "ls-files", "--stage", "-z", "--full-name", ":/")
    if any(facts[2] != "0" for _, facts in rows):
        raise GitError("the index has conflicts", where=str(repository.folder), hint="resolve them, then `git add`")
    return [(path, facts[0], facts[1]) for path, facts in rows]


def _listed(repository: Repository, *arguments: str) -> list[tuple[str, list[str]]]:
    """Return the rows of a list of git's: path, and the words before it."""
    process = repository.reading(*arguments)
    listing: bytes = process.stdout.read(MAX_LISTING_BYTES + 1)
    if len(listing) > MAX_LISTING_BYTES:
        process.proc.kill()
        raise GitError("its list of files is too long", where=str(repository.folder))
    repository.finish(process, arguments[0])
    rows = (row.partition(b"\t") for row in listing.split(b"\0"))
    return [
        (path.decode("utf-8", "surrogateescape"), facts.decode("ascii").split()) for facts, tab, path in rows if tab
    ]


def bounded_blobs(repository: Repository, ids: Sequence[str], largest: int) -> Iterator[bytes | None]:
    """Yield the contents of blobs in the order asked; None for one that is larger, or that the repository lacks."""
    sizes = _sizes(repository, list(dict.fromkeys(ids)))
    wanted = [blob for blob in ids if blob in sizes and sizes[blob] <= largest]
    contents = repository.blobs(wanted)
    for blob in ids:
        yield next(contents) if blob in sizes and sizes[blob] <= largest else None


def _sizes(repository: Repository, ids: list[str]) -> dict[str, int]:
    """Return the sizes of blobs, without those that the repository lacks."""
    sizes: dict[str, int] = {}
    rest = ids
    for _ in range(MAX_MISSING):
        answered = _ask_sizes(repository, rest, sizes)
        if answered >= len(rest):
            break
        rest = rest[answered + 1 :]  # git gives up on the first one that it would have to fetch
    return sizes


def _ask_sizes(repository: Repository, ids: Sequence[str], sizes: dict[str, int]) -> int:
    """Note the sizes that git answers; return how many of the ids it answered."""
    process = repository.reading("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", stdin=PIPE)
    asking = Thread(target=_write, args=(process.stdin, ids), daemon=True)
    asking.start()
    answered = 0
    for line in process.stdout:
        answered += 1
        words = line.decode("utf-8", "replace").split()
        if len(words) == 3 and words[2].isdigit():  # noqa: PLR2004 - "<id> missing" has two
            sizes[words[0]] = int(words[2])
    process.stdout.close()
    asking.join()
    process.proc.wait()
    return answered


def _write(stdin: IO[bytes], ids: Sequence[str]) -> None:
    try:
        stdin.write("".join(f"{blob}\n" for blob in ids).encode())
        stdin.close()
    except OSError:
        return


def refuse_outside_objects(repository: Repository) -> None:
    """Refuse a repository that takes its objects from another one: a hostile one would show what is in it.

    https://git-scm.com/docs/gitrepository-layout#Documentation/gitrepository-layout.txt-objectsinfoalternates

    Raises:
        GitError: it does.
    """
    common = repository.path_of("objects").parent.resolve()
    listed = common / "objects" / "info" / "alternates"
    if not listed.is_file():
        return
    with listed.open("rb") as file:
        lines = file.read(_MAX_ALTERNATES).decode("utf-8", "surrogateescape").splitlines()
    for line in lines:
        if line and not line.startswith("#") and not (common / "objects" / line).resolve().is_relative_to(common):
            hint = "`git repack -a -d`, then remove objects/info/alternates"
            raise GitError(f"its objects are in another repository: {line}", where=str(repository.folder), hint=hint)
