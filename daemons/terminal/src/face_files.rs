// SPDX-License-Identifier: MIT OR Apache-2.0
//! Face files for the receipt computers (レセプトコンピューター): for every visit that is complete, one in
//! the folder of each computer that wants the reader's.
//!
//! That one is due stands in the database, in the transaction that takes the patient's consents. What it
//! says about the patient does not: it is asked of the centre when the file is laid, and forgotten. A file
//! that was laid and not noted, because the terminal was killed in between, is laid once more under its name.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use uketsuke_common::config::{FileEncoding, ReceiptConfig, TerminalConfig};
use uketsuke_link::backoff::Backoff;
use uketsuke_link::elements::jst;
use uketsuke_link::fault::Cause;
use uketsuke_receipt::{Answered, Eligibility, Encoding, Folder, SideCar, identifier};

use crate::store::Due;
use crate::{Shared, centre, wire_name};

/// How often files that have lain long enough are looked for.
const CLEAN: Duration = Duration::from_secs(15 * 60);

/// The receipt computers.
#[derive(Default)]
pub struct FaceFiles {
    institution: String,
    kind: String,
    computers: Vec<Computer>,
}

/// One receipt computer.
pub struct Computer {
    /// Its name.
    pub name: String,
    folder: Folder,
    encoding: Encoding,
    readers: Vec<String>,
    keep_s: u64,
    bell: Notify,
    trouble: Mutex<Option<Trouble>>,
}

/// Why files wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The folder does not take them: what the file system says.
    Folder(String),
    /// The centre is not reached.
    Line,
    /// The terminal's own database fails.
    Storage,
}

impl FaceFiles {
    /// As set.
    #[must_use]
    pub fn new(config: &TerminalConfig) -> Self {
        let computer = |(name, set): (&String, &ReceiptConfig)| Computer {
            name: name.clone(),
            folder: Folder::new(set.folder.clone()),
            encoding: match set.encoding {
                FileEncoding::Utf8 => Encoding::Utf8,
                FileEncoding::ShiftJis => Encoding::ShiftJis,
            },
            readers: set.readers.clone(),
            keep_s: u64::from(set.keep_hours) * 60 * 60,
            bell: Notify::new(),
            trouble: Mutex::default(),
        };
        Self {
            institution: config.institution.clone(),
            kind: config.face_kind.clone(),
            computers: config.receipt.iter().map(computer).collect(),
        }
    }

    /// All of them.
    #[must_use]
    pub fn computers(&self) -> &[Computer] {
        &self.computers
    }

    /// The names of those that want this reader's.
    #[must_use]
    pub fn of(&self, reader: &str) -> Vec<&str> {
        let wants =
            |it: &&Computer| it.readers.is_empty() || it.readers.iter().any(|name| name == reader);
        self.computers
            .iter()
            .filter(wants)
            .map(|computer| computer.name.as_str())
            .collect()
    }

    /// Some may be due.
    pub(crate) fn ring(&self) {
        for computer in &self.computers {
            computer.bell.notify_one();
        }
    }
}

impl Computer {
    /// Why its files wait; none: they do not.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        // Whole after every statement.
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.clone()
    }

    /// Told once when it comes, and once when it is over.
    fn note(&self, trouble: Option<Trouble>) {
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *noted == trouble {
            return;
        }
        match &trouble {
            Some(trouble) => tracing::error!(computer = self.name, ?trouble, "face files wait"),
            None => tracing::info!(computer = self.name, "face files are laid again"),
        }
        *noted = trouble;
    }
}

/// Lays what is due for one of the computers, in order, and takes away what has lain long enough.
pub(crate) async fn serve(shared: &Shared, at: usize, longest: Duration) {
    let computer = &shared.face_files.computers[at];
    let mut backoff = Backoff::new(longest);
    loop {
        let done = match next(shared, computer).await {
            Ok(false) => clean(shared, computer).await.map(|()| false),
            other => other,
        };
        match done {
            Ok(more) => {
                computer.note(None);
                backoff.reset();
                if !more {
                    // Over, or rung: either way it is time to look.
                    let _ = tokio::time::timeout(CLEAN, computer.bell.notified()).await;
                }
            }
            Err(trouble) => {
                let line = trouble == Trouble::Line;
                computer.note(Some(trouble));
                let pause = tokio::time::sleep(backoff.pause());
                if line {
                    let mut hops = shared.centre.changes();
                    tokio::select! {
                        () = pause => {}
                        () = centre::came_back(&mut hops) => backoff.reset(),
                    }
                } else {
                    pause.await;
                }
            }
        }
    }
}

