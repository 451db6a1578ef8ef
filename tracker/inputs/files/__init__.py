"""Which files a review looks at, and what each of them holds."""
