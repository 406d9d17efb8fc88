// SPDX-License-Identifier: MIT OR Apache-2.0
//! The two boards an image is built for, as QEMU knows them. All that is not named here, both have.

use clap::ValueEnum;

/// Whose programs the image holds, named as `image/build` names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Architecture {
    /// A PC-like box.
    #[default]
    #[value(name = "x86-64")]
    X86,
    /// A 64-bit ARM box with UEFI firmware.
    Arm64,
}

/// What differs between them. Nothing asks for hardware emulation of the host: it would make runs
/// differ by host.
#[derive(Debug)]
pub struct Board {
    /// QEMU's program.
    pub program: &'static str,
    /// What its folder of results ends with (`image/build`).
    pub suffix: &'static str,
    /// `-M`.
    pub machine: &'static str,
    /// `-cpu`.
    pub processor: &'static str,
    /// Firmware of the tools tree; never written.
    pub code: &'static str,
    /// The firmware's variables as a maker ships them; copied for each machine.
    pub variables: &'static str,
    /// Display that firmware and kernel both drive.
    pub display: &'static str,
    /// How the TPM is attached.
    pub tpm: &'static str,
}

const X86: Board = Board {
    program: "qemu-system-x86_64",
    suffix: "",
    machine: "q35,smm=off",
    processor: "max",
    code: "/usr/share/OVMF/OVMF_CODE_4M.fd",
    variables: "/usr/share/OVMF/OVMF_VARS_4M.fd",
    display: "virtio-vga",
    tpm: "tpm-crb",
};

/// With System Management Mode, which keeps the variables from the running system.
const SECURE_X86: Board = Board {
    machine: "q35,smm=on",
    code: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
    ..X86
};

const ARM64: Board = Board {
    program: "qemu-system-aarch64",
    suffix: "-arm64",
    machine: "virt,gic-version=3",
    // Of the boards readers are made of; without pointer authentication, which costs an emulator dear.
    processor: "cortex-a76",
    code: "/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd",
    variables: "/usr/share/AAVMF/AAVMF_VARS.fd",
    display: "virtio-gpu-pci",
    tpm: "tpm-tis-device",
};

impl Architecture {
    /// The board; `secure` only where there is firmware for it (x86-64).
    #[must_use]
    pub const fn board(self, secure: bool) -> &'static Board {
        match (self, secure) {
            (Self::X86, false) => &X86,
            (Self::X86, true) => &SECURE_X86,
            (Self::Arm64, _) => &ARM64,
        }
    }
}
