"""The documentation pages of the site: for every service that has policies, each policy on at least one."""

from datetime import date
from fnmatch import fnmatchcase

import pytest
from archives import CHECKOUT
from builders import history, version
from msgspec.structs import replace
from sites import CONFIGURATION, FILES, HISTORIES, SITE_DATA

from tracker.catalogue.actions import AccessLevel, ActionFacts
from tracker.catalogue.catalogue import catalogue_of, load_catalogue
from tracker.documentation import read_page
from tracker.site.grants import Expansions
from tracker.site.policy_services import (
    SEVERAL,
    policies_by_service,
    service_weights,
    services_by_letters,
    services_named,
)

PREFIXES = ("connect", "connect-campaigns", "ec2", "iam", "profile", "s3")
CATALOGUE = catalogue_of(
    tuple(
        ActionFacts(f"{prefix}:{verb}Thing", prefix, "", AccessLevel.READ)
        for prefix in PREFIXES
        for verb in ("Get", "List", "Put")
    ),
    date(2026, 1, 1),
)


@pytest.mark.parametrize(
    ("name", "actions", "services"),
    [
        ("AmazonS3FullAccess", ["s3:*"], {"s3"}),
        ("AmazonConnect_FullAccess", ["connect:*", "profile:GetThing", "iam:GetThing"], {"connect"}),
        ("AmazonConnect_FullAccess", ["profile:*", "iam:GetThing"], {"connect"}),
        ("AmazonConnect_FullAccess", ["connect:GetThing", "profile:PutThing", "iam:GetThing"], {"connect"}),
        ("AmazonConnectCampaignsRole", ["connect-campaigns:GetThing"], {"connect-campaigns", "connect"}),
        ("AmazonEC2ContainerPolicy", ["s3:GetThing"], {"ec2"}),
        ("AdministratorAccess-AmazonEC2", ["s3:GetThing"], {"ec2"}),
        ("AWSConnector", ["s3:GetThing"], {"s3"}),
        ("AmazonConnectforS3Role", ["s3:GetThing"], {"connect"}),
        ("ReadOnlyAccess", ["s3:Get*", "ec2:Get*", "iam:Get*"], {SEVERAL}),
        ("StorePolicy", ["s3:*", "ec2:Get*", "iam:Get*"], {"s3"}),
        ("AdministratorAccess", ["*"], {SEVERAL}),
        ("AWSDenyAll", [], {SEVERAL}),
        ("StrangePolicy", ["nobody:Knows"], {SEVERAL}),
    ],
)
def test_a_policy_belongs_to_the_service_it_is_named_for_else_to_that_of_half_it_grants(
    name: str, actions: list[str], services: set[str]
) -> None:
    given = history(version(1, *(actions or ["s3:GetThing"])) if actions else version(1, "*", effect="Deny"), name=name)
    letters = services_by_letters(PREFIXES, lambda _: None)
    weights = service_weights(given.last_version, Expansions(CATALOGUE))
    found = policies_by_service([(given, weights)], letters)
    assert set(found) == services


def test_the_name_of_an_accounts_own_policy_names_no_service() -> None:
    given = history(version(1, "ec2:GetThing"), name="ConnectFullAccess")
    letters = services_by_letters(PREFIXES, lambda _: None)
    weights = service_weights(given.last_version, Expansions(CATALOGUE))
    own = replace(given, owner="123456789012")
    assert set(policies_by_service([(given, weights)], letters)) == {"connect"}
    assert set(policies_by_service([(own, weights)], letters)) == {"ec2"}


@pytest.mark.parametrize(
    ("prefix", "globs"),
    [
        ("lambda", ["AWSLambda*"]),
        ("eks", ["AmazonEKS*", "AWSServiceRoleForAmazonEKS*"]),
        ("s3", ["AmazonS3*", "S3*"]),
        ("rds", ["AmazonRDS*"]),
        ("sagemaker", ["AmazonSageMaker*"]),
        ("iot", ["AWSIoT*"]),
        ("connect", ["AmazonConnect*"]),
        ("ecs", ["AmazonECS*", "AmazonEC2ContainerService*"]),
        ("ecr", ["AmazonEC2ContainerRegistry*", "AmazonElasticContainerRegistry*"]),
        ("dynamodb", ["AmazonDynamoDB*", "DynamoDB*"]),
        ("ssm", ["AmazonSSM*", "AWSSystemsManager*", "AWS-SSM*"]),
        ("backup", ["AWSBackup*"]),
        ("organizations", ["AWSOrganizations*"]),
        ("config", ["AWSConfig*", "AWS_Config*"]),
        ("elasticbeanstalk", ["AWSElasticBeanstalk*", "AdministratorAccess-AWSElasticBeanstalk"]),
        ("guardduty", ["AmazonGuardDuty*"]),
        ("elasticmapreduce", ["AmazonElasticMapReduce*", "AmazonEMR*"]),
        ("cloudwatch", ["CloudWatch*", "AmazonCloudWatch*"]),
        ("glue", ["AWSGlue*", "AwsGlue*"]),
        ("states", ["AWSStepFunctions*"]),
    ],
)
def test_a_service_has_all_policies_of_this_archive_that_are_named_for_it(prefix: str, globs: list[str]) -> None:
    """The globs are another rule than the program's; what it has beyond them bears the service's name, too."""
    catalogue = load_catalogue()
    letters = services_by_letters(catalogue.prefixes(), catalogue.service_name)
    names = [path.name for path in (CHECKOUT / "snapshots" / "aws").iterdir()]
    expected = {name for name in names if any(fnmatchcase(name, glob) for glob in globs)}
    found = {name for name in names if prefix in services_named(name, letters)}
    assert not expected - found
    marks = {"elasticmapreduce": ("EMR",), "ssm": ("SSM", "QuickSetup")}.get(prefix, (prefix,))
    assert not [name for name in found - expected if not any(mark.lower() in name.lower() for mark in marks)]


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("AmazonZocaloReadOnlyAccess", "workdocs"),
        ("AmazonDocDBFullAccess", "docdb-elastic"),
        ("AmazonDocDB-ElasticServiceRolePolicy", "docdb-elastic"),
        ("AmazonElasticFileSystemsUtils", "elasticfilesystem"),
    ],
)
def test_a_service_that_names_of_policies_call_otherwise_has_its_policies(name: str, service: str) -> None:
    """WorkDocs was Zocalo; DocumentDB allows what is of RDS, and its utilities of EFS what is of Systems Manager."""
    assert services_named(name, services_by_letters((service, "rds", "ssm", "ds"), lambda _: None)) == (service,)


