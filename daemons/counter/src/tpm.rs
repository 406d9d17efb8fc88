// SPDX-License-Identifier: MIT OR Apache-2.0
//! Four commands of TPM 2.0, marshalled by hand (TPM 2.0 Library, Part 1 "Command/Response Structure",
//! Part 3 "Non-volatile Storage").
//!
//! ```text
//! command: tag u16 | size u32 | code u32 | handles u32… | size of session u32 | session | parameters
//! answer:  tag u16 | size u32 | code u32 |                size of parameters u32 | parameters | session
//! ```
//! Session and the two sizes are there with the tag "sessions" alone. The one session we use is the empty
//! password. An answer with another code than 0 ends behind it.

use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Instant;

use crate::limits::{BUSY, BUSY_PAUSE, MOST_ANSWER};

/// `TPM_ST_NO_SESSIONS`, `TPM_ST_SESSIONS`.
const PLAIN: u16 = 0x8001;
const AUTHORIZED: u16 = 0x8002;
/// `TPM_RH_OWNER`.
const OWNER: u32 = 0x4000_0001;
/// `TPM_RS_PW` with an empty nonce, no attributes and an empty password.
const EMPTY_PASSWORD: [u8; 9] = [0x40, 0, 0, 9, 0, 0, 0, 0, 0];
/// What comes back of it: an empty nonce, "continue", an empty acknowledgement.
const EMPTY_PASSWORD_BACK: [u8; 5] = [0, 0, 1, 0, 0];
/// `TPM_ALG_SHA256`, of which an index's name is made.
const SHA256: u16 = 0x000B;
/// Bytes of a counter.
const COUNTER_BYTES: u16 = 8;
/// Bytes of tag, size and code.
const HEADER: usize = 10;

/// `TPM_RC_HANDLE` for the first handle: there is no such index.
const NO_SUCH_INDEX: u32 = 0x18B;
/// `TPM_RC_YIELDED`, `TPM_RC_TESTING`, `TPM_RC_NV_RATE`, `TPM_RC_RETRY`: nothing was done, ask again.
const AGAIN: [u32; 4] = [0x908, 0x90A, 0x920, 0x922];

/// `TPMA_NV_WRITTEN`: a counter that was stepped at least once.
pub const WRITTEN: u32 = 1 << 29;

