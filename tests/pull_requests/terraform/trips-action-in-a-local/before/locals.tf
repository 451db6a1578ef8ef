locals {
  actions = ["s3:GetObject"]
}
