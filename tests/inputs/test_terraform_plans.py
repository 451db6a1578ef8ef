"""Plans of Terraform: both sides, what is known after apply, what attaches, what a plan passes over."""

import json
from typing import Any

import pytest

from tracker.inputs.containers import read_sides
from tracker.inputs.model import Contents, LoadedDocument, ReadOptions, UnknownKind
from tracker.inputs.syntax.parsing import parse_text
from tracker.policy.symbols import has_symbol

READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
WRITE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}


def change(address: str, before: Any, after: Any, *, unknown: Any = None, **more: Any) -> dict[str, Any]:
    """Return a resource change; its actions are not looked at, unless they are `forget`."""
    kind = address.split("[", maxsplit=1)[0].split(".")[-2]
    actions = more.pop("actions", ["update"])
    inner = {"actions": actions, "before": before, "after": after, "after_unknown": unknown or {}}
    return {"address": address, "mode": "managed", "type": kind, "name": "x", "change": inner, **more}


def plan(*changes: dict[str, Any], **more: Any) -> tuple[Contents, Contents]:
    """Return both sides of a plan."""
    text = json.dumps({"format_version": "1.2", "resource_changes": list(changes), **more})
    sides = read_sides(parse_text("plan.json", text), ReadOptions())
    assert sides is not None
    return sides


def configuration(expressions: dict[str, Any], address: str = "aws_iam_policy.p") -> dict[str, Any]:
    return {"root_module": {"resources": [{"address": address, "expressions": expressions}]}}


def policies(contents: Contents) -> dict[str, Any]:
    return {one.identity: one.document for one in contents.documents}


def only(contents: Contents) -> LoadedDocument:
    (document,) = contents.documents
    return document


def test_before_and_after_are_one_pair_by_address() -> None:
    before, after = plan(change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {"policy": json.dumps(WRITE)}))
    assert policies(before) == {"aws_iam_policy.p/policy": READ}
    assert policies(after) == {"aws_iam_policy.p/policy": WRITE}


def test_planned_values_and_the_prior_state_are_not_reported_a_second_time() -> None:
    resource = {"address": "aws_iam_policy.p", "type": "aws_iam_policy", "values": {"policy": json.dumps(WRITE)}}
    values = {"root_module": {"resources": [resource]}}
    item = change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {"policy": json.dumps(WRITE)})
    before, after = plan(item, planned_values=values, prior_state={"values": values})
    assert [len(side.documents) for side in (before, after)] == [1, 1]
    assert not before.unknowns
    assert not after.unknowns


def test_a_plan_without_changes_of_resources_is_read_by_its_planned_values() -> None:
    resource = {
        "address": "module.a.aws_iam_policy.p",
        "type": "aws_iam_policy",
        "values": {"policy": json.dumps(READ)},
    }
    values = {"root_module": {"child_modules": [{"address": "module.a", "resources": [resource]}]}}
    text = json.dumps({"format_version": "1.2", "planned_values": values})
    sides = read_sides(parse_text("plan.json", text), ReadOptions())
    assert sides is not None
    assert [policies(side) for side in sides] == [{}, {"module.a.aws_iam_policy.p/policy": READ}]


@pytest.mark.parametrize(("before", "after"), [(None, READ), (READ, None)])
def test_what_is_created_or_deleted_stands_on_one_side(before: Any, after: Any) -> None:
    held = [None if one is None else {"policy": json.dumps(one)} for one in (before, after)]
    sides = plan(change("aws_iam_policy.p", *held))
    assert [len(side.documents) for side in sides] == [int(before is not None), int(after is not None)]


def test_what_terraform_forgets_stays_in_force() -> None:
    _, after = plan(change("aws_iam_policy.p", {"policy": json.dumps(READ)}, None, actions=["forget"]))
    assert policies(after) == {"aws_iam_policy.p/policy": READ}


def test_what_terraform_forgets_and_makes_anew_is_there_twice() -> None:
    item = change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {"policy": json.dumps(WRITE)})
    item["change"]["actions"] = ["create", "forget"]
    assert [one.document for one in plan(item)[1].documents] == [READ, WRITE]


def test_a_deposed_object_is_no_second_policy() -> None:
    old = change("aws_iam_policy.p", {"policy": json.dumps(READ)}, None, deposed="0123abcd")
    before, _ = plan(change("aws_iam_policy.p", {"policy": json.dumps(WRITE)}, {"policy": json.dumps(WRITE)}), old)
    assert policies(before) == {"aws_iam_policy.p/policy": WRITE}


