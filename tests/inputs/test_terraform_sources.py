"""Sources of Terraform: what is worked out, a symbol, or unknown, and what a changed definition changes."""

import json
import textwrap
from typing import Any

import pytest

from tracker.inputs.model import Contents, LoadedDocument, ReadOptions, UnknownKind
from tracker.inputs.terraform.modules import ProjectFiles
from tracker.inputs.terraform.projects import changed_projects
from tracker.inputs.terraform.source import read_project
from tracker.policy.symbols import printable

HEADER = 'variable "unset" {}\nresource "aws_s3_bucket" "b" {\n  bucket = "mine"\n}\n'


def read(text: str = "", /, **files: str) -> Contents:
    """Read a root module: a text of `main.tf`, and more files by name (`__` for a slash, `_tf` for `.tf`)."""
    held = {name.replace("__", "/").replace("_tf", ".tf").replace("_json", ".json"): one for name, one in files.items()}
    tree = {"main.tf": text, **held}
    texts = {path: textwrap.dedent(one).encode() for path, one in tree.items()}
    return read_project("", ProjectFiles(texts), ReadOptions()).contents


def only(contents: Contents) -> LoadedDocument:
    (document,) = contents.documents
    return document


def shown(value: Any) -> Any:
    """Return a value with its symbols as people see them."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def statement(text: str, **files: str) -> dict[str, Any]:
    """Return the only statement of a policy that a text sets, symbols as people see them."""
    found = only(read(HEADER + text, **files)).document
    assert found is not None
    (one,) = found["Statement"]
    return {name: shown(value) for name, value in one.items()}


def policy(expression: str) -> str:
    return f'resource "aws_iam_policy" "p" {{\n  policy = {expression}\n}}\n'


def with_action(expression: str) -> str:
    return policy(f'jsonencode({{ Statement = [{{ Effect = "Allow", Action = {expression}, Resource = "*" }}] }})')


def data(body: str, name: str = "d") -> str:
    return f'data "aws_iam_policy_document" "{name}" {{\n{body}\n}}\n'


USED = policy("data.aws_iam_policy_document.d.json")


# --- what is worked out ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "action"),
    [
        ('"s3:GetObject"', "s3:GetObject"),
        ('["a:b", "a:c"]', ["a:b", "a:c"]),
        ("local.actions", ["a:b"]),
        ("var.actions", ["a:d"]),
        ("concat(local.actions, var.actions)", ["a:b", "a:d"]),
        ('[for a in local.actions : "x:${a}"]', ["x:a:b"]),
        ('[for a in ["a", "b"] : "x:${a}" if a != "b"]', ["x:a"]),
        ("local.nested.deep[0].action", "a:e"),
        ('local.nested["deep"][0]["action"]', "a:e"),
        ("local.nested.deep[*].action", ["a:e"]),
        ('true ? "a:b" : "a:c"', "a:b"),
        ('var.none == null ? "a:b" : "a:c"', "a:b"),
        ('format("%s:%s", "s3", "Get")', "s3:Get"),
        ('"${local.service}:Get"', "s3:Get"),
        ('join(":", [local.service, "Get"])', "s3:Get"),
        ('flatten([["a:b"], [["a:c"]]])', ["a:b", "a:c"]),
        ('lookup({ x = "a:b" }, "x", "a:c")', "a:b"),
        ('merge({ x = "a:b" }, { y = "a:c" }).y', "a:c"),
        ('split(",", "a:b,a:c")', ["a:b", "a:c"]),
        ('sort(toset(["b:b", "a:a", "b:b"]))', ["a:a", "b:b"]),
        ('values({ b = "b:b", a = "a:a" })', ["a:a", "b:b"]),
        ('keys({ for a in ["x:y"] : a => 1 })', ["x:y"]),
        ('replace("s3-Get", "-", ":")', "s3:Get"),
        ("jsondecode(jsonencode(local.actions))", ["a:b"]),
        ('[for key, item in toset(["a:b"]) : key]', ["a:b"]),
        ('1 == true ? "a:b" : "a:c"', "a:c"),
    ],
)
def test_expressions_are_worked_out(expression: str, action: Any) -> None:
    more = """
    locals {
      actions = ["a:b"]
      service = "s3"
      nested  = { deep = [{ action = "a:e" }] }
    }
    variable "actions" {
      default = ["a:d"]
    }
    variable "none" {
      default = null
    }
    """
    assert statement(with_action(expression), more_tf=more)["Action"] == action


def test_a_data_source_is_a_document_as_the_provider_makes_it() -> None:
    body = """
      statement {
        sid         = "one"
        effect      = "Deny"
        not_actions = ["a:b"]
        not_resources = ["arn:aws:s3:::&{aws:username}"]
        principals {
          type        = "AWS"
          identifiers = ["*"]
        }
        principals {
          type        = "Service"
          identifiers = ["ec2.amazonaws.com"]
        }
        condition {
          test     = "StringLike"
          variable = "aws:PrincipalArn"
          values   = ["x"]
        }
        condition {
          test     = "StringLike"
          variable = "aws:PrincipalArn"
          values   = ["y"]
        }
      }
    """
    assert statement(data(body) + USED) == {
        "Sid": "one",
        "Effect": "Deny",
        "NotAction": ["a:b"],
        "NotResource": ["arn:aws:s3:::${aws:username}"],
        "Principal": {"AWS": ["*"], "Service": ["ec2.amazonaws.com"]},
        "Condition": {"StringLike": {"aws:PrincipalArn": ["x", "y"]}},
    }


def block(action: str, sid: str = "") -> str:
    return f'statement {{\n  sid       = "{sid}"\n  actions   = ["{action}"]\n  resources = ["*"]\n}}\n'


def test_documents_are_merged_by_their_sids() -> None:
    merged = (
        "source_policy_documents   = [data.aws_iam_policy_document.base.json]\n"
        "override_policy_documents = [data.aws_iam_policy_document.over.json]\n"
    )
    text = (
        data(block("x:base", "a") + block("x:more"), "base")
        + data(block("x:over", "b"), "over")
        + data(merged + block("x:own", "a") + block("x:lost", "b"))
    )
    found = only(read(text + USED)).document
    assert found is not None
    assert [one["Action"] for one in found["Statement"]] == [["x:own"], ["x:more"], ["x:over"]]


def test_a_heredoc_is_a_document() -> None:
    heredoc = """
    <<-EOT
      {"Statement": [{
        "Effect": "Allow", "Action": "s3:GetObject",
        "Resource": ["${aws_s3_bucket.b.arn}/*", "arn:aws:s3:::$${aws:username}"]
      }]}
    EOT
    """
    found = statement(policy(heredoc.strip()))
    assert found["Resource"] == ["⟨aws_s3_bucket.b.arn⟩/*", "arn:aws:s3:::${aws:username}"]


def test_files_of_the_tree_are_documents() -> None:
    held = '{"Statement": [{"Effect": "Allow", "Action": "${action}", "Resource": "*"}]}'
    found = statement(policy('templatefile("${path.module}/p.json", { action = "a:b" })'), p_json=held)
    assert found["Action"] == "a:b"
    assert statement(policy('file("p.json")'), p_json=held)["Action"] == "${action}"


def test_a_configuration_in_json_is_read() -> None:
    value = {
        "variable": {"a": {"default": "a:b"}},
        "data": {"aws_iam_policy_document": {"d": {"statement": {"actions": ["${var.a}"], "resources": ["*"]}}}},
        "resource": {"aws_iam_policy": {"p": {"policy": "${data.aws_iam_policy_document.d.json}"}}},
    }
    found = read_project("", ProjectFiles({"main.tf.json": json.dumps(value).encode()}), ReadOptions()).contents
    document = only(found).document
    assert document is not None
    assert document["Statement"] == [{"Effect": "Allow", "Action": ["a:b"], "Resource": ["*"]}]


def test_dynamic_blocks_over_what_is_known_are_statements() -> None:
    body = """
      dynamic "statement" {
        for_each = { a = "x:1", b = "x:2" }
        iterator = one
        content {
          sid       = one.key
          actions   = [one.value]
          resources = ["*"]
        }
      }
    """
    document = only(read(data(body) + USED)).document
    assert document is not None
    assert [(one["Sid"], one["Action"]) for one in document["Statement"]] == [("a", ["x:1"]), ("b", ["x:2"])]


def test_variables_are_what_values_files_and_options_set() -> None:
    text = 'variable "a" {\n  default = "a:default"\n}\n' + with_action("var.a")

    def action(**more: Any) -> Any:
        document = only(read(text, **more)).document
        assert document is not None
        return printable(document["Statement"][0]["Action"])

    assert action() == "a:default"
    tree = {"main.tf": text.encode(), "terraform.tfvars": b'a = "a:set"\n', "z.auto.tfvars.json": b'{"a": "a:last"}'}
    found = only(read_project("", ProjectFiles(tree), ReadOptions()).contents).document
    assert found is not None
    assert found["Statement"][0]["Action"] == "a:last"
    given = ReadOptions(parameters={"a": "a:given"})
    found = only(read_project("", ProjectFiles(tree), given).contents).document
    assert found is not None
    assert found["Statement"][0]["Action"] == "a:given"


def test_a_variable_that_a_values_file_may_set_is_not_its_default() -> None:
    text = ('variable "a" {\n  default = "a:default"\n}\n' + with_action("var.a")).encode()
    symbols = set()
    for value in (b'a = "a:1"\n', b'a = "a:2"\n'):
        tree = {"main.tf": text, "envs/prod.tfvars": value}
        found = only(read_project("", ProjectFiles(tree), ReadOptions()).contents).document
        assert found is not None
        assert printable(found["Statement"][0]["Action"]) == "⟨var.a⟩"
        symbols.add(found["Statement"][0]["Action"])
    assert len(symbols) == 2


def test_instances_are_kept_apart_by_their_index() -> None:
    text = """
    resource "aws_iam_policy" "each" {
      for_each = toset(["a", "b"])
      policy   = jsonencode({ Statement = [{ Effect = "Allow", Action = "x:${each.key}", Resource = "*" }] })
    }
    resource "aws_iam_policy" "count" {
      count  = 2
      policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "x:${count.index}", Resource = "*" }] })
    }
    resource "aws_iam_policy" "none" {
      count  = 0
      policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "x:y", Resource = "*" }] })
    }
    """
    found = {one.identity: one.document["Statement"][0]["Action"] for one in read(text).documents if one.document}
    assert found == {
        'aws_iam_policy.each["a"]/policy': "x:a",
        'aws_iam_policy.each["b"]/policy': "x:b",
        "aws_iam_policy.count[0]/policy": "x:0",
        "aws_iam_policy.count[1]/policy": "x:1",
    }


def test_a_module_that_is_called_by_path_is_read_with_its_arguments() -> None:
    child = 'variable "action" {}\n' + with_action("var.action") + 'output "arn" {\n  value = aws_iam_policy.p.arn\n}\n'
    text = """
    module "m" {
      source = "./child"
      action = "a:b"
    }
    resource "aws_iam_role_policy_attachment" "a" {
      role       = "r"
      policy_arn = module.m.arn
    }
    """
    found = read(text, child__main_tf=child)
    assert only(found).identity == "module.m.aws_iam_policy.p/policy"
    assert only(found).document == {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}
    assert [(one.principal, one.policy, one.unknown) for one in found.attachments] == [
        ("role/r", "module.m.aws_iam_policy.p/policy", None)
    ]


def test_lines_point_at_what_sets_a_policy() -> None:
    assert only(read("\n\n" + with_action('"a:b"'))).location.line == 4


def test_an_override_file_changes_a_part_of_a_resource() -> None:
    """https://developer.hashicorp.com/terraform/language/files/override."""
    override = 'resource "aws_iam_policy" "p" {\n  description = "x"\n}\n'
    assert only(read(with_action('"a:b"'), main_override_tf=override)).document
    other = with_action('"a:c"')
    document = only(read(with_action('"a:b"'), override_tf=other)).document
    assert document is not None
    assert document["Statement"][0]["Action"] == "a:c"


