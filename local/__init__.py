"""The local cloud: the whole stack on this machine, without Docker or an account.

    python -m local.up       start it and deploy the stack into it
    python -m local.down     stop it; `--forget` drops its data too
    python -m local.token    print an id token of one of its users

`local.cloud` is what scripts and tests use: settings, clients, users.
"""
