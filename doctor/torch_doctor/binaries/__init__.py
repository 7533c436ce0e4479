"""What the files of a build say of themselves: ELF and the texts inside. Files are mapped and read, never loaded."""
