// SPDX-License-Identifier: MIT OR Apache-2.0
//! The data partition: mounted, writable, with room, and closed to whoever takes the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;

use super::{Finding, Place};

/// What must be free: the queue's 64 MiB would not fit into less.
const FREE_BYTES: u64 = 64 << 20;
/// What is written and read back.
const PATTERN: &[u8] = b"uketsuke self-test\n";

/// One mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Device number, `254:0`.
    pub device: String,
    /// Where.
    pub target: PathBuf,
    /// Kind, `ext4`.
    pub kind: String,
}

/// The mount that `path` lies on, from /proc/self/mountinfo (proc(5)).
pub fn mount_of(mountinfo: &str, path: &Path) -> Option<Mount> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(2);
        let (device, _root, target) = (left.next()?, left.next()?, left.next()?);
        Some(Mount {
            device: device.to_owned(),
            // Blanks are written as \040; no path of ours has one.
            target: target.into(),
            kind: right.split(' ').next()?.to_owned(),
        })
    });
    // The longest target wins; of equals the last, which covers the others.
    mounts
        .filter(|mount| path.starts_with(&mount.target))
        .max_by_key(|mount| mount.target.as_os_str().len())
}

/// Name and kind that device mapper gives `device`, such as `CRYPT-LUKS2-…`; none for a plain disk.
pub fn mapped(root: &Path, device: &str) -> Option<String> {
    let path = root.join("sys/dev/block").join(device).join("dm/uuid");
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

/// `storage` and `sealed`.
pub fn look(place: &Place) -> Vec<Finding> {
    let mounts = fs::read_to_string(place.root.join("proc/self/mountinfo")).unwrap_or_default();
    let mount = mount_of(&mounts, &place.scratch);
    vec![
        storage(place, mount.as_ref()),
        sealed(place, mount.as_ref()),
    ]
}

fn storage(place: &Place, mount: Option<&Mount>) -> Finding {
    match mount {
        Some(mount) if matches!(mount.kind.as_str(), "tmpfs" | "ramfs") => {
            return Finding::bad("storage", "the data partition is not mounted");
        }
        None => return Finding::bad("storage", "its mount cannot be told"),
        Some(_) => {}
    }
    if let Err(error) = write_and_read(&place.scratch) {
        let what = format!("{}: {error}", place.scratch.display());
        return match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                Finding::absent("storage", format!("{what} (needs root)"))
            }
            _ => Finding::bad("storage", what),
        };
    }
    match statvfs(&place.scratch) {
        Ok(stat) => {
            let free = stat.blocks_available() * stat.fragment_size();
            room(free, stat.files_available())
        }
        Err(error) => Finding::bad("storage", format!("its room cannot be told: {error}")),
    }
}

fn room(free: u64, files: u64) -> Finding {
    let what = format!("{} MiB free", free >> 20);
    if free < FREE_BYTES {
        Finding::bad(
            "storage",
            format!("{what}, {} are needed", FREE_BYTES >> 20),
        )
    } else if files < 64 {
        Finding::bad("storage", format!("room for {files} more files only"))
    } else {
        Finding::ok("storage", what)
    }
}