def test_of_two_files_that_declare_one_policy_both_are_read() -> None:
    """Terraform reads `a.tf`, and OpenTofu `a.tofu` instead."""
    tree = {"a.tf": with_action('"a:b"').encode(), "a.tofu": with_action('"a:c"').encode()}
    found = read_project("", ProjectFiles(tree), ReadOptions()).contents
    assert len(found.documents) == 2


def test_dynamic_blocks_of_a_configuration_in_json_are_statements() -> None:
    content = {"actions": ["${one.value}"], "resources": ["*"]}
    dynamic = {"statement": {"for_each": ["a:b"], "iterator": "one", "content": content}}
    value = {"data": {"aws_iam_policy_document": {"d": {"dynamic": dynamic}}}}
    found = read_project("", ProjectFiles({"main.tf.json": json.dumps(value).encode()}), ReadOptions()).contents
    document = only(found).document
    assert document is not None
    assert document["Statement"] == [{"Effect": "Allow", "Action": ["a:b"], "Resource": ["*"]}]


# --- what is not known -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "symbol"),
    [
        ("var.unset", "⟨var.unset⟩"),
        ('"x:${var.unset}"', "x:⟨var.unset⟩"),
        ("local.missing", "⟨local.missing⟩"),
        ("data.aws_ssm_parameter.p.value", "⟨data.aws_ssm_parameter.p.value⟩"),
        ("module.elsewhere.actions", "⟨module.elsewhere.actions⟩"),
        ("terraform.workspace", "⟨terraform.workspace⟩"),
        ('var.unset ? "a:b" : "a:c"', '⟨var.unset?"a:b":"a:c"⟩'),
        ("cidrsubnet(var.unset, 1, 1)", "⟨cidrsubnet(var.unset,1,1)⟩"),
        ('["a:b"][-1]', '⟨["a:b"][-1]⟩'),
        ("one(concat(var.unset, []))", "⟨one(concat(var.unset,[]))⟩"),
    ],
)
def test_what_is_not_worked_out_is_a_symbol(expression: str, symbol: str) -> None:
    assert statement(with_action(expression))["Action"].replace(" ", "") == symbol


