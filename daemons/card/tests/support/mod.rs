// SPDX-License-Identifier: MIT OR Apache-2.0
//! The daemon itself over a bus, a pcscd and a virtual card of the test's own.

#![allow(dead_code, reason = "each test program uses its part")]

use std::fs::File;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use uketsuke_bus::card1::{CERTIFICATE_BYTES, Card1Proxy, CardError, CardProxy, ReaderState};
use uketsuke_bus::secret::SecretBytes;
use uketsuke_bus::{CARD, PINLESS, PINLESS_PATH, secret};
use uketsuke_photo::wire;
use uketsuke_record::KeyId;
use uketsuke_simulated_pinless::Terminal;
use uketsuke_testkit::PrivateBus;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::pcscd::Pcscd;
use uketsuke_virtual_card::tray::{Options, Tray};
use zbus::object_server::Interface;
use zbus::{Connection, OwnedObjectPath};

/// Limit of every wait. Generous: nothing takes that long unless it is broken.
const SOON: Duration = Duration::from_secs(30);

/// What the tests let the daemon log.
const EVERYTHING: &str = "info,uketsuke_card=debug";

/// The largest picture with its sides before it.
const MOST_PICTURE: usize = 4 + 1024 * 1280;

/// The PIN of the virtual cards.
pub const PIN: &str = "1234";
/// A wrong one that stands nowhere else, to be searched for in the log.
pub const WRONG: &str = "7391";

/// Everything a test of the daemon needs.
pub struct House {
    daemon: Child,
    level: &'static str,
    pub bus: PrivateBus,
    pub tray: Tray,
    pub pcscd: Pcscd,
    pub client: Connection,
    dir: TempDir,
    _cards: TempDir,
}

impl House {
    /// Starts it all; the daemon serves when this returns.
    pub async fn open(config: &str, latency: Latency) -> Self {
        Self::open_logging(EVERYTHING, config, latency).await
    }

    /// The same, with the daemon logging less. News of the slots is waited for and has to be there.
    pub async fn open_logging(level: &'static str, config: &str, latency: Latency) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("reader.toml"), config).expect("the configuration");
        // In memory: a busy disk can hold a VERIFY back for longer than the daemon waits for an answer.
        let cards = tempfile::tempdir_in("/dev/shm").expect("a temporary folder in memory");
        let bus = PrivateBus::start();
        let pcscd = Pcscd::start(&dir.path().join("p")).expect("pcscd");
        let options = Options {
            vpcd: pcscd.address(),
            state: cards.path().to_owned(),
            latency,
        };
        let tray = pcscd
            .within(|| Tray::start(&options))
            .expect("the private network")
            .expect("the virtual card");
        if !config.contains("roots") {
            trust(&dir, &tray);
        }
        decode_at(&dir.path().join("photo.socket"));
        let client = bus.connect().await;
        let daemon = launch(level, &dir, &bus, &pcscd);
        let house = Self {
            daemon,
            level,
            bus,
            tray,
            pcscd,
            client,
            dir,
            _cards: cards,
        };
        house.until_served().await;
        house
    }

    /// Test cards accepted, no latency.
    pub async fn usual() -> Self {
        Self::open("[card]\ntest_cards = true\n", Latency::NONE).await
    }

    async fn until_served(&self) {
        let bus = zbus::fdo::DBusProxy::new(&self.client).await.expect("bus");
        until("the daemon owns its name", async || {
            bus.name_has_owner(CARD.try_into().expect("a name"))
                .await
                .expect("bus")
        })
        .await;
        // A card placed before the slots are seen is found as well, but then nobody could tell when.
        until("the slots are seen", async || {
            self.readers().await.iter().all(|(.., works)| *works)
        })
        .await;
    }

