"""Sets of values of a condition key: texts, numbers, times and addresses, and a search for a value in some of them.

Each set holds the values that match any value of one test. `find_value` is exact within one kind of values: numbers
and times are tried at all bounds, between them and beyond, addresses at both ends of all networks.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_address
from itertools import pairwise
from operator import eq, ge, gt, le, lt

from tracker.access.languages import Language, find_text, language_of
from tracker.policy.operators import Family
from tracker.policy.values import is_mapped, is_whole_number, mapped_network, network_of, number_of, seconds_of

__all__ = ["AddressSet", "Domain", "OrderedSet", "TextSet", "ValueSet", "find_value", "is_within", "ordered_value"]

LONGEST_NUMBER = 64
"""Digits, and powers of ten, up to which numbers are compared."""
_PRECISION = 4 * LONGEST_NUMBER
_EARLIEST, _LATEST = Decimal(-62_000_000_000), Decimal(253_000_000_000)
"""Seconds since 1970, within the years 6 and 9987."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}(-[0-9]{2})?\Z")
_YEAR = re.compile(r"[0-9]{4}\Z")
_OUTSIDERS = ("203.0.113.77", "2001:db8:77::7", "0.0.0.0", "::", "::1:0:0:0")  # noqa: S104 - the first ones, too
_FIRST_MAPPED, _LAST_MAPPED = 0xFFFF << 32, (1 << 48) - 1
"""IPv4 addresses written as ones of IPv6."""
_PAST_ALL = 1 << 129

_ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}


