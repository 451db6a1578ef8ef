variable "admin" {
  default = false
}

resource "aws_iam_policy" "reader" {
  count  = var.admin ? 1 : 0
  name   = "reader"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["*"], Resource = "*" }] })
}
