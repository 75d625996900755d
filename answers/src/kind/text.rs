//! The stored text of a kind: `expression; form=factorised; case`.

use std::fmt;
use std::str::FromStr;

use dashu_ratio::RBig;

use super::name::KindName;
use super::tolerance::positive;
use super::{Form, Kind, KindError, Tolerance, ToleranceMode};
use crate::decimal;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.name != KindName::Inferred {
            parts.push(self.name.name().to_owned());
        }
        match &self.tolerance.0 {
            ToleranceMode::Exact => {}
            ToleranceMode::Absolute(by) => parts.push(format!("tolerance={}", decimal::print(by))),
            ToleranceMode::Relative(by) => {
                parts.push(format!("tolerance={}%", decimal::print(&(by * RBig::from(100)))));
            }
            ToleranceMode::Figures(count) => parts.push(format!("figures={count}")),
            ToleranceMode::Places(count) => parts.push(format!("places={count}")),
        }
        if self.as_written {
            parts.push("as-written".to_owned());
        }
        match self.form {
            Some(Form::Simplified) => parts.push("simplified".to_owned()),
            Some(form) => parts.push(format!("form={}", form.name())),
            None => {}
        }
        if let Some(variable) = &self.solved_for {
            parts.push(format!("solved-for={variable}"));
        }
        let flags = [
            (self.order, "order"),
            (self.case, "case"),
            (self.natural_log, "natural-log"),
            (self.degrees, "degrees"),
            (self.units, "units"),
            (self.decimal_comma, "decimal-comma"),
        ];
        parts.extend(flags.iter().filter(|(set, _)| *set).map(|(_, word)| (*word).to_owned()));
        if !self.variables.is_empty() {
            parts.push(format!("variables={}", self.variables.join(",")));
        }
        f.write_str(&parts.join("; "))
    }
}

impl FromStr for Kind {
    type Err = KindError;

    fn from_str(text: &str) -> Result<Self, KindError> {
        let mut kind = Self::infer();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) =
                part.split_once('=').map_or((part, None), |(key, value)| (key.trim(), Some(value.trim())));
            kind = match (key, value) {
                ("tolerance", Some(value)) => match value.strip_suffix('%') {
                    Some(percent) => {
                        let by = positive(percent.trim())? / RBig::from(100);
                        kind.tolerance(Tolerance(ToleranceMode::Relative(by)))
                    }
                    None => kind.tolerance(Tolerance(ToleranceMode::Absolute(positive(value)?))),
                },
                ("figures", Some(value)) => {
                    let count = value.parse().map_err(|_| KindError::Figures(value.to_owned()))?;
                    kind.tolerance(Tolerance::figures(count)?)
                }
                ("places", Some(value)) => {
                    let count = value.parse().map_err(|_| KindError::Places(value.to_owned()))?;
                    kind.tolerance(Tolerance::places(count)?)
                }
                ("variables", Some(value)) => {
                    kind.variables(value.split(',').map(str::trim).filter(|v| !v.is_empty()))?
                }
                ("form", Some(value)) => {
                    kind.form(Form::from_name(value).ok_or_else(|| KindError::Form(value.to_owned()))?)
                }
                ("solved-for", Some(value)) => kind.solved_for(value)?,
                ("as-written", None) => kind.as_written(),
                ("simplified", None) => kind.form(Form::Simplified),
                ("order", None) => kind.order(),
                ("case", None) => kind.case(),
                ("natural-log", None) => kind.natural_log(),
                ("degrees", None) => kind.degrees(),
                ("units", None) => kind.units(),
                ("decimal-comma", None) => kind.decimal_comma(),
                ("exact", None) => kind,
                (name, None) if kind.name == KindName::Inferred => {
                    let Some(name) = KindName::from_name(name) else {
                        return Err(KindError::Rule(part.to_owned()));
                    };
                    Self { name, units: kind.units || name == KindName::Quantity, ..kind }
                }
                _ => return Err(KindError::Rule(part.to_owned())),
            };
        }
        Ok(kind)
    }
}