/// Why a command came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum TpmError {
    /// The device failed.
    #[error("{act} the TPM ({command})")]
    Io {
        /// What failed.
        act: &'static str,
        /// At which command.
        command: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The TPM answered with a code.
    #[error("the TPM refused {command}: response code {code:#05x}")]
    Refused {
        /// What.
        command: &'static str,
        /// The code, Part 2 "`TPM_RC`".
        code: u32,
    },
    /// The answer is not one.
    #[error("the TPM's answer to {command}: {what}")]
    Answer {
        /// To which command.
        command: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// What an index says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public {
    /// `TPMA_NV`.
    pub attributes: u32,
    /// Whether its name is made with SHA-256, its policy is empty and it holds eight bytes.
    pub plain: bool,
}

/// One command: name and code of Part 2 "`TPM_CC`".
#[derive(Clone, Copy)]
struct Command {
    name: &'static str,
    code: u32,
}

const DEFINE: Command = Command {
    name: "NV_DefineSpace",
    code: 0x12A,
};
const INCREMENT: Command = Command {
    name: "NV_Increment",
    code: 0x134,
};
const READ: Command = Command {
    name: "NV_Read",
    code: 0x14E,
};
const READ_PUBLIC: Command = Command {
    name: "NV_ReadPublic",
    code: 0x169,
};

impl Command {
    fn wrong(self, what: &'static str) -> TpmError {
        TpmError::Answer {
            command: self.name,
            what,
        }
    }

    fn failed(self, act: &'static str) -> impl FnOnce(io::Error) -> TpmError {
        move |source| TpmError::Io {
            act,
            command: self.name,
            source,
        }
    }

    /// With `handles`; authorized by the empty password of the first where `authorized`.
    fn marshal(self, handles: &[u32], authorized: bool, parameters: &[u8]) -> Vec<u8> {
        let mut body: Vec<u8> = handles.iter().flat_map(|h| h.to_be_bytes()).collect();
        if authorized {
            body.extend((EMPTY_PASSWORD.len() as u32).to_be_bytes());
            body.extend(EMPTY_PASSWORD);
        }
        body.extend(parameters);
        let tag = if authorized { AUTHORIZED } else { PLAIN };
        let mut whole = Vec::with_capacity(HEADER + body.len());
        whole.extend(tag.to_be_bytes());
        whole.extend(((HEADER + body.len()) as u32).to_be_bytes());
        whole.extend(self.code.to_be_bytes());
        whole.extend(body);
        whole
    }

    /// The parameters of an answer, or the code that stands in their place.
    fn parameters(self, authorized: bool, answer: &[u8]) -> Result<Result<&[u8], u32>, TpmError> {
        let mut fields = Fields(answer);
        let (tag, size, code) = (fields.u16(), fields.u32(), fields.u32());
        let (Some(tag), Some(size), Some(code)) = (tag, size, code) else {
            return Err(self.wrong("shorter than its head"));
        };
        if size as usize != answer.len() {
            return Err(self.wrong("of another length than it says"));
        }
        if code != 0 {
            return if tag == PLAIN && fields.0.is_empty() {
                Ok(Err(code))
            } else {
                Err(self.wrong("more than a code where it refuses"))
            };
        }
        if tag != if authorized { AUTHORIZED } else { PLAIN } {
            return Err(self.wrong("with another tag than asked"));
        }
        if !authorized {
            return Ok(Ok(fields.0));
        }
        let length = fields.u32().map(|length| length as usize);
        let parameters = length.and_then(|length| fields.take(length));
        match parameters {
            Some(parameters) if fields.0 == EMPTY_PASSWORD_BACK => Ok(Ok(parameters)),
            _ => Err(self.wrong("without the session it was asked in")),
        }
    }
}

/// The rest of an answer.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// Bytes behind their length.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }

    /// The same, when nothing follows.
    fn sized_to_the_end(&mut self) -> Option<&'a [u8]> {
        self.sized().filter(|_| self.0.is_empty())
    }
}

/// A TPM.
pub struct Tpm<L> {
    link: L,
}

impl<L: Read + Write> Tpm<L> {
    /// The one behind `link`.
    pub fn new(link: L) -> Self {
        Self { link }
    }

    /// What `index` says of itself; none where there is no such index.
    ///
    /// # Errors
    /// [`TpmError`].
    pub fn read_public(&mut self, index: u32) -> Result<Option<Public>, TpmError> {
        let command = READ_PUBLIC.marshal(&[index], false, &[]);
        let answer = self.transmit(READ_PUBLIC, &command)?;
        let parameters = match READ_PUBLIC.parameters(false, &answer)? {
            Ok(parameters) => parameters,
            Err(NO_SUCH_INDEX) => return Ok(None),
            Err(code) => return Err(refused(READ_PUBLIC, code)),
        };
        let public = public(index, parameters);
        let public = public.ok_or_else(|| READ_PUBLIC.wrong("not the public area of the index"))?;
        Ok(Some(public))
    }

    /// Makes `index` a counter with these attributes and an empty password, authorized by the owner.
    ///
    /// # Errors
    /// [`TpmError`].
    pub fn define_counter(&mut self, index: u32, attributes: u32) -> Result<(), TpmError> {
        let mut public = Vec::new();
        public.extend(index.to_be_bytes());
        public.extend(SHA256.to_be_bytes());
        public.extend(attributes.to_be_bytes());
        // No policy.
        public.extend(0u16.to_be_bytes());
        public.extend(COUNTER_BYTES.to_be_bytes());
        // No password, then the public area behind its length.
        let mut parameters = vec![0, 0];
        parameters.extend((public.len() as u16).to_be_bytes());
        parameters.extend(public);
        let answer = self.authorized(DEFINE, &[OWNER], &parameters)?;
        nothing(DEFINE, &answer)
    }

