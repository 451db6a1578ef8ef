"""Shorthand for tests that read templates and manifests: YAML text in, documents for people out."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from tracker.inputs.containers import read_file
from tracker.inputs.model import Contents, LoadedDocument, ReadOptions
from tracker.inputs.syntax.parsing import parse_file
from tracker.policy.symbols import printable


def contents(text: str, **parameters: str) -> Contents:
    """Return what a file holds, read by whichever container recognizes it."""
    return read_file(parse_file("stack.yaml", dedent(text).encode()), ReadOptions(parameters))


def shown(value: Any) -> Any:
    """Return a value with each symbol as people see it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {shown(key): shown(member) for key, member in value.items()}
    return [shown(item) for item in value] if isinstance(value, (list, tuple)) else value


def only(found: Contents) -> LoadedDocument:
    """Return the one document of a file."""
    assert len(found.documents) == 1, found
    return found.documents[0]


def statement_with(resource: str, sections: str = "", **parameters: str) -> list[Any]:
    """Return, case by case, the Resource of the statement in which a YAML text stands as Resource."""
    template = f"""
AWSTemplateFormatVersion: "2010-09-09"
{dedent(sections)}
Resources:
  Table: {{Type: AWS::DynamoDB::Table, Properties: {{TableName: orders}}}}
  P:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: s3:GetObject
            Resource: {resource}
"""
    found = contents(template, **parameters)
    return [shown((one.document or {})["Statement"][0].get("Resource")) for one in found.documents]
