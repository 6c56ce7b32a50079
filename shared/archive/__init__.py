"""Usage logs and journals in files: how they are laid out, written, read back and changed."""
