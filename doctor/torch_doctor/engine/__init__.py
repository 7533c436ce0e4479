"""The engine: rules are run over facts, evidence is attached, findings are ordered, and a verdict is reached."""
