// SPDX-License-Identifier: MIT OR Apache-2.0
//! Brings the chain up.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};
use openssl::x509::extension::{BasicConstraints, KeyUsage};
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use tempfile::TempDir;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_bus::secret;
use uketsuke_bus::uplink1::{
    ANSWER_BYTES, CheckInAnswer, CheckInRequest, Uplink1Error, Uplink1Proxy,
};
use uketsuke_centre::proxy::Proxy;
use uketsuke_centre::{Centre, Counts, pki};
use uketsuke_common::config::{self, TerminalConfig};
use uketsuke_link::tls::Identity;
use uketsuke_terminal::app::Terminal;
use uketsuke_testkit::PrivateBus;
use zbus::OwnedFd;

/// Generous: a test that waits this long has failed.
pub const LIMIT: Duration = Duration::from_secs(30);

/// A card holder under the test root.
pub struct Holder {
    pub certificate: Vec<u8>,
    key: PKey<Private>,
}

impl Holder {
    pub fn sign(&self, digest: &[u8]) -> Vec<u8> {
        let mut context = PkeyCtx::new(&self.key).unwrap();
        context.sign_init().unwrap();
        context.set_rsa_padding(Padding::PKCS1).unwrap();
        context.set_signature_md(openssl::md::Md::sha256()).unwrap();
        let mut signature = Vec::new();
        context.sign_to_vec(digest, &mut signature).unwrap();
        signature
    }

    pub fn request(&self, digest: &[u8]) -> CheckInRequest {
        CheckInRequest {
            certificate: BASE64_STANDARD.encode(&self.certificate),
            signature: BASE64_STANDARD.encode(self.sign(digest)),
        }
    }
}

/// A root and holders under it.
pub struct Root {
    certificate: X509,
    key: PKey<Private>,
}

impl Root {
    pub fn new(name: &str) -> Self {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut builder = builder(name, 1, &key, -4000, 3650);
        builder.set_issuer_name(&subject(name)).unwrap();
        let ca = BasicConstraints::new().critical().ca().build().unwrap();
        builder.append_extension(ca).unwrap();
        let usage = KeyUsage::new()
            .critical()
            .key_cert_sign()
            .crl_sign()
            .build()
            .unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        Self {
            certificate: builder.build(),
            key,
        }
    }

    /// A holder whose certificate ends in `days` days (negative: has ended).
    pub fn holder(&self, serial: u32, days: i64) -> Holder {
        let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let mut builder = builder("997794E9AGCIEG13221003A", serial, &key, days - 365, days);
        builder
            .set_issuer_name(self.certificate.subject_name())
            .unwrap();
        let usage = KeyUsage::new()
            .critical()
            .digital_signature()
            .build()
            .unwrap();
        builder.append_extension(usage).unwrap();
        builder.sign(&self.key, MessageDigest::sha256()).unwrap();
        Holder {
            certificate: builder.build().to_der().unwrap(),
            key,
        }
    }
}

fn subject(name: &str) -> openssl::x509::X509Name {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    subject.build()
}

fn builder(name: &str, serial: u32, key: &PKey<Private>, from: i64, to: i64) -> X509Builder {
    let day = |days: i64| {
        let now = i64::try_from(uketsuke_link::now()).unwrap();
        Asn1Time::from_unix(now + days * 86_400).unwrap()
    };
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(serial).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject(name)).unwrap();
    builder.set_not_before(&day(from)).unwrap();
    builder.set_not_after(&day(to)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder
}

/// Everything that is up.
pub struct House {
    pub bus: PrivateBus,
    pub root: Root,
    pub centre: Centre,
    pub network: Proxy,
    pub cable: Proxy,
    pub uplink: Option<Child>,
    terminal: Place,
    dir: TempDir,
}

/// Where the terminal runs.
enum Place {
    /// In the test's own process.
    Here(Terminal),
    /// In one of its own, which can be killed.
    Apart(Option<Child>),
}

impl House {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// `uplink`: further lines of `[uplink]`.
    pub async fn start_with(uplink: &str) -> Self {
        Self::built(uplink, |_| ((), None)).await.0
    }

    /// The same with the terminal as a process, which [`Self::kill_terminal`] kills. `first` prepares places
    /// below the house, and says where the terminal's database is.
    pub async fn apart<T>(
        first: impl FnOnce(&dyn Fn(&str) -> PathBuf) -> (T, String),
    ) -> (Self, T) {
        let first = |at: &dyn Fn(&str) -> PathBuf| {
            let (first, database) = first(at);
            (first, Some(database))
        };
        Self::built("", first).await
    }

