//! The format of an entry in a settings table, and the macro that reads such tables.

use std::fmt::{self, Write};

use super::settings::SETTINGS;
use super::value::{Environment, Value};

/// Declares a struct of settings. Each entry becomes a field and a [`Setting`].
///
/// ```text
/// settings! {
///     /// The settings of the shop.
///     pub struct Shop, read(reader, data_dir: &Path) {
///         /// The number of customers at a time.
///         pub customers: u16 = SHOP_CUSTOMERS { write: "a number", default: Always("20") },
///         /// The folder of receipts.
///         pub receipts: PathBuf = SHOP_RECEIPTS {
///             default: Computed("the folder receipts in DATA_DIR"),
///         } or data_dir.join("receipts"),
///     }
///     computed {
///         /// A value that is no setting of its own.
///         pub is_small: bool = customers < 5,
///     }
/// }
/// ```
///
/// - The doc comment is also the meaning in `.env.example`.
/// - The name after `=` is the variable. It becomes a constant, for use in `rules.rs`.
/// - The braces hold the fields of [`Setting`]. Only `default` is required, and `write` for types
///   that have no `Value::WRITE`.
/// - `or` gives the default value of a `Computed` default. It can use the fields above it.
/// - The macro generates `read`, which reads the settings in this order, and the list `TABLE`.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        pub struct $Table:ident, read($reader:ident $(, $input:ident: $Input:ty)*) {
            $(
                $(#[doc = $meaning:literal])+
                $vis:vis $field:ident: $Type:ty = $NAME:ident {
                    $($key:ident: $value:expr),* $(,)?
                } $(or $default:expr)?,
            )*
        }
        $(computed {
            $(
                $(#[doc = $doc:literal])+
                $computed_vis:vis $computed:ident: $Computed:ty = $computation:expr,
            )*
        })?
    ) => {
        $(
            pub(super) const $NAME: &$crate::config::Setting = &$crate::config::Setting {
                name: stringify!($NAME),
                meaning: concat!($($meaning),+),
                $($key: $value,)*
                ..$crate::config::Setting::of::<$Type>()
            };
        )*

        $(#[$attribute])*
        #[derive(Clone, Debug)]
        pub struct $Table {
            $($(#[doc = $meaning])+ $vis $field: $Type,)*
            $($($(#[doc = $doc])+ $computed_vis $computed: $Computed,)*)?
        }

        impl $Table {
            pub(super) const TABLE: &[&$crate::config::Setting] = &[$($NAME),*];

            pub(super) fn read(
                $reader: &mut $crate::config::reader::Reader<'_>,
                $($input: $Input,)*
            ) -> Self {
                $(let $field: $Type = settings!(@read $reader $NAME $($default)?);)*
                $($(let $computed: $Computed = $computation;)*)?
                Self { $($field,)* $($($computed,)*)? }
            }
        }
    };
    (@read $reader:ident $NAME:ident) => { $reader.read($NAME) };
    (@read $reader:ident $NAME:ident $default:expr) => { $reader.read_or($NAME, $default) };
}
pub(super) use settings;

/// An entry of a settings table.
#[derive(Debug)]
pub struct Setting {
    /// The name of the variable.
    pub name: &'static str,
    /// Other names of the same variable.
    pub aliases: &'static [&'static str],
    /// The purpose of the setting, in one to three sentences.
    pub meaning: &'static str,
    /// The format of a value; follows the word "Write".
    pub write: &'static str,
    /// The smallest and the largest number that is accepted, if the value is a number.
    pub range: Option<(u64, u64)>,
    /// The value that applies while the variable is not set.
    pub default: DefaultValue,
    /// The reason for the default, or the default in other units.
    pub because: &'static str,
    /// An example value, where the default is not one.
    pub example: Option<&'static str>,
    /// The part of the value that may be shown.
    pub visible: Visible,
}

/// The value of a setting that is not set. A text is parsed like one from the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefaultValue {
    /// The same value in every environment.
    Always(&'static str),
    /// One value for each environment.
    PerEnvironment {
        /// The value in development.
        development: &'static str,
        /// The value in testing.
        testing: &'static str,
        /// The value in production.
        production: &'static str,
    },
    /// A value made from other settings, described in words.
    Computed(&'static str),
    /// No value; the words say what then happens.
    Unset(&'static str),
}

/// The part of a value that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visible {
    /// The whole value.
    All,
    /// The value without the password of its URL.
    NoPassword,
    /// No part of it.
    Nothing,
}

impl Setting {
    /// Returns the fields that an entry of this type leaves out.
    pub(super) const fn of<T: Value>() -> Self {
        Self {
            name: "",
            aliases: &[],
            meaning: "",
            write: T::WRITE,
            range: None,
            default: DefaultValue::Unset(""),
            because: "",
            example: None,
            visible: Visible::All,
        }
    }

    /// Returns the name, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }

    /// Returns an example value; empty for a secret.
    pub fn example(&self) -> &'static str {
        self.example.or(self.default.text(Environment::Development)).unwrap_or_default()
    }

    /// Returns the sentence that says how to write a value.
    pub(super) fn advice(&self) -> String {
        match self.range {
            Some((least, most)) => format!("Write {} from {least} to {most}.", self.write),
            None => format!("Write {}.", self.write),
        }
    }

    /// Returns the setting with this name or alias.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().copied().find(|setting| setting.names().any(|known| known == name))
    }

    /// Appends the entry of `.env.example`.
    fn document(&self, file: &mut String) {
        let because = if self.because.is_empty() { String::new() } else { format!(" ({})", self.because) };
        let mut default = format!("Default: {}{because}.", self.default);
        if !self.aliases.is_empty() {
            let _ = write!(default, " Also read: {}.", self.aliases.join(", "));
        }
        file.push('\n');
        comment(file, self.meaning);
        comment(file, &self.advice());
        comment(file, &default);
        let example = self.example();
        let quote = if example.contains([' ', '#', '$']) { "'" } else { "" };
        let _ = writeln!(file, "#{}={quote}{example}{quote}", self.name);
    }
}

impl DefaultValue {
    /// Returns the text that stands for a missing value, if there is one.
    pub(super) fn text(self, environment: Environment) -> Option<&'static str> {
        match (self, environment) {
            (Self::Always(text), _)
            | (Self::PerEnvironment { development: text, .. }, Environment::Development)
            | (Self::PerEnvironment { testing: text, .. }, Environment::Testing)
            | (Self::PerEnvironment { production: text, .. }, Environment::Production) => Some(text),
            (Self::Computed(_) | Self::Unset(_), _) => None,
        }
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Always(text) | Self::Computed(text) | Self::Unset(text) => f.write_str(text),
            Self::PerEnvironment { development, testing, production } => {
                write!(f, "{production} in production, {testing} in testing, {development} in development")
            }
        }
    }
}

/// Returns the text of `.env.example`: every setting with its meaning, all commented out.
pub fn example_file() -> String {
    let mut file = String::new();
    for line in [
        "Settings of the Maths Society Platform. Copy this file to .env and change what you need.",
        "Variables of the process take precedence over .env. An empty value counts as unset.",
        "Put 'single quotes' around a value that contains a space, # or $.",
        "`mathsoc config` prints the values that apply, and where each one comes from.",
    ] {
        comment(&mut file, line);
    }
    SETTINGS.iter().for_each(|setting| setting.document(&mut file));
    file
}

/// Appends the text as comment lines of at most 100 characters.
fn comment(file: &mut String, text: &str) {
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        if length > 0 && length + 1 + width > 100 {
            file.push('\n');
            length = 0;
        }
        file.push_str(if length == 0 { "# " } else { " " });
        file.push_str(word);
        length += width + if length == 0 { 2 } else { 1 };
    }
    file.push('\n');
}
