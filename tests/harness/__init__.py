"""What the tests stand on: a private PostgreSQL, the real binary, tokens, and a client that holds
every reply against the contract. Fixtures over them are in plugin.py."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAVOUR = os.environ.get("FLAVOUR", "release")
BUILD = ROOT / os.environ.get("BUILD", "build")
BINARY = BUILD / FLAVOUR / "clinicd"
# A sanitized service is several times slower; limits of time are multiplied by this.
PATIENCE = 1 if FLAVOUR == "release" else 6
