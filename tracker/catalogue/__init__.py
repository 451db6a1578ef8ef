"""What an action is: its service, description, access level, resource types and condition keys.

Gives the layers above one `Catalogue`, made from AWS's service reference and a table of retired actions.
Never invents a description; what is not documented is said to be so.
"""
