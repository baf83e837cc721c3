"""`python -m benchmarks`: loading measured against the shortest time that the providers' documents allow.

`limits` is that time, `server` the stand-in providers under their limits, `stage` a Valkey, the sandbox and workers,
`readers` who loads (the dashboard, or a public client library in `clients`), `__main__` the table.
"""
