"""Values of a template's parameters, as a user gives them: `NAME=VALUE`, or in CloudFormation's own files.

A file is a list of `{"ParameterKey": …, "ParameterValue": …}`, or `{"Parameters": {NAME: VALUE}}`, or `{NAME: VALUE}`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tracker.errors import DocumentError, UsageError
from tracker.inputs.files.file_trees import read_bounded
from tracker.inputs.syntax.parsing import parse_file

__all__ = ["read_parameters"]


def read_parameters(given: Iterable[str], files: Iterable[Path]) -> Mapping[str, str]:
    """Return parameters by name; those given by themselves come before those of files, later files before earlier.

    Raises:
        UsageError: a parameter or a file can't be read.
    """
    found: dict[str, str] = {}
    for file in files:
        try:
            found |= _in_file(parse_file(str(file), read_bounded(file)).value, str(file))
        except DocumentError as error:
            raise UsageError(str(error), where=str(file)) from error
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError("expected NAME=VALUE", where=f"--parameter {text}")
        found[name] = value
    return found


def _in_file(value: Any, where: str) -> dict[str, str]:
    if isinstance(value, dict):
        inner = value.get("Parameters", value)
        if isinstance(inner, dict) and all(_is_plain(one) for one in inner.values()):
            return {name: _text(one) for name, one in inner.items()}
    if isinstance(value, list) and all(isinstance(one, dict) and "ParameterKey" in one for one in value):
        return {str(one["ParameterKey"]): _text(one.get("ParameterValue", "")) for one in value}
    raise UsageError("no parameters in it", where=where, hint="a list of ParameterKey and ParameterValue")


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int, float, bool)) or (isinstance(value, list) and all(map(_is_plain, value)))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
