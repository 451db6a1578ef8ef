"""Whatever changed is read, or unknown, or surely no policy; unknown never passes."""

import json
from pathlib import Path
from typing import Any

import pytest
from reviewing import allow, compared, document, reviewed_text, rules_of, states_of

from tracker.inputs.files.selection import Selection
from tracker.inputs.syntax import parsing
from tracker.review.model import fails

READ = document(allow("s3:GetObject"))
ALL = document(allow("*"))
TEXT = json.dumps(ALL)


@pytest.mark.parametrize(
    "name",
    ["Admin", "p.json.tpl", "p.tftpl", "p.j2", "p.jsonc", "p.json5", "p.policy", "p.txt", "p", ".hidden", "a/b/c.cfg"],
)
def test_a_policy_is_found_whatever_the_file_is_called(name: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {name: TEXT})
    assert states_of(found) == {name: "added broadens"}
    assert all(fails(found.review, gate) for gate in ("any", "broadens", "critical"))


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-16"),
        TEXT.encode("utf-32"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
        b"// why\n" + TEXT.encode(),
        b"{Version: '2012-10-17', Statement: [{Effect: 'Allow', Action: '*', Resource: '*',},],}",
        json.dumps(TEXT).encode(),
        b"Version: 2012-10-17\nStatement:\n- {Effect: Allow, Action: '*', Resource: '*'}\n",
    ],
)
def test_a_policy_is_found_in_each_encoding_and_syntax(data: bytes, tmp_path: Path) -> None:
    found = reviewed_text(None, data, tmp_path)
    assert fails(found.review, "critical")
    assert "all-actions-on-all-resources" in rules_of(found)


