//! Sends letters by SMTP in the background.
//!
//! ```no_run
//! # use mathsoc::{config::Config, domain::email::EmailAddress};
//! # use std::error::Error;
//! # async fn example(config: &Config, ada: &EmailAddress) -> Result<(), Box<dyn Error>> {
//! use mathsoc::mail::{Mailer, ResetPassword};
//!
//! let mailer = Mailer::new(config)?;
//! let site = config.site_url.link("/");
//! mailer.send(ada, &ResetPassword { link: config.site_url.link("/password_reset/…"), site })?;
//! mailer.flush().await; // before the program ends
//! # Ok(())
//! # }
//! ```
//!
//! A letter passes these steps:
//! 1. It joins a queue of at most 256; a full queue rejects it with [`MailError::Busy`], so that
//!    memory is bounded.
//! 2. Four are sent at the same time: to the server of `SMTP_URL`, or without one to files in
//!    `DATA_DIR/outbox`.
//! 3. A failed letter is retried after 5, 30 and 120 seconds, unless the server's error is
//!    permanent.
//! 4. Then it is dropped, and the log says why, without the address.
//!
//! Bulk mail, such as after an import of pupils, has a queue of its own for 1,000 letters, of
//! which eight are in progress. So a password reset does not wait behind a whole school.
//!
//! | choice | reason |
//! |---|---|
//! | in the background | response times do not reveal whether a letter is sent |
//! | a connection per letter | a society sends few; an idle connection may be dead |
//! | `Auto-Submitted: auto-generated` | auto-responders stay silent (RFC 3834) |
//! | a random message id | the host name of the machine stays private |
//!
//! It does not persist the queue. Letters that wait when the program is killed are lost,
//! and their recipients ask again.
//!
//! References: RFC 5321; RFC 3834; OWASP Forgot Password Cheat Sheet.

mod letters;
mod transports;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder};
use lettre::{Address, Message};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::letters::{AddressTaken, Letter, PasswordChanged, ResetPassword, VerifyAddress, Welcome};
use self::transports::{Transport, random_name};
use crate::config::{Config, Sender};
use crate::domain::email::EmailAddress;

/// The size of the queue, letters in progress included.
const MAX_QUEUED: u32 = 256;
/// The number of letters sent at the same time.
const MAX_CONCURRENT: usize = 4;
/// The size of the queue of bulk mail.
const MAX_BULK_QUEUED: u32 = 1000;
/// The number of bulk letters in progress.
const MAX_BULK_CONCURRENT: u32 = 8;
const RETRY_DELAYS: [Duration; 3] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

#[derive(Clone, Debug)]
pub struct Mailer {
    from: Sender,
    host: Arc<str>,
    transport: Transport,
    retry_delays: [Duration; 3],
    queue: Arc<Semaphore>,
    in_progress: Arc<Semaphore>,
    bulk_queue: Arc<Semaphore>,
    bulk_in_progress: Arc<Semaphore>,
}

