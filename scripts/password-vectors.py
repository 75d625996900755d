#!/usr/bin/env python3
"""Writes palisade/tests/data/passwords.json: hashes made by Werkzeug, Django and argon2-cffi, at low cost.

    python3 -m venv VENV && VENV/bin/pip install werkzeug==3.1.9 django argon2-cffi
    VENV/bin/python scripts/password-vectors.py

Salts are random, so the file changes with each run, but it always verifies.
"""
import json
import pathlib

from argon2 import PasswordHasher
from django.conf import settings
from werkzeug.security import check_password_hash, generate_password_hash

settings.configure(
    PASSWORD_HASHERS=[
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
        "django.contrib.auth.hashers.Argon2PasswordHasher",
        "django.contrib.auth.hashers.ScryptPasswordHasher",
    ]
)
from django.contrib.auth import hashers  # noqa: E402

PASSWORDS = ["correct horse", "pässwörd ∑ 密码", " with spaces ", "x" * 200]


def django(password):
    pbkdf2 = hashers.PBKDF2PasswordHasher()
    sha1 = hashers.PBKDF2SHA1PasswordHasher()
    argon2 = hashers.Argon2PasswordHasher()
    argon2.memory_cost, argon2.parallelism = 64, 2
    scrypt = hashers.ScryptPasswordHasher()
    yield pbkdf2.encode(password, "aSaltOfTwentyTwoChars1", iterations=7)
    yield sha1.encode(password, "aSaltOfTwentyTwoChars1", iterations=7)
    yield argon2.encode(password, "aSaltOfTwentyTwoChars1")
    yield scrypt.encode(password, "aSaltOfTwentyTwoChars1", n=16)


def werkzeug(password):
    for method in ["scrypt:1024:8:1", "scrypt:2048:4:1", "pbkdf2:sha256:7", "pbkdf2:sha1:7", "pbkdf2:sha512:7"]:
        yield generate_password_hash(password, method)


def phc(password):
    yield PasswordHasher(time_cost=2, memory_cost=64, parallelism=2, hash_len=32, salt_len=16).hash(password)


vectors = []
for password in PASSWORDS:
    for made_by in (werkzeug, django, phc):
        for hash in made_by(password):
            if made_by is werkzeug:
                assert check_password_hash(hash, password)
            if made_by is django:
                assert hashers.check_password(password, hash)
            vectors.append({"by": made_by.__name__, "password": password, "hash": hash})

path = pathlib.Path(__file__).parent.parent / "palisade/tests/data/passwords.json"
path.write_text(json.dumps(vectors, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
print(f"{len(vectors)} vectors")
