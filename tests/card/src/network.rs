// SPDX-License-Identifier: MIT OR Apache-2.0
//! The one thing a fresh network namespace lacks: its loopback device is down.

use std::io;

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};
use std::os::fd::AsRawFd;

/// `RTM_NEWLINK`, `rtnetlink(7)`.
const NEW_LINK: u16 = 16;
/// `NLM_F_REQUEST | NLM_F_ACK`, `netlink(7)`.
const REQUEST_WITH_ACK: u16 = 1 | 4;
/// The kernel gives the loopback device of every namespace this index.
const LOOPBACK_INDEX: i32 = 1;
/// `IFF_UP`, `netdevice(7)`.
const UP: u32 = 1;
/// Offset of the error number in a `NLMSG_ERROR` answer: behind `struct nlmsghdr`.
const ERROR_AT: usize = 16;

/// Brings up the loopback device of the calling thread's network namespace.
pub fn raise_loopback() -> io::Result<()> {
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    send(netlink.as_raw_fd(), &request(), MsgFlags::empty())?;
    let mut answer = [0; 64];
    let length = recv(netlink.as_raw_fd(), &mut answer, MsgFlags::empty())?;
    let code = answer[..length]
        .get(ERROR_AT..ERROR_AT + 4)
        .and_then(|bytes| bytes.try_into().ok())
        .map(i32::from_ne_bytes)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "short netlink answer"))?;
    if code == 0 {
        Ok(())
    } else {
        Err(io::Error::from_raw_os_error(-code))
    }
}

/// `struct nlmsghdr` and `struct ifinfomsg`, in the machine's byte order.
fn request() -> Vec<u8> {
    let mut message = Vec::with_capacity(32);
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_WITH_ACK.to_ne_bytes());
    message.extend(1_u32.to_ne_bytes()); // sequence
    message.extend(0_u32.to_ne_bytes()); // port: the kernel
    message.extend([0, 0]); // family unspecified, padding
    message.extend(0_u16.to_ne_bytes()); // device type
    message.extend(LOOPBACK_INDEX.to_ne_bytes());
    message.extend(UP.to_ne_bytes());
    message.extend(UP.to_ne_bytes()); // which flags change
    message
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_request_fills_exactly_the_length_it_states() {
        let request = super::request();
        assert_eq!(request.len(), 32);
        assert_eq!(request[..4], 32_u32.to_ne_bytes());
    }
}
