module "reader" {
  source  = "./modules/policy"
  name    = "reader"
  actions = ["s3:ListAllMyBuckets"]
}
