"""Tokens over HTTP: what is accepted, what each kind of refusal looks like, and what a token may do."""
import base64
import hashlib
import hmac
import json
import re
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness.client import Client
from harness.raw import exchange, request_bytes
from harness.slots import BRUSSELS, booking_of, slots_apart
from harness.tokens import ALL, PARTNER, READ

LONDON = "01900000-0000-7000-8000-000000000002"
CHALLENGE = re.compile(r'Bearer realm="clinicd"(, (\w+)="([^"\\]*)")*\Z')


def challenge_of(response):
    """The parameters of WWW-Authenticate, whose form is that of RFC 6750 section 3."""
    text = response.headers["www-authenticate"]
    assert CHALLENGE.match(text), text
    return dict(re.findall(r'(\w+)="([^"]*)"', text))


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def claims(**changes):
    now = int(time.time())
    made = {"iss": "clinicd", "aud": "clinicd", "sub": "tester", "iat": now, "exp": now + 600, "scope": ALL,
            "clinics": "*"} | changes
    return {name: value for name, value in made.items() if value is not None}


def by_hand(secret, header, payload):
    """An HS256 token of any header and payload, also of such that no library would make."""
    signed = f"{header if isinstance(header, str) else part(header)}.{payload if isinstance(payload, str) else part(payload)}"
    return f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256"])
def test_each_algorithm_is_accepted(shared_client, tokens, algorithm):
    token = tokens.mint("anna", PARTNER, [BRUSSELS], algorithm=algorithm, ttl=600)
    for _ in range(2):  # verified, then from the cache
        response = shared_client.get("/v1/me", token=token)
        assert response.status_code == 200, response.text
        me = response.json()
        assert (me["sub"], me["scopes"], me["clinics"]) == ("anna", PARTNER.split(), [BRUSSELS])
        assert abs(time.time() + 600 - time.mktime(time.strptime(me["expires_at"][:19], "%Y-%m-%dT%H:%M:%S"))
                   + time.timezone) < 60


def test_ways_to_write_a_good_token(shared_client, tokens):
    """Audiences in a list, typ of RFC 9068, Bearer in any case, more blanks, claims that are not ours."""
    for token in (tokens.mint(aud=["other", "clinicd"]), tokens.mint(headers={"typ": "at+jwt"}),
                  tokens.mint(headers={"typ": None}), tokens.mint(nbf=int(time.time())), tokens.mint(iat=None),
                  tokens.mint(scope=""), tokens.mint(scope=None), tokens.mint(clinics=[]), tokens.mint(email="x@y.example"),
                  tokens.mint(ttl=-20), tokens.mint(nbf=int(time.time()) + 20), tokens.mint(sub="\u00e9" * 100)):
        assert shared_client.get("/v1/me", token=token).status_code == 200, token
    for scheme in ("bearer ", "BEARER ", "Bearer   "):
        assert shared_client.get("/v1/me", headers={"Authorization": scheme + tokens.mint()}).status_code == 200


