// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which library is loaded, and how.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use ring::digest::{SHA256, digest};

use super::symbols::{
    ANY_INT, Api, EnvironmentOption, Handle, Number, TAG_ACCELERATORS, TAG_LOGGER, given,
};
use super::{RuntimeError, probe};
use crate::hex;

/// One build of the library that this program was tested with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// Its version.
    pub version: &'static str,
    /// The machine it is for, as Rust names it.
    pub architecture: &'static str,
    /// SHA-256 of the file, hex.
    pub sha256: &'static str,
}

/// `libLiteRt.so` of the Python package `ai-edge-litert`, which `packages/install-litert` gets. The C
/// interface changes without a sign in the file, so only these are ever called.
pub const KNOWN: &[Build] = &[
    Build {
        version: "2.3.0",
        architecture: "x86_64",
        sha256: "eec47eb35e2924b3166015887e652a58edc9af823ae38e02bf83bef2548300bb",
    },
    Build {
        version: "2.3.0",
        architecture: "aarch64",
        sha256: "b57687dc234d2b8b0598aef5a9c961ed24263df8f8b3f56adbee1cff618e544b",
    },
];

/// Larger is no library of ours; the largest known one has 8 MB.
const MOST_BYTES: u64 = 64 << 20;

/// The library, ready to take models.
pub struct Runtime {
    pub(super) api: Api,
    pub(super) environment: Handle,
    build: Build,
}

impl Runtime {
    /// Loads the library at `path` if it is one of [`KNOWN`], and has it give a known answer.
    ///
    /// # Errors
    /// [`RuntimeError`]: unknown, not loadable, or the answer is another.
    pub fn open(path: &Path) -> Result<Self, RuntimeError> {
        let read = |source| RuntimeError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read)?;
        let mut bytes = Vec::new();
        (&file)
            .take(MOST_BYTES)
            .read_to_end(&mut bytes)
            .map_err(read)?;
        let sha256 = hex::encode(digest(&SHA256, &bytes).as_ref());
        drop(bytes);
        let known =
            |build: &&Build| build.sha256 == sha256 && build.architecture == std::env::consts::ARCH;
        let Some(build) = KNOWN.iter().find(known) else {
            return Err(RuntimeError::UnknownBuild {
                path: path.to_owned(),
                sha256,
            });
        };
        // The file that was read, whatever stands at its path by now.
        let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
        // SAFETY: its constructors are those of a library that is known by its hash.
        let library = unsafe { Library::open(Some(opened), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|source| RuntimeError::Load {
            path: path.to_owned(),
            source,
        })?;
        // SAFETY: every known build is of version 2.3.0, whose headers `Api` follows.
        let api = unsafe { Api::of(library.into()) }?;
        let option = |tag, value| EnvironmentOption {
            tag,
            value: Number {
                kind: ANY_INT,
                value,
            },
        };
        // The processor alone, or it would search for accelerators to load; errors alone (3), for what
        // it logs goes to our standard error.
        let options = [option(TAG_ACCELERATORS, 1), option(TAG_LOGGER, 3)];
        let mut environment = ptr::null_mut();
        // SAFETY: the options live through the call, which copies them.
        let status = unsafe {
            (api.create_environment)(options.len() as i32, options.as_ptr(), &raw mut environment)
        };
        let environment = given("make an environment", status, environment)?.as_ptr();
        let runtime = Self {
            api,
            environment,
            build: *build,
        };
        probe::run(&runtime)?;
        Ok(runtime)
    }

    /// What was loaded.
    #[must_use]
    pub fn build(&self) -> Build {
        self.build
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        // SAFETY: made by this library, and models borrow the runtime, so none is left.
        unsafe { (self.api.destroy_environment)(self.environment) };
    }
}