def test_a_reference_of_terraform_is_no_policy_variable() -> None:
    quoted = json.dumps(json.dumps({"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "${var.unset}"}]}))
    found = only(read(policy(quoted)))
    assert "${" not in json.dumps(found.document)


@pytest.mark.parametrize(
    "expression",
    [
        "var.unset",
        "jsonencode(var.unset)",
        "jsonencode(merge(var.unset, {}))",
        'replace(data.aws_iam_policy_document.d.json, "/a/", "*")',
        'file("missing.json")',
        'jsonencode({ Version = "2012-10-17", Statement = var.unset })',
        '<<EOT\n{"Statement": [%{ if var.unset }{"Effect": "Allow", "Action": "*", "Resource": "*"}%{ endif }]}\nEOT\n',
        '<<EOT\n{"Statement": [{"Effect": "Allow", "Action": ${var.unset}, "Resource": "*"}]}\nEOT\n',
        "try(var.unset, null)",
    ],
)
def test_a_policy_of_which_nothing_is_known_is_unknown(expression: str) -> None:
    found = [one for one in read(HEADER + policy(expression)).documents if one.identity.startswith("aws_iam_policy.p")]
    assert [one.document for one in found] == [None]
    assert found[0].unknowns[0].digest


KNOWN = '{ Effect = "Allow", Action = "a:b", Resource = "*" }'


@pytest.mark.parametrize(
    "expression",
    [
        'concat([{ Effect = "Allow", Action = "a:b", Resource = "*" }], var.unset)',
        f"[{KNOWN}, var.unset]",
        f'[{KNOWN}, {{ Effect = var.unset, Action = "*", Resource = "*" }}]',
        f'[{KNOWN}, {{ Effect = "Allow", Action = "*", Condition = var.unset }}]',
        f'[{KNOWN}, {{ Effect = "Allow", Action = "*", Principal = var.unset }}]',
    ],
)
def test_a_statement_that_is_not_known_is_unknown_and_the_others_are_read(expression: str) -> None:
    found = only(read(HEADER + policy(f"jsonencode({{ Statement = {expression} }})")))
    assert found.document == {"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}
    assert [(one.kind, one.pointer) for one in found.unknowns] == [(UnknownKind.UNRESOLVED, "/Statement/1")]


@pytest.mark.parametrize(
    "body",
    [
        'dynamic "statement" {\n for_each = var.unset\n content {\n actions = ["*"]\n resources = ["*"]\n }\n}',
        "source_policy_documents = var.unset",
        "override_policy_documents = [var.unset]",
    ],
)
def test_a_data_source_with_parts_that_are_not_known_is_incomplete(body: str) -> None:
    found = only(read(HEADER + data('statement {\n actions = ["a:b"]\n resources = ["*"]\n}\n' + body) + USED))
    assert found.document is not None
    assert len(found.document["Statement"]) == 1
    assert [unknown.kind for unknown in found.unknowns] == [UnknownKind.UNRESOLVED]


def test_blocks_that_are_not_known_and_hold_policies_are_unknown() -> None:
    block = 'dynamic "inline_policy" {\n  for_each = var.unset\n  content {\n    policy = inline_policy.value\n  }\n}\n'
    found = only(read(f'resource "aws_iam_role" "r" {{\n  name = "r"\n  {block}}}\n'))
    assert found.document is None


def test_a_document_that_nothing_uses_is_read() -> None:
    found = read(data('statement {\n actions = ["a:b"]\n resources = ["*"]\n}'))
    assert only(found).identity == "data.aws_iam_policy_document.d/json"


def test_a_count_that_rests_on_a_default_is_a_condition() -> None:
    text = 'variable "on" {\n  default = %s\n}\n' + with_action('"a:b"').replace(
        "{\n", "{\n  count = var.on ? 1 : 0\n", 1
    )
    cases = {only(read(text % value)).condition for value in ("true", "false")}
    assert len(cases) == 2
    assert () not in cases


def test_a_module_from_elsewhere_is_unknown_and_its_arguments_are_read() -> None:
    text = """
    module "m" {
      source   = "terraform-aws-modules/lambda/aws"
      version  = "%s"
      policies = ["arn:aws:iam::aws:policy/AdministratorAccess"]
      policy_statements = {
        s3 = { effect = "Allow", actions = ["s3:*"], resources = ["*"] }
      }
    }
    """
    found = read(text % "1.0")
    assert only(found).document == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}],
    }
    assert [one.policy for one in found.attachments] == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    digests = [{unknown.digest for _, unknown in read(text % version).unknowns} for version in ("1.0", "1.0", "2.0")]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "text",
    [
        "resource {{{",
        "x = " + "[" * 2000 + "]" * 2000,
        "a = 1\na = 2",
        'resource "aws_iam_policy" "p" {\n policy = \ue000',
    ],
)
def test_a_source_that_can_not_be_read_is_unknown(text: str) -> None:
    found = read(text + "\n# policy\n")
    assert [unknown.kind for _, unknown in found.unknowns] == [UnknownKind.UNREADABLE]


