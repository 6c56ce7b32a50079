"""The stack: one construct a file, composed in `infra.stack`, configured in `infra.config`."""
