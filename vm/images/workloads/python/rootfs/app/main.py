"""A short job: what it costs is its imports, and that they really work."""

import sqlite3
import ssl

import numpy

table = sqlite3.connect(":memory:")
table.execute("create table squares (n integer, square integer)")
table.executemany("insert into squares values (?, ?)", ((n, n * n) for n in range(100)))
(total,) = table.execute("select sum(square) from squares").fetchone()
assert total == int((numpy.arange(100) ** 2).sum())
assert ssl.create_default_context() is not None
print(f"ready: sum of squares {total}", flush=True)
