"""The tables' base, the engine, migrations."""