def test_a_byte_order_mark_is_no_hindrance() -> None:
    tree = {"main.tf": b"\xef\xbb\xbf" + with_action('"a:b"').replace("\n", "\r\n").encode()}
    assert only(read_project("", ProjectFiles(tree), ReadOptions()).contents).document


def test_an_escape_does_not_make_a_symbol() -> None:
    found = read(with_action('"\\ue000x#0123456789abcdef\\ue001"'))
    assert "\ue000" not in json.dumps(only(found).document, ensure_ascii=False)


# --- what decides a value --------------------------------------------------------------------------------------------


def resource_symbol(**files: str) -> Any:
    text = policy('jsonencode({ Statement = [{ Effect = "Allow", Action = "a:b", Resource = aws_sqs_queue.q.arn }] })')
    document = only(read(text, **files)).document
    assert document is not None
    return document["Statement"][0]["Resource"]


QUEUE = 'resource "aws_sqs_queue" "q" {{\n  name = {name}\n  {more}\n}}\n'


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (QUEUE.format(name='"q"', more="tags = { a = 1 }"), True),
        (QUEUE.format(name='"q"', more="kms_master_key_id = aws_kms_key.k.arn"), True),
        (QUEUE.format(name='"q" # a comment', more=""), True),
        (QUEUE.format(name='"other"', more=""), False),
        (QUEUE.format(name='"q"', more="for_each = toset([1])"), False),
        ("", False),
    ],
)
def test_what_a_resource_is_called_decides_its_arn(other: str, is_same: bool) -> None:
    same = resource_symbol(a_tf=QUEUE.format(name='"q"', more="")) == resource_symbol(a_tf=other)
    assert same is is_same


