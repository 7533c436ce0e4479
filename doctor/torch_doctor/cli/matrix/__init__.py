"""``torch-doctor matrix``: one file per sub-command."""
