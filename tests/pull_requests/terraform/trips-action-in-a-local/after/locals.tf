locals {
  actions = ["s3:*"]
}
