// SPDX-License-Identifier: MIT OR Apache-2.0
//! `terminal.commits.sqlite`, `terminal.commits.postgresql`: visits noted durably per second (the session, what
//! the centre said, the record of the patient's consents: three commits), against a bare loop of the same
//! statements on the driver itself, on the same kind of database, in the same run, interleaved.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use uketsuke_bus::consent::{Categories, ConsentAnswer, ConsentGroup, Consents, Variant};
use uketsuke_link::wire::{Matter, Record};
use uketsuke_link::{elements, random_id};
use uketsuke_terminal::{Database, Store};
use uketsuke_testkit::postgres::Postgres;
use url::Url;

/// Visits of each side per turn, and turns.
const TURN: usize = 20;
const TURNS: usize = 30;

const READER: &str = "reader-1";

fn consents() -> Consents {
    Consents {
        categories: Categories {
            variant: Variant::X,
            groups: vec![ConsentGroup::Medicine, ConsentGroup::Care],
        },
        answers: [ConsentGroup::Medicine, ConsentGroup::Care]
            .map(|group| ConsentAnswer {
                group,
                agreed: true,
            })
            .to_vec(),
        at: 0,
        carried_over: false,
        prescription: None,
        subsidy: None,
        high_cost: None,
        letters: Vec::new(),
    }
}

async fn ours(store: &Store) {
    let (session, reader) = (random_id(), Arc::from(READER));
    store.opened(&session, READER).await.unwrap();
    store.checked(&session, "valid").await.unwrap();
    let record = Record {
        key: random_id(),
        session,
        matter: Matter::Consents {
            consents: consents(),
        },
    };
    store.take(&reader, &[record], &[]).await.unwrap();
}

/// The same statements with the same texts, by the driver `$connection` is of.
macro_rules! bare {
    ($connection:expr, $begin:expr) => {{
        let connection = &mut *$connection;
        let (session, key) = (random_id(), random_id());
        let now = uketsuke_link::now().cast_signed();
        sqlx::query("INSERT INTO session (id, reader, opened) VALUES ($1, $2, $3)")
            .bind(&session)
            .bind(READER)
            .bind(now)
            .execute(&mut *connection)
            .await
            .unwrap();
        sqlx::query("UPDATE session SET checked = $1, result = $2 WHERE id = $3")
            .bind(now)
            .bind("valid")
            .bind(&session)
            .execute(&mut *connection)
            .await
            .unwrap();
        let matter = serde_json::to_string(&Matter::Consents {
            consents: consents(),
        })
        .unwrap();
        let elements = serde_json::to_string(&elements::elements(&consents())).unwrap();
        let mut transaction = connection.begin_with($begin).await.unwrap();
        let _owner: Option<String> = sqlx::query_scalar(
            "SELECT reader FROM record WHERE key = $1 UNION ALL \
             SELECT reader FROM session WHERE id = $2 LIMIT 1",
        )
        .bind(&key)
        .bind(&session)
        .fetch_optional(&mut *transaction)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO record (key, session, reader, matter, elements, received) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        )
        .bind(&key)
        .bind(&session)
        .bind(READER)
        .bind(&matter)
        .bind(&elements)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .unwrap();
        sqlx::query("UPDATE session SET outcome = $1, elements = $2 WHERE id = $3")
            .bind("consents")
            .bind(&elements)
            .bind(&session)
            .execute(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }};
}

enum Bare {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Bare {
    async fn visit(&mut self) {
        match self {
            Self::Sqlite(connection) => bare!(connection, "BEGIN IMMEDIATE"),
            Self::Postgres(connection) => bare!(connection, "BEGIN"),
        }
    }
}

async fn sqlite(folder: &Path) -> Bare {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("terminal.db"))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .disable_statement_logging();
    Bare::Sqlite(options.connect().await.unwrap())
}

fn per_second(times: &mut [Duration]) -> f64 {
    times.sort();
    #[allow(clippy::cast_precision_loss)]
    let turn = TURN as f64;
    turn / times[times.len() / 2].as_secs_f64()
}

async fn measure(name: &str, store: &Store, peer: &mut Bare) {
    let (mut mine, mut other) = (Vec::new(), Vec::new());
    for _ in 0..=TURNS {
        let begin = Instant::now();
        for _ in 0..TURN {
            ours(store).await;
        }
        mine.push(begin.elapsed());
        let begin = Instant::now();
        for _ in 0..TURN {
            peer.visit().await;
        }
        other.push(begin.elapsed());
    }
    // The first turn of each prepared the statements.
    let (mine, other) = (per_second(&mut mine[1..]), per_second(&mut other[1..]));
    let row = serde_json::json!({
        "name": name,
        "ours": mine,
        "peer": other,
        "peer_name": "the same statements by the driver itself, one connection",
        "ratio": mine / other,
        "unit": "visits/s",
        "n": TURN * TURNS,
        "goal": 0.8,
        "note": "three durable commits a visit; goal: at least this",
    });
    uketsuke_testkit::bench::row(&row);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // Each side has a database of its own, made by ours.
    let folders = ["ours", "bare"].map(|name| directory.path().join(name));
    let [store, made] = folders.clone().map(Database::Folder);
    let store = Store::open(&store).await.unwrap();
    drop(Store::open(&made).await.unwrap());
    let mut peer = sqlite(&folders[1]).await;
    measure("terminal.commits.sqlite", &store, &mut peer).await;

    let server = Postgres::durable();
    let [store, made] = [server.database(), server.database()].map(|url| Url::parse(&url).unwrap());
    drop(Store::open(&Database::Server(made.clone())).await.unwrap());
    let store = Store::open(&Database::Server(store)).await.unwrap();
    let mut peer = Bare::Postgres(PgConnection::connect(made.as_str()).await.unwrap());
    measure("terminal.commits.postgresql", &store, &mut peer).await;
}
