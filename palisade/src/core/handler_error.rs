//! The error that a handler returned, as it travels to the error page in the response's extensions.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The message of a handler's 4xx, and the fields that it names.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "error-page"), allow(dead_code, reason = "error pages read them"))]
pub(crate) struct HandlerError {
    pub(crate) message: Option<HandlerMessage>,
    pub(crate) fields: Vec<FieldError>,
}

/// The message of a handler for the client.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "error-page"), allow(dead_code, reason = "error pages read them"))]
pub(crate) struct HandlerMessage {
    pub(crate) text: Cow<'static, str>,
    /// The text names types or fields of the program: for programs and developers, not for pages.
    pub(crate) is_technical: bool,
}

/// What is wrong with one field of a form, or of a JSON body.
///
/// ```
/// use palisade::Error;
/// use palisade::error::FieldError;
///
/// let error = Error::unprocessable("Please check the form.")
///     .field("email", "already taken")
///     .field("/items/0/price", "must be positive");
/// let pointers: Vec<String> = error.field_errors().iter().map(FieldError::pointer).collect();
/// assert_eq!(pointers, ["#/email", "#/items/0/price"]);
/// assert_eq!(error.field_errors()[0].field(), "email");
/// assert_eq!(error.field_errors()[0].message(), "already taken");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    field: Cow<'static, str>,
    message: Cow<'static, str>,
}

impl FieldError {
    pub(crate) fn new(field: Cow<'static, str>, message: Cow<'static, str>) -> Self {
        Self { field, message }
    }

    /// The name of the field, or its JSON pointer.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What is wrong with the value, in a few words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The field as a JSON pointer in a URI fragment (RFC 6901 §6), such as `#/email`. A name that
    /// begins with `/` is a pointer already.
    pub fn pointer(&self) -> String {
        let pointer: Cow<'_, str> = if self.field.starts_with('/') {
            Cow::Borrowed(&self.field)
        } else {
            Cow::Owned(format!("/{}", self.field.replace('~', "~0").replace('/', "~1")))
        };
        format!("#{}", utf8_percent_encode(&pointer, FRAGMENT))
    }
}

/// The characters that a pointer in a fragment needs percent-encoded.
const FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'.').remove(b'_').remove(b'@');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_step_of_a_pointer() {
        for (field, pointer) in [
            ("email", "#/email"),
            ("first name", "#/first%20name"),
            ("a/b~c", "#/a~1b~0c"),
            ("/items/0/name", "#/items/0/name"),
            ("größe", "#/gr%C3%B6%C3%9Fe"),
        ] {
            assert_eq!(FieldError::new(field.into(), "".into()).pointer(), pointer);
        }
    }
}
