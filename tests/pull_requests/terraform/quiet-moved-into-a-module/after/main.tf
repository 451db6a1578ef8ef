module "reader" {
  source  = "./modules/policy"
  name    = "reader"
  actions = ["s3:ListAllMyBuckets"]
}

moved {
  from = aws_iam_policy.reader
  to   = module.reader.aws_iam_policy.this
}
