// SPDX-License-Identifier: MIT OR Apache-2.0
//! Which image a scenario runs on, and where `image/build` puts things.

use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Run;

/// What `image/build` leaves its results in, per flavour.
const BUILT: &str = "target/image";
/// Beside the disk: newer versions and broken ones, from `image/variant FLAVOUR NAME`.
const BUNDLES: &str = "bundles";

/// Kinds of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// What is shipped: no shell.
    Release,
    /// The same with tools and a root shell on the second serial port.
    Development,
}

impl Flavour {
    /// Name of its directory, and for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Development => "development",
        }
    }
}

/// A built image.
#[derive(Clone, Debug)]
pub struct Image {
    /// The raw disk.
    pub disk: PathBuf,
    /// Where bundles of other versions lie.
    pub bundles: PathBuf,
    /// Whether it has a shell.
    pub flavour: Flavour,
}

impl Image {
    /// The image given to the run, or the built one of the flavour.
    ///
    /// # Errors
    /// When none has been built, or more than one lies there.
    pub fn of(run: &Run, flavour: Flavour) -> anyhow::Result<Self> {
        if let Some(disk) = &run.image {
            let development = disk
                .file_name()
                .is_some_and(|name| name.to_string_lossy().contains("-dev"));
            anyhow::ensure!(
                development || flavour == Flavour::Release,
                "{} has no shell; this scenario needs the development flavour",
                disk.display()
            );
            let flavour = if development {
                Flavour::Development
            } else {
                Flavour::Release
            };
            return Self::at(disk.clone(), flavour);
        }
        let name = flavour.name();
        let suffix = run.parts.architecture.board(false).suffix;
        let built = run.tools.repository().join(BUILT);
        let disk = only(&built.join(format!("{name}{suffix}")), "raw").with_context(|| {
            let architecture = suffix.replace('-', " ");
            format!("no {name} image; build it with: image/build {name}{architecture}")
        })?;
        Self::at(disk, flavour)
    }

    fn at(disk: PathBuf, flavour: Flavour) -> anyhow::Result<Self> {
        let directory = disk.parent().context("an image without a directory")?;
        Ok(Self {
            bundles: directory.join(BUNDLES),
            disk,
            flavour,
        })
    }

    /// Keeps hold of the disk under another name: machines go on with it when it is built anew.
    ///
    /// # Errors
    /// When the file system has no second names, or `path` is on another one.
    pub fn hold(&mut self, path: &Path) -> anyhow::Result<()> {
        std::fs::hard_link(&self.disk, path).with_context(|| {
            format!("cannot link {} to {}", self.disk.display(), path.display())
        })?;
        path.clone_into(&mut self.disk);
        Ok(())
    }

    /// The size of a bundle.
    ///
    /// # Errors
    /// When there is none; tells how to make it.
    pub fn bundle_size(&self, name: &str) -> anyhow::Result<u64> {
        let path = self.bundles.join(bundle(name));
        let metadata = std::fs::metadata(&path).with_context(|| {
            let flavour = self.flavour.name();
            format!(
                "no {}; make it with: image/variant {flavour} {name}",
                path.display()
            )
        })?;
        Ok(metadata.len())
    }
}

/// File name of a bundle.
#[must_use]
pub fn bundle(name: &str) -> String {
    format!("{name}.raucb")
}

/// The one file with this extension.
fn only(directory: &Path, extension: &str) -> anyhow::Result<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .with_context(|| format!("cannot list {}", directory.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot list {}", directory.display()))?
            .path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => anyhow::bail!(
            "{} files .{extension} in {}; there must be one",
            found.len(),
            directory.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_file_is_found_and_two_are_not_guessed_between() {
        let folder = tempfile::tempdir().unwrap();
        assert!(only(folder.path(), "raw").is_err());
        let one = folder.path().join("uketsuke-1.0.0.raw");
        std::fs::write(&one, "").unwrap();
        std::fs::write(folder.path().join("uketsuke-1.0.0.raucb"), "").unwrap();
        assert_eq!(only(folder.path(), "raw").unwrap(), one);
        std::fs::write(folder.path().join("uketsuke-1.1.0.raw"), "").unwrap();
        assert!(only(folder.path(), "raw").is_err());
    }
}