    pub async fn card1(&self) -> Card1Proxy<'static> {
        Card1Proxy::builder(&self.client)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .expect("Card1")
    }

    pub async fn readers(&self) -> Vec<ReaderState> {
        self.card1().await.readers().await.expect("Readers")
    }

    pub async fn present(&self) -> Option<OwnedObjectPath> {
        let path = self.card1().await.present().await.expect("Present");
        (path.as_str() != "/").then_some(path)
    }

    /// Lays a card on slot 0 and waits for its object.
    pub async fn place(&self, profile: &str) -> CardProxy<'static> {
        self.tray.place(profile, 0).expect("place");
        self.until_present().await
    }

    pub async fn until_present(&self) -> CardProxy<'static> {
        let mut path = None;
        until("a card is placed", async || {
            path = self.present().await;
            path.is_some()
        })
        .await;
        self.card(&self.client, path.expect("just seen")).await
    }

    pub async fn card(&self, client: &Connection, path: OwnedObjectPath) -> CardProxy<'static> {
        CardProxy::builder(client)
            .path(path)
            .build()
            .await
            .expect("Card")
    }

    pub async fn lift(&self) {
        self.lift_from(0).await;
    }

    /// Takes what is on this slot away, and waits until everybody has seen it.
    pub async fn lift_from(&self, slot: u8) {
        self.tray.lift(slot).expect("lift");
        self.until_lifted_from(slot).await;
    }

    pub async fn until_lifted(&self) {
        self.until_lifted_from(0).await;
    }

    async fn until_lifted_from(&self, slot: u8) {
        until("the card is lifted", async || {
            self.present().await.is_none()
        })
        .await;
        // pcscd looks at a slot every 400 ms. A card that is laid down before it has seen the slot
        // empty is never told as placed.
        until("pcscd has seen the slot empty", async || {
            let log = self.log();
            let last = log.lines().rfind(|line| line.contains(" slots slots="));
            let empty = format!("00 {slot:02}\", card: None");
            last.is_some_and(|line| line.contains(&empty))
        })
        .await;
    }

    /// Starts the simulated service for signatures without PIN; it ends with what is returned.
    pub async fn pinless(&self) -> Connection {
        let (certificate, key) = self.tray.terminal().expect("the test terminal");
        let terminal = Terminal::new(certificate, &key).expect("the test terminal");
        self.serve_pinless(terminal).await
    }

    /// The same with any other such service.
    pub async fn serve_pinless(&self, service: impl Interface) -> Connection {
        let connection = self.bus.connect().await;
        let server = connection.object_server();
        let before = server.at(PINLESS_PATH, service).await.expect("an object");
        assert!(before.is_none());
        connection.request_name(PINLESS).await.expect("the name");
        connection.clone()
    }

    /// Takes the decoder's socket away.
    pub fn no_decoder(&self) {
        std::fs::remove_file(self.dir.path().join("photo.socket")).expect("the decoder's socket");
    }

    pub async fn until_off(&self) {
        until("the card has no power", async || {
            !self.tray.state(0).expect("state").powered
        })
        .await;
    }

    /// Process number of the daemon.
    pub fn daemon(&self) -> u32 {
        self.daemon.id()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.daemon.id()).expect("a pid"));
        kill(pid, signal).expect("the daemon runs");
    }

    /// Waits until the daemon has ended and starts it again.
    pub async fn restart_daemon(&mut self) {
        self.daemon.wait().expect("the daemon ends");
        self.daemon = launch(self.level, &self.dir, &self.bus, &self.pcscd);
        self.until_served().await;
    }

    /// Waits until the daemon has ended; not started again.
    pub fn until_ended(&mut self) {
        self.daemon.wait().expect("the daemon ends");
    }

    /// What the unit runs behind every end of the daemon (`ExecStopPost=`).
    pub fn after_the_end(&self) {
        let unit = include_str!("../../../../systemd/system/uketsuke-card.service");
        let line = unit.lines().find_map(|l| l.strip_prefix("ExecStopPost="));
        let mut words = line.expect("a line in the unit").split(' ');
        let program = words.next().expect("a program");
        assert!(program.ends_with("/uketsuke-card"), "{program}");
        let status = Command::new(env!("CARGO_BIN_EXE_uketsuke-card"))
            .args(words)
            .env_clear()
            .env("PCSCLITE_CSOCK_NAME", &self.pcscd.socket)
            .stdin(Stdio::null())
            .status()
            .expect("the program starts");
        assert!(status.success(), "{status}");
    }

    /// Process id of the daemon.
    pub fn pid(&self) -> u32 {
        self.daemon.id()
    }

    /// Where configuration, log and the decoder's socket lie.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// OpenSC as the next client of the card in slot 0: sends `commands`, after one another, and
    /// returns the status words. Waits while the card is still held.
    pub async fn next_client(&self, commands: &[String]) -> Vec<String> {
        let mut words = Vec::new();
        until("the next client gets the card", async || {
            let output = Command::new("opensc-tool")
                .args(["--reader", "0", "--card-driver", "default"])
                .args(commands.iter().flat_map(|c| ["--send-apdu", c]))
                .env("PCSCLITE_CSOCK_NAME", &self.pcscd.socket)
                .output()
                .expect("opensc-tool (Debian package opensc) starts");
            let said = String::from_utf8_lossy(&output.stdout);
            words = said
                .split("(SW1=0x")
                .skip(1)
                .map(|rest| format!("{}{}", &rest[..2], &rest[10..12]))
                .collect();
            words.len() == commands.len()
        })
        .await;
        words
    }

    /// Everything the daemon has logged, at debug level.
    pub fn log(&self) -> String {
        std::fs::read_to_string(log_path(&self.dir)).expect("the log")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // It may have been ended by the test itself.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        if std::thread::panicking() {
            let pcscd = std::fs::read_to_string(self.pcscd.log());
            eprintln!("--- log of the daemon\n{}", self.log());
            eprintln!("--- log of pcscd\n{pcscd:?}");
            eprintln!(
                "--- slots {:?}, {:?}",
                self.tray.state(0),
                self.tray.state(1)
            );
        }
    }
}

