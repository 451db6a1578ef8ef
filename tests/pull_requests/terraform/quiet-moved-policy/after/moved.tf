moved {
  from = aws_iam_policy.app
  to   = aws_iam_policy.service
}
