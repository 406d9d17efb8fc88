// SPDX-License-Identifier: MIT OR Apache-2.0
//! Another reader of My Number Cards as a judge: `myna` of the repository `jpki/myna` reads the virtual
//! card through a real pcscd, and what it prints is compared field by field with what our own session
//! reads off the same card and with what is written on it.
//!
//! The program is in no package registry, so this is no test: whoever has a checkout builds it and runs
//! `make compare-myna MYNA=…/target/debug/myna`. Needs root, as everything with a pcscd of its own.

#![allow(
    clippy::unwrap_used,
    reason = "a comparison that cannot be made has no other end"
)]

use std::path::{Path, PathBuf};
use std::process::{Command as Program, ExitCode};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use openssl::x509::X509;
use uketsuke_bus::secret::SecretBytes;
use uketsuke_card::apdu::{Command, Pin, Response};
use uketsuke_card::link::{Link, LinkError};
use uketsuke_card::session::{Limits, Session};
use uketsuke_record::{KeyId, PublicKey, Reference, Root, Roots};
use uketsuke_virtual_card::calendar::Day;
use uketsuke_virtual_card::card::{Behaviour, Card};
use uketsuke_virtual_card::certificates::ADDRESS;
use uketsuke_virtual_card::identity::Identity;
use uketsuke_virtual_card::latency::Latency;
use uketsuke_virtual_card::pcscd::Pcscd;
use uketsuke_virtual_card::profile::{self, Chain, NUMBER_A, PASSWORD, Profile};
use uketsuke_virtual_card::surface::ROOT_ID;
use uketsuke_virtual_card::tray::{Options, Tray};
use uketsuke_virtual_card::vault::Vault;

/// Cards that are read: two persons, two shapes of certificate file.
const CARDS: [&str; 2] = ["normal-adult", "second-adult"];
/// What is signed: the digest of "hello".
const DIGEST: [u8; 32] = [
    0x2C, 0xF2, 0x4D, 0xBA, 0x5F, 0xB0, 0xA3, 0x0E, 0x26, 0xE8, 0x3B, 0x2A, 0xC5, 0xB9, 0xE2, 0x9E,
    0x1B, 0x16, 0x1E, 0x5C, 0x1F, 0xA7, 0x42, 0x5E, 0x73, 0x04, 0x33, 0x62, 0x93, 0x8B, 0x98, 0x24,
];
/// `DigestInfo` of SHA-256 before the digest (PKCS #1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// Longest wait for pcscd to see a card.
const NOTICED: Duration = Duration::from_secs(30);

/// The card without reader and pcscd: a command in, an answer out.
struct Direct(Arc<Mutex<Card>>);

impl Link for Direct {
    async fn transmit(&mut self, command: &Command) -> Result<Response, LinkError> {
        let (answer, _) = self.0.lock().unwrap().transmit(command.bytes());
        Response::parse(&answer.into_bytes()).ok_or(LinkError::Malformed)
    }

    async fn power_down(self) -> Result<(), LinkError> {
        self.0.lock().unwrap().power_cycle();
        Ok(())
    }
}

/// What our session reads.
struct Ours {
    certificate: Vec<u8>,
    photo: Vec<u8>,
    signature: Vec<u8>,
    /// Of both certificates, DER: as the card was made, not as our session read them.
    roots: Vec<Vec<u8>>,
}

fn ours(state: &Path, profile: &'static Profile) -> Ours {
    let mut vault = Vault::open(state).unwrap();
    let card = vault.card(profile, Behaviour::default()).unwrap();
    let number = vault.number_b(profile).unwrap();
    let root = vault.issuer(Chain::Trusted).unwrap().root;
    let roots = Roots::from_iter([Root {
        id: KeyId(ROOT_ID),
        key: PublicKey::new(&root.rsa().unwrap().n().to_vec()).unwrap(),
    }]);
    let pem = vault.trusted_roots().unwrap();
    let of_certificates = X509::stack_from_pem(pem.as_bytes()).unwrap();
    let limits = Limits {
        apdu: NOTICED,
        sign: NOTICED,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let link = Direct(Arc::new(Mutex::new(card)));
        let (session, identity) = Session::open(link, limits).await.unwrap();
        let mut session = session.unwrap();
        let reference = Reference::new(number.as_bytes()).unwrap();
        let photo = session.photo(reference, &[7; 32], &roots).await.unwrap();
        let pin = Pin::new(SecretBytes::new(profile.pin.as_bytes().to_vec())).unwrap();
        let signature = session.sign(pin, &DIGEST).await.unwrap();
        Ours {
            certificate: identity.certificate.unwrap().der().to_vec(),
            photo: photo.to_vec(),
            signature: signature.to_vec(),
            roots: of_certificates
                .iter()
                .map(|root| root.to_der().unwrap())
                .collect(),
        }
    })
}

/// The other reader on a pcscd of ours.
struct Myna<'a> {
    program: &'a Path,
    pcscd: &'a Pcscd,
    folder: PathBuf,
}

