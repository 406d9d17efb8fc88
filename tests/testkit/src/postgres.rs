// SPDX-License-Identifier: MIT OR Apache-2.0
//! A PostgreSQL server of one's own: one a test program, with a database for whoever asks.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, geteuid};

/// Longest wait for the server, on a busy machine.
const STARTS: Duration = Duration::from_secs(120);

/// Makes the server in the folder `$2` by the programs of `$1`, runs it until standard input ends, which it
/// does with the test program however that ends, and takes the folder away. `$3` is its `fsync`.
/// That `read` finds nothing is the sign to end, and a server that is told to quit ends with an error: neither
/// may keep the folder from being taken away.
const RUN: &str = r#"
set -e
cd "$2"
"$1/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync > initdb.log 2>&1
"$1/postgres" -D data -k "$2" -c listen_addresses= -c "fsync=$3" -c max_connections=200 \
  -c shared_buffers=32MB > postgres.log 2>&1 &
read -r _ || true
kill -QUIT $!
wait $! || true
cd /
rm -rf "$2"
"#;

/// A running server.
pub struct Postgres {
    /// Its socket is here.
    folder: PathBuf,
    made: AtomicU32,
    /// The server goes when this is closed.
    _ends: ChildStdin,
    _child: Child,
}

impl Postgres {
    /// A new one. It goes when this is dropped, or the program ends in whatever way. Nothing in it has to
    /// outlive a loss of power, so no disk is waited for.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("off")
    }

    /// One that waits for the disk, as in the field: for measuring.
    ///
    /// # Panics
    /// When PostgreSQL cannot be started.
    #[must_use]
    pub fn durable() -> Self {
        Self::start_with("on")
    }

    fn start_with(fsync: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("postgres")
            .tempdir()
            .expect("a folder for the server")
            .keep();
        let mut run = Command::new("sh");
        run.args(["-c", RUN, "sh"])
            .arg(programs())
            .arg(&folder)
            .arg(fsync)
            .stdin(Stdio::piped())
            .process_group(0);
        if let Some(user) = server_user() {
            nix::unistd::chown(&folder, Some(user.uid), Some(user.gid)).expect("the folder");
            run.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        let mut child = run.spawn().expect("sh");
        let server = Self {
            _ends: child.stdin.take().expect("its standard input is piped"),
            _child: child,
            folder,
            made: AtomicU32::new(0),
        };
        server.wait();
        server
    }

    fn wait(&self) {
        let end = Instant::now() + STARTS;
        while !self.ask("SELECT 1", "postgres") {
            let log = |name: &str| fs::read_to_string(self.folder.join(name)).unwrap_or_default();
            assert!(
                Instant::now() < end,
                "no PostgreSQL: {} {}",
                log("initdb.log"),
                log("postgres.log")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A new database; its address, `postgres://…`.
    ///
    /// # Panics
    /// When the server does not make it.
    #[must_use]
    pub fn database(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::Relaxed));
        assert!(
            self.ask(&format!("CREATE DATABASE {name}"), "postgres"),
            "no database"
        );
        format!(
            "postgres:///{name}?host={}&user=postgres",
            self.folder.display()
        )
    }

    /// The same, with its tables in an empty folder of somebody's, whose owner becomes the server's user.
    ///
    /// # Panics
    /// When the server does not make it.
    #[must_use]
    pub fn database_in(&self, folder: &Path) -> String {
        if let Some(user) = server_user() {
            nix::unistd::chown(folder, Some(user.uid), Some(user.gid)).expect("the folder");
        }
        let place = format!("CREATE TABLESPACE place LOCATION '{}'", folder.display());
        assert!(self.ask(&place, "postgres"), "no table space");
        let address = self.database();
        let name = address.split(['/', '?']).nth(3).expect("the name");
        let moved = format!("ALTER DATABASE {name} SET TABLESPACE place");
        assert!(self.ask(&moved, "postgres"), "not moved");
        address
    }

    /// From now on a role is there that may do everything, and is asked for its password.
    ///
    /// # Panics
    /// When the server does not take it.
    pub fn demand_password(&self, role: &str, password: &str) {
        let made = format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD '{password}'");
        assert!(self.ask(&made, "postgres"), "no role");
        let rules = format!("local all {role} scram-sha-256\nlocal all all trust\n");
        fs::write(self.folder.join("data/pg_hba.conf"), rules).expect("the server's rules");
        assert!(self.ask("SELECT pg_reload_conf()", "postgres"), "not read");
    }

    /// Every process of the server but the first is killed: it ends every connection, and recovers.
    ///
    /// # Panics
    /// When the server is not there.
    pub fn crash(&self) {
        let file = self.folder.join("data/postmaster.pid");
        let file = fs::read_to_string(file).expect("the server runs");
        let first = file.lines().next().expect("its number");
        let children = format!("/proc/{first}/task/{first}/children");
        let children = fs::read_to_string(children).expect("the server runs");
        for child in children.split_whitespace() {
            let child = Pid::from_raw(child.parse().expect("a number"));
            // One that has just ended by itself is as dead.
            let _ = kill(child, Signal::SIGKILL);
        }
    }

    /// All that lies in a database of it, as SQL.
    ///
    /// # Panics
    /// When the server does not say.
    #[must_use]
    pub fn dump(&self, address: &str) -> Vec<u8> {
        let dump = Command::new(programs().join("pg_dump"))
            .args(["--dbname", address])
            .output()
            .expect("pg_dump");
        assert!(
            dump.status.success(),
            "{}",
            String::from_utf8_lossy(&dump.stderr)
        );
        dump.stdout
    }

    /// Runs SQL in a database; whether it went well.
    fn ask(&self, sql: &str, database: &str) -> bool {
        let psql = Command::new(programs().join("psql"))
            .args(["--no-psqlrc", "--quiet", "--username=postgres", "--host"])
            .arg(&self.folder)
            .args(["--dbname", database, "--command", sql])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        psql.is_ok_and(|status| status.success())
    }
}

/// Whom the server runs as where this program is root, which it does not run as.
fn server_user() -> Option<User> {
    let user = || {
        let user = User::from_name("postgres").expect("the users of the machine");
        user.expect("the user postgres, of packages/debian-12.txt")
    };
    geteuid().is_root().then(user)
}

/// Where Debian lays the server's programs, of the newest version there is.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("postgres").exists())
        .max()
        .expect("a server of PostgreSQL is installed")
}
