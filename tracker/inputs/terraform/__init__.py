"""What Terraform and OpenTofu say: plans, state, and sources.

Gives the containers `plan` and `state`, and `source` for the files of a folder. Never runs Terraform, and never takes a
reference for a policy variable of IAM.
"""
