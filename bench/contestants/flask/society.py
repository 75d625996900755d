"""The site's home page and a challenge's page in Flask, with the same database, queries and markup.

The browser typesets formulas, as on the original site.
"""

import os
import time

from flask import abort, render_template, request
from flask_login import current_user, login_user
from flask_sqlalchemy import SQLAlchemy
from flask_wtf.csrf import generate_csrf
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.security import check_password_hash

from app import User as SignedIn
from app import app, login

app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.path.abspath(os.environ["BENCH_DATABASE"])
db = SQLAlchemy(app)


class User(db.Model):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str]
    full_name: Mapped[str]
    password_hash: Mapped[str]


class Announcement(db.Model):
    __tablename__ = "announcements"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    published_at: Mapped[int]
    deleted_at: Mapped[int | None]


class Article(db.Model):
    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author: Mapped[str]
    teaser: Mapped[str]
    published_at: Mapped[int]
    deleted_at: Mapped[int | None]


class Challenge(db.Model):
    __tablename__ = "challenges"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    key_stage: Mapped[str]
    summary: Mapped[str]
    statement: Mapped[str]
    released_at: Mapped[int]
    locked_at: Mapped[int | None]
    deleted_at: Mapped[int | None]
    competition_id: Mapped[int | None]
    boxes: Mapped[list["Box"]] = relationship(order_by="Box.position")


class Box(db.Model):
    __tablename__ = "answer_boxes"
    id: Mapped[int] = mapped_column(primary_key=True)
    challenge_id: Mapped[int] = mapped_column(ForeignKey("challenges.id"))
    position: Mapped[int]
    label: Mapped[str]


class Submission(db.Model):
    __tablename__ = "submissions"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    box_id: Mapped[int] = mapped_column(ForeignKey("answer_boxes.id"))
    verdict: Mapped[str]
    given: Mapped[str]
    hint: Mapped[str | None]


@login.user_loader
def load(number):
    user = db.session.get(User, int(number))
    if user is None:
        return None
    signed_in = SignedIn(number)
    signed_in.full_name = user.full_name
    return signed_in


@app.template_filter("day")
def day(seconds):
    return time.strftime("%-d %B %Y", time.gmtime(seconds))


@app.get("/login")
def login_form():
    return f'<form method="post"><input type="hidden" name="csrf_token" value="{generate_csrf()}"></form>'


def really_log_in():
    user = db.session.scalar(select(User).where(User.email_key == request.form["email"].lower()))
    if user is None or not check_password_hash(user.password_hash, request.form["password"]):
        abort(422)
    login_user(SignedIn(str(user.id)))
    return "", 204


app.view_functions["log_in"] = really_log_in


@app.get("/")
def home():
    now = int(time.time())
    announcement = db.session.scalar(
        select(Announcement)
        .where(Announcement.published_at <= now, Announcement.deleted_at.is_(None))
        .order_by(Announcement.published_at.desc(), Announcement.id.desc())
        .limit(1)
    )
    challenges = db.session.scalars(
        select(Challenge)
        .where(Challenge.released_at <= now, Challenge.competition_id.is_(None), Challenge.deleted_at.is_(None))
        .order_by(Challenge.released_at.desc(), Challenge.id.desc())
        .limit(6)
    ).all()
    articles = db.session.scalars(
        select(Article)
        .where(Article.published_at <= now, Article.deleted_at.is_(None))
        .order_by(Article.published_at.desc(), Article.id.desc())
        .limit(3)
    ).all()
    return render_template("home.html", announcement=announcement, challenges=challenges, articles=articles)


@app.get("/challenges/<int:number>")
def challenge(number):
    now = int(time.time())
    found = db.session.scalar(
        select(Challenge).where(
            Challenge.id == number, Challenge.released_at <= now, Challenge.deleted_at.is_(None)
        )
    )
    if found is None:
        abort(404)
    given = {}
    if current_user.is_authenticated:
        rows = db.session.scalars(
            select(Submission)
            .where(Submission.user_id == int(current_user.id), Submission.box_id.in_([box.id for box in found.boxes]))
            .order_by(Submission.id)
        )
        for row in rows:
            given.setdefault(row.box_id, []).append(row)
    locked = found.locked_at is not None and found.locked_at <= now
    return render_template("challenge.html", challenge=found, given=given, locked=locked)
