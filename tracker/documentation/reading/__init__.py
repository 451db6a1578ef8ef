"""From a page in any form to its rows: tables, days, names of policies and actions."""
