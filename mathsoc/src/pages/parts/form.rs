//! Forms: their fields, what was typed into them, and what is wrong with it.
//!
//! A form that is not accepted comes back with what was typed, never with passwords, and with what is wrong beside each field,
//! with status 422. Browsers' own checks are left to the server: it says the same to everybody, in the same words.

use std::borrow::Cow;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::PageHeaders;

use super::frame::Frame;
use super::layout::{Layout, Section};
use super::trusted_html::TrustedHtml;
use crate::error::Error;
use crate::web::{assets, policy};

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    layout: Layout,
    token: TrustedHtml,
    title: &'static str,
    lead: Vec<String>,
    problem: Option<String>,
    fields: Vec<Field>,
    button: &'static str,
    /// A second button, and where it sends the form, in another window.
    other: Option<(&'static str, &'static str)>,
    /// A form with nothing but a button, below: what it does, and where.
    act: Option<(&'static str, String)>,
    links: Vec<(&'static str, String)>,
}

impl FormPage {
    /// A form with a heading and a button.
    pub(crate) fn new(frame: &Frame, title: &'static str, button: &'static str) -> Self {
        Self {
            layout: frame.layout(Section::Account),
            token: frame.token(),
            title,
            lead: Vec::new(),
            problem: None,
            fields: Vec::new(),
            button,
            other: None,
            act: None,
            links: Vec::new(),
        }
    }

    /// The part of the site that it belongs to, if that isn't one's account.
    #[must_use]
    pub(crate) fn section(mut self, section: Section) -> Self {
        self.layout.section = section;
        self
    }

    /// A paragraph before the fields.
    #[must_use]
    pub(crate) fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead.push(text.into());
        self
    }

    /// What is wrong with the whole of it.
    #[must_use]
    pub(crate) fn problem(self, text: Option<impl Into<String>>) -> Self {
        Self { problem: text.map(Into::into), ..self }
    }

    /// Its fields.
    #[must_use]
    pub(crate) fn fields(self, fields: impl Into<Vec<Field>>) -> Self {
        Self { fields: fields.into(), ..self }
    }

    /// A second button, which sends the form there, in another window; of files only the names.
    #[must_use]
    pub(crate) fn other(self, button: &'static str, to: &'static str) -> Self {
        Self { other: Some((button, to)), ..self }
    }

    /// A button of its own below the form, which does something else.
    #[must_use]
    pub(crate) fn act(self, button: &'static str, to: impl Into<String>) -> Self {
        Self { act: Some((button, to.into())), ..self }
    }

    /// A link below the button.
    #[must_use]
    pub(crate) fn link(mut self, text: &'static str, to: impl Into<String>) -> Self {
        self.links.push((text, to.into()));
        self
    }

    fn is_wrong(&self) -> bool {
        self.problem.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    fn has_files(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
    }

    /// The page: 422 where something is wrong with what was sent.
    pub(crate) fn respond(&self) -> Result<Response, Error> {
        let status = if self.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let headers = if self.editor().is_some() { policy::editor() } else { PageHeaders::new() };
        Ok((status, headers, Html(self.render()?)).into_response())
    }

    /// The script of the editor, if there is a field for it, and it was built.
    fn editor(&self) -> Option<&'static str> {
        let is_rich = self.fields.iter().any(|field| field.kind == FieldKind::Rich);
        if is_rich { assets::url("dist/editor.js") } else { None }
    }
}

