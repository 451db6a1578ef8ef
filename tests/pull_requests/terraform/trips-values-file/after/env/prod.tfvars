actions = ["s3:*"]
