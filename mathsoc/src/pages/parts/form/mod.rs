//! HTML forms: fields, submitted values and validation errors.
//!
//! A form that fails validation is rendered again with status 422. It shows the submitted values
//! (passwords excepted) and an error beside each invalid field. Forms are `novalidate`: the server
//! validates, so that every browser shows the same messages.

mod merge;
mod message;

use std::borrow::Cow;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use palisade::PageHeaders;
use palisade::template::SafeHtml;

pub(crate) use self::merge::FormVersion;
pub(crate) use self::message::MessagePage;
use super::frame::Frame;
use super::layout::{Layout, Section};
use super::unsent::{FormFill, Unsent};
use crate::error::Error;
use crate::web::{assets, policy};

/// A page with one form.
#[derive(Template)]
#[template(path = "form.html")]
pub(crate) struct FormPage {
    layout: Layout,
    token: SafeHtml,
    unsent: Unsent,
    /// The member whose text the script keeps.
    member: Option<i64>,
    /// The path that the form is sent to, if it is not the page's own.
    action: Option<&'static str>,
    title: &'static str,
    lead: Vec<String>,
    problem: Option<String>,
    fields: Vec<Field>,
    button: &'static str,
    /// Label and `formaction` of a second button, which opens a new window.
    other: Option<(&'static str, &'static str)>,
    /// Further buttons that submit the form: name, value and label.
    more: Vec<(&'static str, String, &'static str)>,
    /// `true` if someone else has saved the same thing since.
    conflict: bool,
    /// Label and action of a form below, which is a button alone.
    act: Option<(&'static str, String)>,
    links: Vec<(&'static str, String)>,
}

impl FormPage {
    pub(crate) fn new(frame: &Frame, title: &'static str, button: &'static str) -> Self {
        Self {
            layout: frame.layout(Section::Account),
            token: frame.token(),
            unsent: frame.unsent().clone(),
            member: frame.user().map(|user| user.id),
            action: None,
            title,
            lead: Vec::new(),
            problem: None,
            fields: Vec::new(),
            button,
            other: None,
            more: Vec::new(),
            conflict: false,
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

    /// Sets the fields. A page that shows typed text again fills it in, if it has a field for each
    /// text.
    #[must_use]
    pub(crate) fn fields(self, fields: impl Into<Vec<Field>>) -> Self {
        let mut fields = fields.into();
        if let Unsent::Fill(fill) = &self.unsent
            && fill.form.typed().all(|(name, _)| fields.iter().any(|field| field.is_named(name)))
        {
            fields = fields.into_iter().map(|field| field.fill(fill)).collect();
            fill.mark_shown();
            return Self { fields, ..self };
        }
        let unsent = if let Unsent::Fill(_) = self.unsent { Unsent::None } else { self.unsent };
        Self { fields, unsent, ..self }
    }

    /// Sends the form to this path instead of the page's own.
    #[must_use]
    pub(crate) fn to(self, action: &'static str) -> Self {
        Self { action: Some(action), ..self }
    }

    /// Adds a second button, which submits the form to `to` in a new window.
    ///
    /// It submits as `application/x-www-form-urlencoded`: of files only the names.
    #[must_use]
    pub(crate) fn other(self, button: &'static str, to: &'static str) -> Self {
        Self { other: Some((button, to)), ..self }
    }

    /// Adds a button that submits the form with one more value.
    #[must_use]
    pub(crate) fn more(mut self, name: &'static str, value: impl Into<String>, label: &'static str) -> Self {
        self.more.push((name, value.into(), label));
        self
    }

    /// Adds the version of what the form shows, so that a save over a newer one is noticed. The
    /// fields must have the stored values.
    #[must_use]
    pub(crate) fn version(mut self, version: i64) -> Self {
        let base = merge::base(&self.fields);
        self.fields.extend([Field::hidden("version", version.to_string()), Field::hidden("base", base)]);
        self
    }

    /// Adds the version that the form was sent with.
    #[must_use]
    pub(crate) fn same_version(mut self, sent: &FormVersion) -> Self {
        let version = Field::hidden("version", sent.version.clone());
        self.fields.extend([version, Field::hidden("base", sent.base.clone())]);
        self
    }

    /// Merges the sent fields, which the form has, with what someone else has saved since. Fields
    /// that both changed show both.
    #[must_use]
    pub(crate) fn conflict(mut self, sent: &FormVersion, stored: &[Field], version: i64) -> Self {
        let base = merge::base(stored);
        self.fields = merge::merge(self.fields, stored, &sent.base);
        self.fields.extend([Field::hidden("version", version.to_string()), Field::hidden("base", base)]);
        self.conflict = true;
        self.problem(Some(merge::EXPLANATION))
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

    /// Returns `true` if the page shows typed text that was not sent.
    fn is_filled(&self) -> bool {
        matches!(self.unsent, Unsent::Fill(_) | Unsent::Sent)
    }

    fn has_files(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
    }

    /// Returns the member whose text the script keeps: in forms with a text, and without a secret.
    fn drafts_of(&self) -> Option<i64> {
        let has = |kinds: &[FieldKind]| self.fields.iter().any(|field| kinds.contains(&field.kind));
        let is_drafted = has(&[FieldKind::Text, FieldKind::Long, FieldKind::Rich]);
        self.member.filter(|_| is_drafted && !has(&[FieldKind::Password, FieldKind::Code]))
    }

    /// Renders the page: with status 422 if it shows an error, else 200.
    pub(crate) fn respond(&self) -> Result<Response, Error> {
        let status = match self.is_wrong() {
            _ if self.conflict => StatusCode::CONFLICT,
            true => StatusCode::UNPROCESSABLE_ENTITY,
            false => StatusCode::OK,
        };
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
    /// The value that someone else has saved since, if it differs.
    theirs: Option<String>,
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
            theirs: None,
            autocomplete,
        }
    }

    pub(crate) fn text(
        name: impl Into<Cow<'static, str>>,
        label: impl Into<Cow<'static, str>>,
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

    fn is_named(&self, name: &str) -> bool {
        self.name == name && !matches!(self.kind, FieldKind::Part)
    }

    /// Fills in the typed text. A file field stays empty, and so does a password.
    fn fill(self, fill: &FormFill) -> Self {
        match (&self.kind, fill.text(&self.name)) {
            (FieldKind::Part | FieldKind::File(_) | FieldKind::Password | FieldKind::Code, _) => self,
            (FieldKind::Checkbox, text) => self.value(if text.is_some() { "yes" } else { "" }),
            (_, Some(text)) => {
                let text = text.to_owned();
                self.value(text)
            }
            (_, None) => self,
        }
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
