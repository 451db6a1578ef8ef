provider "registry.terraform.io/hashicorp/aws" {
  version = "5.70.0"
}
