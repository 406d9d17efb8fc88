// SPDX-License-Identifier: MIT OR Apache-2.0
//! The control socket: one JSON object per line in, one per line out, with `"ok":true` or `"error"`.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::atr;
use crate::card::Behaviour;
use crate::fault::Kind as Fault;
use crate::latency::Latency;
use crate::profile::Listed;
use crate::slot::{LogEntry, State};
use crate::tray::{Tray, TrayError};

/// Longest request; a client that sends more has lost its way.
const LONGEST_REQUEST: u64 = 64 * 1024;

/// What can be asked for. A slot that is not named is slot 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// The cards there are: `profiles`, a list of [`Listed`].
    Profiles {},
    /// Lay a card on the reader, in the place of one that lies there.
    Place {
        /// Name of the card.
        profile: String,
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// Take the card away.
    Lift {
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// The fields of [`State`].
    State {
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// What is printed on the front of the card on a slot: `number_b`, 照合番号B; null where there is none.
    Front {
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// Commands since the last placing: `log`, a list of [`LogEntry`].
    Log {
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// Let something go wrong once.
    Fault {
        /// At which command, counted from 1 beginning with the next power-on.
        at_apdu: u32,
        /// What goes wrong.
        kind: Fault,
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// Take back a fault that has not struck.
    Disarm {
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// Make a card's secrets and counters as before its first use.
    Reset {
        /// Name of the card.
        profile: String,
    },
    /// How long commands take from now on.
    Latency(Latency),
    /// Which answer to reset cards on this slot give, by name; their own again without one.
    Atr {
        /// One of `atrs`.
        #[serde(default)]
        name: Option<String>,
        /// Slot 0 or 1.
        #[serde(default)]
        slot: u8,
    },
    /// What can be switched: `behaviour`, as it is, its `defaults`, and `atrs`, the names there are.
    Switches {},
    /// Switches of all cards; one that is not named takes its default.
    Behave(Behaviour),
    /// `pem`: the test roots, 利用者証明用 then 署名用.
    Ca {},
    /// The root of the card faces' records: `id`, as a file of it is named, and `pem`, its key.
    SurfaceRoot {},
    /// The test terminal that the cards know (特定機関認証): `certificate`, its bytes, and `key`, PEM.
    Terminal {},
}

/// Does what is asked for.
pub fn handle(tray: &Tray, request: Request) -> Value {
    let result = match request {
        Request::Profiles {} => Ok(json!({ "profiles": tray.profiles() })),
        Request::Place { profile, slot } => tray.place(&profile, slot).map(|()| json!({})),
        Request::Lift { slot } => tray.lift(slot).map(|()| json!({})),
        Request::State { slot } => tray.state(slot).map(|state| json!(state)),
        Request::Front { slot } => tray.front(slot).map(|number| json!({ "number_b": number })),
        Request::Log { slot } => tray.log(slot).map(|log| json!({ "log": log })),
        Request::Fault {
            at_apdu,
            kind,
            slot,
        } => tray.fault(slot, at_apdu, kind).map(|()| json!({})),
        Request::Disarm { slot } => tray.disarm(slot).map(|()| json!({})),
        Request::Reset { profile } => tray.reset(&profile).map(|()| json!({})),
        Request::Latency(latency) => {
            tray.set_latency(latency);
            Ok(json!({}))
        }
        Request::Behave(behaviour) => {
            tray.set_behaviour(behaviour);
            Ok(json!({}))
        }
        Request::Atr { name, slot } => tray.set_atr(slot, name.as_deref()).map(|()| json!({})),
        Request::Switches {} => Ok(json!({
            "behaviour": tray.current_behaviour(),
            "defaults": Behaviour::default(),
            "atrs": atr::ALL.iter().map(|known| known.name).chain([atr::RANDOM]).collect::<Vec<_>>(),
        })),
        Request::Ca {} => tray.roots().map(|pem| json!({ "pem": pem })),
        Request::SurfaceRoot {} => tray.surface_root().map(|(id, pem)| {
            let id: String = id.iter().map(|byte| format!("{byte:02X}")).collect();
            json!({ "id": id, "pem": pem })
        }),
        Request::Terminal {} => tray.terminal().map(|(certificate, key)| {
            json!({ "certificate": certificate, "key": String::from_utf8_lossy(&key) })
        }),
    };
    reply(result)
}

fn reply(result: Result<Value, TrayError>) -> Value {
    match result {
        Ok(mut value) => {
            value["ok"] = json!(true);
            value
        }
        Err(error) => json!({ "error": crate::chain_of(&error) }),
    }
}

/// Answers clients, each on a thread of its own, until accepting fails.
pub fn serve(listener: &UnixListener, tray: &Arc<Tray>) -> io::Result<()> {
    loop {
        let (client, _) = listener.accept()?;
        let tray = Arc::clone(tray);
        std::thread::spawn(move || {
            // A client that goes away in the middle of a line is its own matter.
            let _ = converse(&client, &tray);
        });
    }
}

fn converse(client: &UnixStream, tray: &Tray) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut line = Vec::new();
    loop {
        line.clear();
        if (&mut reader)
            .take(LONGEST_REQUEST)
            .read_until(b'\n', &mut line)?
            == 0
        {
            return Ok(());
        }
        let answer = match serde_json::from_slice(&line) {
            Ok(request) => handle(tray, request),
            Err(error) => json!({ "error": format!("not a request: {error}") }),
        };
        let mut text = answer.to_string();
        text.push('\n');
        (&mut &*client).write_all(text.as_bytes())?;
        if line.last() != Some(&b'\n') {
            return Ok(()); // too long, or the last line of a client that closed
        }
    }
}

/// Why a request got no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The socket failed, or the card program has gone.
    #[error("the virtual card cannot be reached")]
    Io(#[from] io::Error),
    /// The answer is not understood.
    #[error("the virtual card's answer is not understood")]
    Answer(#[from] serde_json::Error),
    /// The card program refused.
    #[error("the virtual card refused: {0}")]
    Refused(String),
}

/// A connection to a card program. Its calls block.
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the control socket.
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        Ok(Self {
            stream: BufReader::new(UnixStream::connect(path)?),
        })
    }

    /// Asks for one thing; the answer is a JSON object with `"ok":true`.
    pub fn request(&mut self, request: &Request) -> Result<Value, ClientError> {
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)?;
        let mut answer = String::new();
        if self.stream.read_line(&mut answer)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let answer: Value = serde_json::from_str(&answer)?;
        match answer.get("error").and_then(Value::as_str) {
            Some(error) => Err(ClientError::Refused(error.to_owned())),
            None => Ok(answer),
        }
    }

    fn field<T: DeserializeOwned>(
        &mut self,
        request: &Request,
        name: &str,
    ) -> Result<T, ClientError> {
        let mut answer = self.request(request)?;
        Ok(serde_json::from_value(answer[name].take())?)
    }

    /// The cards there are.
    pub fn profiles(&mut self) -> Result<Vec<Listed>, ClientError> {
        self.field(&Request::Profiles {}, "profiles")
    }

    /// Lays a card on slot 0.
    pub fn place(&mut self, profile: &str) -> Result<(), ClientError> {
        self.request(&Request::Place {
            profile: profile.to_owned(),
            slot: 0,
        })
        .map(|_| ())
    }

    /// Takes the card on slot 0 away.
    pub fn lift(&mut self) -> Result<(), ClientError> {
        self.request(&Request::Lift { slot: 0 }).map(|_| ())
    }

    /// State of slot 0.
    pub fn state(&mut self) -> Result<State, ClientError> {
        Ok(serde_json::from_value(
            self.request(&Request::State { slot: 0 })?,
        )?)
    }

    /// Commands on slot 0 since the last placing.
    pub fn log(&mut self) -> Result<Vec<LogEntry>, ClientError> {
        self.field(&Request::Log { slot: 0 }, "log")
    }

    /// Arms a fault on slot 0.
    pub fn fault(&mut self, at_apdu: u32, kind: Fault) -> Result<(), ClientError> {
        self.request(&Request::Fault {
            at_apdu,
            kind,
            slot: 0,
        })
        .map(|_| ())
    }

    /// Makes a card as before its first use.
    pub fn reset(&mut self, profile: &str) -> Result<(), ClientError> {
        self.request(&Request::Reset {
            profile: profile.to_owned(),
        })
        .map(|_| ())
    }

    /// Sets how long commands take.
    pub fn latency(&mut self, latency: Latency) -> Result<(), ClientError> {
        self.request(&Request::Latency(latency)).map(|_| ())
    }

    /// PEM of the test roots.
    pub fn ca(&mut self) -> Result<String, ClientError> {
        self.field(&Request::Ca {}, "pem")
    }
}
