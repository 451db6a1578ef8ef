"""What the reader of Kubernetes manifests finds: objects by kind, namespace and name, and the policies in them."""

import json

import pytest

from templates import contents, only, shown
from tracker.inputs.model import UnknownKind

POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})


def ack(kind: str, spec: str, name: str = "reader") -> str:
    return (
        f"apiVersion: iam.services.k8s.aws/v1alpha1\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: apps}}\nspec: {spec}\n"
    )


@pytest.mark.parametrize(
    ("kind", "spec", "identity"),
    [
        ("Policy", f"{{policyDocument: '{POLICY}'}}", "Policy/apps/reader/spec/policyDocument"),
        ("Role", f"{{assumeRolePolicyDocument: '{POLICY}'}}", "Role/apps/reader/spec/assumeRolePolicyDocument"),
        ("Role", f"{{inlinePolicies: {{one: '{POLICY}'}}}}", "Role/apps/reader/spec/inlinePolicies/one"),
        ("Bucket", f"{{policy: '{POLICY}'}}", "Bucket/apps/reader/spec/policy"),
        ("Policy", f"{{forProvider: {{policy: '{POLICY}'}}}}", "Policy/apps/reader/spec/forProvider/policy"),
        ("ConfigMap", f"{{data: {{policy.json: '{POLICY}'}}}}", "ConfigMap/apps/reader/spec/data/policy.json"),
        ("Thing", f"{{statements: {json.loads(POLICY)['Statement']}}}", "Thing/apps/reader/spec/statements"),
    ],
)
def test_a_policy_is_named_by_its_object(kind: str, spec: str, identity: str) -> None:
    found = only(contents(ack(kind, spec)))
    assert found.identity == identity
    assert (found.document or {})["Statement"][0]["Action"] == "s3:GetObject"


def test_an_object_keeps_its_name_when_another_one_goes() -> None:
    one, other = (ack("Policy", f"{{policyDocument: '{POLICY}'}}", name) for name in ("a", "b"))
    both, alone = contents(f"{one}---\n{other}"), contents(other)
    assert both.documents[1].identity == only(alone).identity


def test_the_objects_of_a_list_are_objects() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: iam.services.k8s.aws/v1alpha1\n  kind: Policy\n"
    text += f"  metadata: {{name: x}}\n  spec: {{policyDocument: '{POLICY}'}}\n"
    assert only(contents(text)).identity == "Policy/x/spec/policyDocument"


def test_annotations_are_looked_into() -> None:
    applied = json.dumps({"kind": "Policy", "spec": {"policyDocument": POLICY}})
    value = {
        "apiVersion": "v1",
        "kind": "X",
        "metadata": {"name": "n", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}},
    }
    assert "last-applied-configuration" in only(contents(json.dumps(value))).identity


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$(POLICY)", UnknownKind.UNREADABLE),
        ("${policy}", UnknownKind.UNRESOLVED),
        ("{{ .Values.policy }}", UnknownKind.UNRESOLVED),
        ('{"Statement": [', UnknownKind.UNREADABLE),
    ],
)
def test_a_policy_that_cannot_be_read_is_reported(text: str, kind: UnknownKind) -> None:
    found = only(contents(ack("Policy", f"{{policyDocument: '{text}'}}")))
    assert [one.kind for one in found.unknowns] == [kind]


def test_placeholders_inside_a_policy_are_symbols() -> None:
    policy = POLICY.replace('"*"', '"arn:aws:s3:::${bucket}/*"')
    found = only(contents(ack("Policy", f"{{policyDocument: '{policy}'}}")))
    assert shown((found.document or {})["Statement"][0]["Resource"]) == "arn:aws:s3:::⟨${bucket}⟩/*"


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Role", "{policies: [arn:x]}", ("Role/apps/reader", "arn:x", False)),
        (
            "Role",
            "{policyRefs: [{from: {name: p}}]}",
            ("Role/apps/reader", "Policy/apps/p/spec/policyDocument", False),
        ),
        ("Role", "{permissionsBoundary: arn:b}", ("Role/apps/reader", "arn:b", True)),
        (
            "RolePolicyAttachment",
            "{forProvider: {roleRef: {name: r}, policyArn: arn:x}}",
            ("Role/apps/r", "arn:x", False),
        ),
        ("RolePolicyAttachment", "{forProvider: {role: r, policyArn: arn:x}}", ("r", "arn:x", False)),
    ],
)
def test_attached_policies_are_reported(kind: str, spec: str, expected: tuple[str, str, bool]) -> None:
    found = contents(ack(kind, spec)).attachments
    assert [(one.principal, one.policy, one.boundary) for one in found] == [expected]


def test_service_accounts_of_eksctl_get_policies() -> None:
    found = contents(f"""
    apiVersion: eksctl.io/v1alpha5
    kind: ClusterConfig
    metadata: {{name: c}}
    iam:
      serviceAccounts:
        - metadata: {{name: builder}}
          attachPolicyARNs: [arn:x]
          attachPolicy: {POLICY}
          wellKnownPolicies: {{autoScaler: true}}
    """)
    assert only(found).identity == "ClusterConfig/c/iam/serviceAccounts/builder/attachPolicy"
    assert [(one.principal, one.policy) for one in found.attachments] == [("ClusterConfig/c/builder", "arn:x")]
    assert [one.kind for _, one in found.unknowns] == [UnknownKind.NOT_LOOKED_AT]


def test_what_is_no_policy_is_passed_over() -> None:
    found = contents("""
    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata: {name: n}
    spec: {policyTypes: [Ingress], podSelector: {}}
    ---
    apiVersion: policy/v1
    kind: PodDisruptionBudget
    metadata: {name: n}
    spec: {unhealthyPodEvictionPolicy: AlwaysAllow, policy: none}
    """)
    assert not found.documents
    assert not found.unknowns