/// Lays the oldest that is due. `false`: there is none.
async fn next(shared: &Shared, computer: &Computer) -> Result<bool, Trouble> {
    let Some(due) = shared.store.due(&computer.name).await.map_err(storage)? else {
        return Ok(false);
    };
    let path = format!("/v1/sessions/{}/eligibility", due.session);
    let why = match shared.centre.fetch::<Eligibility>(&path).await {
        Ok(said) if said.is_sound() => match lay(shared, computer, &due, said).await? {
            Some(name) => {
                tracing::info!(due.session, %due.reader, computer = computer.name, "a face file");
                shared.store.laid(due.seq, &name).await.map_err(storage)?;
                return Ok(true);
            }
            None => "document".to_owned(),
        },
        Ok(_) => "eligibility".to_owned(),
        Err(fault) if matches!(fault.error, Cause::UnknownSession | Cause::SessionOver) => {
            wire_name(&fault.error)
        }
        Err(_) => return Err(Trouble::Line),
    };
    // The others must not wait for it for ever.
    tracing::error!(
        due.session,
        computer = computer.name,
        why,
        "there will be no face file"
    );
    shared
        .store
        .never_laid(due.seq, &why)
        .await
        .map_err(storage)?;
    Ok(true)
}

/// Lays the side-car, then the file; its name. None: what the centre said cannot be written.
async fn lay(
    shared: &Shared,
    computer: &Computer,
    due: &Due,
    eligibility: Eligibility,
) -> Result<Option<String>, Trouble> {
    let time = jst(due.completed);
    let answered = Answered {
        session: &due.session,
        institution: &shared.face_files.institution,
        kind: &shared.face_files.kind,
        counter: due.seq,
        time: &time,
        consents: &due.elements,
        eligibility,
    };
    let name = answered.name();
    let file = match computer
        .encoding
        .write(&answered.document(computer.encoding))
    {
        Ok(file) => file,
        Err(error) => {
            tracing::error!(due.session, %error, "what the centre said cannot be written");
            return Ok(None);
        }
    };
    let car = SideCar {
        file: name.clone(),
        reader: due.reader.clone(),
        session: due.session.clone(),
        identifier: identifier(&due.session),
        opened: jst(due.opened),
        completed: time,
    };
    let car = serde_json::to_vec(&car).map_err(|error| storage(error.into()))?;
    let (folder, beside, of) = (computer.folder.clone(), SideCar::name(&name), name.clone());
    // A share that does not answer keeps one thread of its own waiting, and nobody else.
    on_disk(move || {
        folder.lay(&beside, &car)?;
        folder.lay(&of, &file)
    })
    .await?;
    Ok(Some(name))
}

/// Takes away what has lain long enough.
async fn clean(shared: &Shared, computer: &Computer) -> Result<(), Trouble> {
    let before = uketsuke_link::now().saturating_sub(computer.keep_s);
    let lying = shared.store.lying(&computer.name, before).await;
    for (seq, name) in lying.map_err(storage)? {
        let folder = computer.folder.clone();
        on_disk(move || {
            folder.take_away(&name)?;
            folder.take_away(&SideCar::name(&name))
        })
        .await?;
        shared.store.gone(seq).await.map_err(storage)?;
    }
    Ok(())
}

async fn on_disk(
    act: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<(), Trouble> {
    let done = tokio::task::spawn_blocking(act).await;
    let done = done.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    done.map_err(|error| Trouble::Folder(error.to_string()))
}

fn storage(error: crate::StoreError) -> Trouble {
    tracing::error!(
        error = format!("{:#}", anyhow::Error::from(error)),
        "storage"
    );
    Trouble::Storage
}
