"""Where the documents of a review come from: files, folders, revisions, the archive, standard input.

`syntax` makes values of bytes. `containers` asks the readers of each kind: `cloudformation`, `terraform`, `serverless`,
`account`, `kubernetes`, `plain`. `files` says which files there are and what each holds, `comparing` pairs the
documents of two sides, and `reader` is where both begin: with what two arguments of a command name.
Gives the layers above pairs of documents. Never leaves out what it could not read.
"""
