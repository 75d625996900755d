//! The allow-list of a sanitizer.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use ammonia::{Builder, Url, UrlRelative};

use super::attribute_value::{is_small_length, is_small_number, same_site_url};
use super::error::AllowListError;
use super::tables::{
    ATTRIBUTES, ATTRIBUTES_ON_REQUEST, AllowedValue, Attribute, MATHML, ON_REQUEST, PLAIN,
    REMOVED_WITH_CONTENT, RICH, SCHEMES, SCHEMES_ON_REQUEST,
};

#[derive(Clone, Debug)]
pub(super) struct AllowList {
    elements: BTreeSet<&'static str>,
    /// The attributes on request, each with the element that it was requested for.
    added: BTreeSet<(&'static str, &'static str)>,
    schemes: BTreeSet<&'static str>,
    pub(super) classes: BTreeSet<Box<str>>,
    pub(super) id_prefix: &'static str,
}

impl AllowList {
    pub(super) fn rich() -> Self {
        Self::of([PLAIN, RICH, MATHML].concat())
    }

    pub(super) fn plain() -> Self {
        Self::of(PLAIN.to_vec())
    }

    pub(super) fn text_only() -> Self {
        Self::of(Vec::new())
    }

    fn of(elements: Vec<&'static str>) -> Self {
        Self {
            elements: elements.into_iter().collect(),
            added: BTreeSet::new(),
            schemes: SCHEMES.iter().copied().collect(),
            classes: BTreeSet::new(),
            id_prefix: "user-",
        }
    }

    /// Adds an element with the attributes that the presets give it; `math` adds all of MathML.
    pub(super) fn add_element(&mut self, name: &str) -> Result<(), AllowListError> {
        if name == "math" {
            self.elements.extend(MATHML);
            return Ok(());
        }
        let html = [PLAIN, RICH, ON_REQUEST].into_iter().flatten();
        let element =
            html.copied().find(|it| *it == name).ok_or_else(|| AllowListError::Element(name.into()))?;
        self.elements.insert(element);
        Ok(())
    }

    pub(super) fn remove_element(&mut self, name: &str) -> Result<(), AllowListError> {
        if !self.elements.remove(name) {
            return Err(AllowListError::NotOnTheList(name.into()));
        }
        if name == "math" {
            self.elements.retain(|element| !MATHML.contains(element));
        }
        Ok(())
    }

    pub(super) fn add_attribute(&mut self, element: &str, name: &str) -> Result<(), AllowListError> {
        let listed = self.elements.get(element).copied();
        let element = listed.ok_or_else(|| AllowListError::NotOnTheList(element.into()))?;
        if find(ATTRIBUTES, element, name).is_some() && name != "class" {
            return Ok(());
        }
        let (name, ..) = *find(ATTRIBUTES_ON_REQUEST, element, name)
            .ok_or_else(|| AllowListError::Attribute { element: element.into(), name: name.into() })?;
        self.added.insert((element, name));
        Ok(())
    }

    pub(super) fn add_scheme(&mut self, name: &str) -> Result<(), AllowListError> {
        let mut all = [SCHEMES, SCHEMES_ON_REQUEST].into_iter().flatten().copied();
        let scheme = all.find(|it| *it == name).ok_or_else(|| AllowListError::Scheme(name.into()))?;
        self.schemes.insert(scheme);
        Ok(())
    }

    pub(super) fn cleaner(&self) -> Builder<'static> {
        let mut everywhere = HashSet::new();
        let mut by_element: HashMap<&str, HashSet<&str>> = HashMap::new();
        for (name, on, _) in ATTRIBUTES {
            if on.is_empty() {
                everywhere.insert(*name);
            }
            for element in on.iter().filter(|element| self.elements.contains(**element)) {
                by_element.entry(element).or_default().insert(name);
            }
        }
        for (element, name) in self.added.iter().filter(|(element, _)| self.elements.contains(element)) {
            by_element.entry(*element).or_default().insert(*name);
        }
        let allow_list = self.clone();
        let mut cleaner = Builder::empty();
        cleaner
            .tags(self.elements.iter().copied().collect())
            .clean_content_tags(REMOVED_WITH_CONTENT.iter().copied().collect())
            .generic_attributes(everywhere)
            .tag_attributes(by_element)
            .attribute_filter(move |element, name, value| allow_list.value(element, name, value))
            .url_schemes(self.schemes.iter().copied().collect())
            .url_relative(UrlRelative::PassThrough)
            .link_rel(Some("noopener nofollow"))
            .strip_comments(true);
        cleaner
    }

    /// Returns the value that an attribute keeps, or `None` to remove the attribute.
    fn value<'a>(&self, element: &str, name: &str, value: &'a str) -> Option<Cow<'a, str>> {
        if (element, name) == ("a", "rel") {
            return Some(value.into());
        }
        let (_, _, allowed) = find(ATTRIBUTES, element, name).or_else(|| {
            let listed = find(ATTRIBUTES_ON_REQUEST, element, name)?;
            self.added.iter().any(|added| *added == (element, name)).then_some(listed)
        })?;
        match allowed {
            AllowedValue::Text => Some(value.into()),
            AllowedValue::Id => self.id(value).map(Cow::Owned),
            AllowedValue::Classes => {
                let allowed = value.split_ascii_whitespace().filter(|class| self.classes.contains(*class));
                let classes = allowed.collect::<Vec<_>>().join(" ");
                if classes.is_empty() { None } else { Some(classes.into()) }
            }
            AllowedValue::Link => self.link(value).map(Cow::Owned),
            AllowedValue::Image => same_site_url(value).map(Cow::Owned),
            AllowedValue::Number => is_small_number(value).then_some(value.into()),
            AllowedValue::Length => is_small_length(value).then_some(value.into()),
            AllowedValue::OneOf(words) => {
                words.contains(&&*value.to_ascii_lowercase()).then_some(value.into())
            }
        }
    }

    fn id(&self, value: &str) -> Option<String> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
        let id = value.strip_prefix(self.id_prefix).unwrap_or(value);
        (!id.is_empty() && id.len() <= 100 && id.bytes().all(is_allowed))
            .then(|| format!("{}{id}", self.id_prefix))
    }

    fn link(&self, value: &str) -> Option<String> {
        if let Some(id) = value.strip_prefix('#') {
            return Some(format!("#{}", self.id(id)?));
        }
        match Url::parse(value) {
            // Written in normal form. A user name before the host is a spoof of another host.
            Ok(url) => {
                let listed = self.schemes.contains(url.scheme())
                    && url.username().is_empty()
                    && url.password().is_none();
                listed.then(|| url.into())
            }
            Err(_) => same_site_url(value),
        }
    }
}

fn find(attributes: &'static [Attribute], element: &str, name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|(listed, on, _)| *listed == name && (on.is_empty() || on.contains(&element)))
}
