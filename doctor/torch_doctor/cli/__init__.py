"""The command line: parse, call, render, exit code. Nothing is judged here."""
