// SPDX-License-Identifier: MIT OR Apache-2.0
//! Two card readers and two receipt computers on one terminal, a thousand check-ins at once: every face file
//! is of the patient, the session and the reader that it says. And what becomes of files that cannot be laid.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path as InPath, State};
use axum::http::{Method, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use support::Lodging;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_bus::uplink1::Validity;
use uketsuke_centre::pki::{self, Ca};
use uketsuke_common::config::{Centre, FileEncoding, ReceiptConfig, TerminalConfig};
use uketsuke_link::client::Client;
use uketsuke_link::random_id;
use uketsuke_link::tls::Identity;
use uketsuke_link::wire::{Answer, Batch, Challenge, Matter, Proof, Receipt, Record};
use uketsuke_receipt::{Element, Eligibility, SideCar, check, read};
use uketsuke_terminal::app::{self, Terminal};
use url::Url;

const LIMIT: Duration = Duration::from_secs(60);
/// Check-ins of each reader, and how many of them at a time.
const EACH: usize = 500;
const ABREAST: usize = 5;

/// Who checked in under which session, by what the card said.
type Who = Arc<Mutex<BTreeMap<String, String>>>;

/// A centre that remembers which card came with which session, and answers about its holder.
fn centre(who: Who) -> Router {
    let open = async || {
        Json(Challenge {
            session: random_id(),
            digest: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into(),
        })
    };
    let check_in =
        async |State(who): State<Who>, InPath(session): InPath<String>, proof: Json<Proof>| {
            let card = BASE64_STANDARD.decode(proof.0.certificate).unwrap();
            let card = String::from_utf8(card).unwrap();
            who.lock().unwrap().insert(session, card);
            Json(Answer {
                validity: Validity::Valid,
                certificate_expired: false,
                name_kana: None,
                earlier: None,
                letters: Vec::new(),
                at: 0,
            })
        };
    let eligibility = async |State(who): State<Who>, InPath(session): InPath<String>| {
        let card = who.lock().unwrap().get(&session).cloned();
        let card = card.ok_or(StatusCode::SERVICE_UNAVAILABLE)?;
        Ok::<_, StatusCode>(Json(Eligibility {
            at: "20261201092955".into(),
            validity: "1".into(),
            results: vec![vec![Element::text("Name", format!("患者　{card}"))]],
        }))
    };
    Router::new()
        .route("/v1/sessions", post(open))
        .route("/v1/sessions/{session}/check-in", post(check_in))
        .route("/v1/sessions/{session}/eligibility", get(eligibility))
        .with_state(who)
}

/// A terminal with two readers, two receipt computers of one reader each, and one that gets everything.
struct House {
    dir: Lodging,
    terminal: Terminal,
    config: TerminalConfig,
    who: Who,
    _centre: JoinSet<()>,
}

impl House {
    async fn start(dir: Lodging) -> Self {
        let pki = dir.path().join("pki");
        pki::make(&pki).unwrap();
        // Another reader, of another root.
        let readers = Ca::new("other readers").unwrap();
        pki::write(
            &pki.join("uplink"),
            "second",
            &readers.client("reader-0002").unwrap(),
        )
        .unwrap();
        let known = pki.join("terminal/reader-ca.crt");
        let mut known = std::fs::OpenOptions::new()
            .append(true)
            .open(known)
            .unwrap();
        known.write_all(readers.pem().as_bytes()).unwrap();

        let who = Who::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let files = ["centre.crt", "centre.key", "terminal-client-ca.crt"];
        let tls = Identity::in_directory(&pki.join("centre"), files[0], files[1], files[2]);
        let mut centre = JoinSet::new();
        let router = self::centre(Arc::clone(&who));
        centre.spawn(uketsuke_link::server::serve(
            listener,
            tls.server().unwrap(),
            router,
            8,
        ));

        let computer = |name: &str, encoding, readers: &[&str]| {
            let set = ReceiptConfig {
                folder: dir.path().join(name),
                encoding,
                readers: readers.iter().map(|name| (*name).to_owned()).collect(),
                keep_hours: 1,
            };
            (name.to_owned(), set)
        };
        let config = TerminalConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            page: "127.0.0.1:0".parse().unwrap(),
            centre: Centre(Url::parse(&url).unwrap()),
            retry_max_s: 1,
            institution: "1312345678".into(),
            receipt: [
                computer("first", FileEncoding::Utf8, &["reader-0001"]),
                computer("second", FileEncoding::ShiftJis, &["reader-0002"]),
                computer("both", FileEncoding::Utf8, &[]),
            ]
            .into(),
            database: dir.place(),
            ..TerminalConfig::default()
        };
        for name in config.receipt.keys() {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let terminal = started(&dir, &config).await;
        Self {
            dir,
            terminal,
            config,
            who,
            _centre: centre,
        }
    }

    /// The terminal ends and another one begins on what is left.
    async fn again(self) -> Self {
        self.changed("SELECT 1").await
    }

    /// The same, with its database changed in between.
    async fn changed(self, statement: &'static str) -> Self {
        let Self { terminal, .. } = self;
        drop(terminal);
        self.dir.write(statement).await;
        let terminal = started(&self.dir, &self.config).await;
        Self { terminal, ..self }
    }

    /// Waits until that so many files were laid is in the database.
    async fn noted(self, count: i64) -> Self {
        let select = "SELECT count(*) FROM face_file WHERE laid IS NOT NULL";
        let looking = async {
            while self.dir.number(select).await < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, looking).await.expect("noted");
        self
    }

    fn reader(&self, name: &str) -> Client {
        let place = self.dir.path().join("pki/uplink");
        let (crt, key) = (format!("{name}.crt"), format!("{name}.key"));
        let identity = Identity::in_directory(&place, &crt, &key, "terminal-ca.crt");
        let url = Url::parse(&format!("https://{}/", self.terminal.address)).unwrap();
        Client::new(&url, identity.client().unwrap()).unwrap()
    }

    fn folder(&self, computer: &str) -> PathBuf {
        self.dir.path().join(computer)
    }

    /// Waits until so many face files lie in a folder.
    async fn files(&self, computer: &str, count: usize) -> Vec<File> {
        let looking = async {
            loop {
                let names = names(&self.folder(computer));
                let laid = names.iter().filter(|name| name.ends_with(".xml")).count();
                assert!(count == 0 || laid <= count, "{computer}: {laid} files");
                if laid == count {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let found = tokio::time::timeout(LIMIT, looking).await;
        found.unwrap_or_else(|_| panic!("{computer}: not {count} files"));
        opened(&self.folder(computer))
    }
}

async fn started(dir: &Lodging, config: &TerminalConfig) -> Terminal {
    app::start(config, &dir.places(), || (), None)
        .await
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// A face file and what lies beside it.
struct File {
    name: String,
    patient: String,
    identifier: String,
    beside: SideCar,
}

fn opened(folder: &Path) -> Vec<File> {
    let names = names(folder);
    let files = names.iter().filter(|name| name.ends_with(".xml"));
    files
        .map(|name| {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            assert_eq!(check(name, &bytes), []);
            let (document, _) = read(&bytes).unwrap();
            let header = document.get("MessageHeader").unwrap();
            let results = document
                .get("MessageBody")
                .unwrap()
                .get("ResultList")
                .unwrap();
            assert_eq!(results.elements().len(), 1);
            assert_eq!(
                results.elements()[0].said("PharmacistsInfoConsFlg"),
                Some("1")
            );
            let beside = std::fs::read(folder.join(SideCar::name(name))).unwrap();
            File {
                name: name.clone(),
                patient: results.elements()[0].said("Name").unwrap().to_owned(),
                identifier: header.said("ArbitraryFileIdentifier").unwrap().to_owned(),
                beside: serde_json::from_slice(&beside).unwrap(),
            }
        })
        .collect()
}

/// Posts to the terminal; its answer.
async fn post_to<T: DeserializeOwned>(
    reader: &Client,
    path: &str,
    body: Option<&(impl Serialize + Sync)>,
) -> T {
    let answer = reader.call(Method::POST, path, body, LIMIT);
    answer.await.unwrap()
}

/// A whole check-in with this card; its session.
async fn visit(reader: &Client, card: &str) -> String {
    let opened: Challenge = post_to(reader, "/v1/sessions", None::<&()>).await;
    let session = opened.session;
    let proof = Proof {
        certificate: BASE64_STANDARD.encode(card),
        signature: "AA==".into(),
    };
    let path = format!("/v1/sessions/{session}/check-in");
    let _: Answer = post_to(reader, &path, Some(&proof)).await;
    let consents = Consents {
        categories: Categories {
            variant: Variant::X,
            groups: vec![ConsentGroup::Medicine],
        },
        answers: vec![ConsentAnswer {
            group: ConsentGroup::Medicine,
            agreed: true,
        }],
        at: 1_795_188_605,
        carried_over: false,
        prescription: None,
        subsidy: None,
        high_cost: None,
        letters: Vec::new(),
    };
    let batch = Batch {
        records: vec![Record {
            key: random_id(),
            session: session.clone(),
            matter: Matter::Consents { consents },
        }],
    };
    let told: Receipt = post_to(reader, "/v1/records", Some(&batch)).await;
    assert_eq!(told.acknowledged.len(), 1);
    session
}

async fn a_thousand_check_ins_of_two_readers_are_never_mixed_up(dir: Lodging) {
    let house = House::start(dir).await;
    let mut work = JoinSet::new();
    for (file, name) in [("reader", "reader-0001"), ("second", "reader-0002")] {
        let client = Arc::new(house.reader(file));
        for lane in 0..ABREAST {
            let client = Arc::clone(&client);
            work.spawn(async move {
                let mut done = Vec::new();
                for at in 0..EACH / ABREAST {
                    let card = format!("{name} {lane} {at}");
                    done.push((visit(&client, &card).await, name, card));
                }
                done
            });
        }
    }
    let done: Vec<_> = work.join_all().await.into_iter().flatten().collect();
    assert_eq!(done.len(), 2 * EACH);
    let sessions: BTreeMap<_, _> = done
        .iter()
        .map(|(session, reader, card)| (session.as_str(), (*reader, format!("患者　{card}"))))
        .collect();

    let mut wrong = 0;
    for (computer, count, only) in [
        ("first", EACH, Some("reader-0001")),
        ("second", EACH, Some("reader-0002")),
        ("both", 2 * EACH, None),
    ] {
        let files = house.files(computer, count).await;
        let seen: BTreeSet<_> = files
            .iter()
            .map(|file| file.beside.session.clone())
            .collect();
        assert_eq!(seen.len(), count, "{computer}: one file for each session");
        for file in &files {
            let (reader, patient) = &sessions[file.beside.session.as_str()];
            let right = file.beside.reader == *reader
                && file.patient == *patient
                && file.beside.file == file.name
                && file.beside.identifier == file.identifier
                && uketsuke_receipt::identifier(&file.beside.session) == file.identifier
                && only.is_none_or(|only| only == *reader);
            wrong += usize::from(!right);
        }
    }
    println!(
        "{} check-ins, {} face files, {wrong} mixed up",
        done.len(),
        4 * EACH
    );
    assert_eq!(wrong, 0);

    // Nobody's name is left at the terminal.
    let (bytes, name) = (house.dir.dump(), "患者".as_bytes());
    assert!(!bytes.windows(name.len()).any(|part| part == name));
}

async fn a_folder_that_is_away_keeps_its_files_waiting_and_nobody_elses(dir: Lodging) {
    let house = House::start(dir).await;
    let away = house.folder("first");
    std::fs::remove_dir(&away).unwrap();
    let reader = house.reader("reader");
    let session = visit(&reader, "a").await;
    house.files("both", 1).await;
    // Staff are told which of them waits, and why.
    let code = support::code(&house.dir).await.unwrap();
    let log_in = support::first(&house.terminal, &code, "kanri", support::PASSWORD).await;
    let state = support::sent(&house.terminal, &log_in, "GET /state", "").await;
    let rows = support::between(&state, "レセプトコンピューター", "</table>");
    let row = |name: &str| support::between(rows, &format!("<td>{name}</td>"), "</tr>").to_owned();
    assert!(row("first").contains("フォルダに書き込めません"), "{rows}");
    assert!(
        row("first").contains("No such file or directory") && row("first").contains("<td>1</td>")
    );
    assert!(row("both").contains("正常") && row("both").contains("<td>0</td>"));
    // The terminal ends meanwhile: what is due is still due.
    let house = house.again().await;
    assert!(!away.exists(), "a share that is not there is not made");
    std::fs::create_dir(&away).unwrap();
    let files = house.files("first", 1).await;
    assert_eq!(files[0].beside.session, session);
}

async fn files_wait_for_the_line_and_keep_their_order(dir: Lodging) {
    let house = House::start(dir).await;
    let reader = house.reader("reader");
    let mut sessions = Vec::new();
    for at in 0..3 {
        sessions.push(visit(&reader, &at.to_string()).await);
    }
    house.files("first", 3).await;
    // The centre answers check-ins, and for a while not what the first of these files needs.
    let lost = visit(&reader, "3").await;
    let card = house.who.lock().unwrap().remove(&lost);
    let later = visit(&reader, "4").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    house
        .who
        .lock()
        .unwrap()
        .extend(card.map(|card| (lost.clone(), card)));
    let files = house.files("first", 5).await;
    let mut named: Vec<_> = files
        .iter()
        .map(|file| (&file.name, &file.beside.session))
        .collect();
    named.sort();
    let order: Vec<_> = named
        .iter()
        .map(|(_, session)| (*session).clone())
        .collect();
    sessions.extend([lost, later]);
    assert_eq!(order, sessions, "by their counter");
}

async fn a_file_is_laid_again_after_a_kill_and_taken_away_in_time(dir: Lodging) {
    let house = House::start(dir).await;
    visit(&house.reader("second"), "a").await;
    let laid = house.files("second", 1).await;
    let taken = house.files("both", 1).await;

    // Killed after it was laid and before that was noted. One that a receipt computer has taken meanwhile
    // comes again under its name.
    let house = house.noted(2).await;
    std::fs::remove_file(house.folder("both").join(&taken[0].name)).unwrap();
    let house = house
        .changed("UPDATE face_file SET laid = NULL, name = NULL")
        .await;
    let house = house.noted(2).await;
    for (computer, before) in [("second", &laid[0]), ("both", &taken[0])] {
        let again = house.files(computer, 1).await;
        assert_eq!(again[0].name, before.name);
        assert_eq!(again[0].beside, before.beside);
    }

    // Two hours later: an hour is what they are kept.
    let house = house
        .changed("UPDATE face_file SET laid = laid - 7200")
        .await;
    for computer in ["second", "both"] {
        house.files(computer, 0).await;
        let empty = async {
            while !names(&house.folder(computer)).is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, empty)
            .await
            .expect("what lay beside is gone too");
    }
}

on_both! {
    a_thousand_check_ins_of_two_readers_are_never_mixed_up,
    a_folder_that_is_away_keeps_its_files_waiting_and_nobody_elses,
    files_wait_for_the_line_and_keep_their_order,
    a_file_is_laid_again_after_a_kill_and_taken_away_in_time,
}