/// A field of a form.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    name: Cow<'static, str>,
    label: Cow<'static, str>,
    kind: FieldKind,
    value: String,
    error: Option<String>,
    hint: Option<Cow<'static, str>>,
    autocomplete: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum FieldKind {
    Text,
    Email,
    Password,
    /// A number of digits, typed from another device.
    Code,
    Checkbox,
    Hidden,
    /// A heading.
    Part,
    /// Some lines of text.
    Long,
    /// Some lines of HTML.
    Rich,
    /// A day with an hour.
    Hour,
    /// A file, of the kinds that `accept` lists for the browser.
    File(&'static str),
    Select(Vec<(String, String)>),
}

impl Field {
    fn new(
        kind: FieldKind,
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Cow<'static, str>>,
        autocomplete: &'static str,
    ) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            error: None,
            hint: None,
            autocomplete,
        }
    }

    /// A line of text.
    pub(crate) fn text(
        name: impl Into<Cow<'static, str>>,
        label: &'static str,
        autocomplete: &'static str,
    ) -> Self {
        Self::new(FieldKind::Text, name, label, autocomplete)
    }

    /// No field, but a heading over those that follow.
    pub(crate) fn part(heading: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FieldKind::Part, "", heading, "off")
    }

    /// Some lines of text.
    pub(crate) fn long_text(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Long, name, label, "off")
    }

    /// Text with headings, lists and formulas, as HTML; with script, the editor of `web/editor.ts` stands for it.
    pub(crate) fn rich_text(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Rich, name, label, "off").hint(
            "Formulas stand between \\( and \\), or \\[ and \\]. It is kept as HTML, such as <p>, <h2>, <ul> and <table>.",
        )
    }

    /// A day with an hour, as [`Hour`](super::day::Hour) is written.
    pub(crate) fn hour(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Hour, name, label, "off")
    }

    /// A file, of the kinds that `accept` lists for the browser. The form is sent as `multipart/form-data` then.
    pub(crate) fn file(name: &'static str, label: &'static str, accept: &'static str) -> Self {
        Self::new(FieldKind::File(accept), name, label, "off")
    }

    /// An e-mail address.
    pub(crate) fn email(label: &'static str) -> Self {
        Self::new(FieldKind::Email, "email", label, "username")
    }

    /// The password that one has.
    pub(crate) fn password(label: &'static str) -> Self {
        Self::new(FieldKind::Password, "password", label, "current-password")
    }

    /// A password to be.
    pub(crate) fn new_password(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Password, name, label, "new-password")
    }

    /// A code from another device.
    pub(crate) fn code(label: &'static str) -> Self {
        Self::new(FieldKind::Code, "code", label, "one-time-code")
    }

    /// Yes or no.
    pub(crate) fn checkbox(name: impl Into<Cow<'static, str>>, label: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FieldKind::Checkbox, name, label, "off")
    }

    /// What the form carries along.
    pub(crate) fn hidden(name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self::new(FieldKind::Hidden, name, "", "off").value(value)
    }

    /// One of several: what is sent and what is read.
    pub(crate) fn select(name: &'static str, label: &'static str, choices: Vec<(String, String)>) -> Self {
        Self::new(FieldKind::Select(choices), name, label, "off")
    }

    /// What was typed. A password does not come back.
    #[must_use]
    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        let value = if self.kind == FieldKind::Password { String::new() } else { value.into() };
        Self { value, ..self }
    }

    /// What is wrong with it.
    #[must_use]
    pub(crate) fn error(self, error: Option<impl ToString>) -> Self {
        Self { error: error.map(|error| error.to_string()), ..self }
    }

    /// What helps to fill it in.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Under which name it is sent.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Email => "email",
            FieldKind::Password => "password",
            FieldKind::Hour => "datetime-local",
            FieldKind::File(_) => "file",
            _ => "text",
        }
    }

    /// The elements that describe it to who cannot see where they stand.
    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        let ids: Vec<String> = error.into_iter().chain(hint).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A page that only says something, with a heading.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct MessagePage {
    layout: Layout,
    title: &'static str,
    text: Vec<String>,
    links: Vec<(&'static str, String)>,
}

impl MessagePage {
    /// A page that says this.
    pub(crate) fn new(frame: &Frame, title: &'static str, text: impl Into<String>) -> Self {
        Self { layout: frame.layout(Section::Account), title, text: vec![text.into()], links: Vec::new() }
    }

    /// Another paragraph.
    #[must_use]
    pub(crate) fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.text.push(text.into());
        self
    }

    /// A link below.
    #[must_use]
    pub(crate) fn link(mut self, text: &'static str, to: impl Into<String>) -> Self {
        self.links.push((text, to.into()));
        self
    }

    /// The page.
    pub(crate) fn respond(&self) -> Result<Response, Error> {
        Ok(Html(self.render()?).into_response())
    }
}