UNKNOWN: dict[str, tuple[str, Any]] = {
    "cut off": ("p.json", TEXT[:-5]),
    "a key twice": ("p.json", TEXT.replace('"Effect"', '"Effect": "Deny", "Effect"')),
    "a loop of a template": ("p.json.j2", "{% for a in b %}" + TEXT + "{% endfor %}"),
    "a directive of Terraform": ("p.tftpl", "%{ if x }" + TEXT + "%{ endif }"),
    "HCL": ("p.hcl", 'statement {\n effect = "Allow"\n actions = ["*"]\n}'),
    "XML": ("p.xml", "<Statement><Effect>Allow</Effect><Action>*</Action></Statement>"),
    "lower case": ("p.yaml", "statements:\n- effect: Allow\n  actions: ['*']\n"),
    "in a text of YAML": ("p.yaml", "run: |\n  cat > p <<X\n  " + TEXT[:-1] + ",}\n  X\n"),
    "not UTF-8": ("p.json", TEXT.encode() + b"\xe9"),
    "escaped letters, cut off": ("p.json", TEXT.replace("Effect", "\\u0045ffect")[:-3]),
    "a statement of a wrong shape": ("p.json", document(["x"])),
    "an unknown element": ("p.json", document({**allow("*"), "Actions": "*"})),
    "nested too deep": ("p.json", '{"a":' * 300 + TEXT + "}" * 300),
    "a private-use character": ("p.json", TEXT.replace("*", "\ue000x")),
    "aliases without end": (
        "p.yaml",
        "a0: &a0 {Effect: Allow, Action: '*'}\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)),
    ),
    "a pointer of Git LFS": ("p.json", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
}


@pytest.mark.parametrize(("name", "content"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_read_is_unknown_and_never_passes(name: str, content: Any, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {name: content})
    assert rules_of(found) & {"document-unreadable", "not-looked-at"}
    assert all(fails(found.review, gate) for gate in ("any", "broadens", "critical"))
    assert any(name in one.name and one.fault for one in found.review.policies)
    for form in ("text", "markdown", "html", "json", "sarif", "github", "gitlab", "junit"):
        assert name in found.printed(form)


NO_POLICY: dict[str, tuple[str, Any]] = {
    "a package": ("package.json", {"name": "x", "permissions": []}),
    "a workflow": ("ci.yml", "on: push\npermissions: {contents: read}\njobs: {a: {steps: [{uses: x}]}}\n"),
    "rules of a firewall": ("waf.json", {"Rules": [{"Name": "x", "Action": {"Allow": {}}, "Statement": {"And": 1}}]}),
    "a taint": ("node.yaml", "taints: [{effect: NoSchedule, key: action}]\n"),
    "broken data": ("x.json", '{"name": '),
    "a picture": ("x.png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe"),
    "prose": ("notes.txt", "The effect: we allow this action, and nobody denied it."),
    "no policy at all": ("x.csv", "a,b\n1,2\n"),
}


@pytest.mark.parametrize(("name", "content"), NO_POLICY.values(), ids=NO_POLICY.keys())
def test_what_surely_holds_no_policy_is_left_alone(name: str, content: Any, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {name: content})
    assert found.review.policies == ()
    assert not any(fails(found.review, gate) for gate in ("any", "broadens", "info"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stack.ts", "new iam.PolicyStatement({ effect: iam.Effect.ALLOW, actions: ['*'] })"),
        ("stack.py", "iam.PolicyStatement(actions=['*'], resources=['*'])"),
        ("main.go", 'map[string]any{"Effect": "Allow", "Action": "*"}'),
        ("deploy.sh", "aws iam attach-role-policy --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"),
        ("README.md", '```json\n{"Effect": "Allow", "Action": "*"}\n```'),
    ],
)
def test_programs_and_prose_are_a_low_finding_with_what_to_review(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {}, {name: text})
    assert rules_of(found) == {"policy-in-source"}
    assert fails(found.review, "notice")
    assert not any(fails(found.review, gate) for gate in ("any", "broadens", "warning"))
    assert "review what it makes" in found.printed("markdown")


@pytest.mark.parametrize("after", ["", "   \n", "{}", "[]", "null", "x", document(["x"]), b"\x00\x01\x02", "{"])
def test_a_file_that_was_a_policy_and_is_none_any_more_is_unknown(after: Any, tmp_path: Path) -> None:
    found = reviewed_text(READ, after, tmp_path)
    assert rules_of(found) == {"document-unreadable"}
    assert fails(found.review, "broadens")
    assert fails(found.review, "critical")


def test_a_deleted_policy_is_removed(tmp_path: Path) -> None:
    found = reviewed_text(READ, None, tmp_path)
    assert states_of(found) == {"p.json": "removed narrows"}
    assert not fails(found.review, "broadens")


def test_unknown_on_the_old_side_leaves_the_effect_undecided(tmp_path: Path) -> None:
    found = reviewed_text("{" + TEXT, READ, tmp_path)
    assert fails(found.review, "broadens")
    assert not fails(reviewed_text("{" + TEXT, "{" + TEXT, tmp_path / "same").review, "any")


def test_a_file_that_is_too_large_is_unknown_if_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.inputs.files.file_trees.MAX_FILE_BYTES", 1000)
    assert parsing.MAX_FILE_BYTES == 64 * 1024 * 1024
    large = TEXT + " " * 2000
    assert rules_of(reviewed_text(READ, large, tmp_path)) == {"not-looked-at"}


def test_excluded_files_are_counted_and_reported(tmp_path: Path) -> None:
    files = {"examples/a.json": ALL, "policies/b.json": READ, "other/c.json": ALL}
    found = compared(tmp_path, {}, files, selection=Selection(("policies", "examples/*"), ("examples",)))
    assert states_of(found) == {"policies/b.json": "added broadens"}
    assert found.review.excluded == 2
    for form in ("text", "markdown", "html", "sarif", "github"):
        assert "2 changed files were excluded" in found.printed(form)
    assert json.loads(found.printed("json"))["excluded"] == 2


def test_of_a_policy_that_cannot_be_read_any_more_nothing_is_said_twice_or_said_to_be_removed(tmp_path: Path) -> None:
    found = reviewed_text(READ, '{"Statement": [{"Effect"', tmp_path)
    reported = found.printed("text")
    assert "Removed" not in reported
    assert reported.count("not JSON") == 1
    assert "Denies" not in reported
    assert found.review.policies[0].changes == ()


def test_a_document_with_too_many_statements_is_unknown(tmp_path: Path) -> None:
    many = document(*[allow("s3:GetObject")] * 2_501)
    assert rules_of(compared(tmp_path, {}, {"p.json": many})) == {"document-unreadable"}


TAKEN_IN = {
    "a chart of a chart": ("Chart.yaml", "dependencies:\n- {name: irsa, version: VERSION, repository: 'https://x'}\n"),
    "a lock of charts": ("Chart.lock", "dependencies:\n- {name: irsa, version: VERSION, repository: 'https://x'}\n"),
    "a base": ("kustomization.yaml", "resources:\n- github.com/x/y?ref=VERSION\n"),
    "a chart of Kustomize": ("k/kustomization.yml", "helmCharts:\n- {name: x, repo: 'https://x', version: VERSION}\n"),
    "an application of Argo CD": (
        "app.yaml",
        "apiVersion: argoproj.io/v1alpha1\nspec: {source: {repoURL: 'https://x', path: y, targetRevision: VERSION}}\n",
    ),
    "a chart of Helmfile": (
        "helmfile.yaml",
        "releases:\n- {name: irsa, namespace: x, chart: stable/irsa, version: VERSION}\n",
    ),
    "a Helmfile of an environment": (
        "deploy/helmfile.prod.yaml",
        "helmfiles:\n- {path: 'git::https://x', ref: VERSION}\n",
    ),
    "a chart in the folder of Helmfile": (
        "helmfile.d/10-auth.yaml",
        "releases:\n- {name: a, chart: b, version: VERSION}\n",
    ),
    "a lock of Helmfile": (
        "helmfile.lock",
        "dependencies:\n- {name: irsa, repository: 'https://x', version: VERSION}\n",
    ),
    "a release of Flux": (
        "app.yaml",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nspec: {chart: {spec: {chart: y, version: VERSION}}}\n",
    ),
    "a repository of Flux": (
        "app.yaml",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nspec: {url: 'https://x', ref: {tag: VERSION}}\n",
    ),
}


@pytest.mark.parametrize(("name", "text"), TAKEN_IN.values(), ids=TAKEN_IN.keys())
def test_another_version_of_what_a_file_takes_in_is_a_notice(name: str, text: str, tmp_path: Path) -> None:
    before, after = (text.replace("VERSION", version) for version in ("1.0.0", "1.1.0"))
    found = compared(tmp_path / "1", {name: before}, {name: after})
    assert rules_of(found) == {"dependency-changed"}
    assert "1.1.0" in found.printed("json")
    assert not fails(found.review, "broadens")
    assert not rules_of(compared(tmp_path / "2", {name: before}, {name: f"{before}# a comment\n"}))


TAKEN_IN_UNREAD = {
    "a Helmfile with a template, which can't be read": (
        "helmfile.yaml.gotmpl",
        'releases:\n{{ if eq .Environment.Name "p" }}\n- {name: a, chart: b, version: VERSION}\n{{ end }}\n',
    ),
    "a base that can't be read": ("kustomization.yaml", "resources: [a\nbases: &x VERSION\n"),
    "a chart above 1 MB": ("Chart.yaml", f"# {'x' * 1024 * 1024}\ndependencies: [{{name: x, version: VERSION}}]\n"),
    "a chart that is nested deep": ("Chart.yaml", f"x: {'[' * 40}VERSION{']' * 40}\n"),
    "a template of an application": (
        "templates/app.yaml",
        "apiVersion: argoproj.io/v1alpha1\n{{ if .Values.x }}\nspec: {source: {repoURL: 'https://x', path: VERSION}}\n",
    ),
}


@pytest.mark.parametrize(("name", "text"), TAKEN_IN_UNREAD.values(), ids=TAKEN_IN_UNREAD.keys())
def test_what_takes_in_something_and_cannot_be_read_is_a_notice(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {name: text.replace("VERSION", "1")}, {name: text.replace("VERSION", "2")})
    assert rules_of(found) == {"dependency-changed"}
    assert "what it takes in is not known" in found.printed("text")
    assert not fails(found.review, "broadens")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "Uses argoproj.io/v1alpha1 with `repoURL: VERSION`"),
        ("templates/rollout.yaml", "apiVersion: argoproj.io/v1alpha1\n{{ if x }}\nlabels: {helm.sh/chart: VERSION}\n"),
        ("image.yaml", "image: {repository: nginx, tag: VERSION}\n"),
    ],
)
def test_what_takes_in_nothing_gives_no_notice(name: str, text: str, tmp_path: Path) -> None:
    found = compared(tmp_path, {name: text.replace("VERSION", "1")}, {name: text.replace("VERSION", "2")})
    assert not rules_of(found)


