"""Files of the Serverless Framework, read as the CloudFormation template that they become.

Gives the registry of containers a reader. Never runs a plugin or a variable's program.
"""