    /// Makes the counter at `index` one more, by its own empty password.
    ///
    /// # Errors
    /// [`TpmError`].
    pub fn increment(&mut self, index: u32) -> Result<(), TpmError> {
        let answer = self.authorized(INCREMENT, &[index, index], &[])?;
        nothing(INCREMENT, &answer)
    }

    /// What the counter at `index` says, by its own empty password.
    ///
    /// # Errors
    /// [`TpmError`].
    pub fn read_counter(&mut self, index: u32) -> Result<u64, TpmError> {
        // All eight bytes, from the first on.
        let parameters = [COUNTER_BYTES.to_be_bytes(), [0, 0]].concat();
        let answer = self.authorized(READ, &[index, index], &parameters)?;
        let bytes = Fields(&answer).sized_to_the_end();
        let bytes = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        bytes
            .map(u64::from_be_bytes)
            .ok_or_else(|| READ.wrong("not the eight bytes of a counter"))
    }

    fn authorized(
        &mut self,
        command: Command,
        handles: &[u32],
        parameters: &[u8],
    ) -> Result<Vec<u8>, TpmError> {
        let bytes = command.marshal(handles, true, parameters);
        let answer = self.transmit(command, &bytes)?;
        match command.parameters(true, &answer)? {
            Ok(parameters) => Ok(parameters.to_vec()),
            Err(code) => Err(refused(command, code)),
        }
    }

    /// Sends a command, again while the TPM says that it did nothing yet, and reads the answer.
    fn transmit(&mut self, command: Command, bytes: &[u8]) -> Result<Vec<u8>, TpmError> {
        let begun = Instant::now();
        loop {
            self.link
                .write_all(bytes)
                .map_err(command.failed("write to"))?;
            let answer = self.receive(command)?;
            let code = answer.get(6..HEADER).and_then(|code| code.try_into().ok());
            let busy = code.is_some_and(|code| AGAIN.contains(&u32::from_be_bytes(code)));
            if !busy || begun.elapsed() > BUSY {
                return Ok(answer);
            }
            sleep(BUSY_PAUSE);
        }
    }

    /// One answer, as long as its head says. The kernel gives it in one piece, a socket need not.
    fn receive(&mut self, command: Command) -> Result<Vec<u8>, TpmError> {
        let mut answer = vec![0; MOST_ANSWER];
        let mut have = 0;
        loop {
            if let Some(size) = answer[..have].get(2..6) {
                let size = size.try_into().map_or(0, u32::from_be_bytes) as usize;
                if size > MOST_ANSWER {
                    return Err(command.wrong("longer than any"));
                }
                // What is longer than it says is refused where it is looked at.
                if have >= size.max(HEADER) {
                    answer.truncate(have);
                    return Ok(answer);
                }
            }
            let read = self.link.read(&mut answer[have..]);
            match read.map_err(command.failed("read from"))? {
                0 => return Err(command.wrong("ends early")),
                more => have += more,
            }
        }
    }
}

fn refused(command: Command, code: u32) -> TpmError {
    TpmError::Refused {
        command: command.name,
        code,
    }
}

fn nothing(command: Command, parameters: &[u8]) -> Result<(), TpmError> {
    if parameters.is_empty() {
        Ok(())
    } else {
        Err(command.wrong("something where nothing was asked for"))
    }
}

/// `TPM2B_NV_PUBLIC` and the index's name.
fn public(index: u32, parameters: &[u8]) -> Option<Public> {
    let mut fields = Fields(parameters);
    let mut area = Fields(fields.sized()?);
    fields.sized_to_the_end()?;
    if area.u32()? != index {
        return None;
    }
    let (name, attributes) = (area.u16()?, area.u32()?);
    let (policy, bytes) = (area.sized()?, area.u16()?);
    area.0.is_empty().then_some(Public {
        attributes,
        plain: name == SHA256 && policy.is_empty() && bytes == COUNTER_BYTES,
    })
}

#[cfg(test)]
mod tests;
