"""The law of building: whatever an archive went through, the site is the one that a build from nothing makes."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from archives import record
from builders import history, version
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sites import CATALOGUE, published
from strategies import examples

from tracker.commands.build import build
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service
from tracker.site import policies
from tracker.site.memo import CACHE

POLICIES = ("Admin", "Reader", "Same", "Storing")
ACTIONS = ("s3:GetObject", "s3:Get*", "iam:PassRole", "s3:PutObject", "*", "s3:Unheard", "no action")


@dataclass
class _Checkout:
    """An archive that goes through things, the folder that is built again and again, and what it is built with."""

    top: Path
    days: dict[str, dict[int, int]] = field(default_factory=dict)
    """The day of each version of each policy."""
    actions: dict[tuple[str, int], str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    title: str = "Policies"
    template: str = ""
    languages: tuple[str, ...] = ("en", "ko")

    def archive(self) -> Path:
        root = self.top / "snapshots"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        for name, days in self.days.items():
            versions = [version(number, self.actions[name, number], at=at) for number, at in sorted(days.items())]
            seen = [(at, f"v{number}") for number, at in sorted(days.items(), key=lambda item: item[1])]
            end: list[tuple[int, str | None]] = [(99, None)] if name in self.gone else []
            record(root, history(*versions, seen=[*seen, *end], name=name))
        return root

    def build(self, output: Path) -> dict[str, bytes]:
        templates = self.top / "templates"
        (templates / "site").mkdir(parents=True, exist_ok=True)
        (templates / "site" / "patterns.html.j2").write_text(f"{self.template}{{{{ patterns | join }}}}")
        services = (Service("Storing", "storing", ("Re*", "Same")),)
        configuration = Configuration(title=self.title, languages=self.languages, services=services)
        build(self.archive(), output, configuration, templates)
        return published(output)


def _add(checkout: _Checkout, policy: str, number: int, at: int, action: str) -> None:
    if number not in checkout.days.get(policy, {}) and at not in checkout.days.get(policy, {}).values():
        checkout.days.setdefault(policy, {})[number] = at
        checkout.actions[policy, number] = action


def _remove(checkout: _Checkout, policy: str) -> None:
    """Remove a policy, but not the last one: an archive without policies is not built."""
    if checkout.days.keys() <= {policy}:
        return
    checkout.days.pop(policy, None)
    for key in [key for key in checkout.actions if key[0] == policy]:
        del checkout.actions[key]


def _spoil(checkout: _Checkout, name: str, text: str) -> None:
    file = checkout.top / "public" / name
    if file.exists():
        file.write_text(text)


def _foreign(checkout: _Checkout) -> None:
    """Put the cache of another archive in the place of the own one."""
    other = _Checkout(checkout.top / "other", languages=("en",))
    other.top.mkdir(exist_ok=True)
    _add(other, "Reader", 1, 5, "iam:PassRole")
    other.build(other.top / "public")
    if (checkout.top / "public").exists():
        shutil.copy(other.top / "public" / CACHE, checkout.top / "public" / CACHE)


STEPS: dict[str, Callable[..., None]] = {
    "version": _add,
    "removed": _remove,
    "left": lambda checkout, policy: checkout.gone.symmetric_difference_update({policy}),
    "title": lambda checkout, title: setattr(checkout, "title", title),
    "template": lambda checkout, text: setattr(checkout, "template", text),
    "languages": lambda checkout, languages: setattr(checkout, "languages", languages),
    "spoilt": _spoil,
    "foreign": _foreign,
}
NAMES = st.sampled_from(POLICIES)
VERSIONS = st.tuples(st.just("version"), NAMES, st.integers(1, 9), st.integers(1, 60), st.sampled_from(ACTIONS))
SPOILT = ("index.html", "policies/aws/Reader/index.html", "actions/s3.html", CACHE)
OTHERS = st.one_of(
    st.tuples(st.just("removed"), NAMES),
    st.tuples(st.just("left"), NAMES),
    st.tuples(st.just("title"), st.sampled_from(("Policies", "Other"))),
    st.tuples(st.just("template"), st.sampled_from(("", "x"))),
    st.tuples(st.just("languages"), st.sampled_from((("en",), ("en", "ko"), ("ko", "en")))),
    st.tuples(st.just("spoilt"), st.sampled_from(SPOILT), st.sampled_from(("", "spoilt"))),
    st.just(("foreign",)),
)


@settings(max_examples=examples(8))
@given(st.lists(VERSIONS, min_size=1, max_size=4), st.lists(st.one_of(VERSIONS, VERSIONS, OTHERS), max_size=4))
@example([("version", "Reader", 2, 20, "s3:PutObject")], [("version", "Admin", 1, 9, "s3:PutObject")])  # late: first
@example(
    [("version", name, 1, 20, "s3:GetObject") for name in ("Reader", "Admin")],
    [("spoilt", CACHE, ""), ("foreign",), ("removed", "Reader")],
)
def test_a_site_built_step_by_step_is_the_one_built_from_nothing(
    first: Sequence[tuple[object, ...]], steps: Sequence[tuple[object, ...]]
) -> None:
    with TemporaryDirectory() as folder, patch("tracker.commands.build.load_catalogue", lambda: CATALOGUE):
        checkout = _Checkout(Path(folder))
        for name, *arguments in first:
            STEPS[str(name)](checkout, *arguments)
        checkout.build(checkout.top / "public")
        for number, (name, *arguments) in enumerate(steps):
            STEPS[str(name)](checkout, *arguments)
            assert checkout.build(checkout.top / "public") == checkout.build(checkout.top / f"new{number}")


def test_a_version_of_one_policy_makes_no_page_of_another() -> None:
    with TemporaryDirectory() as folder, patch("tracker.commands.build.load_catalogue", lambda: CATALOGUE):
        checkout = _Checkout(Path(folder), languages=("en",))
        for policy in ("Reader", "Writer"):
            _add(checkout, policy, 1, 3, "s3:GetObject")
        checkout.build(checkout.top / "public")
        _add(checkout, "Writer", 2, 9, "iam:PassRole")
        with (
            patch("tracker.base.parallel._may_fork", lambda: False),
            patch("tracker.site.policies._policy", wraps=policies._policy) as made,  # noqa: SLF001 - counts what is made
        ):
            checkout.build(checkout.top / "public")
        assert [call.args[1].history.facts.name for call in made.call_args_list] == ["Writer"]
