"""The command line `tally`."""
