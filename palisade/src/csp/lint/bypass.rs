//! Hosts that make a list of script hosts worthless, and why: facts, not logic.

/// What a host serves that lets anybody run code where it is allowed.
const HOSTS: &[(&str, &str)] = &[
    ("accounts.google.com", "answers JSONP: it calls any function that the page has"),
    ("ajax.googleapis.com", "serves AngularJS, whose templates run code"),
    ("ajax.microsoft.com", "serves old libraries that run code from attributes"),
    ("ajax.aspnetcdn.com", "serves AngularJS, whose templates run code"),
    ("cdn.bootcdn.net", "serves any library, AngularJS among them"),
    ("cdn.jsdelivr.net", "serves any package of npm and any repository: whatever somebody publishes runs"),
    ("cdn.rawgit.com", "serves any repository: whatever somebody published runs"),
    ("cdn.skypack.dev", "serves any package of npm: whatever somebody publishes runs"),
    ("cdn.tailwindcss.com", "builds styles by running what the page says"),
    ("cdnjs.cloudflare.com", "serves AngularJS and other libraries whose templates run code"),
    ("code.angularjs.org", "serves AngularJS, whose templates run code"),
    ("esm.sh", "serves any package of npm: whatever somebody publishes runs"),
    ("gist.githubusercontent.com", "serves what anybody writes"),
    ("polyfill.io", "was sold in 2024 and served malware"),
    ("raw.githubusercontent.com", "serves what anybody writes"),
    ("storage.googleapis.com", "serves what anybody uploads"),
    ("unpkg.com", "serves any package of npm: whatever somebody publishes runs"),
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

/// Why this source makes the list worthless, if it does. A path does not help: redirects step over it.
pub(super) fn why(source: &str) -> Option<&'static str> {
    let named = name(source).to_ascii_lowercase();
    let covers = |host: &str| match named.strip_prefix("*.") {
        Some(suffix) => host.strip_suffix(suffix).is_some_and(|front| front.ends_with('.')),
        None => host == named,
    };
    HOSTS.iter().find(|(host, _)| covers(host)).map(|(_, why)| *why)
}