def test_what_a_name_refers_to_decides_it_too() -> None:
    queue = QUEUE.format(name="local.name", more="")
    symbols = {
        resource_symbol(a_tf=queue + f'locals {{\n  name = "{name}-${{var.unset}}"\n}}\n') for name in ("a", "b")
    }
    assert len(symbols) == 2


def test_a_moved_resource_is_called_as_before() -> None:
    before = resource_symbol(a_tf=QUEUE.format(name='"q"', more=""))
    text = policy(
        'jsonencode({ Statement = [{ Effect = "Allow", Action = "a:b", Resource = aws_sqs_queue.new.arn }] })'
    )
    moved = QUEUE.format(name='"q"', more="").replace('"q" {', '"new" {') + (
        "moved {\n  from = aws_sqs_queue.q\n  to   = aws_sqs_queue.new\n}\n"
    )
    document = only(read(text, a_tf=moved)).document
    assert document is not None
    assert document["Statement"][0]["Resource"] == before


# --- which projects a change touches ---------------------------------------------------------------------------------


TREE = {
    "app/main.tf": with_action("var.a"),
    "app/variables.tf": 'variable "a" {\n  default = "a:b"\n}\n',
    "root/main.tf": 'module "m" {\n  source = "../module"\n}\n',
    "module/main.tf": policy('file("${path.module}/../policies/p.json")'),
    "policies/p.json": '{"Statement": [{"Effect": "Allow", "Action": "a:b", "Resource": "*"}]}',
    "other/main.tf": with_action('"a:b"'),
}


