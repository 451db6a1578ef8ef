"""Each message of the catalogues is asked for somewhere: in the code, or in a template."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from archives import CHECKOUT
from babel.messages.pofile import read_po

ANY = "[a-z0-9_.-]+"
"""What may stand for a placeholder of a name that is put together: `event.{}`."""
NAME = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9_-]+)*")


def messages() -> set[str]:
    with (CHECKOUT / "templates" / "locale" / "en.po").open("rb") as file:
        return {message.id if isinstance(message.id, str) else message.id[0] for message in read_po(file) if message.id}


def asked_by_code(file: Path) -> Iterator[str]:
    """Yield patterns of the names that a module may ask for; one that begins with a value begins with a known name."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    yield from map(re.escape, texts)
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            first, *rest = (
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ANY for part in node.values
            )
            begins = filter(NAME.fullmatch, texts) if first == ANY else [first]
            yield from ("".join([begin, *rest]) for begin in begins if r"\." in "".join([begin, *rest]))


def asked_by_template(file: Path) -> Iterator[str]:
    for text in re.findall(r'"([a-z][a-z0-9.{}-]*)"', file.read_text(encoding="utf-8")):
        yield re.escape(text).replace(r"\{\}", ANY)


def test_no_message_is_left_that_nothing_asks_for() -> None:
    patterns = {pattern for file in (CHECKOUT / "tracker").rglob("*.py") for pattern in asked_by_code(file)}
    patterns |= {pattern for file in (CHECKOUT / "templates").rglob("*.j2") for pattern in asked_by_template(file)}
    whole = {pattern for pattern in patterns if ANY not in pattern}
    begun = re.compile("|".join(patterns - whole))
    assert {name for name in messages() if re.escape(name) not in whole and not begun.fullmatch(name)} == set()


def test_what_nothing_asks_for_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('words("a.b"); words(f"c.{x}"); name = "d"; words(f"{name}.e"); words("f")\n')
    (tmp_path / "page.html.j2").write_text('{{ "g.h" | words }} {{ words("i.{}".format(x)) }}')
    patterns = [*asked_by_code(tmp_path / "module.py"), *asked_by_template(tmp_path / "page.html.j2")]
    names = ("a.b", "c.any", "d.e", "f", "g.h", "i.any", "a", "b.e", "c", "z.e", "g.other", "j.any")
    asked = [name for name in names if re.fullmatch("|".join(patterns), name)]
    assert asked == ["a.b", "c.any", "d.e", "f", "g.h", "i.any"]