    async fn built<T>(
        uplink: &str,
        first: impl FnOnce(&dyn Fn(&str) -> PathBuf) -> (T, Option<String>),
    ) -> (Self, T) {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let (first, apart) = first(&at);
        pki::make(&at("pki")).unwrap();
        let root = Root::new("TEST root");
        std::fs::write(at("roots.pem"), root.certificate.to_pem().unwrap()).unwrap();
        std::fs::write(
            at("registry.json"),
            r#"[{"profile":"normal-adult","serial_hex":"227B13","subject_cn":"x"}]"#,
        )
        .unwrap();
        let loopback = "127.0.0.1:0".parse().unwrap();
        let centre = uketsuke_centre::start(uketsuke_centre::Options {
            listen: loopback,
            control: loopback,
            state: at("centre"),
            identity: Identity::in_directory(
                &at("pki/centre"),
                "centre.crt",
                "centre.key",
                "terminal-client-ca.crt",
            ),
            registry: at("registry.json"),
            trust: at("roots.pem"),
        })
        .await
        .unwrap();
        let network = Proxy::start(centre.address).await.unwrap();
        let url = format!("https://{}/", network.address);
        let reception = config::ReceiptConfig {
            folder: at("face"),
            encoding: config::FileEncoding::ShiftJis,
            readers: Vec::new(),
            keep_hours: 1,
        };
        std::fs::create_dir(at("face")).unwrap();
        let config = TerminalConfig {
            listen: loopback,
            page: loopback,
            centre: config::Centre(url::Url::parse(&url).unwrap()),
            centre_s: 2,
            heartbeat_s: 1,
            retry_max_s: 1,
            institution: "1312345678".into(),
            receipt: [("reception".to_owned(), reception)].into(),
            ..TerminalConfig::default()
        };
        let places = uketsuke_terminal::app::Places {
            state: at("terminal"),
            credentials: at("pki/terminal"),
            runtime: at("run-terminal"),
        };
        let (terminal, address) = if let Some(database) = &apart {
            let address = free();
            let toml = format!(
                "[terminal]\nlisten = \"{address}\"\npage = \"127.0.0.1:0\"\ncentre = \"{url}\"\n\
                 centre_s = 2\nheartbeat_s = 1\nretry_max_s = 1\ndatabase = \"{database}\"\n"
            );
            std::fs::create_dir(at("config-terminal")).unwrap();
            std::fs::write(at("config-terminal/reader.toml"), toml).unwrap();
            (Place::Apart(None), address)
        } else {
            let terminal = uketsuke_terminal::app::start(&config, &places, || (), None);
            let terminal = terminal.await.unwrap();
            let address = terminal.address;
            (Place::Here(terminal), address)
        };
        let cable = Proxy::start(address).await.unwrap();
        std::fs::create_dir(at("config")).unwrap();
        let toml = format!(
            "[uplink]\nrequest_s = 4\nheartbeat_s = 1\nretry_max_s = 1\n{uplink}\n\
             [terminal]\nplace = \"https://{}\"\n",
            cable.address
        );
        std::fs::write(at("config/reader.toml"), toml).unwrap();
        let mut house = Self {
            bus: PrivateBus::start(),
            root,
            centre,
            network,
            cable,
            uplink: None,
            terminal,
            dir,
        };
        if apart.is_some() {
            house.begin_terminal();
        }
        house.begin();
        (house, first)
    }

