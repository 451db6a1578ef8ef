"""The archive as tables, for databases and data tools: `policy-tracker export`.

Gives the tables, their columns and their rows (`tables`, `rows`), and writes them as an SQLite database or as a folder
of JSON Lines (`sqlite`, `json_lines`). Never reads an archive itself, and says nothing in any language: titles come
in as arguments.
"""
