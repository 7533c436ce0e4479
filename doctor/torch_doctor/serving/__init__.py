"""The answers as tools that other programs call, by the Model Context Protocol. No tool writes or changes anything."""