class Domain(StrEnum):
    """Kinds of values that are searched together."""

    TEXT = "text"
    BOOL = "bool"
    NUMBER = "number"
    TIME = "time"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class TextSet:
    """Texts that match any of some patterns."""

    language: Language
    """What matches, where a policy variable stands for any text."""
    certain: Language
    """What matches the patterns that have no variable."""
    patterns: tuple[str, ...]
    """The patterns as `*` and `?` are read in them, names of variables in lower case; with the kind of comparison."""
    has_variables: bool = False
    domain: Domain = Domain.TEXT

    def has(self, text: str) -> bool:
        """Return whether a text surely matches."""
        return self.certain.has(text)

    def __hash__(self) -> int:
        return hash((len(self.patterns), self.patterns[:1]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextSet) and (self.patterns, self.certain, self.language) == (
            other.patterns, other.certain, other.language)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderedSet:
    """Numbers or times, each with the same test: those that pass it for any of some bounds."""

    order: str
    """`Equals`, `LessThan`, `GreaterThanEquals`, and so on."""
    bounds: tuple[Decimal, ...]
    """Numbers, or seconds since 1970."""
    domain: Domain

    def has(self, text: str) -> bool:
        """Return whether a text is a number or time in this set; any other text is not."""
        try:
            return self.includes(ordered_value(text, self.domain, bare_year=False))
        except (ValueError, ArithmeticError):
            return False

    def includes(self, value: Decimal) -> bool:
        """Return the same for a number, or for seconds since 1970."""
        compare = _ORDERS[self.order]
        return any(compare(value, bound) for bound in self.bounds)


@dataclass(frozen=True, slots=True)
class AddressSet:
    """Addresses within any of some networks."""

    networks: tuple[tuple[int, int, int], ...]
    """Version, first and last address of each, none of which meets another, in order."""
    domain: Domain = Domain.ADDRESS

    def has(self, text: str) -> bool:
        """Return whether a text is an address in this set; any other text is not."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        return self.includes(address.version, int(address))

    def includes(self, version: int, address: int) -> bool:
        """Return the same for an address as a number."""
        index = bisect_right(self.networks, (version, address, _PAST_ALL)) - 1
        if index < 0:
            return False
        kind, _, last = self.networks[index]
        return kind == version and address <= last

    @classmethod
    def of(cls, values: Sequence[str], *, mapped_apart: bool = True) -> "AddressSet":
        """Read networks; ValueError where one is none.

        Args:
            values: the networks.
            mapped_apart: whether IPv4 addresses that are written as ones of IPv6 are other addresses.
        """
        networks = [network_of(value) for value in values]
        if not mapped_apart:
            networks += [mapped for each in networks if (mapped := mapped_network(each))]
        apart: list[IPv4Network | IPv6Network] = [
            *collapse_addresses(net for net in networks if isinstance(net, IPv4Network)),
            *collapse_addresses(net for net in networks if isinstance(net, IPv6Network)),
        ]
        return cls(tuple((net.version, int(net.network_address), int(net.broadcast_address)) for net in apart))


ValueSet = TextSet | OrderedSet | AddressSet


@lru_cache(4096)
def ordered_value(text: str, domain: Domain, *, bare_year: bool) -> Decimal:
    """Return a number, or a time as seconds since 1970.

    A time is written as ISO 8601 in one of the forms of the W3C (a day alone is its midnight in UTC) or as seconds;
    four digits may be either:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date

    Args:
        text: the value.
        domain: NUMBER or TIME.
        bare_year: whether four digits are a year.

    Raises:
        ValueError, ArithmeticError: it is neither, or beyond what is compared.
    """
    written = not is_whole_number(text) or (bare_year and _YEAR.match(text))
    value = _instant(text) if domain is Domain.TIME and written else number_of(text)
    if len(text) > LONGEST_NUMBER or abs(value.adjusted()) > LONGEST_NUMBER:
        raise ValueError(text)
    if domain is Domain.TIME and not _EARLIEST < value < _LATEST:
        raise ValueError(text)
    return value


def _instant(text: str) -> Decimal:
    if _YEAR.match(text):
        text = f"{text}-01"
    if _DATE.match(text):
        text = f"{text if text.count('-') > 1 else f'{text}-01'}T00:00:00Z"
    return seconds_of(text)


# --- the search ------------------------------------------------------------------------------------------------------

Spend = Callable[[int], None]


def find_value(
    inside: Sequence[ValueSet], outside: Sequence[ValueSet], kind: Family | None, fill: str, spend: Spend
) -> tuple[str, bool] | None:
    """Return a value in all of some sets and in none of others, and whether that is certain; None if there is none.

    It is not certain where sets of several kinds are mixed and no value was found that fits all: each kind of them
    alone has one; and where the only value is an IPv4 address written as one of IPv6, which no request
    may have. Policy variables stand for any text in `inside` and for none in `outside`.

    Args:
        inside: sets the value is in.
        outside: sets it is not in.
        kind: the only kind of values that the key has, where that is known.
        fill: a letter that stands in no pattern.
        spend: is called for each step; may raise.
    """
    domains = sorted({each.domain for each in (*inside, *outside)})
    if len(domains) <= 1:
        text = _find_in(domains[0] if domains else Domain.TEXT, inside, outside, kind, fill, spend)
        return None if text is None else (text, not is_mapped(text))
    found = []
    for domain in domains:
        within = [each for each in inside if each.domain is domain]
        without = [each for each in outside if each.domain is domain]
        text = _find_in(domain, within, without, kind, fill, spend)
        if text is None:
            return None
        found.append(text)
    for text in (*found, *_typical(domains)):
        if all(each.has(text) for each in inside) and not any(each.has(text) for each in outside):
            return text, not is_mapped(text)
    return found[0], False


def is_within(narrow: ValueSet, wide: ValueSet, fill: str, spend: Spend) -> bool:
    """Return whether every value of one set is surely in another."""
    return narrow == wide or (
        narrow.domain is wide.domain and find_value((narrow,), (wide,), None, fill, spend) is None
    )


def _typical(domains: Sequence[Domain]) -> tuple[str, ...]:
    return ("true", "false") if Domain.BOOL in domains else ()


def _find_in(
    domain: Domain,
    inside: Sequence[ValueSet],
    outside: Sequence[ValueSet],
    kind: Family | None,
    fill: str,
    spend: Spend,
) -> str | None:
    """Return a value of the operator's type, or, where the key may have others, a text that is no such value."""
    spend(1)
    if domain in (Domain.TEXT, Domain.BOOL):
        return _find_text(inside, outside, kind, fill, spend)
    typed = kind is not None and _DOMAINS.get(kind) is domain
    candidates = _addresses if domain is Domain.ADDRESS else _between
    for text, value in candidates((*inside, *outside), domain):
        spend(1 + (len(inside) + len(outside)) // 4)
        if all(_includes(each, value) for each in inside) and not any(_includes(each, value) for each in outside):
            return text
    return None if typed or inside else fill


_DOMAINS = {Family.NUMERIC: Domain.NUMBER, Family.DATE: Domain.TIME, Family.IP_ADDRESS: Domain.ADDRESS}


def _find_text(
    inside: Sequence[ValueSet], outside: Sequence[ValueSet], kind: Family | None, fill: str, spend: Spend
) -> str | None:
    wanted = [each for each in inside if isinstance(each, TextSet)]
    unwanted = [each for each in outside if isinstance(each, TextSet)]
    if kind is Family.BOOL:
        fits = (
            text
            for text in ("true", "false")
            if all(each.language.has(text) for each in wanted) and not any(each.certain.has(text) for each in unwanted)
        )
        return next(fits, None)
    if _is_contradiction(wanted, unwanted):
        return None
    return find_text([each.language for each in wanted], _union([each.certain for each in unwanted]), fill, spend)


def _union(languages: Sequence[Language]) -> Language:
    """Return what is in any of some languages."""
    if len(languages) == 1:
        return languages[0]
    return language_of(tuple(sorted({pattern for each in languages for pattern in each.patterns})))


def _is_contradiction(wanted: Sequence[TextSet], unwanted: Sequence[TextSet]) -> bool:
    """Return whether a set is within others for any values of its variables: each of its patterns is in them, too."""
    refused = {pattern for each in unwanted for pattern in each.patterns}
    return any(each.has_variables and refused.issuperset(each.patterns) for each in wanted)


def _includes(each: ValueSet, value: tuple[int, int] | Decimal) -> bool:
    if isinstance(each, AddressSet):
        return each.includes(*value)  # type: ignore[misc]
    return isinstance(each, OrderedSet) and each.includes(value)  # type: ignore[arg-type]


def _between(sets: Sequence[ValueSet], domain: Domain) -> list[tuple[str, Decimal]]:
    """Return numbers or times at all bounds, next to them, between them and beyond them."""
    bounds = sorted({bound for each in sets if isinstance(each, OrderedSet) for bound in each.bounds})
    with localcontext() as context:
        context.prec = _PRECISION
        found = dict.fromkeys(bounds)
        found |= dict.fromkeys((bounds[0] - 1, bounds[-1] + 1) if bounds else (Decimal(77),))
        for one, other in pairwise(bounds):
            found |= dict.fromkeys([one + 1] if one + 1 < other else [(one + other) / 2])
    written = _written_time if domain is Domain.TIME else _written_number
    return [(written(value), value) for value in found]


def _written_number(value: Decimal) -> str:
    return format(value, "f")


def _written_time(value: Decimal) -> str:
    moment = datetime.fromtimestamp(int(value // 1), UTC)
    rest = f"{value % 1:f}"[1:] if value % 1 else ""
    return f"{moment.isoformat()[:19]}{rest}Z"


def _addresses(sets: Sequence[ValueSet], _: Domain) -> list[tuple[str, tuple[int, int]]]:
    """Return the addresses at and after all networks, and some that hardly any policy names.

    Of a set that is left between networks the first address is one of these.
    """
    found: dict[tuple[int, int], None] = {}
    for each in sets:
        for version, first, last in each.networks if isinstance(each, AddressSet) else ():
            found |= dict.fromkeys((version, value) for value in (first, last + 1))
    outsiders = [ip_address(text) for text in _OUTSIDERS]
    found |= dict.fromkeys((address.version, int(address)) for address in outsiders)
    made = []
    for version, value in sorted(found, key=lambda each: _FIRST_MAPPED <= each[1] <= _LAST_MAPPED):
        if 0 <= value < (1 << (32 if version == 4 else 128)):  # noqa: PLR2004 - the versions of addresses
            bare = ip_address(value.to_bytes(4 if version == 4 else 16, "big"))  # noqa: PLR2004
            made.append((str(bare), (version, value)))
    return made
