"""From the bytes of a file to values with the line of each part: JSON, YAML, and texts of no known syntax."""
