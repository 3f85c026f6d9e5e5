"""Mints tokens independently of the service, with PyJWT: for HS256, RS256 and ES256."""
import secrets
import time
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISSUER, AUDIENCE = "clinicd", "clinicd"
READ = "directory:read availability:read"
PARTNER = READ + " bookings:read bookings:write"
DESK = PARTNER + " directory:write bookings:desk"
ALL = DESK + " clients:read clients:erase events:read webhooks:write platform:write"


class Tokens:
    """Keys of one run, as files for CLINICD_JWT_KEYS, and tokens signed with them."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.secret = secrets.token_hex(32)
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self._write("secret", self.secret.encode())
        for name, key in (("rsa", self.rsa), ("ec", self.ec)):
            self._write(f"{name}.pem", key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))

    def _write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        path.chmod(0o600)

    def settings(self):
        """What the service must be told to accept these tokens."""
        keys = f"secret-file:{self.folder}/secret {self.folder}/rsa.pem {self.folder}/ec.pem"
        return {"CLINICD_JWT_KEYS": keys, "CLINICD_JWT_ALGORITHMS": "HS256 RS256 ES256",
                "CLINICD_JWT_ISSUER": ISSUER, "CLINICD_JWT_AUDIENCE": AUDIENCE}

    def mint(self, sub="tester", scope=ALL, clinics="*", algorithm="HS256", ttl=3600, headers=None, **claims):
        """A token; `clinics` is "*" or a list of ids. A claim given as None is left out."""
        now = int(time.time())
        payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": sub, "iat": now, "exp": now + ttl, "scope": scope,
                   "clinics": clinics if clinics == "*" else [str(clinic) for clinic in clinics], **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        key = {"HS256": self.secret, "RS256": self.rsa, "ES256": self.ec}[algorithm]
        return jwt.encode(payload, key, algorithm=algorithm, headers=headers)

    def website(self, sub="website", clinics="*"):
        return self.mint(sub, READ, clinics)

    def partner(self, sub="partner", clinics="*"):
        return self.mint(sub, PARTNER, clinics)

    def desk(self, clinics, sub="desk"):
        return self.mint(sub, DESK, clinics)

    def admin(self, sub="admin", clinics="*"):
        return self.mint(sub, ALL, clinics)
