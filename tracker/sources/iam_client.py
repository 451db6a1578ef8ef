"""IAM's API through boto3, which is imported here and nowhere else: a client, its answers as values, its errors.

IAM publishes no rate limits. Failures and throttling are met by botocore's retries; a run in which nothing is answered,
or much fails, is given up after `PATIENCE` seconds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from tracker import __version__
from tracker.base.waiting import answers_of
from tracker.errors import SourceError
from tracker.policy.history import PolicyState, PolicyVersion
from tracker.sources.iam_answers import attachment_count, policy_state, policy_version, version_ids

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_iam import IAMClient

__all__ = [
    "MAX_WORKERS",
    "REQUIRED_PERMISSIONS",
    "Connection",
    "IamReader",
    "create_client",
]

REQUIRED_PERMISSIONS = (
    "needed: iam:ListPolicies on *, and iam:GetPolicy, iam:GetPolicyVersion, iam:ListPolicyVersions"
    " on arn:aws:iam::aws:policy/*, for --scope local on arn:aws:iam::ACCOUNT:policy/*"
)
"""What the credentials must allow; in China and GovCloud with the ARN of that partition."""
PATIENCE = 40
"""Seconds without any policy read after which a run is given up, and all that a run has in which much fails."""
MAX_FAILURES = 0.1
"""The share of IAM's answers that may be failures in a run that takes longer."""
CONNECT_SECONDS, READ_SECONDS = 5, 15
"""How long a connection, and the next bytes of an answer, are awaited before the call is made again."""
MAX_WORKERS = 4
MAX_ATTEMPTS = 10
"""Attempts for each call unless AWS_MAX_ATTEMPTS says otherwise."""
MAX_TRUNCATED_RETRIES = 3
"""How often a call whose answer was cut is made again."""
GLOBAL_REGION = "us-east-1"
"""Where IAM is signed for unless a region of another partition is named."""
PAGE_SIZE = 1000

_NOT_IAM = "nothing was recorded; is it IAM's endpoint?"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Connection:
    """How IAM is reached; None for what the environment and the user's AWS configuration say."""

    endpoint_url: str | None = None
    """Another endpoint than AWS's own."""
    profile: str | None = None
    """A profile of the AWS configuration."""
    region: str | None = None
    """A region of the partition that is meant; IAM itself has none."""


class IamReader:
    """IAM's answers as the program's own values."""

    def __init__(self, client: "IAMClient", origin: str) -> None:
        self.client = client
        self.origin = origin
        self.last_failure = ""
        """What the last call that failed, or that IAM refused, was answered with."""
        self._answers = self._failures = 0
        self._began = monotonic()
        client.meta.events.register("needs-retry.iam", self._note_failure)

    def _note_failure(self, response: Any = None, caught_exception: Any = None, **_others: Any) -> None:
        """Keep why a call is to be made again: botocore passes it to its event handlers, and retries by itself."""
        self._answers += 1
        if caught_exception is not None:
            self.last_failure = str(caught_exception)
            self._failures += 1
        elif response is not None and response[0].status_code >= 400:  # noqa: PLR2004 - HTTP
            error = response[1].get("Error", {})
            self.last_failure = f"{error.get('Code', '')}: {error.get('Message', '')}"
            self._failures += error.get("Code") != "NoSuchEntity"

    def _is_late(self) -> bool:
        """Return whether much fails, and the time is up that such a run has."""
        return monotonic() - self._began > PATIENCE and self._failures > self._answers * MAX_FAILURES

    def answers_of(self, calls: Sequence[Callable[[], Answer]]) -> Iterator[Answer]:
        """Make calls in few threads, and yield what they return as it comes.

        Raises:
            SourceError: one failed, or none has returned for a long time, or too many had to be made again.
        """
        with translate_errors():
            try:
                yield from answers_of(calls, MAX_WORKERS, PATIENCE, self._is_late)
            except ValueError as error:  # botocore's, about a date that is none
                raise SourceError(f"the answer is not IAM's: {error}", hint=_NOT_IAM) from error
            except TimeoutError as error:
                last = f" (the last failure: {self.last_failure})" if self.last_failure else ""
                hint = "nothing was recorded; run again later, or read some policies at a time with --policy"
                raise SourceError(f"IAM can't be read: {error}{last}", hint=hint) from error

    def policies(self, arguments: Mapping[str, Any]) -> list[PolicyState]:
        """Return the policies of the list, page by page, to its end."""
        paging: Any = {"PageSize": PAGE_SIZE}
        pages = self.client.get_paginator("list_policies").paginate(**arguments, PaginationConfig=paging)
        return [policy_state(item) for item in _items(pages, "Policies")]

    def attachment_counts(self) -> dict[str, int]:
        """Return how many users, groups and roles each attached policy has, AWS's and the account's own, by ARN.

        A policy that is a permissions boundary alone is not among them.
        """
        paging: Any = {"PageSize": PAGE_SIZE}
        pages = self.client.get_paginator("list_policies").paginate(
            Scope="All", OnlyAttached=True, PaginationConfig=paging
        )
        counts = dict(attachment_count(item) for item in _items(pages, "Policies"))
        return {arn: count for arn, count in counts.items() if count}

    def policy(self, state: PolicyState) -> PolicyState | None:
        """Return the policy as it is now, with its description and without versions; None if it is gone."""
        try:
            answer = _retry_truncated(lambda: self.client.get_policy(PolicyArn=_arn(state)))
        except self.client.exceptions.NoSuchEntityException:
            return None
        found = policy_state(answer.get("Policy", {}), described=True)
        if found.facts.arn != state.facts.arn:
            raise SourceError(f"IAM answered with another policy: {found.facts.arn}", where=_arn(state), hint=_NOT_IAM)
        facts = structs.replace(state.facts, description=found.facts.description)
        return structs.replace(found, facts=facts)

    def version(self, state: PolicyState, version_id: str) -> tuple[PolicyVersion | None, bool]:
        """Return a version, None if it is not served, and whether it is the default now."""
        arn = _arn(state)
        try:
            answer = _retry_truncated(lambda: self.client.get_policy_version(PolicyArn=arn, VersionId=version_id))
        except self.client.exceptions.NoSuchEntityException:
            return None, False
        return policy_version(answer.get("PolicyVersion", {}), state, version_id, self.origin)

    def version_ids(self, state: PolicyState) -> set[str]:
        """Return the ids of the versions that IAM still serves."""
        pages = self.client.get_paginator("list_policy_versions").paginate(PolicyArn=_arn(state))
        return version_ids(_items(pages, "Versions"), state)


