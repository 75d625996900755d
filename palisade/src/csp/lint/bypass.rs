//! Hosts that allow an attacker to bypass a list of script hosts. Facts, not logic.

/// Hosts, each with the reason why anyone can run code on a site that allows it.
const HOSTS: &[(&str, &str)] = &[
    ("accounts.google.com", "answers JSONP: it calls any function that the page has"),
    ("ajax.googleapis.com", "serves AngularJS, whose templates run code"),
    ("ajax.microsoft.com", "serves old libraries that run code from attributes"),
    ("ajax.aspnetcdn.com", "serves AngularJS, whose templates run code"),
    ("cdn.bootcdn.net", "serves any library, AngularJS among them"),
    ("cdn.jsdelivr.net", "serves any package of npm and any repository, including an attacker's"),
    ("cdn.rawgit.com", "serves any repository, including an attacker's"),
    ("cdn.skypack.dev", "serves any package of npm, including an attacker's"),
    ("cdn.tailwindcss.com", "builds styles by running code from the page"),
    ("cdnjs.cloudflare.com", "serves AngularJS and other libraries whose templates run code"),
    ("code.angularjs.org", "serves AngularJS, whose templates run code"),
    ("esm.sh", "serves any package of npm, including an attacker's"),
    ("gist.githubusercontent.com", "serves text that anyone can write"),
    ("polyfill.io", "was sold in 2024 and served malware"),
    ("raw.githubusercontent.com", "serves text that anyone can write"),
    ("storage.googleapis.com", "serves files that anyone can upload"),
    ("unpkg.com", "serves any package of npm, including an attacker's"),
    ("www.google.com", "answers JSONP: it calls any function that the page has"),
    ("www.googleapis.com", "answers JSONP: it calls any function that the page has"),
    ("www.youtube.com", "answers JSONP: it calls any function that the page has"),
    ("yastatic.net", "serves AngularJS, whose templates run code"),
];

/// The host of a source, without scheme, port and path.
pub(super) fn name(source: &str) -> &str {
    let site = source.split_once("://").map_or(source, |(_, rest)| rest);
    site.split(['/', ':']).next().unwrap_or(site)
}

/// The reason why this source allows a bypass, if it does. A path does not help: redirects ignore
/// it.
pub(super) fn reason(source: &str) -> Option<&'static str> {
    let named = name(source).to_ascii_lowercase();
    let covers = |host: &str| match named.strip_prefix("*.") {
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|front| front.ends_with('.')),
        None => host == named,
    };
    HOSTS.iter().find(|(host, _)| covers(host)).map(|(_, reason)| *reason)
}
