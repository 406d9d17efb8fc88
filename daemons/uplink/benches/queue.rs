// SPDX-License-Identifier: MIT OR Apache-2.0
//! `queue.durable_commits`: commits per second of the queue, and of a bare loop on the same driver
//! with the same pragmas, statement and bytes, in the same run, interleaved.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, SqliteConnection};
use uketsuke_link::random_id;
use uketsuke_uplink::queue::{PAGES, Queue, options};

/// Commits of each side per turn, and turns. Short turns, so that whatever else the machine does
/// meets both sides alike.
const TURN: usize = 25;
const TURNS: usize = 40;
/// Bytes of a check-in: a certificate of 1,590 bytes and a signature of 256, Base64 in JSON.
const PROOF: usize = 2_510;

async fn peer(path: &Path) -> SqliteConnection {
    let mut peer = options(path, PAGES).connect().await.unwrap();
    let table = "CREATE TABLE record (session TEXT PRIMARY KEY, owner TEXT NOT NULL, \
                 kind TEXT NOT NULL, key TEXT NOT NULL, seq INTEGER, payload BLOB, \
                 created INTEGER NOT NULL) STRICT, WITHOUT ROWID; \
                 CREATE INDEX record_waiting ON record (seq) WHERE seq IS NOT NULL;";
    sqlx::raw_sql(table).execute(&mut peer).await.unwrap();
    peer
}

async fn bare(peer: &mut SqliteConnection, sealed: &[u8]) {
    sqlx::query(
        "INSERT INTO record (session, owner, kind, key, payload, created) \
         VALUES (?, ?, 'check-in', ?, ?, ?)",
    )
    .bind(random_id())
    .bind("owner")
    .bind(random_id())
    .bind(sealed)
    .bind(0_i64)
    .execute(peer)
    .await
    .unwrap();
}

fn per_second(times: &mut [Duration]) -> f64 {
    times.sort();
    #[allow(clippy::cast_precision_loss)]
    let turn = TURN as f64;
    turn / times[times.len() / 2].as_secs_f64()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let queue = Queue::open(directory.path(), PAGES).await.unwrap();
    let mut peer = peer(&directory.path().join("peer.db")).await;
    let proof = vec![b'x'; PROOF];
    // Sealed records are a nonce and a tag longer.
    let sealed = vec![b'x'; PROOF + 28];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let begin = Instant::now();
        for _ in 0..TURN {
            queue.check_in(&random_id(), "owner", &proof).await.unwrap();
        }
        ours.push(begin.elapsed());
        let begin = Instant::now();
        for _ in 0..TURN {
            bare(&mut peer, &sealed).await;
        }
        theirs.push(begin.elapsed());
    }
    let (ours, theirs) = (per_second(&mut ours), per_second(&mut theirs));
    let row = serde_json::json!({
        "name": "queue.durable_commits",
        "ours": ours,
        "peer": theirs,
        "peer_name": "sqlx, bare INSERT loop, same pragmas and bytes",
        "ratio": ours / theirs,
        "unit": "commits/s",
        "n": TURN * TURNS,
        "goal": 0.8,
        "note": "median of interleaved turns of 25; WAL, synchronous=FULL; ours encrypts each record",
    });
    uketsuke_testkit::bench::row(&row);
}
