// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other end of the worker's socket: gives it models, asks it, and believes nothing it says.

use std::io::{self, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use zeroize::Zeroizing;

use crate::bundle::{Bundle, Role};
use crate::exchange::{Mapping, Places, Tensors, places, sealed, shared};
use crate::limits::{LOAD_WAIT, MOST_MESSAGE, MOST_RESTARTS, RUN_WAIT};
use crate::ops;
use crate::tensor::Tensor;
use crate::wire::{self, Announced, DONE, Found, MOST_WORDS, REFUSED};

mod known;

/// Where workers come from.
#[derive(Clone, Debug)]
pub enum Worker {
    /// Whoever listens there starts one for each connection: systemd on a reader.
    Socket(PathBuf),
    /// This program, with this library; for tools and tests.
    Program {
        /// `uketsuke-infer`.
        program: PathBuf,
        /// `libLiteRt.so`.
        library: PathBuf,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No worker can be had.
    #[error("no worker")]
    Start(#[source] io::Error),
    /// It ended: a crash, a limit, or the system-call filter.
    #[error("the worker is gone")]
    Gone,
    /// It does not answer. Its own clock ends it.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// It answered something that is no answer.
    #[error("the worker answered {0}")]
    Nonsense(&'static str),
    /// It refused, in its own words.
    #[error("the worker refused: {0}")]
    Refused(String),
    /// A model is not what its manifest says.
    #[error("{role:?}: {what}")]
    Model {
        /// Which.
        role: Role,
        /// What disagrees.
        what: String,
    },
    /// A known answer was not given.
    #[error("{role:?} does not give the answer that {vector} holds: {what}")]
    KnownAnswer {
        /// Which model.
        role: Role,
        /// Which answer.
        vector: String,
        /// How far off.
        what: String,
    },
    /// The bundle has no such model.
    #[error("no model for {0:?}")]
    NoModel(Role),
    /// What was brought is of another length than the model's inputs.
    #[error("{role:?} takes {wanted} numbers, {got} were brought")]
    Length {
        /// Which model.
        role: Role,
        /// Numbers of its input.
        wanted: usize,
        /// Numbers that were brought.
        got: usize,
    },
    /// Too many workers have died under this engine.
    #[error("given up after {MOST_RESTARTS} workers")]
    GivenUp,
}

/// What a model said: one list of numbers for each output, wiped when dropped.
pub type Answer = Vec<Zeroizing<Vec<f32>>>;

/// A bundle's models, ready to be run. Calls block; it belongs on a thread of its own.
pub struct Engine {
    worker: Worker,
    bundle: Arc<Bundle>,
    announced: Vec<(Role, Announced)>,
    places: Vec<Places>,
    connection: Option<Connection>,
    restarts: u32,
}

impl Engine {
    /// Has a worker load the bundle's models, and give every known answer.
    ///
    /// # Errors
    /// [`EngineError`]: with any of them no model of this bundle is to be used.
    pub fn start(worker: Worker, bundle: Arc<Bundle>) -> Result<Self, EngineError> {
        let announced: Vec<(Role, Announced)> = bundle
            .models()
            .map(|(model, bytes)| {
                let tensors = model.tensors();
                (
                    model.role,
                    Announced {
                        bytes: bytes.len(),
                        tensors,
                    },
                )
            })
            .collect();
        let tensors: Vec<Tensors> = announced
            .iter()
            .map(|(_, one)| one.tensors.clone())
            .collect();
        let mut engine = Self {
            worker,
            bundle,
            places: places(&tensors).0,
            announced,
            connection: None,
            restarts: 0,
        };
        engine.connect()?;
        Ok(engine)
    }

    /// The bundle it runs.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Runs a model of one input of floating point.
    ///
    /// # Errors
    /// [`EngineError`]: there is no answer, and nobody may be let in. Where the worker is to blame the
    /// next call gets another one.
    pub fn run(&mut self, role: Role, input: &[f32]) -> Result<Answer, EngineError> {
        let index = self.index(role)?;
        let tensors = &self.announced[index].1.tensors;
        let wanted = tensors.inputs.iter().map(Tensor::numbers).sum();
        let floats = tensors.inputs.iter().chain(&tensors.outputs);
        if wanted != input.len() || !floats.clone().all(|tensor| tensor.element.bytes() == 4) {
            let got = input.len();
            return Err(EngineError::Length { role, wanted, got });
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(input.len() * 4));
        bytes.extend(input.iter().flat_map(|number| number.to_ne_bytes()));
        let outputs = self.run_bytes(role, &bytes)?;
        let numbers = |bytes: &Zeroizing<Vec<u8>>| {
            let numbers = bytes.chunks_exact(4);
            let numbers =
                numbers.map(|four| f32::from_ne_bytes([four[0], four[1], four[2], four[3]]));
            Zeroizing::new(numbers.collect::<Vec<f32>>())
        };
        let answer: Answer = outputs.iter().map(numbers).collect();
        if answer
            .iter()
            .flat_map(|output| output.iter())
            .all(|number| number.is_finite())
        {
            Ok(answer)
        } else {
            Err(EngineError::Nonsense("numbers that are none"))
        }
    }

    /// Runs a model: bytes of all inputs, one after the other; bytes of each output.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_bytes(
        &mut self,
        role: Role,
        inputs: &[u8],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, EngineError> {
        let index = self.index(role)?;
        if self.connection.is_none() {
            self.restarts += 1;
            if self.restarts > MOST_RESTARTS {
                return Err(EngineError::GivenUp);
            }
            self.connect()?;
        }
        let Some(connection) = &mut self.connection else {
            return Err(EngineError::Gone);
        };
        let ran = connection.run(role, index, &self.places[index], inputs);
        if matches!(
            ran,
            Err(EngineError::Gone | EngineError::Late(_) | EngineError::Nonsense(_))
        ) {
            self.connection = None;
        }
        ran
    }

    fn index(&self, role: Role) -> Result<usize, EngineError> {
        let found = self.announced.iter().position(|(one, _)| *one == role);
        found.ok_or(EngineError::NoModel(role))
    }

    fn connect(&mut self) -> Result<(), EngineError> {
        let models: Vec<Announced> = self.announced.iter().map(|(_, one)| one.clone()).collect();
        let bytes: Vec<&[u8]> = self.bundle.models().map(|(_, bytes)| bytes).collect();
        let (mut connection, found) = Connection::open(&self.worker, &models, &bytes)?;
        for ((model, _), found) in self.bundle.models().zip(found) {
            let refuse = |what: String| {
                Err(EngineError::Model {
                    role: model.role,
                    what,
                })
            };
            let named = model
                .ops
                .iter()
                .filter_map(|name| ops::number(name))
                .collect();
            if found.ops != named {
                return refuse(format!("operators {:?}, named are {named:?}", found.ops));
            }
            if model.require_fully_accelerated && !found.fully_accelerated {
                return refuse("not fully accelerated".into());
            }
        }
        for vector in &self.bundle.manifest().test_vectors {
            let index = self.index(vector.model)?;
            let input = self.bundle.file(&vector.input).unwrap_or_default();
            let wanted = self.bundle.file(&vector.output).unwrap_or_default();
            let got = connection.run(vector.model, index, &self.places[index], input)?;
            let outputs = &self.announced[index].1.tensors.outputs;
            known::same(vector, outputs, &got, wanted)?;
        }
        self.connection = Some(connection);
        Ok(())
    }
}

/// One worker.
struct Connection {
    stream: UnixStream,
    memory: Mapping,
    /// Of [`Worker::Program`].
    child: Option<Child>,
}

impl Connection {
    fn open(
        worker: &Worker,
        models: &[Announced],
        bytes: &[&[u8]],
    ) -> Result<(Self, Vec<Found>), EngineError> {
        let start = EngineError::Start;
        let (stream, child) = match worker {
            Worker::Socket(path) => (UnixStream::connect(path).map_err(start)?, None),
            Worker::Program { program, library } => {
                let (stream, child) = spawn(program, library).map_err(start)?;
                (stream, Some(child))
            }
        };
        let tensors: Vec<Tensors> = models.iter().map(|model| model.tensors.clone()).collect();
        let size = places(&tensors).1;
        let exchange = shared(size).map_err(start)?;
        let memory = Mapping::shared(exchange.as_fd(), size).map_err(start)?;
        let mut connection = Self {
            stream,
            memory,
            child,
        };
        let files: Vec<OwnedFd> = bytes
            .iter()
            .map(|bytes| sealed(bytes))
            .collect::<io::Result<_>>()
            .map_err(start)?;
        let descriptors: Vec<RawFd> = [&exchange]
            .into_iter()
            .chain(&files)
            .map(AsRawFd::as_raw_fd)
            .collect();
        let question = wire::announce(models);
        let question = [&(question.len() as u16).to_be_bytes()[..], &question].concat();
        // It may refuse its library and end before it reads; then its end is what is seen next.
        let sent = sendmsg::<()>(
            connection.stream.as_raw_fd(),
            &[IoSlice::new(&question)],
            &[ControlMessage::ScmRights(&descriptors)],
            MsgFlags::MSG_NOSIGNAL,
            None,
        );
        if sent.is_ok_and(|sent| sent != question.len()) {
            return Err(EngineError::Start(io::ErrorKind::WriteZero.into()));
        }
        connection
            .stream
            .set_read_timeout(Some(LOAD_WAIT))
            .map_err(start)?;
        connection.first()?;
        let told = connection.told(MOST_MESSAGE)?;
        let found =
            wire::told(&told, models.len()).ok_or(EngineError::Nonsense("about other models"))?;
        connection
            .stream
            .set_read_timeout(Some(RUN_WAIT))
            .map_err(start)?;
        Ok((connection, found))
    }

    fn run(
        &mut self,
        role: Role,
        index: usize,
        places: &Places,
        inputs: &[u8],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, EngineError> {
        let wanted = places.inputs.iter().map(|(_, bytes)| bytes).sum();
        if inputs.len() != wanted {
            return Err(EngineError::Length {
                role,
                wanted,
                got: inputs.len(),
            });
        }
        let mut rest = inputs;
        for &(at, bytes) in &places.inputs {
            let (these, others) = rest.split_at(bytes);
            self.memory.write(at, these);
            rest = others;
        }
        self.stream
            .write_all(&[index as u8])
            .map_err(|_| EngineError::Gone)?;
        self.first()?;
        let output = |&(at, bytes): &(usize, usize)| {
            let mut output = Zeroizing::new(vec![0; bytes]);
            self.memory.read(at, &mut output);
            output
        };
        Ok(places.outputs.iter().map(output).collect())
    }

    /// The first byte of an answer; the words of a refusal.
    fn first(&mut self) -> Result<(), EngineError> {
        let mut first = [0];
        self.read(&mut first)?;
        match first[0] {
            DONE => Ok(()),
            REFUSED => {
                let words = self.told(MOST_WORDS)?;
                let words = wire::words(&words)
                    .ok_or(EngineError::Nonsense("in other than printable words"))?;
                Err(EngineError::Refused(words))
            }
            _ => Err(EngineError::Nonsense("neither done nor refused")),
        }
    }

    fn told(&mut self, most: usize) -> Result<Vec<u8>, EngineError> {
        let mut length = [0; 2];
        self.read(&mut length)?;
        let length = usize::from(u16::from_be_bytes(length));
        if length > most {
            return Err(EngineError::Nonsense("too much"));
        }
        let mut bytes = vec![0; length];
        self.read(&mut bytes)?;
        Ok(bytes)
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), EngineError> {
        self.stream
            .read_exact(into)
            .map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => EngineError::Late(
                    self.stream
                        .read_timeout()
                        .ok()
                        .flatten()
                        .unwrap_or_default(),
                ),
                // Whatever else breaks a connection between two processes of one machine, the other ended.
                _ => EngineError::Gone,
            })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.memory.wipe();
        if let Some(child) = &mut self.child {
            // It has nothing to save. An error means that it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn spawn(program: &Path, library: &Path) -> io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(program);
    command
        .arg(library)
        .env_clear()
        .stdin(OwnedFd::from(theirs));
    Ok((ours, command.spawn()?))
}