@pytest.mark.parametrize(
    ("kind", "values", "identity"),
    [
        ("aws_iam_role", {"assume_role_policy": json.dumps(READ)}, "assume_role_policy"),
        ("aws_iam_role", {"inline_policy": [{"name": "in", "policy": json.dumps(READ)}]}, "inline_policy/in/policy"),
        ("aws_kms_key", {"policy": json.dumps(READ)}, "policy"),
        ("aws_elasticsearch_domain", {"access_policies": json.dumps(READ)}, "access_policies"),
        ("aws_organizations_policy", {"content": json.dumps(READ)}, "content"),
        ("aws_new_service_thing", {"settings": [{"anything": json.dumps(READ)}]}, "settings/*/anything"),
        ("aws_api_gateway_rest_api", {"policy": json.dumps(READ["Statement"])}, "policy"),
    ],
)
def test_any_attribute_whose_text_is_a_document_is_one(kind: str, values: Any, identity: str) -> None:
    _, after = plan(change(f"{kind}.r", None, values))
    assert policies(after) == {f"{kind}.r/{identity}": READ}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_ecr_lifecycle_policy", {"policy": json.dumps({"rules": []})}),
        ("aws_lb_listener", {"ssl_policy": "ELBSecurityPolicy-2016-08"}),
        ("aws_sqs_queue", {"redrive_policy": json.dumps({"maxReceiveCount": 3}), "policy": ""}),
        ("aws_iam_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "roles": []}),
    ],
)
def test_what_is_called_a_policy_and_is_none_is_passed_over(kind: str, values: Any) -> None:
    _, after = plan(change(f"{kind}.r", None, values))
    assert not after.documents


@pytest.mark.parametrize(
    "text",
    [
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"',  # cut off
        "(sensitive value)",
        "REDACTED",
        "Effect: Allow\nAction: '*'\nResource: '*'",  # YAML in a text
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"\\ue000x#0123456789abcdef\\ue001"}]}',
    ],
)
def test_a_policy_that_can_not_be_read_is_unknown(text: str) -> None:
    _, after = plan(change("aws_iam_policy.p", None, {"policy": text}))
    assert only(after).document is None
    assert [unknown.kind for unknown in only(after).unknowns] == [UnknownKind.UNREADABLE]


def test_what_may_be_a_policy_in_any_attribute_is_unknown_where_it_can_not_be_read() -> None:
    template = "Resources:\n  R:\n    Properties: {Effect: Allow, Action: '*'}\n"
    _, after = plan(change("aws_new_thing.s", None, {"template_body": template}))
    assert only(after).document is None


# --- known after apply -----------------------------------------------------------------------------------------------


def test_what_is_known_after_apply_is_unknown() -> None:
    _, after = plan(change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {}, unknown={"policy": True}))
    (unknown,) = only(after).unknowns
    assert (only(after).document, unknown.kind) == (None, UnknownKind.AFTER_APPLY)
    assert unknown.digest


def test_what_the_configuration_does_not_set_is_the_providers_and_counted() -> None:
    item = change("aws_iam_policy.p", {}, {"name": "p"}, unknown={"policy": True, "arn": True})
    _, after = plan(item, configuration=configuration({"name": {"constant_value": "p"}}))
    assert not after.documents
    assert after.counted == {"attributes that the provider sets": 2}


def test_a_leaf_of_a_block_is_unknown_although_no_configuration_shows_it() -> None:
    """A plan's configuration lacks dynamic blocks: https://github.com/hashicorp/terraform/issues/28346."""
    values, unknown = {"inline_policy": [{"name": "in"}]}, {"inline_policy": [{"policy": True}]}
    item = change("aws_iam_role.r", None, values, unknown=unknown)
    _, after = plan(item, configuration=configuration({}, "aws_iam_role.r"))
    assert only(after).identity == "aws_iam_role.r/inline_policy/in/policy"
    assert only(after).document is None


DATA = "data.aws_iam_policy_document.d"


def with_data(actions: Any) -> tuple[Contents, Contents]:
    """Return the sides of a plan in which a policy is a data source's that is read while the plan is applied."""
    statement = {"actions": actions, "effect": "Allow", "resources": None, "sid": None}
    data = change(
        DATA,
        None,
        {"statement": [statement]},
        unknown={"json": True, "statement": [{"resources": [True]}]},
        mode="data",
    )
    bucket = {"references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]}
    held = [
        {"address": "aws_iam_policy.p", "expressions": {"policy": {"references": [f"{DATA}.json", DATA]}}},
        {
            "address": DATA,
            "expressions": {"statement": [{"actions": {"constant_value": actions}, "resources": bucket}]},
        },
    ]
    item = change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {}, unknown={"policy": True})
    return plan(data, item, configuration={"root_module": {"resources": held}})


