"""The vocabulary of torch-doctor: facts, rules, findings, reports. No input or output happens here."""
