//! A page that says something, without a form.

use askama::Template;
use axum::response::{Html, IntoResponse, Response};

use crate::error::Error;
use crate::pages::parts::frame::Frame;
use crate::pages::parts::layout::{Layout, Section};

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
