module "app" {
  source  = "terraform-aws-modules/lambda/aws"
  version = "7.1.0"
}
