"""Fills the local cloud with a demo workspace and 89 days of its usage, through the public API.

    python -m local.seed        seed what is missing; running it again changes nothing that is there
    python -m local.seed.env    print the `export` lines that the examples need

    catalogue   what is sold, at which prices        people      who buys
    usage       the logs of one day, drawn by seed   plan        all days, and the credits they need
    api         the HTTP client                      workspace   settings, key, prices, limits
    load        sending, side by side                examples    commands to try, for people and tests

Everything is drawn from the day and a fixed seed, so the same day gives the same ids and bodies
wherever and whenever it is drawn: what is posted again is a replay.
"""
