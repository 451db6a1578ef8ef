"""What is new, sent to people: e-mail, chat, webhooks.

Gives `messages` (which entries are new, and in which messages they are sent), `receipts` (what each destination was
sent) and `delivery` (Apprise). An entry is sent at least once: its id is on disk right after its delivery, and a
message that is sent again has the same key. Never reads an archive, and never writes a secret.
"""
