"""How values of condition tests are written: numbers, times and networks, as the manual documents them.

What is written otherwise (`1e1`, `+10`, digits of other scripts, a network with a mask of four numbers) IAM may read
in any way: it is no value here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from tracker.base.dates import parse_time

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

__all__ = ["is_mapped", "is_whole_number", "mapped_network", "network_of", "number_of", "seconds_of"]

_WHOLE = re.compile(r"-?[0-9]+\Z")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?\Z")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_MAPPED_PREFIX = 96
"""Bits before an IPv4 address that is written as one of IPv6: `::ffff:0:0/96`."""
_NETWORK = re.compile(r"[0-9a-fA-F:.]+(/(0|[1-9][0-9]{0,2}))?\Z")


def is_whole_number(text: str) -> bool:
    """Return whether a text is a number without a point."""
    return _WHOLE.match(text) is not None


def number_of(text: str) -> Decimal:
    """Read a number, an integer or a decimal; ValueError where it is none.

    >>> number_of("10") == number_of("10.0")
    True
    """
    if not _NUMBER.match(text):
        raise ValueError(text)
    return Decimal(text)


def seconds_of(text: str) -> Decimal:
    """Read a time of ISO 8601 with its zone, as seconds since 1970; ValueError where it is none.

    >>> seconds_of("1970-01-01T01:00:00+01:00"), seconds_of("1970-01-01T00:01Z")
    (Decimal('0'), Decimal('60'))
    """
    if not _TIME.match(text):
        raise ValueError(text)
    moment = parse_time(text)
    whole = Decimal(int(moment.replace(microsecond=0).timestamp()))
    return whole + Decimal(moment.microsecond) / 1_000_000 if moment.microsecond else whole


def network_of(text: str) -> "IPv4Network | IPv6Network":
    """Read an address, or a network with the length of its prefix; ValueError where it is neither."""
    from ipaddress import ip_network

    if not _NETWORK.match(text):
        raise ValueError(text)
    return ip_network(text, strict=False)


def is_mapped(text: str) -> bool:
    """Return whether a text is a network of IPv4 addresses that is written as one of IPv6.

    >>> is_mapped("::ffff:10.0.0.0/104"), is_mapped("::/0"), is_mapped("10.0.0.0/8"), is_mapped("no address")
    (True, False, False, False)
    """
    if not text.startswith(("::", "0")):  # none other is read
        return False
    try:
        return mapped_network(network_of(text)) is not None
    except ValueError:
        return False


def mapped_network(network: "IPv4Network | IPv6Network") -> "IPv4Network | None":
    """Return the network of IPv4 that one of IPv6 stands for; None for any other (RFC 4291, section 2.5.5.2)."""
    from ipaddress import IPv4Network, IPv6Network

    if not isinstance(network, IPv6Network) or network.prefixlen < _MAPPED_PREFIX:
        return None
    address = network.network_address.ipv4_mapped
    return IPv4Network((address, network.prefixlen - _MAPPED_PREFIX)) if address else None
