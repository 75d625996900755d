//! The contestants.

use std::path::Path;

use bench::server::PORT;
use bench::work::Work;

pub struct Contestant {
    pub name: &'static str,
    pub description: &'static str,
    command: &'static [&'static str],
    /// `true` if it has sessions and forms.
    signs_in: bool,
}

pub const BARE: &str = "axum bare";
pub const FLOOR: &str = "the floor";
pub const ASSEMBLED: &str = "assembled stack";
pub const PALISADE: &str = "Palisade";
pub const FLASK: &str = "Flask";

pub const ALL: [Contestant; 8] = [
    Contestant {
        name: BARE,
        description: "no layer, no header",
        command: &["contestant", "bare"],
        signs_in: true,
    },
    Contestant {
        name: FLOOR,
        description: "no layer; the headers that Palisade sends, cloned from a prepared map",
        command: &["contestant", "floor"],
        signs_in: true,
    },
    Contestant {
        name: PALISADE,
        description: "hosts, proxy, https, headers, CSP, two quotas in memory, session, sign-in, token",
        command: &["contestant", "palisade"],
        signs_in: true,
    },
    Contestant {
        name: ASSEMBLED,
        description: "axum-helmet, tower_governor, tower-sessions with axum-login, axum_csrf; the same headers",
        command: &["contestant", "assembled"],
        signs_in: true,
    },
    Contestant {
        name: "tower-http",
        description: "the same headers, a layer each",
        command: &["contestant", "static-headers"],
        signs_in: true,
    },
    Contestant {
        name: "nginx",
        description: "add_header, limit_req; files",
        command: &["nginx/start"],
        signs_in: false,
    },
    Contestant {
        name: "Express",
        description: "helmet, express-rate-limit, express-session, csrf-csrf; one process",
        command: &["express/start"],
        signs_in: true,
    },
    Contestant {
        name: FLASK,
        description: "Talisman, Limiter, Login, WTF's CSRF; gunicorn, two workers",
        command: &["flask/start"],
        signs_in: true,
    },
];

impl Contestant {
    /// Returns the command with [`PORT`] as a placeholder.
    pub fn command(&self, bench: &Path) -> Vec<String> {
        let program = match self.command[0] {
            "contestant" => std::env::current_exe().ok().and_then(|it| Some(it.parent()?.join("contestant"))),
            script => Some(bench.join("contestants").join(script)),
        };
        let program = program.unwrap_or_default().display().to_string();
        [program]
            .into_iter()
            .chain(self.command[1..].iter().map(|it| (*it).to_owned()))
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
