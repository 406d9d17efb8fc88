// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both ends of the photo decoder's socket: what the decoder's process reads, and what the card daemon
//! believes of a decoder that somebody took over.
#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Runtime};
use uketsuke_fuzz::heap;
use uketsuke_photo::{Grey, PhotoError, client, limits, wire};

/// Longer than any answer takes here; nothing is asserted of it.
const WAIT: Duration = Duration::from_secs(60);
/// The largest picture, and what a runtime needs.
const MOST_MEMORY: usize = limits::MOST_WIDTH as usize * limits::MOST_HEIGHT as usize + (256 << 10);

/// The decoder's end, as this program plays it.
struct Decoder {
    runtime: Runtime,
    listener: UnixListener,
    folder: tempfile::TempDir,
}

static DECODER: LazyLock<Decoder> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let folder = tempfile::tempdir().expect("a folder");
    let listener = {
        let _within = runtime.enter();
        UnixListener::bind(socket(&folder)).expect("a socket")
    };
    Decoder {
        runtime,
        listener,
        folder,
    }
});

fn socket(folder: &tempfile::TempDir) -> impl AsRef<Path> {
    folder.path().join("socket")
}

fuzz_target!(init: { LazyLock::force(&DECODER); }, |bytes: &[u8]| {
    question(bytes);
    answer(bytes);
});

/// What the decoder's process reads.
fn question(bytes: &[u8]) {
    let mut from = bytes;
    let read = heap::within(MOST_MEMORY, || wire::read_question(&mut from));
    match read {
        Ok(Ok(photo)) => {
            assert!((1..=limits::MOST_BYTES).contains(&photo.len()));
            let length = (photo.len() as u32).to_be_bytes();
            assert_eq!([&length[..], &photo, from].concat(), bytes);
        }
        Ok(Err(error)) => assert!(matches!(error, PhotoError::Length { .. })),
        // It ends early.
        Err(_) => assert!(from.len() <= bytes.len()),
    }
}

/// What the card daemon makes of an answer.
fn answer(bytes: &[u8]) {
    let decoder = &*DECODER;
    let path = socket(&decoder.folder);
    let believed = heap::within(MOST_MEMORY, || {
        decoder.runtime.block_on(async {
            let asked = client::decode(path.as_ref(), b"photo", WAIT);
            let answered = async {
                let (mut stream, _) = decoder.listener.accept().await.expect("a question");
                // The other end may have heard enough.
                let _ = stream.write_all(bytes).await;
                drop(stream);
            };
            tokio::join!(asked, answered).0
        })
    });
    match &believed {
        Ok(_) | Err(PhotoError::Refused { .. }) => {
            // Written again it is what came.
            let again = written(&believed);
            assert!(bytes.starts_with(&again));
        }
        Err(PhotoError::Gone | PhotoError::Answer { .. }) => {}
        Err(error) => panic!("{error:?}"),
    }
}

fn written(answer: &Result<Grey, PhotoError>) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::write_answer(&mut bytes, answer).expect("a vector takes everything");
    bytes
}
