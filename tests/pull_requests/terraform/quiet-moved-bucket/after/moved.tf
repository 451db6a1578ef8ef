moved {
  from = aws_s3_bucket.uploads
  to   = aws_s3_bucket.files
}