/// Gives the daemon the root of the virtual cards' faces, as a file among the test roots.
fn trust(dir: &TempDir, tray: &Tray) {
    let (id, key) = tray.surface_root().expect("the root of card faces");
    let roots = dir.path().join("card-roots");
    std::fs::create_dir_all(roots.join("test")).expect("the folder of roots");
    let name = format!("test/{}.pem", KeyId(id));
    std::fs::write(roots.join(name), key).expect("a root");
    let drop_in = dir.path().join("reader.d");
    std::fs::create_dir(&drop_in).expect("the folder of drop-ins");
    let told = format!("[card]\nroots = {roots:?}\n");
    std::fs::write(drop_in.join("10-roots.toml"), told).expect("a drop-in");
}

/// The decoder as the other end of its socket; its process is a matter of its own tests.
fn decode_at(path: &Path) {
    let listener = UnixListener::bind(path).expect("the decoder's socket");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let question = wire::read_question(&mut stream).expect("a question");
            let answer = question.and_then(|photo| uketsuke_photo::decode(&photo));
            // The daemon may have been told to end meanwhile.
            let _ = wire::write_answer(&mut stream, &answer);
        }
    });
}

fn log_path(dir: &TempDir) -> PathBuf {
    dir.path().join("daemon.log")
}

fn launch(level: &str, dir: &TempDir, bus: &PrivateBus, pcscd: &Pcscd) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(log_path(dir))
        .expect("a log file");
    Command::new(env!("CARGO_BIN_EXE_uketsuke-card"))
        .env_clear()
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .env("PCSCLITE_CSOCK_NAME", &pcscd.socket)
        .env("UKETSUKE_CONFIG", dir.path())
        .env("UKETSUKE_PHOTO_SOCKET", dir.path().join("photo.socket"))
        .env("UKETSUKE_LOG", level)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("the daemon starts")
}

/// Waits until `seen`.
pub async fn until(what: &str, mut seen: impl AsyncFnMut() -> bool) {
    let watch = async {
        while !seen().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    if tokio::time::timeout(SOON, watch).await.is_err() {
        panic!("{what}: not within {SOON:?}");
    }
}

/// Signs with a PIN as a client does.
pub async fn sign(card: &CardProxy<'_>, pin: &str) -> Result<Vec<u8>, CardError> {
    let pin = secret::seal(pin.as_bytes()).expect("a memory file");
    card.sign_with_pin(pin.into(), &DIGEST).await
}

/// Reads the certificate as the mode manager does.
pub async fn certificate(card: &CardProxy<'_>) -> Result<SecretBytes, CardError> {
    let file = card.read_certificate().await?;
    Ok(secret::take(file.into(), CERTIFICATE_BYTES).expect("a sealed memory file"))
}

/// Asks for the photo with 照合番号B as the face daemon does.
pub async fn photo(card: &CardProxy<'_>, number: &str) -> Result<SecretBytes, CardError> {
    let number = secret::seal(number.as_bytes()).expect("a memory file");
    let file = card.read_photo(number.into()).await?;
    Ok(secret::take(file.into(), MOST_PICTURE).expect("a sealed memory file"))
}

/// What is signed.
pub const DIGEST: [u8; 32] = [0xA7; 32];

/// Name of the error, or what was answered instead.
pub fn named<T>(result: Result<T, CardError>) -> &'static str {
    match result {
        Ok(_) => "no error",
        Err(CardError::Gone(_)) => "Gone",
        Err(CardError::Busy(_)) => "Busy",
        Err(CardError::NotThisKind(_)) => "NotThisKind",
        Err(CardError::NotYet(_)) => "NotYet",
        Err(CardError::NotAllowed(_)) => "NotAllowed",
        Err(CardError::NotAttested(_)) => "NotAttested",
        Err(CardError::NoPinless(_)) => "NoPinless",
        Err(CardError::PinlessRefused(_)) => "PinlessRefused",
        Err(CardError::WrongPin(_)) => "WrongPin",
        Err(CardError::PinBlocked(_)) => "PinBlocked",
        Err(CardError::BadPin(_)) => "BadPin",
        Err(CardError::BadDigest(_)) => "BadDigest",
        Err(CardError::BadSecret(_)) => "BadSecret",
        Err(CardError::WrongReference(_)) => "WrongReference",
        Err(CardError::ReferenceTriesLow(_)) => "ReferenceTriesLow",
        Err(CardError::BadReference(_)) => "BadReference",
        Err(CardError::NoPhoto(_)) => "NoPhoto",
        Err(CardError::BadPhoto(_)) => "BadPhoto",
        Err(CardError::Forged(_)) => "Forged",
        Err(CardError::Unreadable(_)) => "Unreadable",
        Err(CardError::TestCard(_)) => "TestCard",
        Err(CardError::NoReader(_)) => "NoReader",
        Err(CardError::Internal(_)) => "Internal",
        Err(CardError::ZBus(error)) => panic!("an error without a name of ours: {error}"),
    }
}
