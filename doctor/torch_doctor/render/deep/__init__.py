"""What the deep check measured: its words, its rows and its picture, for every format."""
