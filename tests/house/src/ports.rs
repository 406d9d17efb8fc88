// SPDX-License-Identifier: MIT OR Apache-2.0
//! Ports for programs that are told where to listen, and cannot be asked.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Loopback ports that nobody listens on now, and nobody else takes: on an address of this process's own,
/// for on the usual one the next port that any program connects from may be the one just found free.
pub(crate) fn free<const COUNT: usize>() -> io::Result<[SocketAddr; COUNT]> {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // The kernel's process numbers end at 2^22.
    let own = Ipv4Addr::new(127, 64 | high, middle, low);
    // All at once, or one might be found free twice.
    let bound: Vec<_> = (0..COUNT)
        .map(|_| TcpListener::bind((own, 0)))
        .collect::<io::Result<_>>()?;
    let mut ports = [SocketAddr::from((own, 0)); COUNT];
    for (port, listener) in ports.iter_mut().zip(&bound) {
        *port = listener.local_addr()?;
    }
    Ok(ports)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_port_is_another_one_and_can_be_listened_on() {
        let ports: [SocketAddr; 8] = free().unwrap();
        let listeners: Vec<_> = ports.map(|port| TcpListener::bind(port).unwrap()).into();
        assert_eq!(listeners.len(), 8);
        assert!(ports.iter().all(|port| port.ip().is_loopback()));
    }
}
