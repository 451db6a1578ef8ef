"""IAM's own API as a source, through boto3, which is imported here and nowhere else.

Little is asked: ListPolicies to its end, and documents only of versions that the archive lacks. IAM publishes no
rate limits; its throttling is met by botocore's adaptive retries, with few workers on one client.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import structs

from tracker import __version__
from tracker.archive.merge import is_recreated
from tracker.archive.store import ArchivedPolicy, is_policy_name
from tracker.base.progress import Progress
from tracker.errors import SourceError
from tracker.policy.history import PolicyFacts, PolicyState, PolicyVersion, Snapshot
from tracker.policy.versions import version_number
from tracker.sources import ArchivedPolicies

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import PolicyTypeDef

__all__ = ["PORTION", "REQUIRED_PERMISSIONS", "Connection", "IamSelection", "IamSource", "PolicyScope"]

REQUIRED_PERMISSIONS = (
    "needed: iam:ListPolicies on *, and iam:GetPolicy, iam:GetPolicyVersion, iam:ListPolicyVersions"
    " on arn:aws:iam::aws:policy/*"
)
"""What the credentials must allow; in China and GovCloud with the ARN of that partition."""

PORTION = 50
"""Policies that a backfill completes before it records them."""
MAX_WORKERS = 4
MAX_ATTEMPTS = 10
"""Attempts for each call unless AWS_MAX_ATTEMPTS says otherwise."""
MAX_TRUNCATED_RETRIES = 3
"""How often a call whose answer was cut is made again."""
GLOBAL_REGION = "us-east-1"
"""Where IAM is signed for unless a region of another partition is named."""
MAX_DEFAULT_MOVES = 5
"""How often a default may move while it is read before the reading is given up."""
PAGE_SIZE = 1000
MAX_REMOVED_SHARE = 0.05
"""The share of the policies that may be gone at once before a list is not believed."""
MAX_VERSION_GAP = 1000
"""Version numbers that are looked for between two defaults; ReadOnlyAccess needed ten years for its first 190."""

Answer = TypeVar("Answer")


class PolicyScope(StrEnum):
    """Whose policies are read."""

    AWS = "aws"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Connection:
    """How IAM is reached; None for what the environment and the user's AWS configuration say."""

    endpoint_url: str | None = None
    """Another endpoint than AWS's own."""
    profile: str | None = None
    """A profile of the AWS configuration."""
    region: str | None = None
    """A region of the partition that is meant; IAM itself has none."""


@dataclass(frozen=True, slots=True)
class IamSelection:
    """What is asked of IAM, and how it is to be recorded."""

    scope: PolicyScope = PolicyScope.AWS
    """AWS managed policies, or the account's own."""
    path_prefix: str | None = None
    """Only policies below this path."""
    policy: str | None = None
    """A glob of policy names."""
    owner: str | None = None
    """Whose policies these are; None to take partition or account from the ARNs."""
    origin: str | None = None
    """What the versions' origin is called, for replays; None for IAM itself.

    A stand-in invents PolicyIds, knows no descriptions, and serves the version of its day alone: ids are not kept,
    descriptions not asked for, and what it lacks is not taken for gone, so that IAM can be asked later.
    """
    backfill: int = 0
    """How many policies are completed by their earlier versions and their description in this run."""
    allow_removals: int | None = None
    """How many policies may be gone; None for GONE_AT_MOST of them."""


