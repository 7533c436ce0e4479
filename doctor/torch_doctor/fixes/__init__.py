"""Cures: what would mend a finding, found in the matrix and worded for the person at hand."""