def test_a_prefix_that_is_no_service_takes_no_policies_from_the_service_of_that_name() -> None:
    """Some policies allow `emr:…`; Amazon EMR is `elasticmapreduce`."""
    letters = services_by_letters(("elasticmapreduce", "emr"), {"elasticmapreduce": "Amazon EMR"}.get)
    assert services_named("AmazonEMRFullAccessPolicy_v2", letters) == ("elasticmapreduce",)


def test_policies_of_a_product_without_a_prefix_are_of_no_service_they_use() -> None:
    """As those of ROSA, which are not of Amazon EC2, Amazon S3 or Route 53, whatever they mostly allow."""
    named = [("ROSAInstallerPolicy", "ec2"), ("ROSANodePolicy", "ec2"), ("ROSAImagePolicy", "s3"), ("ROSASelf", "iam")]
    others = [("SockPolicy", "s3"), *((f"Lace{number}Policy", "ec2") for number in "ABCD")]
    histories = [
        (history(version(1, f"{prefix}:GetThing"), name=name), {prefix: 1}) for name, prefix in (*named, *others)
    ]
    letters = services_by_letters(PREFIXES, lambda _: None)
    found = policies_by_service(histories, letters)
    shown = {prefix: [item.facts.name for item in items] for prefix, items in found.items()}
    assert shown[SEVERAL] == [name for name, _ in named]
    assert shown["s3"] == ["SockPolicy"]
    assert len(shown["ec2"]) == len("ABCD")


def test_each_policy_has_a_page_and_each_page_a_table_that_can_be_read() -> None:
    pages = {path: text for path, text in FILES.items() if path.startswith("services/") and path.count("/") == 2}
    pages = {path: text for path, text in pages.items() if path.endswith("index.html")}
    assert set(pages) == {f"services/{slug}/index.html" for slug in ("storing", "several-services", "s3")}
    rows = [row for path, text in pages.items() for row in read_page(text, name=path).rows]
    assert {policy for row in rows for policy in row.policies} <= {item.facts.name for item in HISTORIES}
    for item in HISTORIES:
        shown = any(f'<section class="policy" id="{item.facts.name}">' in text for text in pages.values())
        assert shown == (item.in_force is not None)


def test_a_configured_service_has_one_page_by_its_own_rules() -> None:
    page = FILES["services/storing/index.html"]
    assert [f'id="{name}"' in page for name in ("Reader", "Same", "Admin")] == [True, True, False]
    assert "services/storing/atom.xml" in FILES
    assert "services/s3/atom.xml" not in FILES
    assert "services/s3/feed.xml" in FILES


def test_both_languages_have_the_same_pages_and_sections() -> None:
    for path in ("services/storing/index.html", "services/s3/index.html", "services/several-services/index.html"):
        one, other = FILES[path], FILES[f"ko/{path}"]
        assert one.count('<section class="policy"') == other.count('<section class="policy"') > 0
        assert one.count("<tr id=") == other.count("<tr id=")
    assert "AWS 관리형 정책" in FILES["ko/services/s3/index.html"]


def test_a_configured_services_page_has_the_documents_in_full_and_others_link_to_them() -> None:
    assert FILES["services/storing/index.html"].count("<pre") == len(("Reader", "Same"))
    assert FILES["ko/services/storing/index.html"].count('"s3:Get*"') > 0
    text = FILES["services/s3/index.html"]
    assert '<a href="../../policies/aws/Reader/index.html#document">' in text
    assert "<pre" not in text


def test_a_policys_page_leads_to_the_documentation_pages_it_stands_on() -> None:
    page = FILES["policies/aws/Reader/index.html"]
    assert f'services/{CONFIGURATION.services[0].slug}/index.html">' in page
    assert 'services/s3/index.html">' in page
    assert SITE_DATA.policies_by_prefix["s3"]
