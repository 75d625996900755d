//! Runs the stories, which are the scripts in the folders beside this file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Map, Value};

use test_support::Folder;

use crate::support::front::Front;
use crate::support::program::Site;

/// A site with its database, and the parameters of a story.
pub(crate) struct Stage {
    given: Map<String, Value>,
    // Dropped in this order: the servers stop before their folder is deleted.
    _front: Option<Front>,
    _site: Option<Site>,
    folder: Folder,
}

impl Stage {
    /// Starts a site with these settings.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        Self::start(settings, false)
    }

    /// Starts a site behind nginx, which terminates TLS.
    pub(crate) fn behind_nginx(settings: &[(&str, &str)]) -> Self {
        Self::start(settings, true)
    }

    /// Starts no site.
    pub(crate) fn without_site() -> Self {
        Self { given: screenshots(), _front: None, _site: None, folder: Folder::new() }
    }

    fn start(settings: &[(&str, &str)], tls: bool) -> Self {
        let mut stage = Self::without_site();
        let mut site = Site::start(&stage.folder, settings);
        let set_up = site.next_line_with("/setup/").trim().to_owned();
        let outbox = stage.folder.join("data/outbox").display().to_string();
        let front = tls.then(|| Front::on_this_machine(&stage.folder, &[&site.address]));
        let origin = match &front {
            Some(front) => format!("https://localhost:{}", front.https),
            None => format!("http://{}", site.address),
        };
        (stage._front, stage._site) = (front, Some(site));
        stage.with("site", origin).with("setUp", set_up).with("outbox", outbox)
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.given.insert(name.to_owned(), value.into());
        self
    }

    /// Switches off JavaScript.
    pub(crate) fn without_script(self) -> Self {
        self.with("script", false)
    }

    /// Gives every visitor a phone: a window of 360 × 740, a touch screen.
    pub(crate) fn on_phones(self) -> Self {
        self.with("phone", true)
    }

    /// The folder of the site's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A file that is deleted with the stage.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a story. Its findings and errors fail the test.
    pub(crate) fn play(&self, story: &str) -> Report {
        let folder = tests_folder();
        for needed in [Path::new("/usr/bin/chromium"), &folder.join("node_modules/playwright-core")] {
            assert!(needed.exists(), "{} is missing: run scripts/install-test-needs", needed.display());
        }
        let given = Value::Object(self.given.clone()).to_string();
        let output = Command::new("node").arg(folder.join(story)).arg(given).output().expect("node runs");
        let stdout = assert_success(&output);
        let report: Value = serde_json::from_str(stdout.lines().last().expect("a report")).unwrap();
        let report = Report(report);
        let findings = report.list("findings");
        assert!(findings.is_empty(), "{}", findings.join("\n"));
        report
    }
}

/// The report of a story.
pub(crate) struct Report(Value);

impl Report {
    /// Asserts the names of the pages that were checked, in this order.
    pub(crate) fn checked(&self, pages: &[&str]) {
        assert_eq!(self.list("looks"), pages);
    }

    /// A list of texts.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.0[name].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap()
    }
}

/// The folder `tests/browser`.
pub(crate) fn tests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// Returns the standard output of a program that has succeeded.
pub(crate) fn assert_success(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
    stdout
}

fn screenshots() -> Map<String, Value> {
    let folder = std::env::var("MATHSOC_SCREENSHOTS").ok();
    folder.map(|folder| ("screenshots".to_owned(), folder.into())).into_iter().collect()
}
