"""Which services a policy belongs to: on whose documentation pages it has its section.

That is the one it is named for, whatever it grants: most of what `AmazonEKSClusterPolicy` allows is of other services,
and nothing that `AWSLambdaBasicExecutionRole` allows is of Lambda. A name that says nothing leaves it to what the
policy grants: the service that has half of it at least. What is left (`ReadOnlyAccess`, job functions) is of several
services, and has a group of its own.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping

from tracker.errors import DocumentError
from tracker.policy.grants import EVERYTHING
from tracker.policy.history import PolicyHistory, PolicyVersion
from tracker.policy.model import Effect, Statement
from tracker.policy.patterns import has_wildcard
from tracker.site.grants import Expansions

__all__ = [
    "SEVERAL",
    "policies_by_service",
    "service_named",
    "service_weights",
    "services_by_letters",
    "services_named",
]

SEVERAL = "several-services"
"""Where policies stand that are of no one service; no service prefix is so long a word with a hyphen."""
MIN_LETTERS = 2
_OWNERS = ("AWSServiceRoleFor", "AWSServiceRolePolicyFor", "AWSServiceRole", "AWS", "Aws", "Amazon")
_WORDS_OF_OWNERS = ("aws", "amazon")
_JOINS = re.compile(r"(?:for|and|in)(?=[A-Z])")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")
MIN_OF_PRODUCT = 4
"""How many policies begin with the name of a product that has no service prefix."""
_JOBS = re.compile(r"^(?:AdministratorAccess|PowerUserAccess|ReadOnlyAccess)-")
# What names of policies call services beside their prefixes and their full names.
_ALIASES = {
    "applicationdiscovery": "discovery",
    "applicationmigration": "mgn",
    "clientvpn": "ec2",
    "cognito": "cognito-idp",
    "customerprofiles": "profile",
    "dbmod": "dms",
    "directoryservice": "ds",
    "docdb": "docdb-elastic",
    "ec2containerregistry": "ecr",
    "ec2containerservice": "ecs",
    "efs": "elasticfilesystem",
    "elasticfilesystems": "elasticfilesystem",
    "elasticsearch": "es",
    "faultinjectionsimulator": "fis",
    "fm": "fms",
    "iamidentitycenter": "sso",
    "incidentmanager": "ssm-incidents",
    "ipam": "ec2",
    "mcs": "cassandra",
    "msk": "kafka",
    "mwaa": "airflow",
    "natgateway": "ec2",
    "opensearch": "es",
    "privateca": "acm-pca",
    "privatemarketplace": "aws-marketplace",
    "prometheus": "aps",
    "quicksetup": "ssm",
    "reachabilityanalyzer": "ec2",
    "simpleworkflow": "swf",
    "transitgateway": "ec2",
    "vpc": "ec2",
    "waf": "wafv2",
    "zocalo": "workdocs",
}


def services_by_letters(prefixes: Iterable[str], name_of: Callable[[str], str | None]) -> Mapping[str, str]:
    """Return what names of policies may call services by, in lower case and letters alone → the service's prefix.

    Args:
        prefixes: the services there are.
        name_of: returns a service's full name; None where it is not known.
    """
    known = tuple(prefixes)
    by_name = {_letters(_short(name_of(prefix) or "")): prefix for prefix in reversed(known)}
    by_prefix = {_letters(prefix): prefix for prefix in known if name_of(prefix)}
    # `emr` stands in a policy and is no service: policies named for EMR are of `elasticmapreduce`.
    unknown = {_letters(prefix): prefix for prefix in known if not name_of(prefix)}
    aliases = {letters: prefix for letters, prefix in _ALIASES.items() if prefix in known}
    found = unknown | by_name | aliases | by_prefix
    return {letters: prefix for letters, prefix in found.items() if len(letters) >= MIN_LETTERS}


def service_named(text: str, letters: Mapping[str, str]) -> str | None:
    """Return the prefix of the service that somebody calls by its prefix or its name; None for no such service.

    Args:
        text: `s3`, `Amazon S3`, `S3`.
        letters: what `services_by_letters` gives.
    """
    folded = text.lower()
    if folded in letters.values():
        return folded
    words = [word for word in folded.partition("(")[0].split() if word not in _WORDS_OF_OWNERS]
    return letters.get(_letters("".join(words)))


def _short(name: str) -> str:
    """Return a service's name without its owner and what stands in brackets."""
    name = name.partition("(")[0]
    for owner in ("AWS ", "Amazon "):
        name = name.removeprefix(owner)
    return name


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


