//! The forms of a page, and the bodies that browsers make of them.

use std::fmt::Write;

use bytes::Bytes;
use scraper::{ElementRef, Html, Selector};
use url::Url;
use url::form_urlencoded::Serializer;

use super::Page;

/// A file for a field of a form.
///
/// ```
/// use palisade::test::FormFile;
///
/// let file = FormFile::new("photo", "cat.png", "image/png", *b"\x89PNG");
/// assert!(format!("{file:?}").contains("cat.png"));
/// ```
#[derive(Clone, Debug)]
pub struct FormFile {
    field: String,
    name: String,
    content_type: String,
    bytes: Bytes,
}

impl FormFile {
    /// Makes a file for a field, with its file name, content type and bytes.
    pub fn new(field: &str, name: &str, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Bytes::from(bytes.into());
        Self { field: field.to_owned(), name: name.to_owned(), content_type: content_type.to_owned(), bytes }
    }
}

/// The encoding of a form's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    UrlEncoded,
    Multipart,
}

/// A request that a form makes.
#[derive(Debug)]
pub(super) struct FormRequest {
    pub(super) url: Url,
    pub(super) is_get: bool,
    pub(super) encoding: Encoding,
    pub(super) fields: Vec<(String, String)>,
}

#[derive(Debug)]
struct Form {
    id: Option<String>,
    /// The action of the form, then those of its buttons.
    actions: Vec<(Url, Encoding)>,
    is_get: bool,
    controls: Vec<Control>,
}

/// A field, or one of its options.
#[derive(Debug)]
struct Control {
    name: String,
    kind: ControlKind,
    value: String,
    /// The browser sends the value if the test says nothing.
    is_default: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ControlKind {
    Text,
    Choice,
    File,
}

/// Fills in the form of a page that sends to `target`, which is an action or `#id`.
///
/// # Errors
/// If there is no such form, or it lacks a field: the forms or fields that there are.
pub(super) fn fill(
    page: &Page,
    target: &str,
    fields: &[(&str, &str)],
    files: &[FormFile],
) -> Result<FormRequest, String> {
    let forms = forms(page);
    let wanted = page.url.join(target).map_err(|error| format!("`{target}` is not a path: {error}"))?;
    let fits = |url: &Url| {
        url.path() == wanted.path() && (wanted.query().is_none() || url.query() == wanted.query())
    };
    let matching: Vec<(&Form, &(Url, Encoding))> = match target.strip_prefix('#') {
        Some(id) => {
            let named = forms.iter().filter(|form| form.id.as_deref() == Some(id));
            named.map(|form| (form, &form.actions[0])).collect()
        }
        None => {
            let found = forms.iter().map(|form| (form, form.actions.iter().find(|(url, _)| fits(url))));
            found.filter_map(|(form, action)| Some((form, action?))).collect()
        }
    };
    let Some(first) = matching.first() else {
        let actions: Vec<_> = forms.iter().map(Form::describe).collect();
        let actions = if actions.is_empty() { "no form".to_owned() } else { actions.join(", ") };
        return Err(format!("no form sends to `{target}`; the page has {actions}"));
    };
    let names = || fields.iter().map(|(name, _)| *name).chain(files.iter().map(|file| &*file.field));
    let complete =
        matching.iter().find(|(form, _)| names().all(|name| form.controls_of(name).next().is_some()));
    let (form, (url, encoding)) = complete.unwrap_or(first);
    let fields = form.data(fields)?;
    for file in files {
        if !form.controls_of(&file.field).any(|control| control.kind == ControlKind::File) {
            return Err(form.lacks(&file.field));
        }
        if *encoding != Encoding::Multipart {
            return Err(format!("{} sends no files: add `enctype=\"multipart/form-data\"`", form.describe()));
        }
    }
    Ok(FormRequest { url: url.clone(), is_get: form.is_get, encoding: *encoding, fields })
}

impl Form {
    fn describe(&self) -> String {
        let id = self.id.as_ref().map_or_else(String::new, |id| format!(" (#{id})"));
        let method = if self.is_get { "GET" } else { "POST" };
        format!("{method} {}{id}", path_of(&self.actions[0].0))
    }

