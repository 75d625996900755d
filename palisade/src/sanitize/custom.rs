//! Changes of a preset: an allow-list of the application's own.

use super::Sanitizer;
use super::allow_list::AllowList;
use super::error::AllowListError;

impl Sanitizer {
    /// Adds elements to the allow-list, with the attributes that the presets give them. `math` adds
    /// all of MathML Core.
    ///
    /// The elements are those of [`Sanitizer::rich`], and `acronym`, `address`, `article`, `aside`,
    /// `big`, `center`, `data`, `footer`, `h1`, `header`, `hgroup`, `main`, `nav`, `rp`, `rt`,
    /// `ruby`, `search`, `section`, `strike`, `tt`.
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let comments = Sanitizer::text_only().allow_elements(["p", "em", "ruby", "rt"])?;
    /// let html = comments.clean("<h2>A</h2><p><ruby>漢<rt>kan</rt></ruby> <b>b</b></p>")?;
    /// assert_eq!(html.as_str(), "A<p><ruby>漢<rt>kan</rt></ruby> b</p>");
    ///
    /// let error = Sanitizer::rich().allow_elements(["script"]).unwrap_err();
    /// assert!(error.to_string().starts_with("`<script>` cannot be allowed"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If an element is not one of these: it may run code, load other sites, take input or cover
    /// the page.
    #[doc(alias("tags", "bleach.ALLOWED_TAGS"))]
    pub fn allow_elements<T: AsRef<str>>(
        self,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<Self, AllowListError> {
        self.change(elements, |allow_list, element| allow_list.add_element(element))
    }

    /// Removes elements from the allow-list; their text remains. `math` removes all of MathML.
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let sanitizer = Sanitizer::rich().without_elements(["img", "math"])?;
    /// assert_eq!(sanitizer.clean("<p>a<img src='/b.png'></p>")?.as_str(), "<p>a</p>");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If an element is not on the list: a misspelt name would stay allowed.
    pub fn without_elements<T: AsRef<str>>(
        self,
        elements: impl IntoIterator<Item = T>,
    ) -> Result<Self, AllowListError> {
        self.change(elements, |allow_list, element| allow_list.remove_element(element))
    }

    /// Adds attributes to an element of the allow-list. The sanitizer knows which values are safe:
    ///
    /// | attribute | elements | values |
    /// |---|---|---|
    /// | `aria-label` | all | a text |
    /// | `aria-hidden` | all | `true`, `false` |
    /// | `translate` | all | `yes`, `no` |
    /// | `abbr` | `td`, `th` | a text |
    /// | `align` | `div`, `p`, `img`, `hr`, headings, tables and their parts | `left`, `right`, `center`, `justify` |
    /// | `border` | `img`, `table` | a small number |
    /// | `cite` | `blockquote`, `del`, `ins`, `q` | a link |
    /// | `hreflang` | `a` | a text |
    /// | `target` | `a` | `_blank` |
    /// | `valign` | tables and their parts | `top`, `middle`, `bottom`, `baseline` |
    /// | `value` | `data` | a text |
    /// | `width`, `height` | tables and their parts | a small number |
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let sanitizer = Sanitizer::plain().allow_attributes("a", ["target"])?;
    /// let html = sanitizer.clean(r#"<a href="/b" target="_blank" onclick="steal()">b</a>"#)?;
    /// assert_eq!(
    ///     html.as_str(),
    ///     r#"<a href="/b" target="_blank" rel="noopener nofollow">b</a>"#
    /// );
    /// assert!(Sanitizer::plain().allow_attributes("a", ["onclick"]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the element is not on the list, or may not have one of these attributes.
    pub fn allow_attributes<T: AsRef<str>>(
        self,
        element: &str,
        attributes: impl IntoIterator<Item = T>,
    ) -> Result<Self, AllowListError> {
        let element = element.to_ascii_lowercase();
        self.change(attributes, |allow_list, name| allow_list.add_attribute(&element, name))
    }

    /// Adds schemes of links: `ftp`, `ftps`, `geo`, `irc`, `ircs`, `magnet`, `matrix`, `news`,
    /// `sip`, `sips`, `sms`, `tel`, `webcal`, `xmpp`.
    ///
    /// ```
    /// # use palisade::Sanitizer;
    /// let sanitizer = Sanitizer::plain().allow_link_schemes(["tel"])?;
    /// let html = sanitizer.clean(r#"<a href="tel:+4420">call</a>"#)?;
    /// assert_eq!(html.as_str(), r#"<a href="tel:+4420" rel="noopener nofollow">call</a>"#);
    /// assert!(Sanitizer::plain().allow_link_schemes(["javascript"]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a scheme may not be allowed: `javascript` and `data` run code.
    #[doc(alias = "protocols")]
    pub fn allow_link_schemes<T: AsRef<str>>(
        self,
        schemes: impl IntoIterator<Item = T>,
    ) -> Result<Self, AllowListError> {
        self.change(schemes, |allow_list, scheme| allow_list.add_scheme(scheme))
    }

    fn change<T: AsRef<str>>(
        self,
        names: impl IntoIterator<Item = T>,
        mut change: impl FnMut(&mut AllowList, &str) -> Result<(), AllowListError>,
    ) -> Result<Self, AllowListError> {
        let mut allow_list = self.allow_list;
        for name in names {
            change(&mut allow_list, &name.as_ref().to_ascii_lowercase())?;
        }
        Ok(Self::new(allow_list, self.max_bytes))
    }
}
