"""The files of a Terraform project by module: which blocks a folder declares, and what its variables are set to.

A file is parsed when something in it is asked for, or when it may hold a policy.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from hashlib import sha256
from posixpath import dirname, join, normpath

from tracker.errors import DocumentError
from tracker.inputs.syntax.policy_text import may_concern_policies
from tracker.inputs.terraform.syntax import Block, Body, Expression, parse_body

__all__ = ["ENDS", "VALUES", "ModuleFolder", "ParsedSources", "ProjectFiles", "inside", "is_terraform", "local_calls"]

ENDS = (".tf", ".tf.json", ".tofu", ".tofu.json")
"""Ends of names of Terraform's and OpenTofu's sources."""
MAX_PROJECT_BYTES = 2 * 1024 * 1024
"""Bytes of sources that are parsed for one review."""
VALUES = (".tfvars", ".tfvars.json")
"""Ends of names of files that set variables."""
_CALL = re.compile(r"""\bsource"?\s*[=:]\s*"(\.{1,2}/[^"]*)\"""")
_DECLARED = re.compile(r"\b(?:module|locals|resource|data|variable|output|moved|check)\b")


def is_terraform(path: str) -> bool:
    """Return whether a file is a source of Terraform, or sets its variables."""
    return path.endswith((*ENDS, *VALUES))


def local_calls(folder: str, text: str) -> Iterator[str]:
    """Yield the folders of the modules that a source calls by path, without parsing it."""
    for found in _CALL.finditer(text):
        yield inside(folder, found[1])


def inside(folder: str, path: str) -> str:
    """Return a path from a folder, from the top of the tree; `..` where it leads out of the tree."""
    found = normpath(join(folder, path))
    return "" if found == "." else found


class ParsedSources:
    """Sources that were parsed, by content: both sides of a review have most of them."""

    def __init__(self) -> None:
        self._bodies: dict[bytes, Body] = {}
        self._bytes = 0

    def for_more(self) -> "ParsedSources":
        """Return what may read the next tree of a history: itself, until half of what may be read at once was."""
        return self if self._bytes < MAX_PROJECT_BYTES // 2 else ParsedSources()

    def body(self, path: str, data: bytes) -> Body:
        """Return what stands in a source.

        Raises:
            DocumentError: it can't be read, or there is too much to read.
        """
        key = sha256(data).digest() + path.endswith(".json").to_bytes(1, "big")
        if key not in self._bodies:
            self._bytes += len(data)
            if self._bytes > MAX_PROJECT_BYTES:
                raise DocumentError(f"too much: at most {MAX_PROJECT_BYTES} bytes of sources are read at once")
            self._bodies[key] = parse_body(path, data)
        return self._bodies[key]


class ProjectFiles:
    """The files of a tree, by folder."""

    def __init__(self, files: Mapping[str, bytes], parsed: ParsedSources | None = None) -> None:
        """Take the files: path from the top of the tree → content, which is asked for when it is needed."""
        self._files, self._parsed = files, parsed or ParsedSources()
        self._folders: dict[str, ModuleFolder] = {}
        self.unreadable: dict[str, str] = {}
        self.read_folders: set[str] = set()

    def folder(self, name: str) -> "ModuleFolder | None":
        """Return the module in a folder; None where there is none."""
        if name not in self._folders:
            paths = [path for path in self._files if dirname(path) == name and path.endswith(ENDS)]
            if not paths:
                return None
            self._folders[name] = ModuleFolder(name, self, sorted(paths))
        return self._folders[name]

    def text(self, path: str) -> str | None:
        """Return a file's text, for `file` and `templatefile`; None where the tree has no such file."""
        data = self._files.get(normpath(path).lstrip("/"))
        try:
            return None if data is None else data.decode().replace("\r\n", "\n")
        except UnicodeDecodeError:
            return None

    def body(self, path: str) -> Body:
        """Return what stands in a source; nothing where it can't be read, which is kept in `unreadable`."""
        try:
            return self._parsed.body(path, self._files[path])
        except DocumentError as error:
            self.unreadable[path] = str(error)
            return Body({}, ())

    def data(self, path: str) -> bytes:
        """Return a file's content."""
        return self._files[path]

    def named(self, path: str) -> list[str]:
        """Return the file that a path names, from the top of the tree; none where the tree has no such file."""
        name = normpath(path).lstrip("/")
        return [name] if name in self._files else []

    def below(self, folder: str) -> list[str]:
        """Return the files in a folder and below it that are no sources, by name."""
        start = f"{folder}/" if folder else ""
        return sorted(path for path in self._files if path.startswith(start) and not path.endswith(ENDS))

    def values_files(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the files that set variables: those that Terraform reads by itself, and those that may be named."""
        found = [path for path in sorted(self._files) if path.endswith(VALUES) and self._belongs(path, folder)]
        own = [path for path in found if dirname(path) == folder and _is_automatic(path)]
        first = [path for path in own if ".auto." not in path]
        return [*first, *(path for path in own if path not in first)], [path for path in found if path not in own]

    def belongs_to(self, path: str, folders: Collection[str]) -> bool:
        """Return whether a file stands in one of some modules, or below one and in no other."""
        return any(self._belongs(path, folder) for folder in folders)

    def _belongs(self, path: str, folder: str) -> bool:
        """Return whether a file stands in a folder, or below it where no module stands between."""
        place = dirname(path)
        while place != folder:
            if not place or self.folder(place) is not None:
                return False
            place = dirname(place)
        return True


def _is_automatic(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def _is_override(path: str) -> bool:
    """Return whether a file overrides others. https://developer.hashicorp.com/terraform/language/files/override."""
    name = path.rpartition("/")[2].partition(".")[0]
    return name == "override" or name.endswith("_override")


def _overridden(block: Block, other: Block) -> Block:
    """Return a block with what another one sets otherwise; nested blocks of a kind are replaced together."""
    kinds = {one.kind for one in other.body.blocks}
    kept = tuple(one for one in block.body.blocks if one.kind not in kinds)
    body = Body({**block.body.attributes, **other.body.attributes}, (*kept, *other.body.blocks))
    return Block(block.kind, block.labels, body, block.line, block.path)


class ModuleFolder:
    """What the files of one folder declare."""

    def __init__(self, name: str, files: ProjectFiles, paths: list[str]) -> None:
        self.name, self._files, self.paths = name, files, paths

    @cached_property
    def _parsed_blocks(self) -> tuple[Block, ...]:
        """All blocks of the files that declare anything, overrides last."""
        paths = sorted(self.paths, key=lambda path: (_is_override(path), path))
        return tuple(block for path in paths for block in self._blocks_of(path))

    def _blocks_of(self, path: str) -> Iterator[Block]:
        text = self._files.data(path).decode("utf-8", "replace")
        if not _DECLARED.search(text) and not may_concern_policies(text) and text.isascii():
            return
        for block in self._files.body(path).blocks:
            yield Block(block.kind, block.labels, block.body, block.line, path)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, those of override files put into what they override."""
        found: list[Block] = []
        for block in self._parsed_blocks:
            key = (block.kind, *block.labels)
            places = [place for place, one in enumerate(found) if (one.kind, *one.labels) == key]
            if _is_override(block.path) and places and block.labels:
                found[places[0]] = _overridden(found[places[0]], block)
            else:
                found.append(block)
        return tuple(found)

    @cached_property
    def declared(self) -> Mapping[tuple[str, ...], Block]:
        """Blocks by kind and labels."""
        return {(block.kind, *block.labels): block for block in self.blocks}

    @cached_property
    def locals(self) -> Mapping[str, tuple[Expression, str]]:
        """Local values by name, each with its file."""
        found: dict[str, tuple[Expression, str]] = {}
        for block in self.blocks:
            if block.kind == "locals":
                found |= {name: (one, block.path) for name, one in block.body.attributes.items()}
        return found

    @cached_property
    def moved(self) -> Mapping[str, str]:
        """New address → old one, as `moved` blocks say."""
        found = {}
        for block in self.blocks:
            if block.kind == "moved" and {"from", "to"} <= block.body.attributes.keys():
                old, new = (block.body.attributes[name].text().replace(" ", "").strip('"\n') for name in ("from", "to"))
                found[new] = old
        return found

    @cached_property
    def set_values(self) -> Mapping[str, Expression]:
        """What the values files that Terraform reads by itself set."""
        found: dict[str, Expression] = {}
        for path in self._files.values_files(self.name)[0]:
            found |= self._values_of(path)
        return found

    @cached_property
    def other_values(self) -> Mapping[str, str]:
        """What other values files may set: variable → all of it as text."""
        found: dict[str, str] = {}
        for path in self._files.values_files(self.name)[1]:
            for name, expression in self._values_of(path).items():
                found[name] = f"{found.get(name, '')}{path}={expression.text()};"
        return found

    def _values_of(self, path: str) -> Mapping[str, Expression]:
        if not path.endswith(".json"):
            return self._files.body(path).attributes
        from tracker.inputs.syntax.parsing import load_inner_json

        try:
            value = load_inner_json(self._files.data(path).decode("utf-8-sig", "replace"))
        except DocumentError as error:
            self._files.unreadable[path] = str(error)
            return {}
        members = value if isinstance(value, dict) else {}
        return {name: Expression(member, None, is_json=True) for name, member in members.items()}