    fn controls_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Control> {
        self.controls.iter().filter(move |control| control.name == name)
    }

    fn lacks(&self, name: &str) -> String {
        let mut names: Vec<&str> = self.controls.iter().map(|control| &*control.name).collect();
        names.dedup();
        format!("{} has no field `{name}`; it has {}", self.describe(), names.join(", "))
    }

    /// Returns what the browser sends: these fields, and the page's own values of the others.
    fn data(&self, fields: &[(&str, &str)]) -> Result<Vec<(String, String)>, String> {
        for (name, value) in fields {
            let mut controls = self.controls_of(name).filter(|control| control.kind != ControlKind::File);
            let Some(first) = controls.next() else { return Err(self.lacks(name)) };
            let mut all = std::iter::once(first).chain(controls);
            let is_offered = |control: &Control| control.kind == ControlKind::Text || control.value == *value;
            if !value.is_empty() && !all.any(is_offered) {
                let values: Vec<_> = self.controls_of(name).map(|control| &*control.value).collect();
                return Err(format!(
                    "{} does not offer `{value}` for `{name}`; it offers {}",
                    self.describe(),
                    values.join(", ")
                ));
            }
        }
        let given = |name: &str| {
            let values = fields.iter().filter(|(given, _)| *given == name).map(|(_, value)| *value);
            values.collect::<Vec<_>>()
        };
        let mut data: Vec<(String, String)> = Vec::new();
        let mut filled: Vec<&str> = Vec::new();
        for Control { name, value, is_default, .. } in &self.controls {
            let values = given(name);
            if values.is_empty() && *is_default {
                data.push((name.clone(), value.clone()));
            }
            if values.is_empty() || filled.contains(&&**name) {
                continue;
            }
            filled.push(name);
            // An empty value leaves a box unchecked.
            let offers_empty =
                |control: &Control| control.kind == ControlKind::Text || control.value.is_empty();
            let sends_empty = self.controls_of(name).any(offers_empty);
            let sent = values.into_iter().filter(|value| sends_empty || !value.is_empty());
            data.extend(sent.map(|value| (name.clone(), value.to_owned())));
        }
        Ok(data)
    }
}

fn forms(page: &Page) -> Vec<Form> {
    let html = Html::parse_document(&page.text);
    let base =
        html.select(&selector("base[href]")).next().and_then(|base| page.url.join(base.attr("href")?).ok());
    let base = base.as_ref().unwrap_or(&page.url);
    let action = |element: ElementRef<'_>, attribute: &str| {
        let text = element.attr(attribute).map(str::trim).filter(|text| !text.is_empty());
        let mut url = text.and_then(|text| base.join(text).ok()).unwrap_or_else(|| page.url.clone());
        url.set_fragment(None);
        url
    };
    let encoding = |text: Option<&str>| match text {
        Some(text) if text.eq_ignore_ascii_case("multipart/form-data") => Encoding::Multipart,
        _ => Encoding::UrlEncoded,
    };
    let elements: Vec<_> = html.select(&selector("form")).collect();
    let mut forms: Vec<_> = elements
        .iter()
        .map(|form| Form {
            id: form.attr("id").map(str::to_owned),
            actions: vec![(action(*form, "action"), encoding(form.attr("enctype")))],
            is_get: !form.attr("method").is_some_and(|method| method.eq_ignore_ascii_case("post")),
            controls: Vec::new(),
        })
        .collect();
    for control in html.select(&selector("input, select, textarea, button")) {
        let ancestor = |name: &str| {
            control.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == name)
        };
        let owner = match control.attr("form") {
            Some(id) => elements.iter().position(|form| form.attr("id") == Some(id)),
            None => ancestor("form").and_then(|form| elements.iter().position(|known| *known == form)),
        };
        let is_disabled = control.attr("disabled").is_some()
            || ancestor("fieldset").is_some_and(|fields| fields.attr("disabled").is_some());
        let Some(form) = owner.map(|at| &mut forms[at]).filter(|_| !is_disabled) else { continue };
        if control.attr("formaction").is_some() {
            let own = control.attr("formenctype").map(|text| encoding(Some(text)));
            let encoding = own.unwrap_or(form.actions[0].1);
            form.actions.push((action(control, "formaction"), encoding));
        }
        if let Some(name) = control.attr("name").filter(|name| !name.is_empty()) {
            form.controls.extend(controls(control, name));
        }
    }
    forms
}