class IamSource:
    """IAM, or what speaks like it."""

    def __init__(self, wanted: IamSelection, connection: Connection) -> None:
        """Prepare the client; nothing is asked yet.

        Raises:
            SourceError: boto3 is not installed, or the AWS configuration can't be used.
        """
        self._wanted = wanted
        self._reader = _IamReader(_create_client(connection), wanted.origin or "iam")

    def covers(self, facts: PolicyFacts) -> bool:
        """Tell whether a policy with these facts is asked for; one whose path is not known is not, with a prefix."""
        wanted = self._wanted
        below = wanted.path_prefix is None or (facts.path or "").startswith(wanted.path_prefix)
        return below and (wanted.policy is None or fnmatchcase(facts.name, wanted.policy))

    def snapshot(self, known: ArchivedPolicies, at: datetime, progress: Progress) -> Snapshot:
        """Read IAM as a whole: the list, and the versions that the archive lacks.

        Raises:
            SourceError: IAM could not be read whole, or its list is not plausible.
        """
        with _translate_errors():
            listed = self._join_list()
        if not listed and not self._wanted.owner:
            raise SourceError("IAM listed no policy", hint="nothing was recorded; check endpoint, path and glob")
        owner = self._wanted.owner or _owner_of(listed)
        held = known(owner)
        self._require_plausible(listed, held)
        states = self._states(listed, held, progress)
        return Snapshot(owner, at, tuple(sorted(states, key=lambda state: state.facts.name)))

    def _join_list(self) -> dict[str, PolicyState]:
        """Return the policies that IAM lists and that are asked for, by name, still without versions."""
        arguments = {"Scope": "AWS" if self._wanted.scope is PolicyScope.AWS else "Local"}
        if self._wanted.path_prefix is not None:
            arguments["PathPrefix"] = self._wanted.path_prefix
        listed: dict[str, PolicyState] = {}
        for policy in self._reader.policies(arguments):
            state = self._state(policy)
            if self.covers(state.facts):
                listed[state.facts.name] = state
        return listed

    def _state(self, policy: "PolicyTypeDef") -> PolicyState:
        name = policy["PolicyName"]
        if not is_policy_name(name):
            raise SourceError("IAM listed a name that can be no policy's", where=repr(name))
        facts = PolicyFacts(
            name=name,
            arn=policy["Arn"],
            policy_id=None if self._wanted.origin else policy["PolicyId"],
            path=policy["Path"],
            created_at=_second(policy["CreateDate"]),
        )
        return PolicyState(facts, policy["DefaultVersionId"])

    def _require_plausible(self, listed: Mapping[str, PolicyState], held: Mapping[str, ArchivedPolicy]) -> None:
        there = [name for name, policy in held.items() if policy.default_version and self.covers(policy.facts)]
        gone = sorted(set(there) - listed.keys())
        allowed = self._wanted.allow_removals
        if len(gone) > (len(there) * MAX_REMOVED_SHARE if allowed is None else allowed):
            some = ", ".join(gone[:3]) + (", …" if gone[3:] else "")
            raise SourceError(
                f"{len(gone)} of {len(there)} policies are gone from IAM's list ({some}); nothing was recorded",
                hint=f"if that is true, run again with --allow-removals {len(gone)}",
            )

    def _states(
        self, listed: Mapping[str, PolicyState], held: Mapping[str, ArchivedPolicy], progress: Progress
    ) -> Iterator[PolicyState]:
        """Yield the state of each policy with what the archive lacks of it, the unchanged ones at once."""
        since = min((item.observed_since for item in held.values() if item.observed_since), default=None)
        portion = iter(range(self._wanted.backfill))
        tasks: list[Callable[[], PolicyState | None]] = []
        for state in listed.values():
            known = _same_policy(held.get(state.facts.name), state.facts)
            task = _PolicyTask(self._reader, state, known, since, self._wanted.origin is not None)
            if self._wanted.backfill and not task.is_replay and task.has_gaps() and next(portion, None) is not None:
                tasks.append(task.backfill)
            elif task.is_unchanged():
                yield state
            else:
                tasks.append(task.read)
        yield from _in_parallel(tasks, progress)


def _same_policy(held: ArchivedPolicy | None, facts: PolicyFacts) -> ArchivedPolicy | None:
    """Return what is held if it is of the same policy, not of one that was deleted and created again."""
    return None if held is not None and is_recreated(held.facts, facts) else held


