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


locals {
  grants = [
    { actions = ["s3:GetObject", "s3:PutObject"], resource = "${aws_s3_bucket.uploads.arn}/*" },
    { actions = ["sqs:SendMessage"], resource = aws_sqs_queue.jobs.arn },
  ]
}

data "aws_iam_policy_document" "app" {
  dynamic "statement" {
    for_each = local.grants
    content {
      actions   = statement.value.actions
      resources = [statement.value.resource]
    }
  }
}

resource "aws_iam_policy" "app" {
  name   = "app"
  policy = data.aws_iam_policy_document.app.json
}