/// Returns a field, or its options.
fn controls(element: ElementRef<'_>, name: &str) -> Vec<Control> {
    let one = |kind, value: &str, is_default| {
        vec![Control { name: name.to_owned(), kind, value: value.to_owned(), is_default }]
    };
    let value = element.attr("value");
    match element.value().name() {
        "select" => options(element, name),
        "textarea" => one(ControlKind::Text, &element.text().collect::<String>(), true),
        "button" => one(ControlKind::Choice, value.unwrap_or_default(), false),
        _ => match &*element.attr("type").unwrap_or("text").to_ascii_lowercase() {
            "checkbox" | "radio" => {
                one(ControlKind::Choice, value.unwrap_or("on"), element.attr("checked").is_some())
            }
            "submit" | "button" | "image" | "reset" => {
                one(ControlKind::Choice, value.unwrap_or_default(), false)
            }
            "file" => one(ControlKind::File, "", false),
            _ => one(ControlKind::Text, value.unwrap_or_default(), true),
        },
    }
}

fn options(element: ElementRef<'_>, name: &str) -> Vec<Control> {
    let options: Vec<_> = element.select(&selector("option")).collect();
    let is_selected = |option: &ElementRef<'_>| option.attr("selected").is_some();
    // A list of which one option can be chosen starts with the first one.
    let first = element.attr("multiple").is_none() && !options.iter().any(is_selected);
    let control = |(position, option): (usize, &ElementRef<'_>)| {
        let text = option.text().collect::<String>();
        Control {
            name: name.to_owned(),
            kind: ControlKind::Choice,
            value: option.attr("value").unwrap_or_else(|| text.trim()).to_owned(),
            is_default: is_selected(option) || (first && position == 0),
        }
    };
    options.iter().enumerate().map(control).collect()
}

fn selector(text: &'static str) -> Selector {
    Selector::parse(text).expect("the selector is constant")
}

pub(super) fn path_of(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// Encodes fields as `application/x-www-form-urlencoded`.
pub(super) fn url_encoded<N: AsRef<str>, V: AsRef<str>>(fields: &[(N, V)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Encodes fields and files as `multipart/form-data`. Returns the content type and the body.
pub(super) fn multipart<N: AsRef<str>, V: AsRef<str>>(
    fields: &[(N, V)],
    files: &[FormFile],
) -> (String, Vec<u8>) {
    const BOUNDARY: &str = "----palisade-test-3f9c1a7be2d84056";
    // As the HTML standard escapes names.
    let quoted = |text: &str| text.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22");
    let mut body = Vec::new();
    let mut part = |head: String, content: &[u8]| {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    for (name, value) in fields {
        part(format!("name=\"{}\"", quoted(name.as_ref())), value.as_ref().as_bytes());
    }
    for file in files {
        let mut head = format!("name=\"{}\"; filename=\"{}\"", quoted(&file.field), quoted(&file.name));
        let _ = write!(head, "\r\nContent-Type: {}", file.content_type);
        part(head, &file.bytes);
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={BOUNDARY}"), body)
}
