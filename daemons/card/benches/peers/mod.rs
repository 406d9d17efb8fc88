// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other sides: a program that talks to pcscd with nothing in between, and one that answers
//! calls on the bus. Each is a process of its own, as the daemon is.

mod myna;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pcsc::{
    Context, Disposition, MAX_BUFFER_SIZE, Protocols, ReaderState, Scope, ShareMode, State,
};
use uketsuke_bus::secret;
use uketsuke_card::apdu::{Command as Apdu, Ef, ISD, JPKI, Pin};
use zbus::OwnedFd;

use crate::support::{DIGEST, PIN};

/// Name of the peer on the bus.
const NAME: &str = "jp.uketsuke.Bench1";
/// What stands before a SHA-256 digest in its DigestInfo (PKCS #1, RFC 8017 §9.2).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Microseconds since 1970, comparable between the processes of this machine.
pub fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_micros()).unwrap()
}

/// Speaks with a process through lines.
struct Lines {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Lines {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Self { child, to, from }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.to, "{line}").unwrap();
    }

    fn hear(&mut self) -> u64 {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn myself() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// The client of [`slots`].
pub struct Slots(Lines);

impl Slots {
    pub fn start(socket: &Path) -> Self {
        let mut command = myself();
        command.arg("slots").env("PCSCLITE_CSOCK_NAME", socket);
        Self(Lines::start(&mut command))
    }

    /// Has the process wait for a card; [`Self::card_seen`] tells when pcscd told of it.
    pub fn expect_card(&mut self) {
        self.0.say("card");
        assert_eq!(self.0.hear(), 0);
    }

    pub fn card_seen(&mut self) -> u64 {
        self.0.hear()
    }

    /// The same commands as the daemon's, with nothing in between.
    pub fn bare_job(&mut self) -> Duration {
        self.0.say("job");
        Duration::from_micros(self.0.hear())
    }

    /// The same duties, done by `myna-card`.
    pub fn myna_job(&mut self) -> Duration {
        self.0.say("myna");
        Duration::from_micros(self.0.hear())
    }

    /// The photo's files and the proof by `myna-card`, opened with 照合番号B.
    pub fn myna_photo(&mut self, number: &str) -> Duration {
        self.0.say(&format!("photo {number}"));
        Duration::from_micros(self.0.hear())
    }
}

/// The process that talks to pcscd: `card` waits for one and tells the time; `job` does a job with
/// nothing in between, `myna` and `photo NUMBER` with `myna-card`, and tell how long it took.
pub fn slots() {
    let context = Context::establish(Scope::User).unwrap();
    let slot = context.list_readers_owned().unwrap().remove(0);
    let commands = commands();
    for line in std::io::stdin().lines() {
        let answer = match line.unwrap().as_str() {
            "card" => {
                let mut states = [ReaderState::new(slot.clone(), State::UNAWARE)];
                let mut ready = false;
                loop {
                    context.get_status_change(None, &mut states).unwrap();
                    states[0].sync_current_state();
                    if states[0].event_state().contains(State::PRESENT) {
                        break now_us();
                    }
                    if !std::mem::replace(&mut ready, true) {
                        println!("0");
                    }
                }
            }
            job => {
                let start = Instant::now();
                let card = context
                    .connect(&slot, ShareMode::Exclusive, Protocols::ANY)
                    .unwrap();
                match job.split_once(' ') {
                    Some((_, number)) => myna::photo(&card, number),
                    None if job == "myna" => myna::job(&card),
                    None => bare(&card, &commands),
                }
                card.disconnect(Disposition::UnpowerCard)
                    .map_err(|(_, e)| e)
                    .unwrap();
                u64::try_from(start.elapsed().as_micros()).unwrap()
            }
        };
        println!("{answer}");
    }
}

/// These commands, one after the other.
fn bare(card: &pcsc::Card, commands: &[Apdu]) {
    let mut buffer = [0; MAX_BUFFER_SIZE];
    for command in commands {
        let answer = card.transmit(command.bytes(), &mut buffer).unwrap();
        assert!(answer.ends_with(&[0x90, 0x00]) || answer == [0x63, 0xC3]);
    }
}

/// The commands of a job on the card `normal-adult`, as the daemon sends them.
fn commands() -> Vec<Apdu> {
    let pin = Pin::new(secret::SecretBytes::new(PIN.as_bytes().to_vec())).unwrap();
    let mut all = vec![
        Apdu::select_application(ISD),
        Apdu::select_application(JPKI),
        Apdu::select(Ef::Token),
        Apdu::read(0, 32),
        Apdu::select(Ef::Certificate),
    ];
    all.extend((0..6).map(|n| Apdu::read(n * 256, 256)));
    all.extend([
        Apdu::read(6 * 256, 14),
        Apdu::select(Ef::Pin),
        Apdu::query_tries(),
        Apdu::verify(&pin),
        Apdu::select(Ef::Key),
        Apdu::sign(&DIGEST),
    ]);
    all
}

/// The process that answers calls.
pub struct CallsPeer(#[allow(dead_code, reason = "ends the process when dropped")] Lines);

impl CallsPeer {
    pub fn start(bus: &str) -> Self {
        let mut lines = Lines::start(myself().args(["calls", bus]));
        assert_eq!(lines.hear(), 0);
        Self(lines)
    }
}

struct Served;

#[zbus::interface(name = "jp.uketsuke.Bench1")]
impl Served {
    /// Nothing.
    fn nothing(&self) {}

    /// Takes a secret.
    fn take(&self, pin: OwnedFd) {
        assert_eq!(
            secret::take(pin.into(), 4).unwrap().expose(),
            PIN.as_bytes()
        );
    }
}

/// The client of [`calls`].
#[zbus::proxy(
    interface = "jp.uketsuke.Bench1",
    default_service = "jp.uketsuke.Bench1",
    default_path = "/jp/uketsuke/Bench1"
)]
trait Bench1 {
    fn nothing(&self) -> zbus::Result<()>;
    fn take(&self, pin: OwnedFd) -> zbus::Result<()>;
}

/// Calls of [`Bench1Proxy`].
pub struct Calls(Bench1Proxy<'static>);

impl Calls {
    pub async fn connect(connection: &zbus::Connection) -> Self {
        Self(Bench1Proxy::new(connection).await.unwrap())
    }

    pub async fn nothing(&self) -> zbus::Result<()> {
        self.0.nothing().await
    }

    pub async fn take(&self, pin: OwnedFd) -> zbus::Result<()> {
        self.0.take(pin).await
    }
}

/// Answers calls on the bus at this address.
pub fn calls(address: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _connection = zbus::connection::Builder::address(address)
            .serve_at("/jp/uketsuke/Bench1", Served)
            .name(NAME)
            .build()
            .await
            .unwrap();
        println!("0");
        std::future::pending::<()>().await;
    });
}