def test_statements_of_a_data_source_are_used_as_far_as_they_are_known() -> None:
    document = only(with_data(["iam:*"])[1]).document
    assert document is not None
    (statement,) = document["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", ["iam:*"])
    assert has_symbol(statement["Resource"][0])
    assert [unknown.kind for unknown in only(with_data(["iam:*"])[1]).unknowns] == [UnknownKind.AFTER_APPLY]


def test_an_approval_of_the_unknown_holds_for_its_expression() -> None:
    digests = [only(with_data(actions)[1]).unknowns[0].digest for actions in (["a:b"], ["a:b"], ["a:c"])]
    assert digests[0] == digests[1] != digests[2]


def test_an_approval_of_what_no_configuration_shows_holds_for_one_plan() -> None:
    """`jsonencode({…})` is shown by its references alone, so another content may have the same expression."""
    expressions = {"policy": {"references": ["aws_s3_bucket.b.arn", "aws_s3_bucket.b"]}}
    item = change("aws_iam_policy.p", None, {}, unknown={"policy": True})
    digests = [
        only(plan(item, configuration=configuration(expressions), timestamp=time)[1]).unknowns[0].digest
        for time in ("1", "2")
    ]
    assert digests[0] != digests[1]


# --- attachments and permissions -------------------------------------------------------------------------------------


def attached(contents: Contents) -> set[tuple[str, str, bool]]:
    return {(one.principal, one.policy, one.boundary) for one in contents.attachments}


ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("aws_iam_role_policy_attachment", {"role": "r", "policy_arn": ADMIN}, {("role/r", ADMIN, False)}),
        ("aws_iam_user_policy_attachment", {"user": "u", "policy_arn": ADMIN}, {("user/u", ADMIN, False)}),
        ("aws_iam_group_policy_attachment", {"group": "g", "policy_arn": ADMIN}, {("group/g", ADMIN, False)}),
        (
            "aws_iam_policy_attachment",
            {"roles": ["r"], "users": ["u"], "groups": [], "policy_arn": ADMIN},
            {("role/r", ADMIN, False), ("user/u", ADMIN, False)},
        ),
        ("aws_iam_role", {"name": "r", "managed_policy_arns": [ADMIN]}, {("role/r", ADMIN, False)}),
        ("aws_iam_role", {"name": "r", "permissions_boundary": ADMIN}, {("role/r", ADMIN, True)}),
        (
            "aws_ssoadmin_managed_policy_attachment",
            {"permission_set_arn": "ps", "managed_policy_arn": ADMIN},
            {("permission-set/ps", ADMIN, False)},
        ),
        (
            "aws_ssoadmin_customer_managed_policy_attachment",
            {"permission_set_arn": "ps", "customer_managed_policy_reference": [{"name": "n", "path": "/a/"}]},
            {("permission-set/ps", "/a/n", False)},
        ),
        (
            "aws_iam_role_policy_attachments_exclusive",
            {"role_name": "r", "policy_arns": [ADMIN]},
            {("role/r", ADMIN, False)},
        ),
        (
            "aws_ssoadmin_managed_policy_attachments_exclusive",
            {"permission_set_arn": "ps", "managed_policy_arns": [ADMIN]},
            {("permission-set/ps", ADMIN, False)},
        ),
        (
            "aws_iam_group_policies_exclusive",
            {"group_name": "g", "policy_names": ["n"]},
            {("group/g", "inline policy group/g/n", False)},
        ),
        ("aws_iam_user_group_membership", {"user": "u", "groups": ["g"]}, {("user/u", "group/g", False)}),
    ],
)
def test_attachments_are_identified_by_who_gets_what(kind: str, values: Any, expected: set[Any]) -> None:
    assert attached(plan(change(f"{kind}.a", None, values))[1]) == expected


