"""Which service `--service` means, and which policies it has where no configuration says so."""

from pathlib import Path

import pytest
from archives import record
from builders import history, version

from tracker.changelog.builder import HistoryOrigin
from tracker.commands.service_selection import selected_service
from tracker.errors import UsageError
from tracker.settings.configuration import Configuration
from tracker.settings.services import Service

CONFIGURED = Service("Storage", "s3-configured", ("Any*",))


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> HistoryOrigin:
    """Return an archive of three policies: two of S3, one by its name and one by what it grants."""
    root: Path = tmp_path_factory.mktemp("archive")
    for name, action in (("AmazonS3FullAccess", "s3:*"), ("Backups", "s3:GetObject"), ("Keys", "kms:Decrypt")):
        record(root, history(version(1, action), name=name))
    return HistoryOrigin(root)


@pytest.mark.parametrize("name", ["s3", "S3", "Amazon S3", "amazon s3"])
def test_a_service_has_the_policies_of_its_page_by_prefix_and_by_name(origin: HistoryOrigin, name: str) -> None:
    found = selected_service(name, Configuration(), origin)
    assert (found.name, found.slug, found.policies) == ("Amazon S3", "s3", ("AmazonS3FullAccess", "Backups"))


def test_a_service_of_the_configuration_comes_first() -> None:
    nowhere = HistoryOrigin(Path("nowhere"))
    assert selected_service("s3-configured", Configuration(services=(CONFIGURED,)), nowhere) == CONFIGURED


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lambada", "did you mean lambda"),
        ("s3-config", "did you mean s3-configured"),
        ("?", "name a service prefix"),
        ("ec2", ""),
    ],
)
def test_a_service_without_policies_is_refused_with_the_nearest_names(
    origin: HistoryOrigin, name: str, hint: str
) -> None:
    with pytest.raises(UsageError, match="service '") as caught:
        selected_service(name, Configuration(services=(CONFIGURED,)), origin)
    assert hint in str(caught.value)