impl Mailer {
    /// A mailer with these settings.
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let transport = match &config.mail.smtp {
            Some(url) => Transport::smtp(url, &config.site_url)?,
            None => Transport::Outbox(config.data_dir.join("outbox")),
        };
        Ok(Self {
            from: config.mail.from.clone(),
            host: config.site_url.host().into(),
            transport,
            retry_delays: RETRY_DELAYS,
            queue: Arc::new(Semaphore::new(MAX_QUEUED as usize)),
            in_progress: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            bulk_queue: Arc::new(Semaphore::new(MAX_BULK_QUEUED as usize)),
            bulk_in_progress: Arc::new(Semaphore::new(MAX_BULK_CONCURRENT as usize)),
        })
    }

    /// Replaces the delays before the three retries.
    pub fn retry_delays(self, retry_delays: [Duration; 3]) -> Self {
        Self { retry_delays, ..self }
    }

    /// Queues a letter. Requires a tokio runtime.
    ///
    /// # Errors
    /// If the queue is full, or the letter cannot be composed. A failed delivery is only logged.
    pub fn send<L: Letter>(&self, to: &EmailAddress, letter: &L) -> Result<(), MailError> {
        let permit = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| MailError::Busy)?;
        let message = self.compose(to, letter)?;
        tokio::spawn(self.clone().deliver(message, L::NAME, permit));
        Ok(())
    }

    /// Reserves room in the queue of bulk mail, before the action that the letters report.
    ///
    /// # Errors
    /// If the queue has less room.
    pub fn reserve(&self, letters: usize) -> Result<Reserved, MailError> {
        let letters = u32::try_from(letters).map_err(|_| MailError::Busy)?;
        let permits = Arc::clone(&self.bulk_queue).try_acquire_many_owned(letters);
        Ok(Reserved { mailer: self.clone(), permits: permits.map_err(|_| MailError::Busy)? })
    }

    /// Waits until all letters were sent or dropped.
    pub async fn flush(&self) {
        // The semaphores are never closed, so this returns when all permits are free.
        drop(self.bulk_queue.acquire_many(MAX_BULK_QUEUED).await);
        drop(self.queue.acquire_many(MAX_QUEUED).await);
    }

    fn compose<L: Letter>(&self, to: &EmailAddress, letter: &L) -> Result<Message, MailError> {
        let address: Address = to.as_str().parse().map_err(|_| MailError::Address)?;
        let id = random_name().map_err(|_| MailError::Random)?;
        let automatic =
            HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
        let message: MessageBuilder = Message::builder()
            .from(self.from.mailbox().clone())
            .to(Mailbox::new(None, address))
            .subject(L::SUBJECT)
            .message_id(Some(format!("<{id}@{}>", self.host)))
            .raw_header(automatic)
            .header(ContentType::TEXT_PLAIN);
        Ok(message.body(body(Template::render(letter)?))?)
    }

    async fn deliver(self, letter: Message, name: &'static str, permit: OwnedSemaphorePermit) {
        let mut retry_delays = self.retry_delays.iter();
        loop {
            let error = {
                let _permit = self.in_progress.acquire().await;
                match self.transport.deliver(&letter).await {
                    Ok(()) => break,
                    Err(error) => error,
                }
            };
            let pause = retry_delays.next().filter(|_| !error.is_permanent);
            let Some(pause) = pause else {
                tracing::error!(
                    letter = name,
                    reason = error.reason,
                    "dropped a letter after the last attempt"
                );
                break;
            };
            let seconds = pause.as_secs();
            tracing::warn!(letter = name, reason = error.reason, seconds, "a letter was not sent; retrying");
            tokio::time::sleep(*pause).await;
        }
        drop(permit);
    }
}

/// Room in the queue of bulk mail. Dropping it frees the unused rest.
#[derive(Debug)]
pub struct Reserved {
    mailer: Mailer,
    permits: OwnedSemaphorePermit,
}

impl Reserved {
    /// Sends these letters, up to the reserved number. A letter that cannot be composed is logged.
    /// Requires a tokio runtime.
    pub fn send<L: Letter + Send + 'static>(self, letters: Vec<(EmailAddress, L)>) {
        let Self { mailer, mut permits } = self;
        tokio::spawn(async move {
            for (to, letter) in letters {
                let Some(permit) = permits.split(1) else { break };
                let in_progress = Arc::clone(&mailer.bulk_in_progress).acquire_owned().await;
                match mailer.compose(&to, &letter) {
                    Ok(message) => {
                        let mailer = mailer.clone();
                        tokio::spawn(async move {
                            mailer.deliver(message, L::NAME, permit).await;
                            drop(in_progress);
                        });
                    }
                    Err(error) => tracing::error!(%error, letter = L::NAME, "a letter was not sent"),
                }
            }
        });
    }
}

/// Encodes the text as 7-bit if possible. lettre would choose quoted-printable for lines of more
/// than 76 characters, which splits links for readers of the files in the outbox.
fn body(text: String) -> Body {
    let plain = text.bytes().all(|c| (b' '..=b'~').contains(&c) || c == b'\n');
    if plain && text.lines().all(|line| line.len() <= 998) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

/// A reason why a letter is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The queue is full.
    #[error("too many letters are waiting to be sent")]
    Busy,
    /// The address is not valid in mail.
    #[error("mail cannot be sent to this address")]
    Address,
    /// The random generator failed.
    #[error("the system's random generator failed")]
    Random,
    /// The template failed to render.
    #[error("a letter could not be rendered")]
    Template(#[from] askama::Error),
    /// lettre rejected the message.
    #[error("a letter could not be composed")]
    Message(#[from] lettre::error::Error),
    /// `SMTP_URL` is not usable.
    #[error("SMTP_URL cannot be used")]
    Server(#[from] lettre::transport::smtp::Error),
}
