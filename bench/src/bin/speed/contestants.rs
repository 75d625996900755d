//! Who takes part, and in what.

use std::path::Path;

use bench::server::PORT;
use bench::work::Work;

pub struct Contestant {
    pub name: &'static str,
    pub what: &'static str,
    line: &'static [&'static str],
    /// Whether it has sessions and forms.
    signs_in: bool,
}

pub const BARE: &str = "axum bare";
pub const FLOOR: &str = "the floor";
pub const ASSEMBLED: &str = "assembled stack";
pub const PALISADE: &str = "Palisade";
pub const FLASK: &str = "Flask";

pub const ALL: [Contestant; 8] = [
    Contestant { name: BARE, what: "no layer, no header", line: &["contestant", "bare"], signs_in: true },
    Contestant {
        name: FLOOR,
        what: "no layer; the headers that Palisade sends, cloned from a map made beforehand",
        line: &["contestant", "floor"],
        signs_in: true,
    },
    Contestant {
        name: PALISADE,
        what: "hosts, proxy, https, headers, CSP, two quotas in memory, session, sign-in, token",
        line: &["contestant", "palisade"],
        signs_in: true,
    },
    Contestant {
        name: ASSEMBLED,
        what: "axum-helmet, tower_governor, tower-sessions with axum-login, axum_csrf; the same headers",
        line: &["contestant", "assembled"],
        signs_in: true,
    },
    Contestant {
        name: "tower-http",
        what: "the same headers, a layer each",
        line: &["contestant", "static-headers"],
        signs_in: true,
    },
    Contestant {
        name: "nginx",
        what: "add_header, limit_req; files",
        line: &["nginx/start"],
        signs_in: false,
    },
    Contestant {
        name: "Express",
        what: "helmet, express-rate-limit, express-session, csrf-csrf; one process",
        line: &["express/start"],
        signs_in: true,
    },
    Contestant {
        name: FLASK,
        what: "Talisman, Limiter, Login, WTF's CSRF; gunicorn, two workers",
        line: &["flask/start"],
        signs_in: true,
    },
];

impl Contestant {
    /// What is run, with [`PORT`] where the port belongs.
    pub fn line(&self, bench: &Path) -> Vec<String> {
        let program = match self.line[0] {
            "contestant" => std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join("contestant"))),
            script => Some(bench.join("contestants").join(script)),
        };
        let program = program.unwrap_or_default().display().to_string();
        [program]
            .into_iter()
            .chain(self.line[1..].iter().map(|it| (*it).to_owned()))
            .chain([PORT.to_owned()])
            .collect()
    }

    pub fn does(&self, work: Work) -> bool {
        self.signs_in || !matches!(work, Work::Me | Work::Form)
    }

    pub fn signs_in(&self) -> bool {
        self.signs_in
    }
}