def test_an_application_that_no_longer_names_a_revision_is_a_notice(tmp_path: Path) -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nspec: {source: {repoURL: 'https://x', path: y, targetRevision: v1}}\n"
    before, after = (each.encode("utf-16") for each in (text, text.replace(", targetRevision: v1", "")))
    assert rules_of(compared(tmp_path, {"a.yaml": before}, {"a.yaml": after})) == {"dependency-changed"}


@pytest.mark.parametrize(
    ("text", "trips"),
    [
        ("roles:\n- {name: r, managed: [AdministratorAccess]}\n", True),
        ("sets:\n  Ops: AdministratorAccess\n", True),
        ("attach: [job-function/SystemAdministrator]\n", True),
        ("roleName: AdministratorAccess\n", False),
        ("tags: [{Value: SecurityAudit}]\n", False),
        ("description: AdministratorAccess\n", False),
    ],
)
def test_the_name_of_a_managed_policy_is_unknown_but_as_a_name_of_its_own(
    text: str, trips: bool, tmp_path: Path
) -> None:
    assert fails(compared(tmp_path, {}, {"p.yaml": text}).review, "broadens") == trips


@pytest.mark.parametrize(
    ("kind", "properties", "opens"),
    [
        ("AWS::SSO::Assignment", {"PrincipalId": "p"}, False),
        ("AWS::RAM::ResourceShare", {"Principals": ["111122223333"]}, False),
        ("AWS::Lambda::Url", {"AuthType": "NONE"}, False),
        ("AWS::IAM::UserToGroupAddition", {"GroupName": "denied"}, True),
        ("AWS::LakeFormation::DataLakeSettings", {"CreateTableDefaultPermissions": []}, True),
        ("AWS::Organizations::Policy", {"TargetIds": ["ou-1"]}, True),
        ("My::Own::Thing::MODULE", {}, True),
    ],
)
def test_an_unread_grant_that_goes_trips_only_where_it_may_have_restricted_something(
    kind: str, properties: Any, opens: bool, tmp_path: Path
) -> None:
    bucket = {"Type": "AWS::S3::Bucket"}
    both = {"Resources": {"B": bucket, "G": {"Type": kind, "Properties": properties}}}
    found = compared(tmp_path / "gone", {"p.json": both}, {"p.json": {"Resources": {"B": bucket}}})
    assert fails(found.review, "broadens") == opens
    assert ("not-looked-at" in rules_of(found)) == opens
    assert fails(found.review, "any")
    come = compared(tmp_path / "come", {"p.json": {"Resources": {"B": bucket}}}, {"p.json": both})
    assert fails(come.review, "broadens")
