resource "aws_iam_policy" "this" {
  for_each = toset(["reader", "lister"])
  name     = each.key
  policy   = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:ListAllMyBuckets"], Resource = "*" }] })
}

moved {
  from = aws_iam_policy.reader
  to   = aws_iam_policy.this["reader"]
}

moved {
  from = aws_iam_policy.lister
  to   = aws_iam_policy.this["lister"]
}