def _in_parallel(tasks: Sequence[Callable[[], PolicyState | None]], progress: Progress) -> Iterator[PolicyState]:
    """Run the tasks with few workers; the first that fails ends them all."""
    if not tasks:
        return
    workers = ThreadPoolExecutor(MAX_WORKERS)
    with _translate_errors():
        running = [workers.submit(task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(running), 1):
                state = future.result()
                if state is not None:
                    yield state
                progress(done, len(tasks))
        finally:
            workers.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class _PolicyTask:
    """What is to be read of one policy."""

    reader: "_IamReader"
    listed: PolicyState
    held: ArchivedPolicy | None
    """None for a policy that the archive does not know."""
    since: datetime | None
    """When IAM was first watched; None for a first run."""
    is_replay: bool
    """Whether a stand-in is read, which serves the default version alone."""

    def is_unchanged(self) -> bool:
        """Tell whether the archive has all that the list told."""
        return self.held is not None and self.held.default_version == self.listed.default_version

    def has_gaps(self) -> bool:
        """Tell whether there may be earlier versions, or a description, that nobody has asked for yet."""
        if self.held is None or self.held.facts.description is None:
            return True
        return bool(self.missing(0))

    def read(self) -> PolicyState | None:
        """Read the default version, those that were passed over on the way to it, and a new policy's description.

        Returns None if the policy was deleted after it had been listed.
        """
        state = self._with_default()
        if state is None or self.is_replay:
            return state
        task = replace(self, listed=state)
        if self.held is None and self._is_new():
            return task.with_versions(task.missing(0)).described()
        before = version_number(self.held.last_version or "") if self.held else None
        return (task.with_versions(task.missing(before)) if before is not None else task).listed

    def backfill(self) -> PolicyState | None:
        """Read all versions that IAM serves and the archive lacks, and the description."""
        state = self._with_default()
        if state is None:
            return None
        task = replace(self, listed=state)
        return task.with_versions(task.missing(0)).described()

    def _is_new(self) -> bool:
        """Tell whether the policy was created since IAM has been watched: then its whole life is to be had."""
        created = self.listed.facts.created_at
        return self.since is not None and created is not None and created >= self.since

    def missing(self, before: int | None) -> list[str]:
        """Return the versions between a number and the default that are neither held nor known to be gone."""
        after = version_number(self.listed.default_version)
        if before is None or after is None:
            return []
        known = {version.version_id for version in self.listed.versions}
        if self.held is not None:
            known |= self.held.versions | self.held.unavailable
        numbers = range(max(before + 1, after - MAX_VERSION_GAP), after)
        return [version for version in (f"v{number}" for number in numbers) if version not in known]

    def _with_default(self) -> PolicyState | None:
        """Return the state with its default version, read again when the default moved; None if it is gone."""
        state = self.listed
        for _ in range(MAX_DEFAULT_MOVES):
            if self.held is not None and state.default_version in self.held.versions:
                return state
            version, is_default = self.reader.version(state, state.default_version)
            if version is not None and is_default:
                return structs.replace(state, versions=(version,))
            moved = self.reader.policy(state)
            if moved is None:
                return None
            state = moved
        raise SourceError("the default version moves faster than it can be read", where=state.facts.name)

    def with_versions(self, missing: Sequence[str]) -> "_PolicyTask":
        """Return the task with those of the versions that IAM serves, and the others as unavailable."""
        if not missing:
            return self
        served = self.reader.version_ids(self.listed)
        read = [self.reader.version(self.listed, version)[0] for version in missing if version in served]
        versions = tuple(version for version in read if version is not None)
        had = {version.version_id for version in versions}
        gone = tuple(version for version in missing if version not in had)
        return replace(
            self, listed=structs.replace(self.listed, versions=(*self.listed.versions, *versions), unavailable=gone)
        )

    def described(self) -> PolicyState:
        """Return the state with the policy's description, which is empty if IAM has none."""
        if self.held is not None and self.held.facts.description is not None:
            return self.listed
        policy = self.reader.policy(self.listed)
        return structs.replace(self.listed, facts=policy.facts) if policy else self.listed


class _IamReader:
    """IAM's answers as values of the house."""

    def __init__(self, client: "IAMClient", origin: str) -> None:
        self.client = client
        self.origin = origin

    def policies(self, arguments: Mapping[str, Any]) -> list["PolicyTypeDef"]:
        """Return the policies of the list, page by page, to its end."""
        pages = self.client.get_paginator("list_policies")
        paging: Any = {"PageSize": PAGE_SIZE}
        return _retry_truncated(
            lambda: [item for page in pages.paginate(**arguments, PaginationConfig=paging) for item in page["Policies"]]
        )

    def policy(self, state: PolicyState) -> PolicyState | None:
        """Return the policy as it is now, with its description and without versions; None if it is gone."""
        try:
            policy = _retry_truncated(lambda: self.client.get_policy(PolicyArn=_arn(state)))["Policy"]
        except self.client.exceptions.NoSuchEntityException:
            return None
        facts = structs.replace(state.facts, description=policy.get("Description", ""))
        return structs.replace(state, facts=facts, default_version=policy["DefaultVersionId"], versions=())

    def version(self, state: PolicyState, version_id: str) -> tuple[PolicyVersion | None, bool]:
        """Return a version, None if it is not served, and whether it is the default now."""
        arn = _arn(state)
        try:
            answer = _retry_truncated(lambda: self.client.get_policy_version(PolicyArn=arn, VersionId=version_id))
        except self.client.exceptions.NoSuchEntityException:
            return None, False
        told = answer["PolicyVersion"]
        document: Any = told["Document"]
        if told["VersionId"] != version_id or not isinstance(document, dict):
            place = f"{state.facts.name} {version_id}"
            raise SourceError("IAM answered with something else than this version's document", where=place)
        version = PolicyVersion(version_id, _second(told["CreateDate"]), document, self.origin)
        return version, told["IsDefaultVersion"]

    def version_ids(self, state: PolicyState) -> set[str]:
        """Return the ids of the versions that IAM still serves."""
        pages = self.client.get_paginator("list_policy_versions")
        return _retry_truncated(
            lambda: {item["VersionId"] for page in pages.paginate(PolicyArn=_arn(state)) for item in page["Versions"]}
        )


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


def _second(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _owner_of(listed: Mapping[str, PolicyState]) -> str:
    """Return the owner as ARNs tell it: `aws`, `aws-cn` … for AWS's own policies, else the account."""
    arn = next(iter(listed.values())).facts.arn
    _, partition, _, _, account, *_ = f"{arn}:::::".split(":")
    return partition if account == "aws" else account


# --- the client, and what can go wrong with it -----------------------------------------------------------------------


def _create_client(connection: Connection) -> "IAMClient":
    """Return a client for IAM.

    Raises:
        SourceError: boto3 is not installed, or the AWS configuration can't be used.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise SourceError("boto3 is not installed", hint="pip install 'policy-tracker[aws]'") from error
    try:
        with _translate_errors():
            session = boto3.Session(profile_name=connection.profile, region_name=connection.region)
            retries: Any = {"mode": "adaptive", "total_max_attempts": _attempts(session)}
            config = Config(
                retries=retries,
                max_pool_connections=MAX_WORKERS,
                connect_timeout=10,
                read_timeout=30,
                user_agent_extra=f"policy-tracker/{__version__}",
            )
            region = session.region_name or GLOBAL_REGION
            return session.client("iam", region_name=region, endpoint_url=connection.endpoint_url, config=config)
    except ValueError as error:
        raise SourceError(str(error), hint="expected an address such as http://127.0.0.1:5000") from error


def _attempts(session: "Session") -> int:
    """Return how often each call is made at most, as AWS_MAX_ATTEMPTS or the configuration says."""
    try:
        return session._session.get_config_variable("max_attempts") or MAX_ATTEMPTS  # noqa: SLF001 - no public way
    except ValueError as error:
        raise SourceError(str(error), where="AWS_MAX_ATTEMPTS", hint="expected a number such as 5") from error


@contextmanager
def _translate_errors() -> Iterator[None]:
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
        hint = "nothing was recorded; is it IAM's endpoint?"
        raise SourceError(f"the answer is not IAM's: {error}", hint=hint) from error


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
