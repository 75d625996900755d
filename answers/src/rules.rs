//! The former names of the kinds of answers.

pub use crate::kind::{Kind as AnswerRules, KindError as AnswerRulesError};

pub(crate) use crate::kind::ToleranceMode;
