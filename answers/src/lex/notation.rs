//! The names and conventions by which one text is read.

/// The conventions of the box, and the names that the expected answer uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notation {
    /// `1,234` is one number.
    pub(crate) thousands: bool,
    /// The answer is a point or a vector, so that `P(5, 2)` is a point.
    pub(crate) points: bool,
    /// The number of components of the expected vector; 0 if it is no vector.
    pub(crate) dimensions: usize,
    /// The symbols that the rules declare as variables, `e` and `i` among them.
    pub(crate) variables: Box<[String]>,
    /// The names of the expected answer; `None` while the expected answer itself is read.
    pub(crate) vocabulary: Option<Vocabulary>,
}

/// The names in an expected answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vocabulary {
    /// The names that are applied, such as `f`, without primes.
    pub(crate) functions: Vec<Box<str>>,
    pub(crate) variables: Vec<Box<str>>,
}

impl Notation {
    /// Returns `true` if the rules declare a variable.
    pub(crate) fn declares(&self, name: &str) -> bool {
        self.variables.iter().any(|known| known == name)
    }

    /// Returns `true` if a name is a variable of the rules or of the expected answer.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.declares(name) || self.vocabulary.as_ref().is_some_and(|names| names.has_variable(name))
    }

    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.vocabulary.as_ref().is_some_and(|names| names.functions.iter().any(|known| **known == *name))
    }

    /// Returns the vector of the expected answer that is written without its arrow.
    pub(crate) fn decorated(&self, name: &str) -> Option<String> {
        let names = self.vocabulary.as_ref()?;
        if names.has_variable(name) {
            return None;
        }
        ["vec", "hat"]
            .into_iter()
            .map(|mark| format!("\\{mark}{{{name}}}"))
            .find(|name| names.has_variable(name))
    }

    /// Returns the only variable of the expected answer.
    pub(crate) fn only_variable(&self) -> Option<&str> {
        match &self.vocabulary.as_ref()?.variables[..] {
            [one] => Some(one),
            _ => None,
        }
    }
}

impl Vocabulary {
    fn has_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|known| **known == *name)
    }
}