def bad_tokens(tokens):
    """name, token."""
    secret = tokens.secret.encode()
    good = tokens.mint()
    header, payload, signature = good.split(".")
    now = int(time.time())
    hs256 = {"alg": "HS256", "typ": "JWT"}
    public = {name: key.public_key().public_bytes(serialization.Encoding.PEM,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)
              for name, key in (("RSA", tokens.rsa), ("EC", tokens.ec))}
    stranger_rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    stranger_ec = ec.generate_private_key(ec.SECP256R1())
    rs256, es256 = tokens.mint(algorithm="RS256"), tokens.mint(algorithm="ES256")
    yield "alg none", jwt.encode(claims(), None, algorithm="none")
    yield "alg None with the signature of another", f"{part({'alg': 'None'})}.{payload}.{signature}"
    yield "alg nOnE", f"{part({'alg': 'nOnE'})}.{payload}."
    yield "no alg", by_hand(secret, {"typ": "JWT"}, claims())
    yield "alg a number", by_hand(secret, {"alg": 256}, claims())
    yield "alg in lower case", by_hand(secret, {"alg": "hs256"}, claims())
    for name, pem in public.items():
        yield f"HS256 with the public {name} key as secret", by_hand(pem, hs256, claims())
        yield f"the same without its last newline, {name}", by_hand(pem.rstrip(b"\n"), hs256, claims())
        thumbed = {"alg": "HS256", "kid": name}
        yield f"the same with a kid, {name}", by_hand(pem, thumbed, claims())
    yield "HS384", jwt.encode(claims(), tokens.secret, algorithm="HS384")
    yield "PS256", jwt.encode(claims(), tokens.rsa, algorithm="PS256")
    yield "RS512", jwt.encode(claims(), tokens.rsa, algorithm="RS512")
    yield "RS256 of a stranger", jwt.encode(claims(), stranger_rsa, algorithm="RS256")
    yield "ES256 of a stranger", jwt.encode(claims(), stranger_ec, algorithm="ES256")
    yield "HS256 of a stranger", by_hand(b"x" * 32, hs256, claims())
    yield "HS256 with an empty secret", by_hand(b"", hs256, claims())
    yield "RS256 said, ES256 done", rs256.split(".")[0] + "." + ".".join(es256.split(".")[1:])
    yield "an unknown kid", by_hand(secret, hs256 | {"kid": "2020"}, claims())
    yield "a path as kid", by_hand(b"", hs256 | {"kid": "/dev/null"}, claims())
    yield "a key of its own", by_hand(b"k" * 32, hs256 | {"jwk": {"kty": "oct", "k": part(b"k" * 32)}}, claims())
    yield "keys elsewhere", by_hand(b"k" * 32, hs256 | {"jku": "http://127.0.0.1:1/keys"}, claims())
    yield "an extension demanded", by_hand(secret, hs256 | {"crit": ["exp"]}, claims())
    yield "another typ", by_hand(secret, hs256 | {"typ": "logout+jwt"}, claims())
    yield "alg twice", by_hand(secret, part(b'{"alg":"none","alg":"HS256"}'), claims())
    yield "sub twice", by_hand(secret, hs256, part(json.dumps(claims()).encode()[:-1] + b',"sub":"admin"}'))
    yield "expired", tokens.mint(ttl=-60)
    yield "expired long ago", by_hand(secret, hs256, claims(exp=0))
    yield "no exp", by_hand(secret, hs256, claims(exp=None))
    yield "exp a text", by_hand(secret, hs256, claims(exp=str(now + 600)))
    yield "exp a fraction", by_hand(secret, hs256, claims(exp=now + 600.5))
    yield "exp beyond 64 bits", by_hand(secret, hs256, claims(exp=2**70))
    yield "exp null", by_hand(secret, hs256, {**claims(), "exp": None})
    yield "not yet", tokens.mint(nbf=now + 120)
    yield "nbf a text", by_hand(secret, hs256, claims(nbf="soon"))
    yield "another issuer", tokens.mint(iss="somebody")
    yield "no issuer", tokens.mint(iss=None)
    yield "issuer with a blank", tokens.mint(iss="clinicd ")
    yield "another audience", tokens.mint(aud="other")
    yield "no audience", tokens.mint(aud=None)
    yield "an empty list of audiences", tokens.mint(aud=[])
    yield "audience as a part", tokens.mint(aud="clinicd2")
    yield "audience in an object", by_hand(secret, hs256, claims(aud={"clinicd": 1}))
    yield "no sub", tokens.mint(sub=None)
    yield "an empty sub", tokens.mint(sub="")
    yield "sub a number", by_hand(secret, hs256, claims(sub=7))
    yield "a line end in sub", by_hand(secret, hs256, claims(sub="a\nb"))
    yield "a long sub", tokens.mint(sub="a" * 256)
    yield "scope a list", by_hand(secret, hs256, claims(scope=["directory:read"]))
    yield "scope with odd blanks", by_hand(secret, hs256, claims(scope="directory:read  bookings:read"))
    yield "clinics a text", by_hand(secret, hs256, claims(clinics=BRUSSELS))
    yield "clinics with a star inside", by_hand(secret, hs256, claims(clinics=["*"]))
    yield "clinics with no uuid", by_hand(secret, hs256, claims(clinics=[BRUSSELS, "x"]))
    yield "clinics with an array literal", by_hand(secret, hs256, claims(clinics=[BRUSSELS + "," + LONDON]))
    yield "clinics an object", by_hand(secret, hs256, claims(clinics={BRUSSELS: True}))
    yield "truncated", good[:-1]
    yield "truncated to half", good[:len(good) // 2]
    yield "no signature", f"{header}.{payload}."
    yield "no signature and no dot", f"{header}.{payload}"
    yield "two of three changed", f"{header}.{part(claims(sub='admin'))}.{signature}"
    yield "one bit of the signature", f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    yield "a fourth part", f"{good}.{signature}"
    yield "five parts", f"{header}....{signature}"
    yield "padding", f"{header}.{payload}.{signature}="
    yield "stray characters", f"{header}.{payload}.{signature}!"
    yield "base64 instead of base64url", f"{header}.{payload}.{signature.replace('-', '+').replace('_', '/')}+/"
    yield "payload no object", by_hand(secret, hs256, part(b'["clinicd"]'))
    yield "payload no JSON", by_hand(secret, hs256, part(b"{"))
    yield "payload deep", by_hand(secret, hs256, part(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}"))
    yield "payload with NUL", by_hand(secret, hs256, part(json.dumps(claims()).encode() + b"\0"))
    yield "header no object", by_hand(secret, part(b'"HS256"'), claims())
    yield "garbage", "garbage"
    yield "dots", ".."
    yield "one dot", "."
    yield "quotes", 'a"b.c.d'
    yield "long", tokens.mint(note="n" * 6200)
    yield "very long", "a" * 20000
    yield "encrypted", f"{part({'alg': 'dir', 'enc': 'A256GCM'})}..{part(b'iv')}.{part(b'text')}.{part(b'tag')}"


def test_bad_tokens_are_401_with_a_reason(shared_client, tokens):
    """Each by itself, and again (a refusal must not become a yes by being remembered); where anybody may read
    without a token, a bad one is refused all the same."""
    tried = 0
    for name, token in bad_tokens(tokens):
        for _ in range(2):
            response = shared_client.get("/v1/me", token=token)
            assert response.status_code == 401, f"{name}: {response.text}"
            found = challenge_of(response)
            assert found["error"] == "invalid_token", name
            assert found["error_description"] == response.json()["detail"]
            assert token not in response.text or len(token) < 4
        tried += 1
    assert tried >= 60


@pytest.mark.parametrize("value", ["Bearer", "Basic dTpw", "Token x", "Bearer a b", "Bearer a,b", ""])
def test_an_authorization_that_is_no_bearer_token(shared_client, value):
    response = shared_client.get("/v1/me", headers={"Authorization": value})
    assert response.status_code == 401
    assert challenge_of(response)["error"] in ("invalid_token", "invalid_request")


def test_two_authorizations_are_refused(shared_service, tokens):
    good = f"Authorization: Bearer {tokens.mint()}"
    for second in (good, "authorization: Bearer x"):
        [answer] = exchange(shared_service.port, request_bytes("GET", "/v1/me", [good, second, "Connection: close"]))
        assert answer.status == 401 and 'error="invalid_request"' in answer.headers["www-authenticate"]


def test_no_token_gets_the_bare_challenge(shared_client):
    """RFC 6750 section 3.1: no error code for who did not try."""
    for path in ("/v1/me", "/v1/locations", "/v1/bookings", f"/v1/clinics/{BRUSSELS}/rooms"):
        response = shared_client.get(path)
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="clinicd"'
    assert shared_client.get("/v1/me?access_token=x").status_code == 401


def test_public_pages_look_at_no_token(shared_client):
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/problems/not-found"):
        for token in (None, "garbage"):
            assert shared_client.get(path, token=token).status_code == 200


def test_a_token_ends_while_it_is_remembered(shared_client, tokens):
    """The cache knows the token, the clock is asked all the same (leeway: 30 s)."""
    token = tokens.mint(ttl=-28)
    assert shared_client.get("/v1/me", token=token).status_code == 200
    time.sleep(4)
    response = shared_client.get("/v1/me", token=token)
    assert response.status_code == 401
    assert "expired" in challenge_of(response)["error_description"]


# ---------------------------------------------------------------------- what a token may do

def test_every_operation_wants_its_scopes(shared_client, contract, tokens):
    """Without any scope: 403 that names a set which suffices. With each set that the document names: not 403."""
    for operation in contract.operations:
        sets = [next(iter(one.values())) for one in operation.item["security"]]
        if not sets or sets == [[]]:
            continue
        path = re.sub(r"\{[^}]*\}", BRUSSELS, operation.path)
        refused = shared_client.request(operation.method, path, token=tokens.mint(scope="none:such directory"))
        assert refused.status_code == 403, operation.id
        assert refused.json()["type"] == "/problems/insufficient-scope"
        found = challenge_of(refused)
        assert found["error"] == "insufficient_scope"
        assert found["scope"].split() in sets
        for scopes in sets:
            answer = shared_client.request(operation.method, path, token=tokens.mint(scope=" ".join(scopes)))
            assert answer.status_code != 403, (operation.id, scopes, answer.text)


def test_a_scope_is_a_whole_word(shared_client, tokens):
    for scope in ("directory", "directory:rea", "directory:read2", "xdirectory:read", "DIRECTORY:READ", "directory:write"):
        assert shared_client.get("/v1/locations", token=tokens.mint(scope=scope)).status_code == 403, scope


def test_a_clinic_that_the_token_does_not_name_is_403(shared_client, contract, tokens):
    """The same words whether the clinic exists or not, for every operation under it."""
    token = tokens.mint(clinics=[LONDON])
    for operation in contract.operations:
        if "{clinic_id}" not in operation.path:
            continue
        words = set()
        for clinic in (BRUSSELS, "01900000-0000-7000-8000-00ffffffffff"):
            path = operation.path.replace("{clinic_id}", clinic)
            response = shared_client.request(operation.method, re.sub(r"\{[^}]*\}", BRUSSELS, path), token=token)
            assert response.status_code == 403, operation.id
            words.add(tuple(sorted((k, v) for k, v in response.json().items() if k != "instance")))
        assert len(words) == 1 and dict(words.pop())["type"] == "/problems/clinic-not-allowed"
    assert shared_client.get(f"/v1/clinics/{LONDON.upper()}/rooms", token=token).status_code == 200
    assert shared_client.get(f"/v1/clinics/{BRUSSELS}/rooms", token=tokens.mint(clinics=[])).status_code == 403


def test_bookings_of_others_do_not_exist(client, tokens):
    """Another partner, another clinic's desk: 404 for reading and for acting; the clinic's own desk sees it."""
    slot = slots_apart(client, tokens.website(), 1, days=5)[0]
    booking = client.post("/v1/bookings", json=booking_of(slot), token=tokens.partner("partner-a")).json()["id"]
    for token in (tokens.partner("partner-b"), tokens.desk([LONDON]), tokens.mint("partner-a", PARTNER, [LONDON])):
        assert client.get(f"/v1/bookings/{booking}", token=token).status_code == 404
        assert client.post(f"/v1/bookings/{booking}/cancel", json={}, token=token).status_code == 404
        assert client.post(f"/v1/bookings/{booking}/confirm", json={}, token=token).status_code == 404
        assert booking not in client.get("/v1/bookings", token=token).text
    desk = tokens.desk([BRUSSELS])
    assert client.get(f"/v1/bookings/{booking}", token=desk).status_code == 200
    assert booking in client.get("/v1/bookings", token=desk).text


def test_anonymous_scopes(database, start_service, contract, tokens):
    """Who sends no token gets these scopes and no more; who sends a bad one is told so."""
    service = start_service(database, CLINICD_ANONYMOUS_SCOPES="  directory:read   availability:read ")
    client = Client(service.url, contract)
    assert client.get("/v1/locations").status_code == 200
    me = client.get("/v1/me").json()
    assert me == {"sub": "", "scopes": READ.split(), "clinics": "*", "expires_at": None}
    refused = client.get("/v1/bookings")
    assert refused.status_code == 401 and refused.headers["www-authenticate"] == 'Bearer realm="clinicd"'
    assert client.post(f"/v1/clinics/{BRUSSELS}/rooms", json={}).status_code == 401
    assert client.get("/v1/locations", token="garbage").status_code == 401
    assert client.get("/v1/locations", token=tokens.mint(ttl=-100)).status_code == 401
    assert client.get("/v1/locations", token=tokens.mint(scope="bookings:read")).status_code == 403
    client.close()
