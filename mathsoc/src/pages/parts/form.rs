//! HTML forms: fields, submitted values and validation errors.
//!
//! A form that fails validation is rendered again with status 422. It shows the submitted values
//! (passwords excepted) and an error beside each invalid field. Forms are `novalidate`: the server
//! validates, so that every browser shows the same messages.

use std::borrow::Cow;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::PageHeaders;
use palisade::template::SafeHtml;

use super::frame::Frame;
use super::layout::{Layout, Section};
use crate::error::Error;
use crate::web::{assets, policy};

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    layout: Layout,
    token: SafeHtml,
    title: &'static str,
    lead: Vec<String>,
    problem: Option<String>,
    fields: Vec<Field>,
    button: &'static str,
    /// Label and `formaction` of a second button, which opens a new window.
    other: Option<(&'static str, &'static str)>,
    /// Label and action of a form below, which is a button alone.
    act: Option<(&'static str, String)>,
    links: Vec<(&'static str, String)>,
}

impl FormPage {
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

    /// Sets the section of the site. The default is [`Section::Account`].
    #[must_use]
    pub(crate) fn section(mut self, section: Section) -> Self {
        self.layout.section = section;
        self
    }

    /// Adds a paragraph before the fields.
    #[must_use]
    pub(crate) fn lead(mut self, text: impl Into<String>) -> Self {
        self.lead.push(text.into());
        self
    }

    /// Sets an error for the form as a whole.
    #[must_use]
    pub(crate) fn problem(self, text: Option<impl Into<String>>) -> Self {
        Self { problem: text.map(Into::into), ..self }
    }

    #[must_use]
    pub(crate) fn fields(self, fields: impl Into<Vec<Field>>) -> Self {
        Self { fields: fields.into(), ..self }
    }

    /// Adds a second button, which submits the form to `to` in a new window.
    ///
    /// It submits as `application/x-www-form-urlencoded`: of files only the names.
    #[must_use]
    pub(crate) fn other(self, button: &'static str, to: &'static str) -> Self {
        Self { other: Some((button, to)), ..self }
    }

    /// Adds a button below the form, which POSTs to `to`.
    #[must_use]
    pub(crate) fn act(self, button: &'static str, to: impl Into<String>) -> Self {
        Self { act: Some((button, to.into())), ..self }
    }

    /// Adds a link below the form.
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

    /// Renders the page: with status 422 if it shows an error, else 200.
    pub(crate) fn respond(&self) -> Result<Response, Error> {
        let status = if self.is_wrong() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let headers = if self.editor().is_some() { policy::editor() } else { PageHeaders::new() };
        Ok((status, headers, Html(self.render()?)).into_response())
    }

    /// Returns the URL of the editor's script, if a field is rich text and assets were built.
    fn editor(&self) -> Option<&'static str> {
        let is_rich = self.fields.iter().any(|field| field.kind == FieldKind::Rich);
        if is_rich { assets::url("dist/editor.js") } else { None }
    }
}

/// An input of a form.
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
    /// A one-time code.
    Code,
    Checkbox,
    Hidden,
    /// A heading, not an input.
    Part,
    /// A `textarea` of plain text.
    Long,
    /// A `textarea` of HTML.
    Rich,
    /// A date with a time.
    Hour,
    /// A file, with the value of `accept`.
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

    pub(crate) fn text(
        name: impl Into<Cow<'static, str>>,
        label: &'static str,
        autocomplete: &'static str,
    ) -> Self {
        Self::new(FieldKind::Text, name, label, autocomplete)
    }

    /// A heading over the fields that follow.
    pub(crate) fn part(heading: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FieldKind::Part, "", heading, "off")
    }

    /// Several lines of plain text.
    pub(crate) fn long_text(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Long, name, label, "off")
    }

    /// HTML with headings, lists and formulas. `web/editor.ts` replaces the `textarea`.
    pub(crate) fn rich_text(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Rich, name, label, "off").hint(
            "Formulas stand between \\( and \\), or \\[ and \\]. It is kept as HTML, such as <p>, <h2>, <ul> and <table>.",
        )
    }

    /// A date with a time, in the format of [`Hour`](super::day::Hour).
    pub(crate) fn hour(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Hour, name, label, "off")
    }

    /// A file with the types of `accept`. It makes the form `multipart/form-data`.
    pub(crate) fn file(name: &'static str, label: &'static str, accept: &'static str) -> Self {
        Self::new(FieldKind::File(accept), name, label, "off")
    }

    pub(crate) fn email(label: &'static str) -> Self {
        Self::new(FieldKind::Email, "email", label, "username")
    }

    /// The current password.
    pub(crate) fn password(label: &'static str) -> Self {
        Self::new(FieldKind::Password, "password", label, "current-password")
    }

    /// A password to set.
    pub(crate) fn new_password(name: &'static str, label: &'static str) -> Self {
        Self::new(FieldKind::Password, name, label, "new-password")
    }

    /// A one-time code from an authenticator app.
    pub(crate) fn code(label: &'static str) -> Self {
        Self::new(FieldKind::Code, "code", label, "one-time-code")
    }

    /// A checkbox. Its submitted value is `yes`.
    pub(crate) fn checkbox(name: impl Into<Cow<'static, str>>, label: impl Into<Cow<'static, str>>) -> Self {
        Self::new(FieldKind::Checkbox, name, label, "off")
    }

    /// A hidden field.
    pub(crate) fn hidden(name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self::new(FieldKind::Hidden, name, "", "off").value(value)
    }

    /// A drop-down list. A choice is a submitted value and a label.
    pub(crate) fn select(name: &'static str, label: &'static str, choices: Vec<(String, String)>) -> Self {
        Self::new(FieldKind::Select(choices), name, label, "off")
    }

    /// Sets the value. Ignored for passwords, which are never sent back.
    #[must_use]
    pub(crate) fn value(self, value: impl Into<String>) -> Self {
        let value = if self.kind == FieldKind::Password { String::new() } else { value.into() };
        Self { value, ..self }
    }

    /// Sets the validation error.
    #[must_use]
    pub(crate) fn error(self, error: Option<impl ToString>) -> Self {
        Self { error: error.map(|error| error.to_string()), ..self }
    }

    /// Sets the help text.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

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

    /// Returns the ids for `aria-describedby`.
    fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        let ids: Vec<String> = error.into_iter().chain(hint).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A page with a heading, paragraphs and links.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct MessagePage {
    layout: Layout,
    title: &'static str,
    text: Vec<String>,
    links: Vec<(&'static str, String)>,
}

impl MessagePage {
    pub(crate) fn new(frame: &Frame, title: &'static str, text: impl Into<String>) -> Self {
        Self { layout: frame.layout(Section::Account), title, text: vec![text.into()], links: Vec::new() }
    }

    /// Adds a paragraph.
    #[must_use]
    pub(crate) fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.text.push(text.into());
        self
    }

    /// Adds a link below the text.
    #[must_use]
    pub(crate) fn link(mut self, text: &'static str, to: impl Into<String>) -> Self {
        self.links.push((text, to.into()));
        self
    }

    pub(crate) fn respond(&self) -> Result<Response, Error> {
        Ok(Html(self.render()?).into_response())
    }
}