    /// Where the terminal shows its pages.
    pub fn page(&self) -> std::net::SocketAddr {
        match &self.terminal {
            Place::Here(terminal) => terminal.page,
            Place::Apart(_) => panic!("a process of its own shows its page where it likes"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn state(&self) -> PathBuf {
        self.path("uplink")
    }

    /// Starts the uplink; it is up when its name is on the bus.
    pub fn begin(&mut self) {
        let program = Path::new(env!("CARGO_BIN_EXE_uketsuke-uplink"));
        self.uplink = Some(self.daemon("uplink", "config", program));
    }

    /// Starts the terminal that is a process of its own.
    pub fn begin_terminal(&mut self) {
        // Built beside the uplink (`cargo build --workspace --bins`).
        let program = Path::new(env!("CARGO_BIN_EXE_uketsuke-uplink"));
        let program = program.with_file_name("uketsuke-terminal");
        self.terminal = Place::Apart(Some(self.daemon("terminal", "config-terminal", &program)));
    }

    fn daemon(&self, name: &str, config: &str, program: &Path) -> Child {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path(&format!("{name}.log")))
            .unwrap();
        Command::new(program)
            .env("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address())
            .env("UKETSUKE_CONFIG", self.path(config))
            .env("STATE_DIRECTORY", self.path(name))
            .env("RUNTIME_DIRECTORY", self.path(&format!("run-{name}")))
            .env("CREDENTIALS_DIRECTORY", self.path(&format!("pki/{name}")))
            .env("UKETSUKE_LOG", "debug")
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()))
    }

    pub fn kill(&mut self) {
        end(&mut self.uplink.take().unwrap());
    }

    pub fn kill_terminal(&mut self) {
        let Place::Apart(process) = &mut self.terminal else {
            panic!("the terminal is no process");
        };
        end(&mut process.take().unwrap());
    }

    /// A client that waits until the uplink is on the bus.
    pub async fn client(&self) -> Client {
        let connection = self.bus.connect().await;
        let client = Client::on(connection).await;
        client.up().await;
        client
    }

    /// Waits until the centre's counts are as wanted.
    pub async fn counts(&self, what: &str, wanted: impl Fn(&Counts) -> bool) -> Counts {
        until(what, || async {
            let counts = self.centre.counts().await.unwrap();
            wanted(&counts).then_some(counts)
        })
        .await
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let terminal = match &mut self.terminal {
            Place::Apart(process) => process.take(),
            Place::Here(_) => None,
        };
        for mut child in [self.uplink.take(), terminal].into_iter().flatten() {
            end(&mut child);
        }
        if std::thread::panicking() {
            print_log("uplink", &self.path("uplink.log"));
            print_log("terminal", &self.path("terminal.log"));
        }
    }
}

fn end(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// An address on loopback that nobody has.
fn free() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn print_log(name: &str, path: &Path) {
    let log = std::fs::read_to_string(path).unwrap_or_default();
    eprintln!("--- log of the {name}\n{log}---");
}

/// Looks again and again until there is an answer.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, looking)
        .await
        .unwrap_or_else(|_| panic!("waited in vain: {what}"))
}

/// What `mode` is to the uplink.
pub struct Client {
    pub connection: zbus::Connection,
    pub uplink: Uplink1Proxy<'static>,
}

impl Client {
    pub async fn on(connection: zbus::Connection) -> Self {
        let uplink = Uplink1Proxy::builder(&connection)
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await
            .unwrap();
        Self { connection, uplink }
    }

    /// Waits until the uplink is on the bus.
    pub async fn up(&self) {
        let bus = zbus::fdo::DBusProxy::new(&self.connection).await.unwrap();
        until("the uplink's name on the bus", || async {
            let name = uketsuke_bus::UPLINK.try_into().unwrap();
            bus.name_has_owner(name).await.unwrap().then_some(())
        })
        .await;
    }

    /// Opens a session, however long the hops take to come up.
    pub async fn challenge(&self) -> (String, Vec<u8>) {
        until("a session", || async { self.uplink.challenge().await.ok() }).await
    }

    pub async fn check_in(
        &self,
        session: &str,
        request: &CheckInRequest,
    ) -> Result<CheckInAnswer, Uplink1Error> {
        let answer = self.uplink.check_in(session, file(request)).await?;
        let answer = secret::take(answer.into(), ANSWER_BYTES).unwrap();
        Ok(serde_json::from_slice(answer.expose()).unwrap())
    }

    pub async fn complete(&self, session: &str) -> Result<(), Uplink1Error> {
        self.uplink.complete(session, file(&consents())).await
    }

    /// Challenge and check-in, answered.
    pub async fn checked_in(&self, holder: &Holder) -> String {
        let (session, digest) = self.challenge().await;
        self.check_in(&session, &holder.request(&digest))
            .await
            .unwrap();
        session
    }
}

pub fn file(value: &impl serde::Serialize) -> OwnedFd {
    secret::seal(&serde_json::to_vec(value).unwrap())
        .unwrap()
        .into()
}

pub fn consents() -> Consents {
    let groups = vec![
        ConsentGroup::Surgery,
        ConsentGroup::Care,
        ConsentGroup::CheckUps,
    ];
    Consents {
        answers: groups
            .iter()
            .map(|&group| ConsentAnswer {
                group,
                agreed: group != ConsentGroup::Care,
            })
            .collect(),
        categories: Categories {
            variant: Variant::Y,
            groups,
        },
        at: 1_795_188_605,
        carried_over: false,
        prescription: None,
        subsidy: None,
        high_cost: None,
        letters: Vec::new(),
    }
}