@pytest.mark.parametrize(
    ("path", "projects"),
    [
        ("app/variables.tf", {"app"}),
        ("app/terraform.tfvars", {"app"}),
        ("module/main.tf", {"root"}),
        ("policies/p.json", {"root"}),
        ("README.md", set()),
    ],
)
def test_a_change_touches_the_projects_that_rest_on_it(path: str, projects: set[str]) -> None:
    before = {name: text.encode() for name, text in TREE.items()}
    sides = changed_projects(before, before, [path], ReadOptions())
    assert [set(side) for side in sides] == [projects, projects]


def test_a_module_that_is_called_in_a_comment_alone_is_a_project_of_its_own() -> None:
    tree = {"main.tf": b'# source = "./module"\n', "module/main.tf": with_action('"a:b"').encode()}
    _, after = changed_projects({}, tree, list(tree), ReadOptions())
    assert only(after["module"]).document


def test_a_changed_default_changes_a_policy_in_an_unchanged_file() -> None:
    before = {name: text.encode() for name, text in TREE.items()}
    after = {**before, "app/variables.tf": b'variable "a" {\n  default = "iam:*"\n}\n'}
    old, new = changed_projects(before, after, ["app/variables.tf"], ReadOptions())
    assert only(old["app"]).document != only(new["app"]).document


@pytest.mark.parametrize(
    ("moved", "identity"),
    [
        ("from = aws_iam_policy.p\n  to = aws_iam_policy.new", "aws_iam_policy.new/policy"),
        ("from = aws_iam_policy.p\n  to = module.m.aws_iam_policy.p", "module.m.aws_iam_policy.p/policy"),
        ('from = aws_iam_policy.p\n  to = aws_iam_policy.p["a"]', 'aws_iam_policy.p["a"]/policy'),
    ],
)
def test_a_moved_policy_is_paired_with_what_it_was(moved: str, identity: str) -> None:
    before = {"main.tf": with_action('"a:b"').encode()}
    after = {"main.tf": f"moved {{\n  {moved}\n}}\n".encode()}
    old, _ = changed_projects(before, after, ["main.tf"], ReadOptions())
    assert only(old["."]).identity == identity
    unmoved, _ = changed_projects(after | before, after, ["main.tf"], ReadOptions())
    assert only(unmoved["."]).identity == identity


# --- bounds ----------------------------------------------------------------------------------------------------------


def doubled(step: str, start: str = '"aaaaaaaaaa"') -> str:
    steps = "".join(f"  l{number + 1} = {step.replace('@', f'local.l{number}')}\n" for number in range(60))
    return with_action("local.l60") + f"locals {{\n  l0 = {start}\n{steps}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        doubled('"${@}${@}"'),
        doubled('"${@}${@}"', "var.unset"),
        doubled("[@, @]"),
        doubled("concat(@, @)", '["a"]'),
        doubled('replace(@, "a", @)'),
        with_action("setproduct(local.a, local.a, local.a, local.a)")
        + f"locals {{\n  a = {json.dumps(['x'] * 200)}\n}}\n",
        with_action('"a"').replace("{\n", "{\n  count = 1000000000\n", 1),
        with_action("local.a") + "locals {\n  a = local.b\n  b = local.a\n}\n",
    ],
    ids=["texts", "symbols", "lists", "concat", "replace", "products", "instances", "circle"],
)
def test_what_grows_without_end_is_not_worked_out(text: str) -> None:
    found = only(read(text))
    assert len(json.dumps(found.document)) < 4_000_000


@pytest.mark.parametrize(
    "text",
    [
        "x = <<EOT\n" + "\n" * 30_000 + "EOT\n",
        "a {\n" * 500 + "}\n" * 500,
        "x = " + "(" * 2000 + "1" + ")" * 2000,
        "x = 1\n" * 50_000,
    ],
    ids=["blank lines", "blocks", "parentheses", "size"],
)
def test_what_would_take_the_parser_too_long_is_unknown(text: str) -> None:
    assert [unknown.kind for _, unknown in read("# policy\n" + text).unknowns] == [UnknownKind.UNREADABLE]


def test_modules_that_call_each_other_end() -> None:
    call = 'module "m" {\n  source = "./"\n}\n'
    assert read(call + with_action('"a:b"')).unknowns
