"""Answers of AWS's command line about an account: policies, principals, who has what."""
