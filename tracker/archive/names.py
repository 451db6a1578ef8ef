"""Which names of policies, ids and owners are safe as names of folders and files."""

import re

__all__ = ["is_folder", "is_owner", "is_policy_id", "is_policy_name"]

_NAME = re.compile(r"[A-Za-z0-9+=,.@_-]{1,128}\Z")
_POLICY_ID = re.compile(r"[A-Z0-9]{1,128}\Z")
_OWNER = re.compile(r"[a-z0-9][a-z0-9-]{0,63}\Z")


def is_policy_name(name: str) -> bool:
    """Return whether IAM would take a name for a policy; such a name is also a safe name for a folder.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
    """
    return _NAME.match(name) is not None and name.strip(".") != ""


def is_policy_id(text: str) -> bool:
    """Return whether IAM would give a policy this id, such as `ANPAI3R4QMOG6Q5A4VWVG`: capital letters and digits."""
    return _POLICY_ID.match(text) is not None


def is_owner(name: str) -> bool:
    """Return whether a name can be an owner's: `aws`, `aws-cn`, an account id."""
    return _OWNER.match(name) is not None


def is_folder(name: str) -> bool:
    """Return whether a folder of an owner can be a policy's: `Reader`, or `Reader~ANPAI3R4QMOG6Q5A4VWVG`."""
    policy, tilde, policy_id = name.partition("~")
    return is_policy_name(policy) and (not tilde or is_policy_id(policy_id))
