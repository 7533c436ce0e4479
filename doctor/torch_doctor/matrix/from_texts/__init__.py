"""What the text of an error says beside which error it is: names and sizes, as values."""
