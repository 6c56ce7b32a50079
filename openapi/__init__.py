"""The OpenAPI document, generated: a tool of the work bench, which no function imports.

Routes and roles come from `shared/routes.py`, bodies from the functions' own models, errors from the
tree in `shared/domain/errors.py`, bounds from the constants that enforce them. What no code states, the
shape of the answers, is written down in `openapi/models` and held against every answer of the tests.
"""