/// Writes a file, makes it durable, reads it back and takes it away.
fn write_and_read(directory: &Path) -> std::io::Result<()> {
    let path = directory.join(format!(".self-test.{}", std::process::id()));
    let tried = (|| {
        let mut file = File::create(&path)?;
        file.write_all(PATTERN)?;
        file.sync_all()?;
        if fs::read(&path)? == PATTERN {
            Ok(())
        } else {
            Err(std::io::Error::other("read back other than written"))
        }
    })();
    let removed = match fs::remove_file(&path) {
        // It was never made; why is in `tried`.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    tried.and(removed)
}

/// What `uketsuke-boot` left in /run about the data partition, as far as it is needed here.
#[derive(serde::Deserialize)]
struct DataReport {
    form: Option<String>,
    tpm: bool,
}

fn sealed(place: &Place, mount: Option<&Mount>) -> Finding {
    let report = fs::read(place.root.join("run/uketsuke/data.json"));
    let report = report.map(|bytes| serde_json::from_slice::<DataReport>(&bytes));
    let (form, tpm) = match report {
        Ok(Ok(report)) => (report.form, report.tpm),
        Ok(Err(error)) => return Finding::bad("sealed", format!("data.json: {error}")),
        // Another board's way to its data: what the kernel says.
        Err(_) => {
            let mapped = mount.and_then(|mount| mapped(&place.root, &mount.device));
            let luks = mapped.is_some_and(|uuid| uuid.starts_with("CRYPT-LUKS2-"));
            let form = if luks { "sealed-weakly" } else { "plain" };
            let tpm = super::machine::tpm_present(&place.root);
            (Some(form.to_owned()), tpm)
        }
    };
    match (form.as_deref(), tpm) {
        (Some("sealed"), _) => Finding::ok("sealed", "LUKS2, key sealed to the TPM and the image"),
        (Some("sealed-weakly"), _) => Finding::absent("sealed", "LUKS2, in the weaker form"),
        (Some("plain"), true) => Finding::bad("sealed", "there is a TPM, but nothing is encrypted"),
        (Some("plain"), false) => {
            Finding::absent("sealed", "no TPM, not encrypted: the weaker form")
        }
        (Some(other), _) => Finding::bad("sealed", format!("unknown form {other:?}")),
        (None, _) => Finding::bad("sealed", "no data partition is in use"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Verdict::{Absent, Bad, Ok};
    use super::*;

    const MOUNTS: &str = "\
21 1 254:0 / / ro,relatime - erofs /dev/mapper/root ro
22 21 0:20 / /var rw - tmpfs tmpfs rw
23 21 254:1 / /data rw,nosuid shared:1 - ext4 /dev/mapper/data rw
24 22 254:1 /state /var/lib/uketsuke rw shared:2 - ext4 /dev/mapper/data rw
";

    fn place(root: &Path, mounts: &str, device: &str, uuid: Option<&str>, tpm: bool) -> Place {
        fs::create_dir_all(root.join("proc/self")).unwrap();
        fs::write(root.join("proc/self/mountinfo"), mounts).unwrap();
        let dm = root.join("sys/dev/block").join(device).join("dm");
        fs::create_dir_all(&dm).unwrap();
        if let Some(uuid) = uuid {
            fs::write(dm.join("uuid"), uuid).unwrap();
        }
        if tpm {
            let tpm = root.join("sys/class/tpm/tpm0");
            fs::create_dir_all(&tpm).unwrap();
            fs::write(tpm.join("tpm_version_major"), "2\n").unwrap();
        }
        Place {
            root: root.into(),
            scratch: "/var/lib/uketsuke/boot-ok".into(),
        }
    }

    #[test]
    fn a_path_lies_on_the_longest_mount_and_on_the_last_of_equals() {
        let found = |path: &str| mount_of(MOUNTS, Path::new(path)).unwrap();
        assert_eq!(found("/var/lib/uketsuke/boot-ok").device, "254:1");
        assert_eq!(found("/var/lib/uketsukex").kind, "tmpfs");
        assert_eq!(found("/usr").kind, "erofs");
        let covered = format!("{MOUNTS}25 22 0:30 / /var/lib/uketsuke rw - tmpfs t rw\n");
        let covered = mount_of(&covered, Path::new("/var/lib/uketsuke")).unwrap();
        assert_eq!(covered.kind, "tmpfs");
        assert_eq!(mount_of("nonsense\n", Path::new("/")), None);
    }

    #[test]
    fn state_on_memory_is_bad_however_writable_it_is() {
        let root = tempfile::tempdir().unwrap();
        let place = place(
            root.path(),
            &MOUNTS[..MOUNTS.find("23 ").unwrap()],
            "1:1",
            None,
            false,
        );
        let found = &look(&place)[0];
        assert_eq!(found.verdict, Bad);
        assert!(found.what.contains("not mounted"), "{}", found.what);
    }

    #[test]
    fn every_form_of_sealing_is_said_as_it_is() {
        for (report, verdict) in [
            (r#"{"form":"sealed","tpm":true,"causes":[]}"#, Ok),
            (r#"{"form":"sealed-weakly","tpm":true}"#, Absent),
            (r#"{"form":"plain","tpm":true}"#, Bad),
            (r#"{"form":"plain","tpm":false}"#, Absent),
            (r#"{"form":null,"tpm":true}"#, Bad),
            (r#"{"form":"new","tpm":true}"#, Bad),
            ("{", Bad),
        ] {
            let root = tempfile::tempdir().unwrap();
            let place = place(root.path(), MOUNTS, "254:1", None, false);
            fs::create_dir_all(root.path().join("run/uketsuke")).unwrap();
            fs::write(root.path().join("run/uketsuke/data.json"), report).unwrap();
            assert_eq!(look(&place)[1].verdict, verdict, "{report}");
        }
    }

    #[test]
    fn without_a_report_the_kernel_is_asked_and_never_believed_to_seal() {
        let luks = Some("CRYPT-LUKS2-abc-data");
        for (uuid, tpm, verdict) in [
            (luks, true, Absent),
            (luks, false, Absent),
            (None, true, Bad),
            (Some("LVM-x"), true, Bad),
            (None, false, Absent),
        ] {
            let root = tempfile::tempdir().unwrap();
            let place = place(root.path(), MOUNTS, "254:1", uuid, tpm);
            assert_eq!(look(&place)[1].verdict, verdict, "{uuid:?} {tpm}");
        }
    }

    #[test]
    fn what_cannot_be_written_is_bad_and_nothing_is_left_behind() {
        let directory = tempfile::tempdir().unwrap();
        write_and_read(directory.path()).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let error = write_and_read(&directory.path().join("gone")).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        let error = write_and_read(Path::new("/proc/self")).unwrap_err();
        assert_ne!(error.kind(), std::io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn too_little_room_is_bad() {
        assert_eq!(room(FREE_BYTES, 100).verdict, Ok);
        assert_eq!(room(FREE_BYTES - 1, 100).verdict, Bad);
        assert_eq!(room(FREE_BYTES, 3).verdict, Bad);
    }
}
