//! Explanations: a description of a group in one sentence, and advice for the site's
//! administrator.

use super::group::{Disposition, ReportGroup, ReportKind};

impl ReportGroup {
    /// Describes the event in one sentence.
    ///
    /// ```
    /// use palisade::reporting::{ReportGroup, ReportKind};
    ///
    /// let kind = ReportKind::NetworkError;
    /// let group = ReportGroup::new(kind, "dns.name_not_resolved", "", "/a.png");
    /// assert_eq!(group.description(), "Browsers could not load /a.png: dns.name_not_resolved.");
    /// assert!(group.advice().starts_with("If many report it"));
    /// ```
    pub fn description(&self) -> String {
        let Self { directive, blocked, page, .. } = self;
        let stopped = match self.disposition {
            Disposition::Enforced => "stopped",
            Disposition::Reported => "would have stopped",
        };
        let from = if blocked.is_empty() { String::new() } else { format!(" from {blocked}") };
        match self.kind {
            // Chromium reports only the site of the embedded page, without its path.
            ReportKind::Csp if directive == "frame-ancestors" && page == "/" => {
                format!("Browsers {stopped} another site that wanted to show one of our pages in a frame.")
            }
            ReportKind::Csp if directive == "frame-ancestors" => {
                format!("Browsers {stopped} another site that wanted to show the page {page} in a frame.")
            }
            ReportKind::Csp if directive == "form-action" => {
                format!("Browsers {stopped} a form on the page {page} that sends to {blocked}.")
            }
            ReportKind::Csp => format!("Browsers {stopped} {} on the page {page}.", self.thing()),
            ReportKind::Deprecation => {
                format!("The page {page} uses {directive}, which browsers will no longer do.")
            }
            ReportKind::Intervention => {
                format!("The page {page} wanted {directive}, which browsers did not do.")
            }
            ReportKind::NetworkError => format!("Browsers could not load {page}: {directive}."),
            ReportKind::Coep => {
                format!(
                    "Browsers {stopped} something{from} on the page {page}, which did not consent to be there."
                )
            }
            ReportKind::Coop => {
                format!("A window of the page {page} and one{from} cannot reach each other: {directive}.")
            }
        }
    }

    /// Advises the site's administrator in a few sentences.
    pub fn advice(&self) -> &'static str {
        let directive = &*self.directive;
        let script = directive.starts_with("script-src");
        match (self.kind, &*self.blocked) {
            (ReportKind::Csp, "inline") if directive.ends_with("-attr") && script => {
                "If it is yours, move the handler into a script file and use addEventListener. If not, someone may have injected markup into the page (XSS): check the content from other people that it shows."
            }
            (ReportKind::Csp, "inline") if directive.ends_with("-attr") => {
                "Move the style into a style sheet, or set it from a script with element.style."
            }
            (ReportKind::Csp, "inline") if directive.starts_with("style-src") => {
                "Move the style into a style sheet, or give the element the nonce of the page."
            }
            (ReportKind::Csp, "inline") => {
                "If the script is yours, move it into a file or give it the nonce of the page. If not, someone may have injected markup into the page (XSS): check the content from other people that it shows. A few single reports usually come from a visitor's own browser."
            }
            (ReportKind::Csp, "eval" | "wasm-eval") => {
                "Find the script that turns text into code, and replace it: most libraries have a build without it. Allowing it lets anyone who gets text into the page run code there."
            }
            (ReportKind::Csp, "trusted-types-policy" | "trusted-types-sink") => {
                "A script writes text as markup. Let it use textContent, or name one policy that sanitizes the text."
            }
            (ReportKind::Csp, _) => match directive {
                "frame-ancestors" => {
                    "Nothing, unless you know a site that should show this page. Then name it in frame-ancestors, for this page alone."
                }
                "form-action" => {
                    "If the form is yours, add its target to form-action. If not, someone wants the data that visitors type: find out how it got into the page."
                }
                "base-uri" => {
                    "No page of the site should have a base element: find out how it got into the page."
                }
                _ if script => {
                    "If the page needs the script, serve it yourself or give its element the nonce of the page; beside 'strict-dynamic', browsers ignore hosts. If you do not know the script, someone may have injected markup into the page (XSS)."
                }
                _ => {
                    "If the page needs it and you trust its source, add the source to the policy, or serve the file yourself. If you do not know it, find out how it got into the page."
                }
            },
            (ReportKind::Deprecation, _) => "Look up its replacement, and use that before browsers drop it.",
            (ReportKind::Intervention, _) => {
                "Look up when browsers allow it, usually after a visitor has clicked something, and ask for it only then."
            }
            (ReportKind::NetworkError, _) => {
                "If many report it, check the server, its name and its certificate at that time."
            }
            (ReportKind::Coep, _) => {
                "Let the other site send Cross-Origin-Resource-Policy: cross-origin, or load it with the attribute crossorigin, or remove Cross-Origin-Embedder-Policy from this page."
            }
            (ReportKind::Coop, _) => {
                "Nothing, unless the windows have to talk to each other. Then let this page send Cross-Origin-Opener-Policy: same-origin-allow-popups."
            }
        }
    }

    /// Names the blocked resource and its origin.
    fn thing(&self) -> String {
        let (directive, blocked) = (&*self.directive, &*self.blocked);
        let thing = match directive {
            "script-src-attr" => "an event handler in an attribute",
            "script-src" | "script-src-elem" => "a script",
            "style-src-attr" => "a style attribute",
            "style-src" | "style-src-elem" => "a style sheet",
            "img-src" => "an image",
            "font-src" => "a font",
            "connect-src" => "a connection of a script",
            "media-src" => "a sound or a film",
            "object-src" => "a plug-in",
            "frame-src" | "child-src" | "fenced-frame-src" => "a frame",
            "worker-src" => "a worker",
            "manifest-src" => "a manifest",
            "base-uri" => "a base element",
            _ => "something",
        };
        match blocked {
            "" => thing.to_owned(),
            "inline" if directive.ends_with("-attr") => thing.to_owned(),
            "inline" if directive.starts_with("style-src") => "a style written into the page".to_owned(),
            "inline" => format!("{thing} written into the page"),
            "eval" => "a script that makes code of text".to_owned(),
            "wasm-eval" => "a script that makes WebAssembly of bytes".to_owned(),
            "trusted-types-sink" => "a script that writes text as markup".to_owned(),
            "trusted-types-policy" => "a script that wanted a Trusted Types policy of its own".to_owned(),
            "self" => format!("{thing} of the site itself"),
            _ if directive == "connect-src" => format!("{thing} to {blocked}"),
            _ => format!("{thing} from {blocked}"),
        }
    }
}
