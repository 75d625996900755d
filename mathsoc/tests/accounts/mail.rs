//! E-mail: delivery, retries, the outbox folder, and log lines without recipients.

use std::fs;
use std::path::Path;
use std::time::Duration;

use mathsoc::config::Config;
use mathsoc::domain::email::EmailAddress;
use mathsoc::mail::{AddressTaken, Letter, MailError, Mailer, PasswordChanged, ResetPassword, VerifyAddress};
use test_support::Folder;
use test_support::log::Log;

use super::smtp::{Mood, Server};

fn mailer(settings: &[(&str, &str)]) -> Mailer {
    let find =
        |name: &str| settings.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    Mailer::new(&Config::from_vars(&find).unwrap()).unwrap().retry_delays([Duration::ZERO; 3])
}

fn ada() -> EmailAddress {
    "Ada@school.example".parse().unwrap()
}

fn reset() -> ResetPassword {
    ResetPassword {
        link: "https://maths.example.org/password_reset/abc".into(),
        site: "https://maths.example.org/".into(),
    }
}

#[tokio::test]
async fn a_letter_goes_to_the_server() {
    let server = Server::start(&[]).await;
    let mailer = mailer(&[("SMTP_URL", &server.url), ("SERVER_NAME", "maths.example.org")]);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    let received = server.received();
    assert_eq!(
        (received.len(), received[0].from.as_str(), received[0].to.as_str()),
        (1, "no-reply@maths.example.org", "Ada@school.example")
    );
    let text = &received[0].text;
    for line in [
        "From: \"Maths Society\" <no-reply@maths.example.org>",
        "To: Ada@school.example",
        "Subject: A new password",
        "Auto-Submitted: auto-generated",
        "Content-Type: text/plain; charset=utf-8",
        "https://maths.example.org/password_reset/abc",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    assert!(
        text.contains("@maths.example.org>\n") && text.contains("Message-ID: <") && text.contains("Date: "),
        "{text}"
    );
}

#[tokio::test]
async fn a_letter_is_tried_four_times_in_all() {
    let busy = Mood::Says("451 4.3.0 later, {}");
    let server = Server::start(&[Mood::Silent, busy, busy]).await;
    let mailer_of = |server: &Server| mailer(&[("SMTP_URL", &server.url)]);
    let mailer = mailer_of(&server);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    assert_eq!((server.calls(), server.received().len()), (4, 1), "sent at the fourth attempt");

    let server = Server::start(&[busy; 9]).await;
    let mailer = mailer_of(&server);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    assert_eq!((server.calls(), server.received().len()), (4, 0), "given up after four attempts");
}

#[tokio::test]
async fn a_permanent_failure_is_not_retried() {
    let server = Server::start(&[Mood::Says("550 5.1.1 <{}> no such user")]).await;
    let mailer = mailer(&[("SMTP_URL", &server.url)]);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    assert_eq!((server.calls(), server.received().len()), (1, 0));
}

#[tokio::test]
async fn the_log_names_the_failure_but_no_recipient() {
    let log = Log::default();
    let _guard = log.listen_at(tracing::Level::TRACE);
    let server =
        Server::start(&[Mood::Says("451 4.3.0 not now, {}"), Mood::Says("550 5.1.1 <{}> no such user")])
            .await;
    let mailer = mailer(&[("SMTP_URL", &server.url)]);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    let log = log.text();
    assert!(log.contains("the server answered 451") && log.contains("retrying"), "{log}");
    assert!(
        log.contains("the server answered 550") && log.contains("dropped a letter after the last attempt"),
        "{log}"
    );
    assert!(!log.contains("chool.example") && !log.contains("password_reset/"), "{log}");
}

#[tokio::test]
async fn remote_servers_without_starttls_get_no_mail() {
    let server = Server::start(&[]).await;
    let insists = format!("{}?tls=required", server.url);
    let mailer = mailer(&[("SMTP_URL", &insists)]);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    assert!(server.received().is_empty() && server.calls() > 0);
}

#[tokio::test]
async fn a_full_queue_rejects_mail_until_it_drains() {
    let folder = Folder::new();
    let mailer = mailer(&[("DATA_DIR", folder.to_str().unwrap())]);
    // There is no await in between, so the queue cannot drain while it is filled.
    let rejected = (0..300).filter(|_| matches!(mailer.send(&ada(), &reset()), Err(MailError::Busy))).count();
    assert_eq!(rejected, 300 - 256);
    mailer.flush().await;
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    assert_eq!(letters(&folder).len(), 257);
}

#[tokio::test]
async fn without_a_server_mail_is_a_private_file() {
    let folder = Folder::new();
    let mailer = mailer(&[("DATA_DIR", folder.to_str().unwrap())]);
    mailer.send(&ada(), &reset()).unwrap();
    mailer.flush().await;
    let letters = letters(&folder);
    assert_eq!(letters.len(), 1, "the folder has no partial file");
    assert!(
        letters[0].contains("To: Ada@school.example\r\n") && letters[0].contains("/password_reset/abc\r\n")
    );
    #[cfg(unix)]
    for path in fs::read_dir(folder.join("outbox"))
        .unwrap()
        .map(|it| it.unwrap().path())
        .chain([folder.join("outbox")])
    {
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions()) & 0o777;
        assert_eq!(mode, if path.is_dir() { 0o700 } else { 0o600 });
    }
}

#[tokio::test]
async fn letters_are_short_ascii_lines_with_whole_links() {
    let folder = Folder::new();
    let mailer = mailer(&[("DATA_DIR", folder.to_str().unwrap())]);
    let link = format!("https://maths.example.org/setup/{}", "x".repeat(112));
    let site = "https://maths.example.org/".to_owned();
    let (log_in, reset) = (link.clone(), link.clone());
    mailer.send(&ada(), &VerifyAddress { link: link.clone(), site: site.clone() }).unwrap();
    mailer.send(&ada(), &ResetPassword { link: link.clone(), site: site.clone() }).unwrap();
    mailer.send(&ada(), &PasswordChanged { reset: link.clone(), site: site.clone() }).unwrap();
    mailer.send(&ada(), &AddressTaken { log_in, reset, site }).unwrap();
    mailer.flush().await;
    let letters = letters(&folder);
    assert_eq!(letters.len(), 4);
    for letter in letters {
        assert!(letter.is_ascii(), "{letter}");
        assert!(
            letter.contains(&format!("\r\n{link}\r\n")) && letter.contains("The Maths Society\r\n"),
            "{letter}"
        );
        assert!(letter.lines().all(|line| line == link || line.len() <= 78), "{letter}");
    }
    assert_eq!(<VerifyAddress as Letter>::SUBJECT, "Is this your e-mail address?");
}

fn letters(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder.join("outbox")).unwrap().map(|it| it.unwrap().path());
    files
        .inspect(|path| assert_eq!(path.extension().unwrap(), "eml"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}
