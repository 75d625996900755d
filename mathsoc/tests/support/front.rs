//! nginx with `deploy/nginx.conf`, and requests to it.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use test_support::Folder;
use test_support::servers::{free_port, listens};

/// Reads a file of `deploy/`.
pub(crate) fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name)).unwrap()
}

/// The client address that nginx reports when its name is `localhost`.
const ELSEWHERE: &str = "198.51.100.7";
/// The name in `deploy/nginx.conf`.
const NAME: &str = "maths.example.org";

/// nginx in front of the site, on two free ports.
pub(crate) struct Front {
    nginx: Child,
    /// The http port.
    pub(crate) http: u16,
    /// The https port.
    pub(crate) https: u16,
    /// The path of its certificate.
    pub(crate) certificate: String,
}

impl Front {
    /// Starts nginx as a proxy for these addresses.
    pub(crate) fn before(folder: &Folder, sites: &[&str]) -> Self {
        Self::named(NAME, folder, sites)
    }

    /// Starts nginx for `localhost`; redirects to https name its real port.
    pub(crate) fn on_this_machine(folder: &Folder, sites: &[&str]) -> Self {
        Self::named("localhost", folder, sites)
    }

    fn named(name: &str, folder: &Folder, sites: &[&str]) -> Self {
        let (http, https) = (free_port(), free_port());
        let path = |name: &str| folder.join(name).display().to_string();
        let (certificate, key) = (path("site.pem"), path("site.key"));
        let mut openssl = Command::new("openssl");
        openssl.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ]);
        openssl.args(["-subj", &format!("/CN={name}"), "-addext", &format!("subjectAltName=DNS:{name}")]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        let made = openssl.args(["-keyout", &key, "-out", &certificate]).output().unwrap();
        assert!(made.status.success(), "{made:?}");

        let conf = file("nginx.conf")
            .replace("/etc/letsencrypt/live/maths.example.org/fullchain.pem", &certificate)
            .replace("/etc/letsencrypt/live/maths.example.org/privkey.pem", &key)
            .replace(NAME, name)
            .replace("listen 80;", &format!("listen 127.0.0.1:{http};"))
            .replace("listen 443 ", &format!("listen 127.0.0.1:{https} "));
        let conf = if name == NAME {
            conf
        } else {
            // The site's redirects lack nginx's port, and local clients are not redirected.
            let ports = format!("proxy_redirect https://{name}/ https://{name}:{https}/;");
            let pass = "proxy_pass http://mathsoc;";
            conf.replace(pass, &format!("{pass}\n        {ports}")).replace("$remote_addr", ELSEWHERE)
        };
        let servers: String = sites.iter().map(|site| format!("    server {site} max_fails=0;\n")).collect();
        let mut servers = Some(servers);
        let lines = conf.lines().filter(|line| !line.contains("listen [::]")); // some machines lack IPv6
        let lines = lines.map(|line| match line.trim_start().starts_with("server 127.0.0.1:80") {
            true => servers.take().unwrap_or_default(),
            false => format!("{line}\n"),
        });
        let conf: String = lines.collect();
        fs::create_dir(folder.join("nginx")).unwrap();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|of| format!("{of}_temp_path {};\n", path(&format!("nginx/{of}"))))
            .concat();
        let whole = format!(
            "daemon off;\nmaster_process off;\npid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{conf}}}\n",
            path("nginx/pid")
        );
        fs::write(folder.join("nginx.conf"), whole).unwrap();
        let program = if fs::exists("/usr/sbin/nginx").unwrap() { "/usr/sbin/nginx" } else { "nginx" };
        let mut nginx = Command::new(program);
        nginx
            .args(["-p", &path("nginx"), "-c", &path("nginx.conf")])
            .args(["-e", "stderr"])
            .stdin(Stdio::null());
        let mut nginx = match nginx.spawn() {
            Ok(nginx) => nginx,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                panic!("there is no nginx here; run scripts/install-test-needs")
            }
            Err(error) => panic!("nginx: {error}"),
        };
        let begun = Instant::now();
        while !listens(https) {
            assert!(nginx.try_wait().unwrap().is_none(), "nginx rejects its configuration");
            assert!(begun.elapsed() < Duration::from_secs(20), "nginx is not ready after twenty seconds");
            std::thread::yield_now();
        }
        Self { nginx, http, https, certificate }
    }

    /// Sends a GET over https from this local address, and returns the raw response.
    pub(crate) fn get(&self, from: &str, path: &str, headers: &str) -> String {
        self.send(from, &format!("GET {path} HTTP/1.1\r\n{headers}"), "")
    }

    /// Sends a form over https from this local address, and returns the raw response.
    pub(crate) fn post(&self, from: &str, path: &str, headers: &str, form: &str) -> String {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        self.send(
            from,
            &format!("POST {path} HTTP/1.1\r\n{kind}\r\nContent-Length: {}\r\n{headers}", form.len()),
            form,
        )
    }

    fn send(&self, from: &str, head: &str, body: &str) -> String {
        let mut client = Command::new("openssl");
        client.args(["s_client", "-quiet", "-verify_return_error", "-verify_hostname", "maths.example.org"]);
        client.args(["-CAfile", &self.certificate, "-servername", "maths.example.org", "-bind", from]);
        client.args(["-connect", &format!("127.0.0.1:{}", self.https)]);
        let mut client =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut input = client.stdin.take().unwrap();
        write!(input, "{head}Host: maths.example.org\r\nConnection: close\r\n\r\n{body}").unwrap();
        input.flush().unwrap();
        let mut answer = Vec::new();
        client.stdout.take().unwrap().read_to_end(&mut answer).unwrap();
        client.wait().unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Sends a GET over http, and returns the raw response.
    pub(crate) fn get_over_http(&self, host: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.http)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.nginx.kill();
        let _ = self.nginx.wait();
    }
}

/// Returns the status of a raw response; 0 if it has none.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

/// Returns the `Cookie` line that answers the `Set-Cookie` lines of a raw response.
pub(crate) fn cookies(answer: &str) -> String {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs: Vec<_> = set.map(|(_, cookie)| cookie.split(';').next().unwrap_or_default()).collect();
    if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) }
}
