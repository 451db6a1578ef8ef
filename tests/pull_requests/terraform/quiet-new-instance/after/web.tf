resource "aws_instance" "web" {
  ami           = "ami-12345678"
  instance_type = "t3.micro"
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.web.arn
  ssl_policy        = var.ssl_policy
}

variable "ssl_policy" {}
