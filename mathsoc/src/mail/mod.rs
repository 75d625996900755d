//! Sends letters, in the background.
//!
//! ```no_run
//! # async fn example(config: &mathsoc::config::Config, ada: &mathsoc::domain::email::EmailAddress) -> Result<(), Box<dyn std::error::Error>> {
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
//! What happens to a letter:
//! 1. it waits among 256 at most; the next one is refused, so that a flood of letters fills no memory;
//! 2. four leave at once: to the server of `SMTP_URL`, or without one as a file under `DATA_DIR/outbox`;
//! 3. one that did not leave is tried again after 5, 30 and 120 seconds, unless the server said that it never will;
//! 4. then it is given up, and the log says why, without the address.
//!
//! Letters that go to many at once, as after an import, wait in a queue of their own for 1,000, of which eight are on their way
//! together: so nobody waits for a forgotten password behind a whole school.
//!
//! | default | why |
//! |---|---|
//! | in the background | the answer takes as long whether a letter is written or not, and whether the server is quick |
//! | a connection for each letter | a society sends few; a kept connection is one more thing that may have died |
//! | `Auto-Submitted: auto-generated` | so that no holiday note answers |
//! | an id that holds nothing | one with the name of the machine would tell it to everybody |
//!
//! It keeps nothing: letters that wait when the program is killed are lost, and whoever waits for one asks again.
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

/// How many letters may wait or be on their way.
const MOST: u32 = 256;
/// How many leave at the same time.
const AT_ONCE: usize = 4;
/// How many letters to many may wait.
const MOST_TO_MANY: u32 = 1000;
/// How many of these may be on their way.
const TO_MANY_AT_ONCE: u32 = 8;
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

/// Sends letters, in the background; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Sender,
    host: Arc<str>,
    way: Transport,
    pauses: [Duration; 3],
    waiting: Arc<Semaphore>,
    leaving: Arc<Semaphore>,
    to_many: Arc<Semaphore>,
    to_many_leaving: Arc<Semaphore>,
}

impl Mailer {
    /// Sends as the settings say.
    ///
    /// # Errors
    /// When nothing can be made of the address of the server.
    pub fn new(config: &Config) -> Result<Self, MailError> {
        let way = match &config.mail.smtp {
            Some(url) => Transport::smtp(url, &config.site_url)?,
            None => Transport::Outbox(config.data_dir.join("outbox")),
        };
        Ok(Self {
            from: config.mail.from.clone(),
            host: config.site_url.host().into(),
            way,
            pauses: PAUSES,
            waiting: Arc::new(Semaphore::new(MOST as usize)),
            leaving: Arc::new(Semaphore::new(AT_ONCE)),
            to_many: Arc::new(Semaphore::new(MOST_TO_MANY as usize)),
            to_many_leaving: Arc::new(Semaphore::new(TO_MANY_AT_ONCE as usize)),
        })
    }

    /// How long to wait before each of the three further attempts, instead of 5, 30 and 120 seconds.
    pub fn pauses(self, pauses: [Duration; 3]) -> Self {
        Self { pauses, ..self }
    }

    /// Sends a letter, soon. To be called on a tokio runtime.
    ///
    /// # Errors
    /// When too many are waiting, or the letter cannot be written. Whether it arrives, nobody knows.
    pub fn send<L: Letter>(&self, to: &EmailAddress, letter: &L) -> Result<(), MailError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| MailError::Busy)?;
        let message = self.write(to, letter)?;
        tokio::spawn(self.clone().deliver(message, L::NAME, place));
        Ok(())
    }

    /// Keeps places for letters to many, before what they tell of is done.
    ///
    /// # Errors
    /// When too many are waiting.
    pub fn reserve(&self, letters: usize) -> Result<Reserved, MailError> {
        let letters = u32::try_from(letters).map_err(|_| MailError::Busy)?;
        let places = Arc::clone(&self.to_many).try_acquire_many_owned(letters);
        Ok(Reserved { mailer: self.clone(), places: places.map_err(|_| MailError::Busy)? })
    }

    /// Waits until all letters have left or been given up.
    pub async fn flush(&self) {
        // Nobody ever closes the semaphores, so this only ends when every place is free.
        drop(self.to_many.acquire_many(MOST_TO_MANY).await);
        drop(self.waiting.acquire_many(MOST).await);
    }

    fn write<L: Letter>(&self, to: &EmailAddress, letter: &L) -> Result<Message, MailError> {
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

    async fn deliver(self, letter: Message, name: &'static str, place: OwnedSemaphorePermit) {
        let mut pauses = self.pauses.iter();
        loop {
            let failure = {
                let _turn = self.leaving.acquire().await;
                match self.way.deliver(&letter).await {
                    Ok(()) => break,
                    Err(failure) => failure,
                }
            };
            let pause = pauses.next().filter(|_| !failure.for_good);
            let Some(pause) = pause else {
                tracing::error!(letter = name, reason = failure.reason, "a letter was given up");
                break;
            };
            let seconds = pause.as_secs();
            tracing::warn!(
                letter = name,
                reason = failure.reason,
                seconds,
                "a letter did not leave; trying again"
            );
            tokio::time::sleep(*pause).await;
        }
        drop(place);
    }
}

/// Places for letters to many. What is not used is free again when it is dropped.
#[derive(Debug)]
pub struct Reserved {
    mailer: Mailer,
    places: OwnedSemaphorePermit,
}

impl Reserved {
    /// Sends these letters, one after the other; of more than there are places for, the first. One that cannot be written is
    /// for the log. To be called on a tokio runtime.
    pub fn send<L: Letter + Send + 'static>(self, letters: Vec<(EmailAddress, L)>) {
        let Self { mailer, mut places } = self;
        tokio::spawn(async move {
            for (to, letter) in letters {
                let Some(place) = places.split(1) else { break };
                let turn = Arc::clone(&mailer.to_many_leaving).acquire_owned().await;
                match mailer.write(&to, &letter) {
                    Ok(message) => {
                        let mailer = mailer.clone();
                        tokio::spawn(async move {
                            mailer.deliver(message, L::NAME, place).await;
                            drop(turn);
                        });
                    }
                    Err(error) => tracing::error!(%error, letter = L::NAME, "a letter was not sent"),
                }
            }
        });
    }
}

/// The text as it is, where mail allows it: lettre would write lines of more than 76 characters as quoted-printable, and cut
/// a link in two for whoever reads the file in the outbox.
fn body(text: String) -> Body {
    let plain = text.bytes().all(|c| (b' '..=b'~').contains(&c) || c == b'\n');
    if plain && text.lines().all(|line| line.len() <= 998) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

/// Why a letter is not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// Too many are waiting.
    #[error("too many letters are waiting to be sent")]
    Busy,
    /// Mail cannot be addressed like that.
    #[error("the address is none that mail can be sent to")]
    Address,
    /// The system has no randomness to give.
    #[error("the system has no randomness to give")]
    Random,
    /// The template broke off.
    #[error("a letter could not be written")]
    Template(#[from] askama::Error),
    /// The parts make no letter.
    #[error("a letter could not be put together")]
    Message(#[from] lettre::error::Error),
    /// Nothing can be made of the address of the server.
    #[error("SMTP_URL cannot be used")]
    Server(#[from] lettre::transport::smtp::Error),
}
