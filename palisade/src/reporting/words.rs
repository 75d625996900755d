//! What happened, and what to do, in plain words.

use super::group::{Disposition, Group, ReportKind};

impl Group {
    /// What happened, in a sentence.
    pub fn what_happened(&self) -> String {
        let Self { directive, blocked, page, .. } = self;
        let stopped = match self.disposition {
            Disposition::Enforced => "stopped",
            Disposition::Reported => "would have stopped",
        };
        let from = if blocked.is_empty() { String::new() } else { format!(" from {blocked}") };
        match self.kind {
            // Chromium says of the page only on which site it is.
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

    /// What to do about it, in a sentence or two.
    pub fn what_to_do(&self) -> &'static str {
        let directive = &*self.directive;
        let script = directive.starts_with("script-src");
        match (self.kind, &*self.blocked) {
            (ReportKind::Csp, "inline") if directive.ends_with("-attr") && script => {
                "If it is yours, move the handler into a script file and use addEventListener. If not, somebody may have got markup into the page: look at what it shows of others."
            }
            (ReportKind::Csp, "inline") if directive.ends_with("-attr") => {
                "Move the style into a style sheet, or set it from a script by element.style."
            }
            (ReportKind::Csp, "inline") if directive.starts_with("style-src") => {
                "Move the style into a style sheet, or give the element the nonce of the page."
            }
            (ReportKind::Csp, "inline") => {
                "If the script is yours, move it into a file or give it the nonce of the page. If not, somebody may have got markup into the page: look at what it shows of others. A handful of single reports is mostly a visitor's own browser."
            }
            (ReportKind::Csp, "eval" | "wasm-eval") => {
                "Find the script that makes code of text, and do without it: most libraries have a build that does not. To allow it opens the page to whoever gets text into it."
            }
            (ReportKind::Csp, "trusted-types-policy" | "trusted-types-sink") => {
                "A script writes text as markup. Let it use textContent, or name one policy that cleans what it is given."
            }
            (ReportKind::Csp, _) => match directive {
                "frame-ancestors" => {
                    "Nothing, unless you know a site that should show this page: then name it in frame-ancestors, for this page alone."
                }
                "form-action" => {
                    "If the form is yours, add where it sends to form-action. If not, somebody wanted what visitors type: look how it got into the page."
                }
                "base-uri" => {
                    "Nothing on the site should have a base element: look how it got into the page."
                }
                _ if script => {
                    "If the page needs the script, serve it yourself or give its element the nonce of the page; beside 'strict-dynamic' a host counts for nothing. If you do not know it, somebody may have got markup into the page."
                }
                _ => {
                    "If the page needs it and you trust where it comes from, add the source to the policy, or serve the file yourself. If you do not know it, look how it got into the page."
                }
            },
            (ReportKind::Deprecation, _) => "Look up what replaces it, and use that before browsers drop it.",
            (ReportKind::Intervention, _) => {
                "Look up when browsers do it, which is mostly after a visitor has clicked something, and ask for it then or not at all."
            }
            (ReportKind::NetworkError, _) => {
                "If many report it, look whether the server, its name or its certificate was at fault at that time."
            }
            (ReportKind::Coep, _) => {
                "Let the other site send Cross-Origin-Resource-Policy: cross-origin, or load it with crossorigin, or do without Cross-Origin-Embedder-Policy on this page."
            }
            (ReportKind::Coop, _) => {
                "Nothing, unless the windows have to talk to each other: then let this page send Cross-Origin-Opener-Policy: same-origin-allow-popups."
            }
        }
    }

    /// What was stopped, and where it came from.
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
