// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process that computes: loads the library, shuts the door behind it, and answers until the socket
//! is closed. It never opens a file of anybody's: models and tensors come as memory.

use std::io::{self, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::cmsg_space;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::libc;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::unistd::alarm;
use uketsuke_once::{ConfineError, confine};

use crate::exchange::{Mapping, Places, places};
use crate::limits::{MOST_MESSAGE, MOST_MODELS, RUN_SECONDS};
use crate::runtime::{Model, Runtime, RuntimeError};
use crate::wire::{self, Announced, DONE, Found, MOST_WORDS, REFUSED};

/// What it may do after the start: this socket, and computing.
const CALLS: &[i64] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_recvmsg,
    libc::SYS_close,
    // Which seals a memory file has.
    libc::SYS_fcntl,
    // The library asks at each run; the answer tells nobody anything.
    libc::SYS_getuid,
];

/// Why a worker ends other than by the end of its socket.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The library.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// It could not be confined.
    #[error(transparent)]
    Confine(#[from] ConfineError),
    /// The socket broke.
    #[error("the socket")]
    Socket(#[from] io::Error),
    /// The first question is none.
    #[error("the first question: {0}")]
    Question(&'static str),
}

/// Serves one engine.
///
/// # Errors
/// [`WorkerError`]. That models are refused is an answer, not an error.
pub fn serve(library: &Path, stream: &mut UnixStream) -> Result<(), WorkerError> {
    let runtime = Runtime::open(library)?;
    confine(CALLS)?;
    let Some(Question { models, mut files }) = question(stream)? else {
        // Asked nothing: whoever started it changed his mind.
        return Ok(());
    };
    let (places, bytes) = places(
        &models
            .iter()
            .map(|model| model.tensors.clone())
            .collect::<Vec<_>>(),
    );
    if files.len() != models.len() + 1 {
        return Err(WorkerError::Question(
            "as many descriptors as models, and one",
        ));
    }
    let fixed = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW;
    let memory = mapped(&files.remove(0), bytes, fixed, Mapping::shared)?;
    let read_only = fixed | SealFlag::F_SEAL_WRITE;
    let bytes = files
        .iter()
        .zip(&models)
        .map(|(file, model)| mapped(file, model.bytes, read_only, Mapping::fixed))
        .collect::<Result<Vec<_>, _>>()?;
    drop(files);
    let loaded: Result<Vec<Model<'_>>, _> = bytes
        .iter()
        .zip(&models)
        .map(|(bytes, model)| {
            let tensors = &model.tensors;
            Model::load(&runtime, bytes.bytes(), &tensors.inputs, &tensors.outputs)
        })
        .collect();
    let mut loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return Ok(refuse(stream, &error)?),
    };
    let found: Vec<Found> = loaded
        .iter()
        .map(|model| Found {
            fully_accelerated: model.fully_accelerated(),
            ops: model.ops().clone(),
        })
        .collect();
    answer(stream, DONE, &wire::tell(&found))?;
    alarm::cancel();
    let mut rooms: Vec<Room> = models.iter().map(Room::of).collect();
    let mut which = [0];
    loop {
        match stream.read(&mut which)? {
            0 => return Ok(()),
            _ => alarm::set(RUN_SECONDS),
        };
        let which = usize::from(which[0]);
        let (Some(model), Some(room)) = (loaded.get_mut(which), rooms.get_mut(which)) else {
            return Err(WorkerError::Question("a model that is not there"));
        };
        let ran = room.run(model, &places[which], &memory);
        alarm::cancel();
        match ran {
            Ok(()) => stream.write_all(&[DONE])?,
            Err(error) => refuse(stream, &error)?,
        }
    }
}

/// Memory of our own for the tensors of a model: the library must not compute on what the other end may
/// still be writing.
struct Room {
    inputs: Vec<Vec<u8>>,
    outputs: Vec<Vec<u8>>,
}

impl Room {
    fn of(model: &Announced) -> Self {
        let room = |tensors: &[crate::tensor::Tensor]| {
            tensors
                .iter()
                .map(|tensor| vec![0; tensor.bytes()])
                .collect()
        };
        Self {
            inputs: room(&model.tensors.inputs),
            outputs: room(&model.tensors.outputs),
        }
    }

    fn run(
        &mut self,
        model: &mut Model<'_>,
        places: &Places,
        memory: &Mapping,
    ) -> Result<(), RuntimeError> {
        for (bytes, (at, _)) in self.inputs.iter_mut().zip(&places.inputs) {
            memory.read(*at, bytes);
        }
        let inputs: Vec<&[u8]> = self.inputs.iter().map(Vec::as_slice).collect();
        let mut outputs: Vec<&mut [u8]> = self.outputs.iter_mut().map(Vec::as_mut_slice).collect();
        model.run(&inputs, &mut outputs)?;
        for (bytes, (at, _)) in self.outputs.iter().zip(&places.outputs) {
            memory.write(*at, bytes);
        }
        Ok(())
    }
}

/// What is asked first: models, and the descriptors that came with them.
struct Question {
    models: Vec<Announced>,
    files: Vec<OwnedFd>,
}

/// The first question and the descriptors that came with it; nothing when the socket was closed.
fn question(stream: &mut UnixStream) -> Result<Option<Question>, WorkerError> {
    let mut bytes = vec![0; 2 + MOST_MESSAGE];
    let mut files = Vec::new();
    let mut have = {
        let mut space = cmsg_space!([libc::c_int; MOST_MODELS + 1]);
        let mut slices = [IoSliceMut::new(&mut bytes)];
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let message = recvmsg::<()>(stream.as_raw_fd(), &mut slices, Some(&mut space), flags)
            .map_err(io::Error::from)?;
        for control in message.cmsgs().map_err(io::Error::from)? {
            if let ControlMessageOwned::ScmRights(descriptors) = control {
                // SAFETY: the kernel just made them for this process; nobody else has them.
                files.extend(
                    descriptors
                        .iter()
                        .map(|&fd| unsafe { OwnedFd::from_raw_fd(fd) }),
                );
            }
        }
        message.bytes
    };
    if have == 0 {
        return Ok(None);
    }
    while have < 2 {
        have += more(stream, &mut bytes[have..])?;
    }
    let length = 2 + usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    if length > bytes.len() || length < have {
        return Err(WorkerError::Question("of another length than it says"));
    }
    stream.read_exact(&mut bytes[have..length])?;
    let models = wire::announced(&bytes[2..length]);
    let models = models.ok_or(WorkerError::Question("not understood"))?;
    Ok(Some(Question { models, files }))
}

fn more(stream: &mut UnixStream, into: &mut [u8]) -> io::Result<usize> {
    match stream.read(into)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        read => Ok(read),
    }
}

/// A mapping of a memory file that has at least these seals.
fn mapped(
    file: &OwnedFd,
    length: usize,
    seals: SealFlag,
    map: impl FnOnce(std::os::fd::BorrowedFd<'_>, usize) -> io::Result<Mapping>,
) -> Result<Mapping, WorkerError> {
    let has = fcntl(file, FcntlArg::F_GET_SEALS).map_err(io::Error::from)?;
    if !SealFlag::from_bits_truncate(has).contains(seals) {
        return Err(WorkerError::Question(
            "a descriptor that is no sealed memory file",
        ));
    }
    Ok(map(file.as_fd(), length)?)
}

fn answer(stream: &mut UnixStream, first: u8, bytes: &[u8]) -> io::Result<()> {
    let length = (bytes.len() as u16).to_be_bytes();
    stream.write_all(&[&[first], &length[..], bytes].concat())
}

fn refuse(stream: &mut UnixStream, error: &RuntimeError) -> io::Result<()> {
    let mut words: Vec<u8> = error.to_string().into_bytes();
    words.truncate(MOST_WORDS);
    answer(stream, REFUSED, &words)
}