def test_a_policy_of_the_same_plan_is_attached_by_its_identity() -> None:
    references = {"references": ["aws_iam_policy.p.arn", "aws_iam_policy.p"]}
    held = [{"address": "aws_iam_role_policy_attachment.a", "expressions": {"policy_arn": references}}]
    _, after = plan(
        change("aws_iam_policy.p", None, {"policy": json.dumps(READ)}, unknown={"arn": True}),
        change("aws_iam_role_policy_attachment.a", None, {"role": "r"}, unknown={"policy_arn": True}),
        configuration={"root_module": {"resources": held}},
    )
    assert attached(after) == {("role/r", "aws_iam_policy.p/policy", False)}
    assert after.attachments[0].unknown is None


def test_an_attached_policy_that_is_not_known_is_unknown() -> None:
    _, after = plan(change("aws_iam_role_policy_attachment.a", None, {"role": "r"}, unknown={"policy_arn": True}))
    assert after.attachments[0].unknown is not None


def test_attachments_that_a_role_repeats_are_not_reported_twice() -> None:
    """`managed_policy_arns` of a plan is what was attached before, where the configuration does not set it."""
    role = {"name": "r", "managed_policy_arns": [ADMIN]}
    item = change("aws_iam_role.r", role, role)
    assert not plan(item, configuration=configuration({"name": {}}, "aws_iam_role.r"))[1].attachments


def test_a_lambda_permission_is_a_statement() -> None:
    values = {
        "function_name": "f",
        "action": "lambda:InvokeFunction",
        "principal": "s3.amazonaws.com",
        "source_account": "1",
    }
    document = only(plan(change("aws_lambda_permission.p", None, values))[1]).document
    assert document is not None
    assert document["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": "f",
            "Condition": {"StringEquals": {"AWS:SourceAccount": "1"}},
        }
    ]


def test_a_permission_for_somebody_who_is_not_known_is_unknown() -> None:
    values = {"function_name": "f", "action": "lambda:InvokeFunction"}
    found = only(plan(change("aws_lambda_permission.p", None, values, unknown={"principal": True}))[1])
    assert [unknown.pointer for unknown in found.unknowns] == ["/Statement/0"]


# --- the plan itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{"errored": True}, {"complete": False}])
def test_a_plan_that_does_not_hold_all_changes_is_unknown(more: Any) -> None:
    assert plan(**more)[1].unknowns


def test_a_change_that_can_not_be_read_is_unknown() -> None:
    _, after = plan({"address": 1, "change": {}})
    assert [unknown.kind for _, unknown in after.unknowns] == [UnknownKind.UNREADABLE]


def test_a_change_that_is_put_off_is_read() -> None:
    deferred = [{"reason": "x", "resource_change": change("aws_iam_policy.p", None, {"policy": json.dumps(READ)})}]
    assert policies(plan(deferred_changes=deferred)[1]) == {"aws_iam_policy.p/policy": READ}


def test_what_changed_outside_of_terraform_is_counted() -> None:
    drift = [change("aws_iam_policy.p", {"policy": json.dumps(READ)}, {"policy": json.dumps(WRITE)})]
    assert plan(resource_drift=drift)[1].counted == {"changed outside of Terraform: aws_iam_policy.p": 1}


def test_two_resources_of_one_name_in_two_modules_are_two() -> None:
    held = {"policy": json.dumps(READ)}
    _, after = plan(
        change("module.a.aws_iam_policy.p", None, held), change('module.b["x"].aws_iam_policy.p', None, held)
    )
    assert set(policies(after)) == {"module.a.aws_iam_policy.p/policy", 'module.b["x"].aws_iam_policy.p/policy'}


def test_what_is_in_the_prior_state_and_in_the_planned_values_alone_is_one_pair() -> None:
    resource = {"address": "x.y", "type": "x", "values": {"policy": json.dumps(READ)}}
    values = {"root_module": {"resources": [resource]}}
    before, after = plan(planned_values=values, prior_state={"values": values})
    assert policies(before) == policies(after) == {"x.y/policy": READ}


@pytest.mark.parametrize(
    ("actions", "unknown", "is_default"),
    [(["create"], {}, True), (["update"], {}, False), (["update"], {"id": True, "arn": True}, True)],
)
def test_an_inline_policy_that_is_not_known_is_a_default_where_nothing_computed_is_known(
    actions: list[str], unknown: dict[str, bool], is_default: bool
) -> None:
    unknown = {"inline_policy": True, **unknown}
    item = change("aws_iam_role.p", {"name": "r"}, {"name": "r"}, unknown=unknown, actions=actions)
    _, after = plan(item, configuration=configuration({"name": {"constant_value": "r"}}, "aws_iam_role.p"))
    assert (not after.documents) is is_default
