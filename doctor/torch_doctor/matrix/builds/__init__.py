"""Builds of companion packages: questions about their rows, and how these compare with what wheels say."""
