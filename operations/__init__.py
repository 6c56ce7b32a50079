"""Commands for operators: `python -m operations <command>`, each a module of this package."""