def _items(pages: Any, member: str) -> list[Any]:
    """Return what is listed on some pages, to the end of the list.

    Raises:
        SourceError: the list breaks off: what is not on it would look removed.
    """

    def read() -> list[Any]:
        items, is_cut = [], False
        for page in pages:
            if member not in page:
                raise SourceError(f"the answer is not IAM's: it has no {member}", hint=_NOT_IAM)
            items += page[member]
            is_cut = page.get("IsTruncated", False)
        if is_cut:
            raise SourceError(f"IAM's list of {member} breaks off in the middle", hint=_NOT_IAM)
        return items

    return _retry_truncated(read)


def _retry_truncated(call: Callable[[], Answer]) -> Answer:
    """Make a call again whose answer was cut: botocore retries all other faults, but not this one."""
    from botocore.parsers import ResponseParserError

    for _ in range(MAX_TRUNCATED_RETRIES):
        try:
            return call()
        except ResponseParserError:
            continue
    return call()


def _arn(state: PolicyState) -> str:
    return state.facts.arn or ""


def create_client(connection: Connection) -> "IAMClient":
    """Return a client for IAM.

    Raises:
        SourceError: boto3 is not installed, or the AWS configuration can't be used.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.handlers import json_decode_policies
    except ImportError as error:
        raise SourceError("boto3 is not installed", hint="pip install 'policy-tracker[aws]'") from error
    try:
        with translate_errors():
            session = boto3.Session(profile_name=connection.profile, region_name=connection.region)
            retries: Any = {"mode": "standard", "total_max_attempts": _attempts(session)}
            config = Config(
                retries=retries,
                max_pool_connections=MAX_WORKERS,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                user_agent_extra=f"policy-tracker/{__version__}",
            )
            region = session.region_name or GLOBAL_REGION
            client = session.client("iam", region_name=region, endpoint_url=connection.endpoint_url, config=config)
            # Documents stay text: botocore would take the last of two equal keys, and half a character.
            client.meta.events.unregister("after-call.iam", json_decode_policies)
            return client
    except ValueError as error:
        raise SourceError(str(error), hint="expected an address such as http://127.0.0.1:5000") from error


def _attempts(session: "Session") -> int:
    """Return how often each call is made at most, as AWS_MAX_ATTEMPTS or the configuration says."""
    try:
        return session._session.get_config_variable("max_attempts") or MAX_ATTEMPTS  # noqa: SLF001 - no public way
    except ValueError as error:
        raise SourceError(str(error), where="AWS_MAX_ATTEMPTS", hint="expected a number such as 5") from error


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn what botocore raises into one line that says what to do."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _refusal(error.response.get("Error", {}), error.operation_name) from error
    except BotoCoreError as error:
        raise _failure(error) from error
    except ResponseParserError as error:
        raise SourceError(f"the answer is not IAM's: {error}", hint=_NOT_IAM) from error


_CODES = (
    (("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"), "denied", REQUIRED_PERMISSIONS),
    (
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired"),
        "the credentials have expired",
        "renew them, as with `aws sso login`, and check the clock",
    ),
    (
        ("InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "IncompleteSignature"),
        "the credentials are not valid",
        "check AWS_ACCESS_KEY_ID, AWS_PROFILE and the partition of AWS_REGION",
    ),
    (
        ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"),
        "throttled, again and again",
        "nothing was recorded; run again later",
    ),
)


def _refusal(error: Mapping[str, Any], operation: str) -> SourceError:
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    for codes, what, hint in _CODES:
        if code in codes:
            return SourceError(f"{what}: {message}" if message else what, where=f"iam:{operation}", hint=hint)
    return SourceError(f"{code}: {message}", where=f"iam:{operation}", hint="nothing was recorded; run again later")


def _failure(error: Exception) -> SourceError:
    from botocore import exceptions

    faults: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
        (
            (exceptions.NoCredentialsError, exceptions.PartialCredentialsError, exceptions.CredentialRetrievalError),
            "no credentials",
            f"set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; {REQUIRED_PERMISSIONS}",
        ),
        (
            (exceptions.SSOError, exceptions.TokenRetrievalError, exceptions.LoginError),
            "the credentials have expired",
            "renew them with `aws sso login` or `aws login`",
        ),
        ((exceptions.ProfileNotFound,), "no such profile", "see `aws configure list-profiles`"),
        (
            (exceptions.ConnectionError, exceptions.HTTPClientError),
            "IAM can't be reached",
            "nothing was recorded; check the network, the proxy and the endpoint",
        ),
    )
    for kinds, what, hint in faults:
        if isinstance(error, kinds):
            return SourceError(f"{what}: {error}", hint=hint)
    return SourceError(f"IAM could not be read: {error}", hint="nothing was recorded")
