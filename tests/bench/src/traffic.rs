// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bus traffic in words, through dbus-daemon's own monitor interface, which only root may use.
//!
//! Never the content of a message, with three exceptions that say nothing about a person: the names
//! of changed properties, the id of a new view, and which recordings are played.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::StreamExt;
use uketsuke_house::api::Traffic;
use zbus::message::Type;
use zbus::names::BusName;
use zbus::{Message, MessageStream, OwnedVariant};

use crate::words;

/// Lines kept; older ones go.
const KEPT: usize = 5000;
/// Calls whose answer is awaited; more would be lost answers.
const PENDING: usize = 1000;

/// A running watch.
#[derive(Clone)]
pub struct Watch(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    kept: VecDeque<Traffic>,
    next: u64,
}

impl Watch {
    /// Watches the bus at `address` from now on.
    ///
    /// # Errors
    /// When the bus refuses.
    pub async fn start(address: &str) -> zbus::Result<Self> {
        let connection = zbus::connection::Builder::address(address).build().await?;
        let bus = zbus::fdo::DBusProxy::new(&connection).await?;
        let mut peers = Peers::default();
        for name in bus.list_names().await? {
            if let BusName::WellKnown(known) = name.as_ref() {
                let owner = bus
                    .get_name_owner(BusName::WellKnown(known.clone()))
                    .await?;
                peers
                    .names
                    .insert(owner.to_string(), words::peer(known.as_str()));
            }
        }
        let stream = MessageStream::from(&connection);
        let monitor = zbus::fdo::MonitoringProxy::new(&connection).await?;
        monitor.become_monitor(&[], 0).await?;
        let watch = Self(Arc::default());
        tokio::spawn(follow(watch.clone(), stream, peers));
        Ok(watch)
    }

    /// Lines after number `after`.
    #[must_use]
    pub fn after(&self, after: u64) -> Vec<Traffic> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines
            .kept
            .iter()
            .filter(|l| l.number > after)
            .cloned()
            .collect()
    }

    fn add(&self, mut line: Traffic) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.next += 1;
        line.number = lines.next;
        if lines.kept.len() == KEPT {
            lines.kept.pop_front();
        }
        lines.kept.push_back(line);
    }
}

async fn follow(watch: Watch, mut stream: MessageStream, mut peers: Peers) {
    let begun = Instant::now();
    while let Some(Ok(message)) = stream.next().await {
        if let Some(mut line) = peers.read(&message) {
            line.at_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            watch.add(line);
        }
    }
}

/// Who is who, and which calls wait for an answer.
#[derive(Default)]
struct Peers {
    names: HashMap<String, String>,
    pending: VecDeque<(String, u32, String)>,
}

impl Peers {
    /// A line for this message; none for the bus's own housekeeping and for those who only look
    /// (the bench, `uketsukectl`).
    fn read(&mut self, message: &Message) -> Option<Traffic> {
        let header = message.header();
        let interface = header.interface().map(|i| i.as_str()).unwrap_or_default();
        let member = header.member().map(|m| m.as_str()).unwrap_or_default();
        if interface == "org.freedesktop.DBus" {
            if member == "NameOwnerChanged" {
                return self.owner_changed(message);
            }
            return None;
        }
        let sender = header.sender()?.to_string();
        let from = self.names.get(&sender)?.clone();
        let receiver = header.destination().map(ToString::to_string);
        let to = receiver
            .as_deref()
            .map_or_else(|| Some("*".to_owned()), |r| self.name(r))?;
        let mut recordings = Vec::new();
        let (kind, words) = match message.message_type() {
            Type::MethodCall => {
                let words = words::member(interface, member);
                if (interface, member) == ("jp.uketsuke.Voice1", "Say") {
                    recordings = asked_for(message);
                }
                if self.pending.len() == PENDING {
                    self.pending.pop_front();
                }
                let serial = message.primary_header().serial_num().get();
                self.pending.push_back((sender, serial, words.clone()));
                ("call", words)
            }
            Type::MethodReturn => (
                "answer",
                self.answered(&receiver?, header.reply_serial()?.get())?,
            ),
            Type::Error => {
                let call = self.answered(&receiver?, header.reply_serial()?.get())?;
                let error = header
                    .error_name()
                    .map(|e| e.as_str().to_owned())
                    .unwrap_or_default();
                let short = error.rsplit('.').next().unwrap_or_default();
                ("error", format!("{short} ← {call}"))
            }
            Type::Signal => ("signal", signal(message, interface, member)),
        };
        Some(Traffic {
            number: 0,
            at_ms: 0,
            from,
            to,
            kind: kind.into(),
            words,
            recordings,
        })
    }

    fn name(&self, peer: &str) -> Option<String> {
        if peer.starts_with(':') {
            self.names.get(peer).cloned()
        } else {
            Some(words::peer(peer))
        }
    }

    /// The call this answers; its entry is used up.
    fn answered(&mut self, caller: &str, serial: u32) -> Option<String> {
        let at = self
            .pending
            .iter()
            .position(|(c, s, _)| c == caller && *s == serial)?;
        self.pending.remove(at).map(|(_, _, words)| words)
    }

    fn owner_changed(&mut self, message: &Message) -> Option<Traffic> {
        let body = message.body();
        let (name, old, new): (String, String, String) = body.deserialize().ok()?;
        if name.starts_with(':') {
            self.names.remove(&name);
            return None;
        }
        let peer = words::peer(&name);
        // The old connection's last messages may still be under way: its name stays until it goes.
        let words = if new.is_empty() {
            self.names.remove(&old);
            "バスを離れた · left the bus"
        } else {
            self.names.insert(new, peer.clone());
            "バスに現れた · is on the bus"
        };
        Some(Traffic {
            number: 0,
            at_ms: 0,
            from: peer,
            to: "*".into(),
            kind: "signal".into(),
            words: words.into(),
            recordings: Vec::new(),
        })
    }
}

fn signal(message: &Message, interface: &str, member: &str) -> String {
    let words = words::member(interface, member);
    if member != "PropertiesChanged" {
        return words;
    }
    let body = message.body();
    let Ok((_, changed, gone)) =
        body.deserialize::<(String, HashMap<String, OwnedVariant>, Vec<String>)>()
    else {
        return words;
    };
    let mut names: Vec<String> = changed
        .iter()
        .map(
            |(name, value)| match view_id(value).filter(|_| name == "View") {
                Some(id) => format!("View = {id}"),
                None => name.clone(),
            },
        )
        .chain(gone)
        .collect();
    names.sort();
    format!("{words}: {}", names.join(", "))
}

/// Names of recordings; none where the call is not what it should be, which its answer says.
fn asked_for(message: &Message) -> Vec<String> {
    let body = message.body();
    let read = body.deserialize::<(Vec<String>, String)>();
    read.map_or_else(|_| Vec::new(), |(recordings, _)| recordings)
}

/// `id` of a view, which is text such as `P-02` and nothing about a person.
fn view_id(value: &OwnedVariant) -> Option<String> {
    let view: HashMap<String, OwnedVariant> = value.try_clone().ok()?.try_into().ok()?;
    let id: &str = view.get("id")?.downcast_ref().ok()?;
    Some(id.to_owned())
}
