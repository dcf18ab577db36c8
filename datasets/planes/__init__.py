"""Contract of this nycflights13 table; `importlib.resources` finds it in a zip because this is a package."""
