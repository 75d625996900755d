#!/usr/bin/env python3
"""Records the headers of Flask-Talisman 1.1.0 in palisade/tests/data/talisman.json.

    python3 -m venv VENV && VENV/bin/pip install flask flask-talisman==1.1.0
    VENV/bin/python scripts/talisman-vectors.py

The policies and the six configurations are those of the sites that palisade replaces. Run by hand, when
Flask-Talisman or this script changes.
"""

import json
import pathlib

from flask import Flask
from flask_talisman import ALLOW_FROM, GOOGLE_CSP_POLICY, Talisman

JSDELIVR, CDNJS, UNPKG = "https://cdn.jsdelivr.net", "https://cdnjs.cloudflare.com", "https://unpkg.com"
CKEDITOR, POLYFILL = "https://cdn.ckeditor.com", "https://polyfill.io"
FONTS_CSS, FONTS = "https://fonts.googleapis.com", "https://fonts.gstatic.com"


def original(unsafe_eval):
    """The Maths Society Platform's policy, as its security page lists it."""
    scripts = ["'self'", "'unsafe-inline'"] + (["'unsafe-eval'"] if unsafe_eval else [])
    return {
        "default-src": ["'self'"],
        "script-src": scripts + [JSDELIVR, CDNJS, UNPKG, CKEDITOR, POLYFILL],
        "style-src": ["'self'", "'unsafe-inline'", JSDELIVR, CDNJS, FONTS_CSS, UNPKG, CKEDITOR],
        "font-src": ["'self'", FONTS, CDNJS, UNPKG, CKEDITOR, "data:"],
        "img-src": ["'self'", "data:", "blob:", CKEDITOR],
        "connect-src": ["'self'", JSDELIVR, CDNJS, UNPKG, CKEDITOR, "https://cke4.ckeditor.com", "https://maths.example.org"],
        "frame-ancestors": ["'self'"],
        "object-src": ["'none'"],
    }


POLICIES = {
    "original, production": original(False),
    "original, development": original(True),
    "seed 002": {
        "default-src": "'self'",
        "script-src": ["'self'", "'unsafe-inline'", JSDELIVR, "https://cdn.tailwindcss.com"],
        "style-src": ["'self'", "'unsafe-inline'", JSDELIVR],
        "img-src": ["'self'", "data:", "https:"],
        "font-src": ["'self'", "data:", FONTS],
        "connect-src": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
    },
    "seed 002, embed": {"default-src": "'self'", "frame-ancestors": ["'self'", "https://trusted-site.com"]},
    "seed 004": {"default-src": "'self'", "script-src": "'self'"},
    "google": GOOGLE_CSP_POLICY,
    "default": {"default-src": "'self'", "object-src": "'none'"},
}

CONFIGURATIONS = {
    "defaults": {},
    "hardened": {
        "force_https_permanent": True,
        "strict_transport_security_preload": True,
        "strict_transport_security_max_age": 63072000,
        "frame_options": "DENY",
        "x_xss_protection": True,
        "force_file_save": True,
        "referrer_policy": "no-referrer",
        "permissions_policy": {"geolocation": "()", "camera": "(self)"},
        "document_policy": {"oversized-images": "?0"},
        "feature_policy": {"geolocation": "'none'"},
    },
    "report only": {
        "content_security_policy": {"default-src": "'self'", "report-to": "grp"},
        "content_security_policy_report_only": True,
        "content_security_policy_report_uri": "https://r.example/c",
    },
    "google, allow-from, this host only": {
        "content_security_policy": GOOGLE_CSP_POLICY,
        "frame_options": ALLOW_FROM,
        "frame_options_allow_from": "https://p.example",
        "strict_transport_security_include_subdomains": False,
    },
    "everything off": {
        "force_https": False,
        "strict_transport_security": False,
        "content_security_policy": None,
        "frame_options": None,
        "permissions_policy": None,
        "x_content_type_options": False,
    },
    "seed 002, features": {
        "feature_policy": {"geolocation": "'none'", "camera": "'none'", "microphone": "'none'", "payment": "'self'"},
    },
    "seed 002, preload": {
        "strict_transport_security_max_age": 31536000,
        "strict_transport_security_preload": True,
    },
}


def answer(options, scheme):
    app = Flask(__name__)
    app.route("/")(lambda: "")
    Talisman(app, **options)
    response = app.test_client().get("/", base_url=f"{scheme}://example.org")
    ours = ("content-type", "content-length")
    headers = [[name.lower(), value] for name, value in response.headers if name.lower() not in ours]
    return {"status": response.status_code, "headers": headers}


def policy(directives):
    headers = dict(answer({"content_security_policy": directives}, "https")["headers"])
    return headers["content-security-policy"]


vectors = {
    "made by": "scripts/talisman-vectors.py",
    "policies": {name: policy(directives) for name, directives in POLICIES.items()},
    "configurations": {
        name: {scheme: answer(options, scheme) for scheme in ("https", "http")} for name, options in CONFIGURATIONS.items()
    },
}
target = pathlib.Path(__file__).parent.parent / "palisade" / "tests" / "data" / "talisman.json"
target.write_text(json.dumps(vectors, indent=2) + "\n")
