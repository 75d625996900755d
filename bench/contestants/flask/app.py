"""The same five responses from Flask with Talisman, Limiter, Login, and WTF's CSRF."""

from flask import Flask, jsonify, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_talisman import Talisman
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

app = Flask(__name__)
app.config.update(
    SECRET_KEY="4Zt0pQm3xk2W8vJr/NcB1yFhUaGd7LsE5TiRoKPeVnwAMzXq",
    SESSION_COOKIE_SECURE=True,
    SESSION_COOKIE_SAMESITE="Lax",
    RATELIMIT_STORAGE_URI="memory://",
)
app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)
Talisman(
    app,
    content_security_policy={"default-src": "'none'", "script-src": "'strict-dynamic'", "style-src": "'self'"},
    content_security_policy_nonce_in=["script-src"],
)
limiter = Limiter(get_remote_address, app=app, default_limits=["1000000000/minute", "1000000000/hour"])
CSRFProtect(app)
login = LoginManager(app)

ROWS = "".join(
    f"<tr><td>{row}</td><td>Ada Lovelace</td><td>{1000 - row}</td></tr>\n" for row in range(1, 381)
)


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@login.user_loader
def load(name):
    return User(name)


@app.get("/json")
def small():
    return jsonify(status="ok", solved=42)


@app.get("/page")
def page():
    return (
        f'<!doctype html><title>Board</title><script nonce="{request.csp_nonce}">'
        f"document.title = 'Leaderboard'</script><table>{ROWS}</table>"
    )


@app.get("/me")
@login_required
def me():
    return jsonify(name=current_user.id)


@app.post("/login")
def log_in():
    login_user(User("ada"))
    return "", 204


@app.get("/form")
def form():
    return f'<form method="post"><input type="hidden" name="csrf_token" value="{generate_csrf()}"><input name="text"></form>'


@app.post("/form")
def save():
    return f"saved {len(request.form['text'])} letters"


@app.get("/limited")
@limiter.limit("5/hour")
def limited():
    return "not yet"
