variable "environment" {
  type    = string
  default = "prod"
}

data "aws_caller_identity" "current" {}

resource "aws_s3_bucket" "uploads" {
  bucket = "uploads-${var.environment}"
  tags   = { team = "web" }
}

resource "aws_sqs_queue" "jobs" {
  name                      = "jobs"
  message_retention_seconds = 345600
}