def services_named(name: str, letters: Mapping[str, str]) -> tuple[str, ...]:
    """Return the services that a policy's name begins with, the longest that fits first.

    `AmazonS3TablesFullAccess` is of S3 Tables, and of Amazon S3, whose guide has it, too; a name that AWS uses for
    another service (`AmazonEC2ContainerRegistryFullAccess`) is of that alone. Where a service's name ends, a word of
    the policy's name must end, too: `AWSConnector` is not of Amazon Connect.

    Args:
        name: of the policy.
        letters: what `services_by_letters` gives.
    """
    shown = "".join(char if char.isalnum() else " " for char in _without_owner(name))
    bare = shown.replace(" ", "").lower()
    found = [bare[:end] for end in sorted(_word_ends(shown), reverse=True) if bare[:end] in letters]
    if not found:
        return ()
    wider = [one for one in found[1:] if one not in _ALIASES] if found[0] not in _ALIASES else []
    return tuple(dict.fromkeys(letters[one] for one in (found[0], *wider)))


def _word_ends(shown: str) -> frozenset[int]:
    """Return where words end in a name without its separators: before a capital, a digit, a separator, at the end.

    A small word between two names ends one, too: `AmazonElasticMapReduceforEC2Role`.
    """
    ends, at = set[int](), 0
    for place, char in enumerate(shown):
        if char == " ":
            ends.add(at)
            continue
        if char.isupper() or (char.isdigit() and place and not shown[place - 1].isdigit()):
            ends.add(at)
        at += 1
    bare = shown.replace(" ", "")
    ends.update(end for end in range(at) if _JOINS.match(bare, end))
    return frozenset((*ends, at))


def policies_by_service(
    histories: Iterable[tuple[PolicyHistory, Mapping[str, int]]], letters: Mapping[str, str]
) -> Mapping[str, list[PolicyHistory]]:
    """Return each policy under the services it belongs to, by service prefix, or under SEVERAL.

    The name of an account's own policy says nothing: `payments-ledger-writer` is not of AWS Payments.

    Args:
        histories: the policies, each with how much it is about each service, as `service_weights` returns it.
        letters: what `services_by_letters` gives.
    """
    known = frozenset(letters.values())
    belonging = [
        (
            history,
            () if history.owner.isdigit() else services_named(history.facts.name, letters),
            _granting(weights, known),
        )
        for history, weights in histories
    ]
    products = _products((history.facts.name, granting) for history, named, granting in belonging if not named)
    found: defaultdict[str, list[PolicyHistory]] = defaultdict(list)
    for history, named, granting in belonging:
        for prefix in named or (SEVERAL if _first_word(history.facts.name) in products else granting,):
            found[prefix].append(history)
    return found


def _products(policies: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the first words of names that stand for a product without a service prefix, as ROSA and Thinkbox do.

    Several policies begin with such a word, and what they mostly allow is of different services: they are of none.

    Args:
        policies: names that name no service, each with the service of which it allows most.
    """
    granted: defaultdict[str, list[str]] = defaultdict(list)
    for name, prefix in policies:
        granted[_first_word(name)].append(prefix)
    return frozenset(
        word
        for word, prefixes in granted.items()
        if len(prefixes) >= MIN_OF_PRODUCT and len({*prefixes} - {SEVERAL}) > 1
    )


def _first_word(name: str) -> str:
    """Return the first word of a policy's name, its owner and job left out: `ROSA` of `ROSAInstallerPolicy`."""
    word = _WORD.search(_without_owner(name))
    return word[0] if word else name


def _without_owner(name: str) -> str:
    rest = _JOBS.sub("", name)
    for owner in _OWNERS:
        rest = rest.removeprefix(owner)
    return rest


def _granting(weights: Mapping[str, int], known: frozenset[str]) -> str:
    """Return the service that has half of what a policy allows, or SEVERAL."""
    most = max(weights, key=lambda prefix: (weights[prefix], prefix), default=SEVERAL)
    return most if most in known and 2 * weights[most] >= sum(weights.values()) else SEVERAL


def service_weights(version: PolicyVersion | None, expansions: Expansions) -> Mapping[str, int]:
    """Return how many actions of each service a policy allows by a version; denies, where it allows none.

    What spans services counts for none of them, and for the whole: it stands under an empty prefix.

    Args:
        version: the one in force; of a policy that has left the list the last one.
        expansions: what wildcards stand for.
    """
    try:
        statements = version.parsed.statements if version else ()
    except DocumentError:
        return {}
    return _counted(statements, Effect.ALLOW, expansions) or _counted(statements, Effect.DENY, expansions)


def _counted(statements: Iterable[Statement], effect: Effect, expansions: Expansions) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for statement in statements:
        if statement.effect is effect and not statement.inverted:
            for action in statement.folded:
                prefix = action.partition(":")[0]
                spans = prefix == EVERYTHING or has_wildcard(prefix)
                counts["" if spans else prefix] += max(1, len(expansions[action])) if action in statement.wild else 1
        elif statement.effect is effect:
            counts[""] += 1
    return counts
