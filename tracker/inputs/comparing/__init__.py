"""Two sides of a review to pairs of documents: what belongs together, and what is attached."""
