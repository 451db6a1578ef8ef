"""Files that give values to the parameters of templates beside them: CloudFormation's own, and SAM's configuration.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from posixpath import basename
from typing import Any

from tracker.errors import DocumentError
from tracker.inputs.references import DATA_FILES
from tracker.inputs.syntax.parsing import decode_text, parse_file

__all__ = ["is_sam_configuration", "may_give_parameters", "parameter_sets", "parameters_in"]

_SAM = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_OVERRIDES = "parameter_overrides"


def is_sam_configuration(path: str) -> bool:
    """Return whether a file is the configuration of SAM, by its name."""
    return basename(path) in _SAM


def may_give_parameters(path: str) -> bool:
    """Return whether a file may give parameters, by its name."""
    return path.endswith(DATA_FILES) or is_sam_configuration(path)


def parameter_sets(path: str, data: bytes) -> dict[str, Mapping[str, str]]:
    """Return what a file gives: name of a set of parameters -> name of a parameter -> value.

    A file of CloudFormation is one set without a name; of SAM each environment is one.
    """
    if is_sam_configuration(path):
        return dict(_of_sam(path, data))
    found = parameters_in(path, data)
    return {"": found} if found else {}


def parameters_in(path: str, data: bytes) -> dict[str, str]:
    """Return what a file of parameters gives: a list of ParameterKey and ParameterValue, or members of `Parameters`.

    Empty for any other file.
    """
    if b"Parameter" not in data:
        return {}
    try:
        value = parse_file(path, data).value
    except DocumentError:
        return {}
    if isinstance(value, list) and value:
        is_list = all(isinstance(one, dict) and isinstance(one.get("ParameterKey"), str) for one in value)
        return {one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in value} if is_list else {}
    inner = value.get("Parameters") if isinstance(value, dict) and "Resources" not in value else None
    is_flat = isinstance(inner, dict) and all(isinstance(one, (str, int, float, bool)) for one in inner.values())
    return {name: str(one) for name, one in inner.items()} if isinstance(inner, dict) and is_flat else {}


def _of_sam(path: str, data: bytes) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the parameters of each environment: `[prod.deploy.parameters]`, `parameter_overrides`."""
    try:
        value = tomllib.loads(decode_text(data)) if path.endswith("toml") else parse_file(path, data).value
    except (DocumentError, tomllib.TOMLDecodeError, RecursionError):
        return
    for name, commands in value.items() if isinstance(value, dict) else ():
        found: dict[str, str] = {}
        for command in commands.values() if isinstance(commands, dict) else ():
            settings = command.get("parameters") if isinstance(command, dict) else None
            if isinstance(settings, dict):
                found |= _overrides(settings.get(_OVERRIDES))
        if found:
            yield name, found


def _overrides(given: Any) -> dict[str, str]:
    if isinstance(given, dict):
        return {str(name): str(value) for name, value in given.items()}
    try:
        words = shlex.split(given) if isinstance(given, str) else given if isinstance(given, list) else []
    except ValueError:
        return {}
    return dict(pair for word in words for pair in _pairs(str(word)))


def _pairs(word: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of `NAME=VALUE`, or of `ParameterKey=NAME,ParameterValue=VALUE`."""
    key, _, rest = word.partition("=")
    if key == "ParameterKey":
        name, _, value = rest.partition(",ParameterValue=")
        yield name, value
    elif key != word:
        yield key, rest