impl Myna<'_> {
    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let out = Program::new(self.program)
            .args(arguments)
            .env("PCSCLITE_CSOCK_NAME", &self.pcscd.socket)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        if !out.status.success() {
            eprintln!("{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        }
        out.stdout
    }

    fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(arguments)).into_owned()
    }

    /// What it writes to a file.
    fn file(&self, arguments: &[&str]) -> Vec<u8> {
        let _ = std::fs::remove_file(self.folder.join("out"));
        self.run(&[arguments, &["-o", "out"]].concat());
        std::fs::read(self.folder.join("out")).unwrap_or_default()
    }
}

/// The table of what was compared.
#[derive(Default)]
struct Table {
    fields: usize,
    differ: usize,
}

impl Table {
    fn row(&mut self, card: &str, field: &str, same: bool) {
        self.fields += 1;
        self.differ += usize::from(!same);
        println!(
            "{card:14} {field:34} {}",
            if same { "equal" } else { "DIFFERS" }
        );
    }
}

/// The line of `text` that begins with `name`, without it.
fn line<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .map_or("", |rest| rest.trim_start_matches([' ', ':']))
}

fn compare(table: &mut Table, myna: &Myna<'_>, profile: &Profile, known: &Identity, ours: &Ours) {
    let card = profile.name;
    let (pin, birth) = (profile.pin, Day(known.birth).digits());
    let mut row = |field: &str, same: bool| table.row(card, field, same);

    let certificate = myna.run(&["jpki", "cert", "-t", "auth", "-f", "der"]);
    row(
        "利用者証明用 certificate, DER",
        certificate == ours.certificate,
    );
    let text = myna.text(&["jpki", "cert", "-t", "auth"]);
    row(
        "its common name",
        line(&text, "Subject").contains(&known.auth_name),
    );
    let serial = format!("{:x}", known.auth_serial);
    row(
        "its serial number",
        line(&text, "Serial").to_lowercase().ends_with(&serial),
    );
    let text = myna.text(&["jpki", "cert", "-t", "sign", "-p", PASSWORD]);
    row(
        "署名用 certificate's common name",
        line(&text, "Subject").contains(&known.sign_name),
    );
    for (kind, field, root) in [
        ("auth_ca", "利用者証明用 root, DER", &ours.roots[0]),
        ("sign_ca", "署名用 root, DER", &ours.roots[1]),
    ] {
        row(
            field,
            myna.run(&["jpki", "cert", "-t", kind, "-f", "der"]) == *root,
        );
    }
    std::fs::write(myna.folder.join("in"), [&DIGEST_INFO[..], &DIGEST].concat()).unwrap();
    let signature = myna.file(&["jpki", "pkey", "sign", "-t", "auth", "-p", pin, "in"]);
    row("signature with the PIN", signature == ours.signature);
    let photo = myna.file(&["visual", "photo", "-p", pin]);
    row("photo, byte by byte", photo == ours.photo);
    row(
        "birth of the card face",
        myna.text(&["visual", "birth", "-p", pin]).trim() == birth,
    );
    row(
        "sex of the card face",
        myna.text(&["visual", "sex", "-p", pin]).trim() == profile.sex,
    );
    row(
        "個人番号",
        myna.text(&["text", "mynumber", "-p", pin]).trim() == NUMBER_A,
    );
    let text = myna.text(&["text", "attrs", "-p", pin]);
    row("氏名", line(&text, "氏名") == profile.holder);
    row("住所", line(&text, "住所") == ADDRESS);
    row("生年月日", line(&text, "生年月日") == birth);
    row("性別", line(&text, "性別") == profile.sex);
    let text = myna.text(&["pin", "status"]);
    for (name, tries) in [
        ("券面入力補助AP 暗証番号A", "10"),
        ("券面確認AP 暗証番号B", "10"),
        ("JPKIユーザー認証用 暗証番号", "3"),
        ("JPKIデジタル署名用 パスワード", "5"),
    ] {
        row(name, line(&text, name) == tries);
    }
}

fn main() -> ExitCode {
    let Some(program) = std::env::args().nth(1) else {
        eprintln!("usage: jpki-myna PROGRAM, the built `myna` of a checkout of jpki/myna");
        return ExitCode::from(2);
    };
    let program = std::fs::canonicalize(program).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("cards");
    let profiles = CARDS.map(|name| profile::find(name).unwrap());
    let read = profiles.map(|profile| ours(&state, profile));
    let known = uketsuke_virtual_card::identity::load(&state, Day::today()).unwrap();

    let pcscd = Pcscd::start(&folder.path().join("p")).unwrap();
    let options = Options {
        vpcd: pcscd.address(),
        state,
        latency: Latency::NONE,
    };
    let tray = pcscd.within(|| Tray::start(&options)).unwrap().unwrap();
    let myna = Myna {
        program: &program,
        pcscd: &pcscd,
        folder: folder.path().to_owned(),
    };
    let mut table = Table::default();
    for (profile, ours) in profiles.into_iter().zip(&read) {
        tray.place(profile.name, 0).unwrap();
        let began = Instant::now();
        while !tray.state(0).unwrap().noticed {
            assert!(began.elapsed() < NOTICED, "pcscd does not see the card");
            std::thread::sleep(Duration::from_millis(20));
        }
        compare(&mut table, &myna, profile, &known[profile.name], ours);
    }
    println!("{} fields compared, {} differ", table.fields, table.differ);
    ExitCode::from(u8::from(table.differ > 0))
}
